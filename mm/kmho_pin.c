// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmho(2): finding and pinning the memory that a process hands over.
 *
 * Only what is there is pinned. Asking get_user_pages() for a whole range would
 * fill its holes, so the page tables are looked at first, 2 MiB at a time: holes
 * and zero pages are left out, what is swapped out is brought in by pinning it.
 *
 * FOLL_LONGTERM moves pages out of memory that has to stay movable, and gives
 * the process a page of its own where one is shared with others. From then on
 * the page stays the process's, whatever it does: it is not moved, merged or
 * swapped out, and fork() copies it for the child. So what is stored later is
 * stored in what was handed over.
 */
#include <linux/bitmap.h>
#include <linux/mm.h>
#include <linux/mm_inline.h>
#include <linux/pagewalk.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/swap.h>
#include <linux/swapops.h>

#include "internal.h"
#include "kmho.h"

/* Read only: a write would fill holes. Areas may have no permissions at all. */
#define PIN_FLAGS	(FOLL_LONGTERM | FOLL_FORCE | FOLL_HWPOISON)

/* How often a folio that others hold for a moment is tried to be split */
#define SPLIT_TRIES	3

/* All flags of mappings that are known here; with any other one it is refused. */
#define KNOWN_VM_FLAGS							\
	(VM_READ | VM_WRITE | VM_EXEC | VM_MAYREAD | VM_MAYWRITE |	\
	 VM_MAYEXEC | VM_GROWSDOWN | VM_LOCKED | VM_LOCKONFAULT |	\
	 VM_SEQ_READ | VM_RAND_READ | VM_DONTCOPY | VM_ACCOUNT |	\
	 VM_NORESERVE | VM_WIPEONFORK | VM_DONTDUMP | VM_SOFTDIRTY |	\
	 VM_HUGEPAGE | VM_NOHUGEPAGE | VM_MERGEABLE)

static const struct {
	vm_flags_t vm;
	u32 area;
} flag_names[] = {
	{ VM_READ, KMHO_AREA_READ },
	{ VM_WRITE, KMHO_AREA_WRITE },
	{ VM_EXEC, KMHO_AREA_EXEC },
	{ VM_LOCKED, KMHO_AREA_LOCKED },
	{ VM_LOCKONFAULT, KMHO_AREA_LOCKONFAULT },
	{ VM_NORESERVE, KMHO_AREA_NORESERVE },
	{ VM_HUGEPAGE, KMHO_AREA_HUGEPAGE },
	{ VM_NOHUGEPAGE, KMHO_AREA_NOHUGEPAGE },
	{ VM_DONTCOPY, KMHO_AREA_DONTCOPY },
	{ VM_WIPEONFORK, KMHO_AREA_WIPEONFORK },
	{ VM_DONTDUMP, KMHO_AREA_DONTDUMP },
	{ VM_SEQ_READ, KMHO_AREA_SEQ_READ },
	{ VM_RAND_READ, KMHO_AREA_RAND_READ },
};

/* Pages that page tables of the lowest level map */
#define CHUNK_PAGES	PTRS_PER_PTE
#define CHUNK_SIZE	PMD_SIZE

/**
 * struct scan - finding and pinning under way
 * @mem: what is filled
 * @room_areas: entries that there is room for in @mem->areas
 * @room_extents: likewise
 * @apart: the next extent is in another area than the last one
 * @chunk: address that bit 0 of the bitmaps stands for
 * @there: pages of the chunk that are there or swapped out
 * @out: those that are swapped out
 * @pages: room for a chunk's pages
 * @swapped: pages that were brought in
 */
struct scan {
	struct kmho_memory *mem;
	u32 room_areas;
	u32 room_extents;
	bool apart;
	unsigned long chunk;
	DECLARE_BITMAP(there, CHUNK_PAGES);
	DECLARE_BITMAP(out, CHUNK_PAGES);
	struct page **pages;
	u64 swapped;
};

/* ---- What is there ---- */

static unsigned int chunk_page(const struct scan *s, unsigned long addr)
{
	return (addr - s->chunk) >> PAGE_SHIFT;
}

/* What is neither page nor swap is for pinning to judge. */
static int look_at_pte(pte_t *ptep, unsigned long addr, unsigned long next,
		       struct mm_walk *walk)
{
	struct scan *s = walk->private;
	pte_t pte = ptep_get(ptep);

	if (pte_none(pte))
		return 0;
	if (pte_present(pte) && is_zero_pfn(pte_pfn(pte)))
		return 0;
	__set_bit(chunk_page(s, addr), s->there);
	if (!pte_present(pte) && !non_swap_entry(pte_to_swp_entry(pte)))
		__set_bit(chunk_page(s, addr), s->out);
	return 0;
}

static int look_at_pmd(pmd_t *pmd, unsigned long addr, unsigned long next,
		       struct mm_walk *walk)
{
	struct scan *s = walk->private;
	spinlock_t *ptl = pmd_lock(walk->mm, pmd);
	pmd_t entry = *pmd;

	spin_unlock(ptl);
	/* What migrates is not present; pinning waits for it. */
	if (!pmd_trans_huge(entry) && !is_swap_pmd(entry))
		return 0;
	walk->action = ACTION_CONTINUE;
	if (!is_huge_zero_pmd(entry))
		bitmap_set(s->there, chunk_page(s, addr),
			   (next - addr) >> PAGE_SHIFT);
	return 0;
}

static const struct mm_walk_ops look_ops = {
	.pmd_entry	= look_at_pmd,
	.pte_entry	= look_at_pte,
	.walk_lock	= PGWALK_RDLOCK,
};

/* ---- What is noted ---- */

/* Room for one more entry of an array that doubles, NULL if there is none. */
static void *grow(void *array, u32 nr, u32 *room, size_t size)
{
	u32 more = max(2 * *room, 16U);

	if (nr < *room)
		return array;
	if (more <= nr)
		return NULL;
	array = kvrealloc(array, array_size(more, size),
			  GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (array)
		*room = more;
	return array;
}

static int add_area(struct scan *s, unsigned long start, unsigned long end,
		    vm_flags_t vm_flags)
{
	struct kmho_memory *mem = s->mem;
	struct kmho_area *area;
	unsigned int i;

	area = grow(mem->areas, mem->nr_areas, &s->room_areas, sizeof(*area));
	if (!area)
		return -ENOMEM;
	mem->areas = area;
	area += mem->nr_areas++;
	*area = (struct kmho_area){ .start = start, .length = end - start };
	for (i = 0; i < ARRAY_SIZE(flag_names); i++) {
		if (vm_flags & flag_names[i].vm)
			area->flags |= flag_names[i].area;
	}
	s->apart = true;
	return 0;
}

/* Does a folio go on where the last extent ends? */
static bool extends(const struct scan *s, unsigned long addr,
		    struct folio *folio)
{
	const struct kmho_extent *last;

	if (s->apart)
		return false;
	last = &s->mem->extents[s->mem->nr_extents - 1];
	return extent_order(last) == folio_order(folio) &&
	       extent_folios(last) < KMHO_EXTENT_MAX &&
	       extent_addr(last) + extent_size(last) == addr &&
	       extent_phys(last) + extent_size(last) ==
	       PFN_PHYS(folio_pfn(folio));
}

static int add_folio(struct scan *s, unsigned long addr, struct folio *folio)
{
	struct kmho_memory *mem = s->mem;
	struct kmho_extent *e;

	if (extends(s, addr, folio)) {
		mem->extents[mem->nr_extents - 1].phys++;
		return 0;
	}
	e = grow(mem->extents, mem->nr_extents, &s->room_extents, sizeof(*e));
	if (!e)
		return -ENOMEM;
	mem->extents = e;
	e += mem->nr_extents++;
	e->addr = addr | folio_order(folio);
	e->phys = PFN_PHYS(folio_pfn(folio)) | 1;
	s->apart = false;
	return 0;
}

/* ---- Pinning ---- */

/* How many of the pages are this folio, all of it in a row; 0: not all of it */
static unsigned long whole_folio(struct folio *folio, unsigned long addr,
				 struct page **pages, unsigned long nr)
{
	unsigned long i, want = folio_nr_pages(folio);

	if (want > nr || !IS_ALIGNED(addr, folio_size(folio)))
		return 0;
	for (i = 0; i < want; i++)
		if (pages[i] != folio_page(folio, i))
			return 0;
	return want;
}

/*
 * Pages of a folio that is not all in one place are made folios of their own. So
 * every folio belongs to one key, and comes back as it was.
 */
static int split(struct folio *folio)
{
	int tries, err = -EAGAIN;

	for (tries = 0; err == -EAGAIN && tries < SPLIT_TRIES; tries++) {
		if (tries)
			lru_add_drain_all();
		folio_lock(folio);
		err = folio_test_large(folio) ? split_folio(folio) : 0;
		folio_unlock(folio);
	}
	return err ? -EBUSY : 0;
}

/*
 * One pin for each folio is kept. Returns how many of the pages are done, less
 * than all if a folio was split and has to be pinned anew.
 */
static long keep_pages(struct scan *s, unsigned long addr, unsigned long nr)
{
	struct page **pages = s->pages;
	unsigned long i, n;
	struct folio *folio;
	int err = 0;

	for (i = 0; i < nr && !err; i += n, addr += n << PAGE_SHIFT) {
		folio = page_folio(pages[i]);
		n = whole_folio(folio, addr, pages + i, nr - i);
		if (!n)
			break;
		err = folio_test_hwpoison(folio) ? -EHWPOISON :
		      add_folio(s, addr, folio);
		if (!err)
			unpin_user_pages(pages + i + 1, n - 1);
		else
			n = 0;
	}
	if (i == nr)
		return nr;
	folio_get(folio);
	unpin_user_pages(pages + i, nr - i);
	if (!err)
		err = split(folio);
	folio_put(folio);
	return err ?: i;
}

/* Pages in a row that are there; returns how many of them are done */
static long pin_run(struct scan *s, unsigned long addr, unsigned long nr)
{
	unsigned int at = chunk_page(s, addr);
	long got, done;
	int err;

	got = pin_user_pages(addr, nr, PIN_FLAGS, s->pages);
	if (got <= 0)
		return got ?: -EFAULT;
	err = kmho_charge(s->mem, got);
	if (err) {
		unpin_user_pages(s->pages, got);
		return err;
	}
	done = keep_pages(s, addr, got);
	kmho_uncharge(s->mem, got - max(done, 0L));
	for (nr = at + max(done, 0L); at < nr; at++)
		s->swapped += test_bit(at, s->out);
	return done;
}

/* Part of an area, in one page table */
static int pin_chunk(struct scan *s, unsigned long start, unsigned long end)
{
	unsigned int first, nr, last = CHUNK_PAGES;
	long done = 0;
	int err;

	s->chunk = ALIGN_DOWN(start, CHUNK_SIZE);
	while (start < end) {
		bitmap_zero(s->there, CHUNK_PAGES);
		bitmap_zero(s->out, CHUNK_PAGES);
		err = walk_page_range(current->mm, start, end, &look_ops, s);
		if (err)
			return err;
		first = find_first_bit(s->there, last);
		while (first < last) {
			nr = find_next_zero_bit(s->there, last, first) - first;
			start = s->chunk + ((unsigned long)first << PAGE_SHIFT);
			done = pin_run(s, start, nr);
			if (done < 0)
				return done;
			start += done << PAGE_SHIFT;
			if (done < nr)
				break;
			first = find_next_bit(s->there, last, first + nr);
		}
		/* else something was split, or less than asked for was there */
		if (first >= last)
			break;
	}
	return 0;
}

static int pin_area(struct scan *s, unsigned long start, unsigned long end)
{
	unsigned long next;
	int err;

	for (; start < end; start = next) {
		next = min(ALIGN(start + 1, CHUNK_SIZE), end);
		if (fatal_signal_pending(current))
			return -EINTR;
		err = pin_chunk(s, start, next);
		if (err)
			return err;
		cond_resched();
	}
	return 0;
}

/* Private anonymous memory, and nothing about it that would get lost */
static bool can_hand_over(struct vm_area_struct *vma)
{
	return vma_is_anonymous(vma) && !(vma->vm_flags & ~KNOWN_VM_FLAGS);
}

static int pin_range(struct scan *s, const struct kmho_range *range)
{
	unsigned long at = range->base, end = at + range->length, next;
	struct vm_area_struct *vma;
	int err;

	for (; at < end; at = next) {
		vma = vma_lookup(current->mm, at);
		if (!vma)
			return -EFAULT;
		if (!can_hand_over(vma))
			return -EOPNOTSUPP;
		next = min(vma->vm_end, end);
		err = add_area(s, at, next, vma->vm_flags) ?:
		      pin_area(s, at, next);
		if (err)
			return err;
	}
	return 0;
}

/**
 * kmho_pin - pin what is there of the ranges of the calling process
 * @mem: has its ranges and an account, and nothing else
 * @swapped: returns how many pages were brought in from swap
 *
 * Context: process context, may sleep.
 *
 * Return: 0; -EFAULT: not all of it is mapped; -EOPNOTSUPP: not all of it is
 * private anonymous memory, or it is of a kind that is not known; -EDQUOT:
 * RLIMIT_MEMLOCK would be exceeded; -EBUSY: somebody else holds a folio that is
 * to be split; -EHWPOISON: the memory is broken; -EINTR; -ENOMEM. What is in @mem
 * is pinned, also when it fails.
 */
int kmho_pin(struct kmho_memory *mem, u64 *swapped)
{
	struct mm_struct *mm = current->mm;
	struct scan *s;
	int err = -ENOMEM;
	u32 i;

	s = kzalloc(sizeof(*s), GFP_KERNEL);
	if (!s)
		return -ENOMEM;
	s->mem = mem;
	s->pages = kvmalloc_array(CHUNK_PAGES, sizeof(*s->pages), GFP_KERNEL);
	if (!s->pages)
		goto out;
	err = -EINTR;
	if (mmap_read_lock_killable(mm))
		goto out;
	for (i = 0, err = 0; i < mem->nr_ranges && !err; i++)
		err = pin_range(s, &mem->ranges[i]);
	mmap_read_unlock(mm);
	*swapped = s->swapped;
out:
	kvfree(s->pages);
	kfree(s);
	return err;
}
