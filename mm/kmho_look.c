// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmho(2): looking at page tables, to find out what a process has to hand over.
 *
 * Pages that are the process's own are pinned by the way, and of pages that others
 * have, too, a reference is taken. What others have and cannot stay where it is, is
 * moved first. What else is there is left to get_user_pages().
 */
#include <linux/bitmap.h>
#include <linux/migrate.h>
#include <linux/mm.h>
#include <linux/mm_inline.h>
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

/* Others may have it, but swapped out. The lock keeps it from leaving the swap cache. */
static bool is_swapped_out(struct folio *folio)
{
	bool out;

	if (!folio_test_swapcache(folio) || !folio_trylock(folio))
		return false;
	out = folio_test_swapcache(folio) && swp_swapcount(folio->swap);
	folio_unlock(folio);
	return out;
}

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
	       ((folio_mapcount(folio) > 1 || is_swapped_out(folio)) && !s->final);
}

static void note_folio(struct kmho_scan *s, unsigned long addr, struct folio *folio,
		       unsigned long *which)
{
	s->folios[kmho_chunk_page(s, addr)] = folio;
	__set_bit(kmho_chunk_page(s, addr), which);
}

/**
 * kmho_look_at_block - may the pages of a page block stay where they are?
 * @s: the scan, which notes the block if they may
 * @folio: one of them
 *
 * For kmho_can_stay().
 *
 * Context: any.
 *
 * Return: true if they may.
 */
bool kmho_look_at_block(struct kmho_scan *s, struct folio *folio)
{
	if (!folio_is_longterm_pinnable(folio))
		return false;
	s->block = folio_pfn(folio) >> pageblock_order;
	return true;
}

/*
 * Pinning would move the page, too, but would make a copy of it first. Who has it in
 * hand for a moment is asked to let go: else it cannot be moved.
 */
static void move_away(struct kmho_scan *s, struct folio *folio)
{
	if (!s->tries || folio_is_device_coherent(folio))
		return;
	if (folio_ref_count(folio) != folio_expected_ref_count(folio))
		s->busy = true;
	if (!folio_isolate_lru(folio)) {
		s->busy = true;
		return;
	}
	list_add_tail(&folio->lru, &s->movable);
	node_stat_mod_folio(folio, NR_ISOLATED_ANON + folio_is_file_lru(folio), 1);
}

static int note_common(struct kmho_scan *s, unsigned long addr, struct folio *folio)
{
	if (folio_test_large(folio)) {
		folio_get(folio);
		s->large = folio;
		return 1;
	}
	/* What a key holds cannot be moved. */
	if (kmho_can_stay(s, folio) || kmho_cow_holders(folio_pfn(folio))) {
		folio_get(folio);
		note_folio(s, addr, folio, s->cow);
	} else {
		move_away(s, folio);
	}
	return 0;
}

/*
 * A page that is mapped; the page tables are locked. A small one that is the process's
 * own, and may stay where it is, is noted to be pinned. pin_user_pages() would do the
 * same, but begins at the top of the page tables for each page, which takes several
 * times as many instructions; it gets what is left. Returns 1 if the folio has to be
 * split first.
 */
static int look_at_page(struct kmho_scan *s, unsigned long addr, struct page *page)
{
	struct folio *folio = page_folio(page);

	if (!folio_test_anon(folio) || folio_test_ksm(folio) || PageHWPoison(page))
		return 0;
	if (!PageAnonExclusive(page))
		return is_in_common(s, addr, folio) ? note_common(s, addr, folio) : 0;
	if (!folio_test_large(folio) && kmho_can_stay(s, folio))
		note_folio(s, addr, folio, s->own);
	return 0;
}

static void pin_own(struct kmho_scan *s)
{
	unsigned int first, end;

	for_each_set_bitrange(first, end, s->own, KMHO_CHUNK_PAGES)
		pin_small_folios(s->folios + first, end - first);
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

/* What is being moved, and may be in common, is waited for, but not by who is killed. */
static void look_at_entry(struct kmho_scan *s, unsigned long addr, swp_entry_t entry)
{
	if (!non_swap_entry(entry))
		__set_bit(kmho_chunk_page(s, addr), s->out);
	else if (is_readable_migration_entry(entry) && s->waits &&
		 !fatal_signal_pending(current))
		s->moving = addr;
}

/*
 * What is neither page nor swap is for pinning to judge, and to wait for. That a page
 * is all zeros now matters only where something is held that it replaces.
 */
static int look_at_pte(struct kmho_scan *s, unsigned long addr, pte_t pte)
{
	struct folio *held = s->of ? held_at(s, addr) : NULL;

	if (pte_none(pte) || is_held(s, pte, held))
		return 0;
	if (pte_present(pte) && is_zero_pfn(pte_pfn(pte)) && !held)
		return 0;
	__set_bit(kmho_chunk_page(s, addr), s->there);
	if (pte_present(pte))
		return look_at_page(s, addr, pte_page(pte));
	look_at_entry(s, addr, pte_to_swp_entry(pte));
	return 0;
}

static int look_at_ptes(pmd_t *pmd, unsigned long addr, unsigned long next,
			struct mm_walk *walk)
{
	struct kmho_scan *s = walk->private;
	spinlock_t *ptl = pte_lockptr(walk->mm, pmd);
	/* mmap_lock is held, so nobody takes the page table away. */
	pte_t *pte = pte_offset_kernel(pmd, addr);
	int err = 0;

	spin_lock(ptl);
	for (; addr < next && !err; addr += PAGE_SIZE, pte++)
		err = look_at_pte(s, addr, ptep_get(pte));
	pin_own(s);
	spin_unlock(ptl);
	return err;
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
	else if (is_swap_pmd(entry))
		look_at_entry(s, addr, pmd_to_swp_entry(entry));
	spin_unlock(ptl);
	if (err)
		return err;
	/* A huge page may have gone since it was seen. */
	if (pmd_none(entry))
		return 0;
	if (!pmd_trans_huge(entry) && !is_swap_pmd(entry))
		return look_at_ptes(pmd, addr, next, walk);
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
	.walk_lock	= PGWALK_RDLOCK,
};

/* ---- What has to be done first ---- */

/* Who cannot have it in common gets a copy, when it is pinned. */
static void split(struct kmho_scan *s)
{
	s->unsplit = kmho_split(s->large);
	folio_put(s->large);
	s->large = NULL;
}

/* As get_user_pages() does it for what is to be pinned for long */
static void move(struct kmho_scan *s)
{
	struct migration_target_control mtc = {
		.nid = NUMA_NO_NODE,
		.gfp_mask = GFP_USER | __GFP_NOWARN,
		.reason = MR_LONGTERM_PIN,
	};

	/* Mostly it is what this CPU has put off. */
	if (s->busy && s->tries == KMHO_TRIES)
		lru_add_drain();
	else if (s->busy)
		lru_add_drain_all();
	if (!list_empty(&s->movable))
		migrate_pages(&s->movable, alloc_migration_target, NULL,
			      (unsigned long)&mtc, MIGRATE_SYNC, MR_LONGTERM_PIN,
			      NULL);
	putback_movable_pages(&s->movable);
	s->tries--;
}

static long fetch_pages(struct kmho_scan *s, unsigned long addr, unsigned long nr)
{
	if (s->mm == current->mm)
		return get_user_pages(addr, nr, FOLL_FORCE, s->pages);
	return get_user_pages_remote(s->mm, addr, nr, FOLL_FORCE, s->pages, NULL);
}

/*
 * Pinning would bring in what is swapped out, too, but would make a copy of what is in
 * common. What cannot be had is left to it.
 */
static void fetch(struct kmho_scan *s)
{
	unsigned int first, end;
	long got;

	for_each_set_bitrange(first, end, s->out, KMHO_CHUNK_PAGES) {
		got = fetch_pages(s, s->chunk + first * PAGE_SIZE, end - first);
		if (got <= 0)
			continue;
		release_pages(s->pages, got);
		s->swapped += got;
	}
	s->fetched = true;
}

static void wait(struct kmho_scan *s)
{
	pmd_t *pmd = mm_find_pmd(s->mm, s->moving);

	if (pmd && is_swap_pmd(pmdp_get_lockless(pmd)))
		pmd_migration_entry_wait(s->mm, pmd);
	else if (pmd)
		migration_entry_wait(s->mm, pmd, s->moving);
	s->waits--;
}

/* Returns whether there was something to do. */
static bool do_first(struct kmho_scan *s)
{
	bool moves = s->busy || !list_empty(&s->movable);
	bool waits = s->moving != ULONG_MAX, splits = s->large;
	/* The rest was not looked at if there is something to be split. */
	bool fetches = !splits && !s->fetched &&
		       !bitmap_empty(s->out, KMHO_CHUNK_PAGES);

	if (splits)
		split(s);
	if (moves)
		move(s);
	if (waits)
		wait(s);
	if (fetches)
		fetch(s);
	return splits || moves || waits || fetches;
}

/**
 * kmho_look_at_chunk - find out what is there of memory that one page table maps
 * @s: the scan; its bitmaps tell about the chunk afterwards, and kmho_put_folios()
 *	has to be called
 * @start: address of the first page
 * @end: that of the first one after it
 *
 * Context: may sleep; mmap_lock is held.
 *
 * Return: 0; 1: something was split, moved or brought in, and it has to be looked at
 * again.
 */
int kmho_look_at_chunk(struct kmho_scan *s, unsigned long start, unsigned long end)
{
	int err;

	bitmap_zero(s->there, KMHO_CHUNK_PAGES);
	bitmap_zero(s->out, KMHO_CHUNK_PAGES);
	find_held(s);
	s->huge = false;
	s->busy = false;
	s->moving = ULONG_MAX;
	s->block = ULONG_MAX;
	err = walk_page_range(s->mm, start, end, &look_ops, s);
	return do_first(s) ? 1 : min(err, 0);
}
