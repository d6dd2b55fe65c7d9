// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmho(2): putting folios that came from the previous kernel into page tables. None
 * of it can fail.
 */
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/rmap.h>
#include <linux/sched.h>
#include <linux/swap.h>

#include <asm/tlbflush.h>

#include "internal.h"
#include "kmho.h"

static void install_huge(struct vm_area_struct *vma, unsigned long addr,
			 struct folio *folio, struct kmho_tables *tables)
{
	struct mm_struct *mm = vma->vm_mm;
	pmd_t *pmd = pmd_off(mm, addr);
	pmd_t entry = mk_huge_pmd(&folio->page, vma->vm_page_prot);
	spinlock_t *ptl = pmd_lock(mm, pmd);

	entry = maybe_pmd_mkwrite(pmd_mkdirty(entry), vma);
	folio_add_new_anon_rmap(folio, vma, addr, RMAP_EXCLUSIVE);
	folio_add_lru_vma(folio, vma);
	pgtable_trans_huge_deposit(mm, pmd, tables->free[--tables->nr]);
	set_pmd_at(mm, addr, pmd, entry);
	update_mmu_cache_pmd(vma, addr, pmd);
	add_mm_counter(mm, MM_ANONPAGES, HPAGE_PMD_NR);
	mm_inc_nr_ptes(mm);
	spin_unlock(ptl);
}

/* Page tables are locked; the caller counts what is mapped. */
static void install_ptes(struct vm_area_struct *vma, unsigned long addr, pte_t *pte,
			 struct folio *folio)
{
	unsigned int nr = folio_nr_pages(folio);
	pte_t entry = pte_mkdirty(mk_pte(&folio->page, vma->vm_page_prot));

	if (vma->vm_flags & VM_WRITE)
		entry = pte_mkwrite(entry, vma);
	folio_ref_add(folio, nr - 1);
	folio_add_new_anon_rmap(folio, vma, addr, RMAP_EXCLUSIVE);
	folio_add_lru_vma(folio, vma);
	set_ptes(vma->vm_mm, addr, pte, entry, nr);
	update_mmu_cache_range(NULL, vma, addr, pte, nr);
}

/**
 * kmho_install - map a folio that nobody else has
 * @vma: the mapping, which has an anon_vma
 * @addr: the address, with page tables and no page
 * @folio: not huge, charged; the mapping gets the reference
 *
 * Context: mmap_lock is held for writing.
 */
void kmho_install(struct vm_area_struct *vma, unsigned long addr,
		  struct folio *folio)
{
	pmd_t *pmd = pmd_off(vma->vm_mm, addr);
	spinlock_t *ptl = pte_lockptr(vma->vm_mm, pmd);

	spin_lock(ptl);
	/* It is there, and no architecture of 64 bits has to map it. */
	install_ptes(vma, addr, pte_offset_kernel(pmd, addr), folio);
	add_mm_counter(vma->vm_mm, MM_ANONPAGES, folio_nr_pages(folio));
	spin_unlock(ptl);
}

/*
 * The folios of an extent from the @i-th on that one page table maps. Returns how
 * many these are.
 */
static unsigned int install_table(struct vm_area_struct *vma, unsigned long addr,
				  const struct kmho_extent *e, unsigned int i)
{
	unsigned int order = extent_order(e), nr, end, installed = 0;
	pmd_t *pmd = pmd_off(vma->vm_mm, addr);
	spinlock_t *ptl = pte_lockptr(vma->vm_mm, pmd);
	pte_t *pte = pte_offset_kernel(pmd, addr);

	nr = (pmd_addr_end(addr, vma->vm_end) - addr) >> (PAGE_SHIFT + order);
	nr = min(nr, extent_folios(e) - i);
	spin_lock(ptl);
	for (end = i + nr; i < end; i++) {
		if (!extent_in_common(e, i)) {
			install_ptes(vma, addr, pte, extent_folio(e, i));
			installed++;
		}
		addr += PAGE_SIZE << order;
		pte += 1 << order;
	}
	add_mm_counter(vma->vm_mm, MM_ANONPAGES, installed << order);
	spin_unlock(ptl);
	return nr;
}

/**
 * kmho_install_extent - map folios into the calling process
 * @e: the folios, charged; those that are in common with others are left out
 * @addr: where the first of them goes; there are page tables
 * @tables: one for each huge folio is taken from it
 *
 * The mapping gets the references.
 *
 * Context: mmap_lock is held for writing.
 */
void kmho_install_extent(const struct kmho_extent *e, unsigned long addr,
			 struct kmho_tables *tables)
{
	struct vm_area_struct *vma = vma_lookup(current->mm, addr);
	unsigned long size = PAGE_SIZE << extent_order(e);
	unsigned int i, nr;

	for (i = 0; i < extent_folios(e); i += nr, addr += nr * size) {
		nr = 1;
		if (extent_order(e) == HPAGE_PMD_ORDER)
			install_huge(vma, addr, extent_folio(e, i), tables);
		else
			nr = install_table(vma, addr, e, i);
	}
}
