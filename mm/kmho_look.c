// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmho(2): looking at page tables, to find out what a process has to hand over.
 *
 * Pages that are the process's own are pinned by the way, and of pages that others
 * have, too, a reference is taken. What else is there is left to
 * get_user_pages().
 */
#include <linux/bitmap.h>
#include <linux/mm.h>
#include <linux/pagewalk.h>
#include <linux/swap.h>
#include <linux/swapops.h>

#include "internal.h"
#include "kmho_scan.h"

/* ---- What is there already ---- */

static void find_held(struct kmho_scan *s)
{
	unsigned long at, end, chunk_end = s->chunk + KMHO_CHUNK_SIZE;
	const struct kmho_extent *e, *last;

	bitmap_zero(s->held, KMHO_CHUNK_PAGES);
	if (!s->of || !s->of->nr_cow)
		return;
	e = kmho_find_extent(s->of, s->chunk);
	/* The one before it may reach into the chunk. */
	if (e > s->of->extents)
		e--;
	last = s->of->extents + kmho_nr_private(s->of);
	for (; e < last && extent_addr(e) < chunk_end; e++) {
		if (!extent_is_cow(e))
			continue;
		at = max(extent_addr(e), s->chunk);
		end = min(extent_addr(e) + extent_size(e), chunk_end);
		for (; at < end; at += PAGE_SIZE) {
			__set_bit(kmho_chunk_page(s, at), s->held);
			s->old[kmho_chunk_page(s, at)] =
				extent_folio(e, (at - extent_addr(e)) >> PAGE_SHIFT);
		}
	}
}

static struct folio *held_at(const struct kmho_scan *s, unsigned long addr)
{
	unsigned int at = kmho_chunk_page(s, addr);

	return test_bit(at, s->held) ? s->old[at] : NULL;
}

/* What is held does not move, but somebody may be trying, and it may be unmapped. */
static bool is_mapped_by(pte_t pte, struct folio *folio)
{
	swp_entry_t entry;

	if (pte_present(pte))
		return pte_pfn(pte) == folio_pfn(folio);
	entry = pte_to_swp_entry(pte);
	if (!non_swap_entry(entry))
		return folio_test_swapcache(folio) && folio->swap.val == entry.val;
	return is_migration_entry(entry) &&
	       swp_offset_pfn(entry) == folio_pfn(folio);
}

/*
 * Is a page still what is held? At the end only those count who hand it over: with a
 * page of its own a process is free to store what it likes until the jump.
 */
static bool is_held(const struct kmho_scan *s, pte_t pte, struct folio *held)
{
	return held && is_mapped_by(pte, held) &&
	       (!s->final || kmho_cow_holders(folio_pfn(held)) > 1);
}

/* ---- What is there now ---- */

/*
 * Does somebody else have a page, too, that is not marked as the process's own? Of a
 * folio of several pages, any of them: what it is when it is split will be seen then.
 */
static bool is_in_common(const struct kmho_scan *s, unsigned long addr,
			 struct folio *folio)
{
	unsigned long nr;

	if (folio_test_large(folio))
		return !s->final && !s->unsplit &&
		       folio_likely_mapped_shared(folio);
	nr = kmho_cow_holders(folio_pfn(folio));
	return nr > (folio == held_at(s, addr)) ||
	       (folio_mapcount(folio) > 1 && !s->final);
}

static void note_folio(struct kmho_scan *s, unsigned long addr, struct folio *folio,
		       unsigned long *which)
{
	s->folios[kmho_chunk_page(s, addr)] = folio;
	__set_bit(kmho_chunk_page(s, addr), which);
}

/*
 * A page that is mapped; the page tables are locked. A small one that is the process's
 * own, and may stay where it is, is pinned at once. pin_user_pages() would do the same,
 * but begins at the top of the page tables for each page, which takes several times as
 * many instructions; it gets what is left. Returns 1 if the folio has to be split first.
 */
static int look_at_page(struct kmho_scan *s, unsigned long addr, struct page *page)
{
	struct folio *folio = page_folio(page);

	if (!folio_test_anon(folio) || folio_test_ksm(folio) || PageHWPoison(page) ||
	    !folio_is_longterm_pinnable(folio))
		return 0;
	if (PageAnonExclusive(page)) {
		if (!folio_test_large(folio) && !try_grab_folio(folio, 1, FOLL_PIN))
			note_folio(s, addr, folio, s->own);
		return 0;
	}
	if (!is_in_common(s, addr, folio))
		return 0;
	folio_get(folio);
	if (!folio_test_large(folio)) {
		note_folio(s, addr, folio, s->cow);
		return 0;
	}
	s->large = folio;
	return 1;
}

/**
 * kmho_put_folios - let go of what was looked at and not kept
 * @s: the scan
 *
 * Context: any, mmap_lock is held.
 */
void kmho_put_folios(struct kmho_scan *s)
{
	unsigned int i;

	for_each_set_bit(i, s->own, KMHO_CHUNK_PAGES)
		unpin_folio(s->folios[i]);
	for_each_set_bit(i, s->cow, KMHO_CHUNK_PAGES)
		folio_put(s->folios[i]);
	bitmap_zero(s->own, KMHO_CHUNK_PAGES);
	bitmap_zero(s->cow, KMHO_CHUNK_PAGES);
}

/*
 * What is neither page nor swap is for pinning to judge. That a page is all zeros now
 * matters only where something is held that it replaces.
 */
static int look_at_pte(pte_t *ptep, unsigned long addr, unsigned long next,
		       struct mm_walk *walk)
{
	struct kmho_scan *s = walk->private;
	struct folio *held = held_at(s, addr);
	pte_t pte = ptep_get(ptep);

	if (pte_none(pte) || is_held(s, pte, held))
		return 0;
	if (pte_present(pte) && is_zero_pfn(pte_pfn(pte)) && !held)
		return 0;
	__set_bit(kmho_chunk_page(s, addr), s->there);
	if (pte_present(pte))
		return look_at_page(s, addr, pte_page(pte));
	if (!non_swap_entry(pte_to_swp_entry(pte)))
		__set_bit(kmho_chunk_page(s, addr), s->out);
	return 0;
}

static int look_at_pmd(pmd_t *pmd, unsigned long addr, unsigned long next,
		       struct mm_walk *walk)
{
	struct kmho_scan *s = walk->private;
	spinlock_t *ptl = pmd_lock(walk->mm, pmd);
	pmd_t entry = *pmd;
	int err = 0;

	if (pmd_trans_huge(entry) && !is_huge_zero_pmd(entry))
		err = look_at_page(s, addr, pmd_page(entry));
	spin_unlock(ptl);
	if (err)
		return err;
	/* What migrates is not present; pinning waits for it. */
	if (!pmd_trans_huge(entry) && !is_swap_pmd(entry))
		return 0;
	walk->action = ACTION_CONTINUE;
	if (is_huge_zero_pmd(entry)) {
		for (; addr < next; addr += PAGE_SIZE)
			if (held_at(s, addr))
				__set_bit(kmho_chunk_page(s, addr), s->there);
		return 0;
	}
	s->huge = next - addr == KMHO_CHUNK_SIZE;
	bitmap_set(s->there, kmho_chunk_page(s, addr), (next - addr) >> PAGE_SHIFT);
	return 0;
}

static const struct mm_walk_ops look_ops = {
	.pmd_entry	= look_at_pmd,
	.pte_entry	= look_at_pte,
	.walk_lock	= PGWALK_RDLOCK,
};

/**
 * kmho_look_at_chunk - find out what is there of memory that one page table maps
 * @s: the scan; its bitmaps tell about the chunk afterwards, and kmho_put_folios()
 *	has to be called
 * @start: address of the first page
 * @end: that of the first one after it
 *
 * Context: may sleep; mmap_lock is held.
 *
 * Return: 0; 1: something was split, and it has to be looked at again.
 */
int kmho_look_at_chunk(struct kmho_scan *s, unsigned long start, unsigned long end)
{
	int err;

	bitmap_zero(s->there, KMHO_CHUNK_PAGES);
	bitmap_zero(s->out, KMHO_CHUNK_PAGES);
	find_held(s);
	s->huge = false;
	err = walk_page_range(s->mm, start, end, &look_ops, s);
	if (err <= 0)
		return err;
	/* Who cannot have it in common gets a copy, when it is pinned. */
	s->unsplit = kmho_split(s->large);
	folio_put(s->large);
	return 1;
}
