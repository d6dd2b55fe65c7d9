// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmho(2): pages that processes have in common since a fork.
 *
 * Pinning gives a process a page of its own. If both sides hand such a page over
 * it would be there twice, so it is kept by a reference instead, and by as many as
 * there are keys with it. With more references than mappings nobody writes to it
 * in place: who stores to it gets a copy, which is handed over in its stead (see
 * kmho_late.c). It can be unmapped then, but neither be moved nor leave memory.
 *
 * In the next kernel the first key claims it, and those after it take one more
 * reference. Whoever takes it over maps it without being able to write, as after
 * a fork, if the reverse map can express that: the mapping has to be where the page
 * was, and to belong to the family of mappings that the page does. Mappings are a
 * family if they stem from one by fork. The parent of the families is a process
 * that never was: its mappings have no pages, and others are made as their
 * children. Where it cannot be expressed the page is copied.
 */
#include <linux/gfp.h>
#include <linux/highmem.h>
#include <linux/kstate.h>
#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/pagemap.h>
#include <linux/pgtable.h>
#include <linux/rmap.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/string.h>
#include <linux/swap.h>
#include <linux/xarray.h>

#include "internal.h"
#include "kmho.h"

/* ---- How many keys have a page ---- */

/*
 * By page frame number. Those of arrived pages that several keys have are marked,
 * and so are those of them that somebody has mapped, who is charged with them.
 */
static DEFINE_XARRAY(holders);

#define IN_COMMON	XA_MARK_0
#define IN_USE		XA_MARK_1

/* Changes of @holders */
static DEFINE_MUTEX(holders_lock);

/* How often one of two keys let go of a page */
static unsigned long left_alone;

/**
 * kmho_cow_holders - how many keys have a page in common
 * @pfn: its number
 *
 * Context: any.
 *
 * Return: keys; 0 also if it is pinned for one.
 */
unsigned long kmho_cow_holders(unsigned long pfn)
{
	void *entry = xa_load(&holders, pfn);

	return entry ? xa_to_value(entry) : 0;
}

/**
 * kmho_cow_in_common - did a page arrive under several keys?
 * @folio: the page
 *
 * What it says does not change as long as a key has the page.
 *
 * Context: any.
 *
 * Return: true if so; then kmho_cow_map() maps it.
 */
bool kmho_cow_in_common(struct folio *folio)
{
	return xa_get_mark(&holders, folio_pfn(folio), IN_COMMON);
}

static int hold(unsigned long pfn)
{
	unsigned long nr = kmho_cow_holders(pfn);
	int err;

	if (!nr) {
		err = kstate_preserve_range(PFN_PHYS(pfn), PAGE_SIZE);
		if (err)
			return err;
	}
	err = xa_err(xa_store(&holders, pfn, xa_mk_value(nr + 1), GFP_KERNEL));
	if (err && !nr)
		kstate_unpreserve_range(PFN_PHYS(pfn), PAGE_SIZE);
	return err;
}

static void let_go(unsigned long pfn)
{
	unsigned long nr = kmho_cow_holders(pfn);

	/* An entry that is there already is changed without allocation. */
	if (nr > 1) {
		left_alone += nr == 2;
		xa_store(&holders, pfn, xa_mk_value(nr - 1), GFP_KERNEL);
		return;
	}
	xa_erase(&holders, pfn);
	kstate_unpreserve_range(PFN_PHYS(pfn), PAGE_SIZE);
}

/**
 * kmho_cow_left_alone - did a key lose the last one that it had something with?
 *
 * Context: process context, may sleep.
 *
 * Return: a number; another one than before: so it was, for some page.
 */
unsigned long kmho_cow_left_alone(void)
{
	guard(mutex)(&holders_lock);
	return left_alone;
}

/**
 * kmho_cow_preserve - have one more key keep pages
 * @e: the pages
 *
 * Context: process context, may sleep.
 *
 * Return: 0; as kstate_preserve_range(), or -ENOMEM: none is kept.
 */
int kmho_cow_preserve(const struct kmho_extent *e)
{
	unsigned long first = PHYS_PFN(extent_phys(e));
	unsigned int i;
	int err;

	guard(mutex)(&holders_lock);
	for (i = 0; i < extent_folios(e); i++) {
		err = hold(first + i);
		if (err) {
			while (i--)
				let_go(first + i);
			return err;
		}
	}
	return 0;
}

/**
 * kmho_cow_unpreserve - undo kmho_cow_preserve()
 * @e: the pages
 *
 * Context: process context, may sleep.
 */
void kmho_cow_unpreserve(const struct kmho_extent *e)
{
	unsigned int i;

	guard(mutex)(&holders_lock);
	for (i = 0; i < extent_folios(e); i++)
		let_go(PHYS_PFN(extent_phys(e)) + i);
}

/* ---- Families ---- */

/*
 * A family has a number in the stream, which is made from where its first anon_vma
 * is. That some have the same number only makes them share a lock.
 */
static struct vm_area_struct *parents[KMHO_FAMILIES];

static bool is_child(const struct vm_area_struct *vma,
		     const struct vm_area_struct *parent)
{
	return parent && vma->anon_vma->root == parent->anon_vma->root;
}

/**
 * kmho_cow_family - the number of a mapping's family
 * @vma: a mapping of private memory
 *
 * Context: may sleep; mmap_lock is held.
 *
 * Return: a number from 1 to KMHO_FAMILIES; -ENOMEM.
 */
int kmho_cow_family(struct vm_area_struct *vma)
{
	unsigned long hash = 0;
	u32 i;

	if (anon_vma_prepare(vma))
		return -ENOMEM;
	/* Children of those who arrived are with those who did not come yet. */
	for (i = 0; i < KMHO_FAMILIES; i++)
		if (is_child(vma, parents[i]))
			return i + 1;
	ptr_to_hashval(vma->anon_vma->root, &hash);
	return hash % KMHO_FAMILIES + 1;
}

static struct vm_area_struct *make_parent(struct mm_struct *mm, u32 nr)
{
	struct vm_area_struct *vma = vm_area_alloc(mm);
	/* Apart, or one would have the anon_vma of the one beside it. */
	unsigned long addr = (2 * nr + 1) * PAGE_SIZE;

	if (!vma)
		return NULL;
	vma_set_anonymous(vma);
	vma_set_range(vma, addr, addr + PAGE_SIZE, addr >> PAGE_SHIFT);
	if (insert_vm_struct(mm, vma)) {
		vm_area_free(vma);
		return NULL;
	}
	return anon_vma_prepare(vma) ? NULL : vma;
}

/* Needed at boot only, where nobody else is. */
static struct vm_area_struct *parent_of(u32 family)
{
	struct vm_area_struct **parent = &parents[family - 1];
	static struct mm_struct *mm;

	if (!mm)
		mm = mm_alloc();
	if (!mm || *parent)
		return *parent;
	mmap_write_lock(mm);
	*parent = make_parent(mm, family - 1);
	mmap_write_unlock(mm);
	return *parent;
}

/* ---- Arriving ---- */

/* As if it was mapped before, and is not at the moment */
static void make_anon(struct folio *folio, struct vm_area_struct *parent,
		      unsigned long addr)
{
	struct anon_vma *root = parent->anon_vma;

	folio->mapping = (void *)root + PAGE_MAPPING_ANON;
	folio->index = addr >> PAGE_SHIFT;
	folio_set_swapbacked(folio);
	xa_set_mark(&holders, folio_pfn(folio), IN_COMMON);
}

/**
 * kmho_cow_claim - claim a page that other keys may have too
 * @phys: its address
 * @addr: where it was in the process
 * @family: of which mappings
 *
 * Context: at boot, may sleep.
 *
 * Return: the page with a reference for the caller; NULL: it did not come over, or
 * there is no memory.
 */
struct folio *kmho_cow_claim(phys_addr_t phys, unsigned long addr, u32 family)
{
	struct vm_area_struct *parent;
	struct folio *folio;

	if (!kmho_cow_holders(PHYS_PFN(phys)))
		return kstate_restore_folio(phys, 0);
	parent = parent_of(family);
	if (!parent)
		return NULL;
	folio = pfn_folio(PHYS_PFN(phys));
	if (!kmho_cow_in_common(folio))
		make_anon(folio, parent, addr);
	folio_get(folio);
	return folio;
}

/* ---- Taking over ---- */

/**
 * kmho_cow_join - prepare a mapping for pages that are in common with others
 * @vma: the mapping, new
 * @mem: the memory that it is of
 * @area: the part of it; those beside it may have become part of the mapping
 *
 * Context: may sleep; mmap_lock is held for writing.
 *
 * Return: 0, also if it belongs to another family already; -ENOMEM.
 */
int kmho_cow_join(struct vm_area_struct *vma, const struct kmho_memory *mem,
		  const struct kmho_area *area)
{
	struct vm_area_struct *parent;

	parent = area->family ? parents[area->family - 1] : NULL;
	if (vma->anon_vma || !parent || !mem->nr_cow)
		return anon_vma_prepare(vma);
	return anon_vma_fork(vma, parent);
}

/* The page is locked: who has it mapped may have let KSM have it. */
static bool can_map(struct folio *folio, struct vm_area_struct *vma,
		    unsigned long addr)
{
	struct anon_vma *anon_vma = folio_anon_vma(folio);

	return anon_vma && anon_vma->root == vma->anon_vma->root &&
	       folio->index == linear_page_index(vma, addr) &&
	       !folio_test_hwpoison(folio);
}

/* The first who maps it is charged with it. The page is locked. */
static int use(struct folio *folio)
{
	int err;

	if (xa_get_mark(&holders, folio_pfn(folio), IN_USE))
		return 0;
	err = mem_cgroup_charge(folio, current->mm, KMHO_CHARGE_GFP);
	if (err)
		return err;
	folio_add_lru(folio);
	xa_set_mark(&holders, folio_pfn(folio), IN_USE);
	return 0;
}

static void map_locked(struct folio *folio, struct vm_area_struct *vma,
		       unsigned long addr)
{
	pmd_t *pmd = pmd_off(vma->vm_mm, addr);
	spinlock_t *ptl = pte_lockptr(vma->vm_mm, pmd);
	pte_t *pte = pte_offset_kernel(pmd, addr);

	folio_get(folio);
	spin_lock(ptl);
	folio_add_anon_rmap_pte(folio, &folio->page, vma, addr, RMAP_NONE);
	set_pte_at(vma->vm_mm, addr, pte,
		   pte_mkdirty(mk_pte(&folio->page, vma->vm_page_prot)));
	update_mmu_cache(vma, addr, pte);
	inc_mm_counter(vma->vm_mm, MM_ANONPAGES);
	spin_unlock(ptl);
}

static int map_copy(struct folio *folio, struct vm_area_struct *vma,
		    unsigned long addr)
{
	struct folio *copy;
	int err;

	copy = vma_alloc_folio(GFP_HIGHUSER_MOVABLE | __GFP_RETRY_MAYFAIL, 0, vma,
			       addr, false);
	if (!copy)
		return -ENOMEM;
	err = mem_cgroup_charge(copy, current->mm, KMHO_CHARGE_GFP);
	if (!err && (folio_test_hwpoison(folio) ||
		     copy_mc_user_highpage(&copy->page, &folio->page, addr, vma)))
		err = -EHWPOISON;
	if (err) {
		folio_put(copy);
		return err;
	}
	__folio_mark_uptodate(copy);
	kmho_install(vma, addr, copy);
	return 0;
}

static int map_one(struct folio *folio, struct vm_area_struct *vma,
		   unsigned long addr)
{
	bool can;
	int err;

	folio_lock(folio);
	can = can_map(folio, vma, addr);
	err = can ? use(folio) : 0;
	if (can && !err)
		map_locked(folio, vma, addr);
	folio_unlock(folio);
	return can ? err : map_copy(folio, vma, addr);
}

/**
 * kmho_cow_map - map pages that are in common with others
 * @e: the pages; those that nobody else had are left out
 * @addr: where the first of them goes; there are page tables
 *
 * What is mapped has references of its own, and goes when it is unmapped.
 *
 * Context: may sleep; mmap_lock of the calling process is held for writing.
 *
 * Return: 0; -EHWPOISON: one has to be copied and cannot be read; -EINTR: the caller is
 * to die; -ENOMEM.
 */
int kmho_cow_map(const struct kmho_extent *e, unsigned long addr)
{
	struct vm_area_struct *vma = vma_lookup(current->mm, addr);
	unsigned int i;
	int err = 0;

	for (i = 0; i < extent_folios(e) && !err; i++, addr += PAGE_SIZE) {
		if (!kmho_cow_in_common(extent_folio(e, i)))
			continue;
		if (fatal_signal_pending(current))
			return -EINTR;
		err = map_one(extent_folio(e, i), vma, addr);
		cond_resched();
	}
	return err;
}

/**
 * kmho_cow_settle - let go of pages that were taken over
 * @e: the pages, mapped
 *
 * Context: process context, may sleep.
 */
void kmho_cow_settle(const struct kmho_extent *e)
{
	struct folio *folio;
	unsigned int i;
	bool common;

	guard(mutex)(&holders_lock);
	for (i = 0; i < extent_folios(e); i++) {
		folio = extent_folio(e, i);
		common = kmho_cow_in_common(folio);
		let_go(folio_pfn(folio));
		/* else the mapping has it now */
		if (common)
			folio_put(folio);
	}
}
