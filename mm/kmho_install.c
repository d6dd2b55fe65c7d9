// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmho(2): putting folios that came from the previous kernel into page tables. None
 * of it can fail.
 */
#include <linux/mm.h>
#include <linux/pagevec.h>
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

static pte_t entry_of(struct vm_area_struct *vma, struct folio *folio)
{
	pte_t entry = pte_mkdirty(mk_pte(&folio->page, vma->vm_page_prot));

	return vma->vm_flags & VM_WRITE ? pte_mkwrite(entry, vma) : entry;
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
	unsigned int nr = folio_nr_pages(folio);
	pmd_t *pmd = pmd_off(vma->vm_mm, addr);
	spinlock_t *ptl = pte_lockptr(vma->vm_mm, pmd);
	/* It is there, and no architecture of 64 bits has to map it. */
	pte_t *pte = pte_offset_kernel(pmd, addr);

	spin_lock(ptl);
	folio_ref_add(folio, nr - 1);
	folio_add_new_anon_rmap(folio, vma, addr, RMAP_EXCLUSIVE);
	folio_add_lru_vma(folio, vma);
	set_ptes(vma->vm_mm, addr, pte, entry_of(vma, folio), nr);
	update_mmu_cache_range(NULL, vma, addr, pte, nr);
	add_mm_counter(vma->vm_mm, MM_ANONPAGES, nr);
	spin_unlock(ptl);
}

/* ---- Small folios ---- */

static void list_batch(struct folio_batch *batch, struct vm_area_struct *vma)
{
	unsigned int i;

	if (!(vma->vm_flags & VM_LOCKED)) {
		folio_batch_add_lru(batch);
		return;
	}
	for (i = 0; i < folio_batch_count(batch); i++)
		folio_add_lru_vma(batch->folios[i], vma);
}

/**
 * kmho_install_flush - map what kmho_install_extent() has put off
 * @in: where to
 *
 * Context: mmap_lock is held for writing.
 */
void kmho_install_flush(struct kmho_install *in)
{
	unsigned int i, nr = folio_batch_count(&in->batch);
	struct vm_area_struct *vma = in->vma;
	struct folio **folios = in->batch.folios;
	pgprot_t prot;
	spinlock_t *ptl;
	pmd_t *pmd;
	pte_t *pte;

	if (!nr)
		return;
	pmd = pmd_off(vma->vm_mm, in->addr);
	ptl = pte_lockptr(vma->vm_mm, pmd);
	pte = pte_offset_kernel(pmd, in->addr);
	prot = pte_pgprot(entry_of(vma, folios[0]));
	spin_lock(ptl);
	folio_batch_add_new_anon_rmap(&in->batch, vma, in->addr, RMAP_EXCLUSIVE);
	list_batch(&in->batch, vma);
	for (i = 0; i < nr; i++)
		set_pte_at(vma->vm_mm, in->addr + i * PAGE_SIZE, pte + i,
			   pfn_pte(folio_pfn(folios[i]), prot));
	update_mmu_cache_range(NULL, vma, in->addr, pte, nr);
	add_mm_counter(vma->vm_mm, MM_ANONPAGES, nr);
	spin_unlock(ptl);
	folio_batch_reinit(&in->batch);
}

/* Is it counted where those are that are put off, and the next page of a page table? */
static bool belongs(struct kmho_install *in, unsigned long addr, struct folio *folio)
{
	return addr == in->addr + folio_batch_count(&in->batch) * PAGE_SIZE &&
	       addr < in->end && kmho_are_alike(in->batch.folios[0], folio);
}

static void install_small(struct kmho_install *in, unsigned long addr,
			  struct folio *folio)
{
	if (folio_batch_count(&in->batch) && !belongs(in, addr, folio))
		kmho_install_flush(in);
	if (!folio_batch_count(&in->batch)) {
		in->vma = vma_lookup(current->mm, addr);
		in->addr = addr;
		in->end = pmd_addr_end(addr, in->vma->vm_end);
	}
	if (!folio_batch_add(&in->batch, folio))
		kmho_install_flush(in);
}

/**
 * kmho_install_extent - map folios into the calling process
 * @in: where page tables for huge folios are, one of which is taken for each
 * @e: the folios, charged; those that are in common with others are left out
 * @addr: where the first of them goes; there are page tables
 *
 * The mapping gets the references. Small folios are mapped many at a time:
 * kmho_install_flush() maps the last ones.
 *
 * Context: mmap_lock is held for writing.
 */
void kmho_install_extent(struct kmho_install *in, const struct kmho_extent *e,
			 unsigned long addr)
{
	unsigned int i, order = extent_order(e);
	struct vm_area_struct *vma;

	vma = order ? vma_lookup(current->mm, addr) : NULL;
	for (i = 0; i < extent_folios(e); i++, addr += PAGE_SIZE << order) {
		if (order == HPAGE_PMD_ORDER)
			install_huge(vma, addr, extent_folio(e, i), in->tables);
		else if (order)
			kmho_install(vma, addr, extent_folio(e, i));
		else if (!extent_in_common(e, i))
			install_small(in, addr, extent_folio(e, i));
	}
}
