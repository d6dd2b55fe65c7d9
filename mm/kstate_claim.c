// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that stays in place across kexec: pages that the previous kernel
 * preserved are claimed by their owners; the rest is freed when the hand-over is
 * finished.
 *
 * Until a page is claimed it is PageReserved and its page->private says what
 * it is, so that the map need not change.
 */
#include <linux/bitops.h>
#include <linux/cleanup.h>
#include <linux/compiler.h>
#include <linux/export.h>
#include <linux/highmem.h>
#include <linux/kstate.h>
#include <linux/list.h>
#include <linux/lockdep.h>
#include <linux/log2.h>
#include <linux/memcontrol.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/mutex.h>
#include <linux/pgalloc_tag.h>
#include <linux/poison.h>
#include <linux/sched.h>

#include "internal.h"
#include "kstate_claim.h"
#include "../kernel/kstate_internal.h"

/* Nobody claims a page while what is left is freed. Taken last. */
static DEFINE_MUTEX(claim_lock);

static bool page_is_left(const struct page *page)
{
	return PageReserved(page) && page_private(page) == KSTATE_PAGE_CLIENT;
}

/*
 * The struct pages of one block, or of less of it, if they can be looked at. Once
 * all exist, what they say is enough, as nobody else marks pages so. Before that
 * only the map knows where to look.
 */
static struct page *block_pages(unsigned long pfn, unsigned long nr)
{
	if (kstate_all_pages_exist)
		return pfn_to_online_page(pfn);
	return kstate_map_test_all(&kstate_in_map, pfn, nr) ? pfn_to_page(pfn) : NULL;
}

static bool range_is_left(unsigned long pfn, unsigned long nr)
{
	unsigned long end = pfn + nr, stop;
	struct page *page;

	for (; pfn < end; pfn = stop) {
		stop = kstate_block_end(pfn, end);
		page = block_pages(pfn, stop - pfn);
		if (!page)
			return false;
		for (; pfn < stop; pfn++, page++)
			if (!page_is_left(page))
				return false;
	}
	return true;
}

static bool is_folio(phys_addr_t phys, unsigned int order)
{
	return order <= ilog2(MAX_FOLIO_NR_PAGES) &&
	       IS_ALIGNED(phys, PAGE_SIZE << order);
}

/**
 * kstate_folio_claimable - would kstate_restore_folio() succeed?
 * @phys: address of the folio
 * @order: its order
 *
 * Context: any; the answer holds under KSTATE's lock.
 *
 * Return: true if the folio was preserved and nobody has claimed any of it.
 */
bool kstate_folio_claimable(phys_addr_t phys, unsigned int order)
{
	return is_folio(phys, order) &&
	       range_is_left(PHYS_PFN(phys), 1UL << order);
}

static void unclaim_page(struct page *page)
{
	adjust_managed_page_count(page, -1);
	set_page_count(page, 1);
	SetPageReserved(page);
	set_page_private(page, KSTATE_PAGE_CLIENT);
}

/* How many pages, from the first one on, were left and are not any more */
static unsigned long take_pages(struct page *page, unsigned long nr)
{
	struct page *p = page, *end = page + nr;
	unsigned long none = 0;

	/* This is what claiming costs. A register for 0 makes the loop shorter. */
	OPTIMIZER_HIDE_VAR(none);
	do {
		/* Is it left? See page_is_left(). */
		if (page_private(p) != KSTATE_PAGE_CLIENT ||
		    !test_and_clear_bit(PG_reserved, &p->flags))
			break;
		set_page_private(p, none);
		clear_page_tag_ref(p);
	} while (++p < end);
	return p - page;
}

/* Pages of one block are of one zone, unless a node ends within it. */
static void count_pages(struct page *page, unsigned long nr)
{
	if (!nr)
		return;
	if (page_zone(page) == page_zone(page + nr - 1))
		adjust_managed_page_count(page, nr);
	else
		while (nr--)
			adjust_managed_page_count(page + nr, 1);
}

/* All or none; each has the one reference that reserved pages have. */
static bool claim_pages(unsigned long pfn, unsigned long nr)
{
	unsigned long end = pfn + nr, at, stop, got;
	struct page *page;

	lockdep_assert_held(&claim_lock);
	for (at = pfn; at < end; at = stop) {
		stop = kstate_block_end(at, end);
		page = block_pages(at, stop - at);
		got = page ? take_pages(page, stop - at) : 0;
		count_pages(page, got);
		if (got == stop - at)
			continue;
		for (at += got; at > pfn; at--)
			unclaim_page(pfn_to_page(at - 1));
		return false;
	}
	return true;
}

/*
 * This is prep_compound_page(), of pages that have a reference each and no private
 * data.
 */
static void make_compound(struct page *head, unsigned int order)
{
	struct page *p = head + 1, *end = head + (1UL << order);

	__folio_set_head(page_folio(head));
	do {
		set_page_count(p, 0);
		p->mapping = TAIL_MAPPING;
		set_compound_head(p, head);
	} while (++p < end);
	prep_compound_head(head, order);
}

/**
 * kstate_restore_folio - claim a folio that the previous kernel preserved
 * @phys: its address, from the stream
 * @order: its order, from the stream
 *
 * Context: process context or boot, may sleep. Before core_initcalls a claimed
 * folio must not be freed: not all struct pages exist yet.
 *
 * A folio larger than MAX_PAGE_ORDER can only be freed by hugetlb: it has to be
 * given to hugetlb_adopt_folio(), as any that is to be a huge page again.
 *
 * Nobody is charged for the folio: see kstate_charge_folio().
 *
 * Return: the folio, with its contents, its order and one reference; NULL if
 * it was not preserved or is claimed already.
 */
struct folio *kstate_restore_folio(phys_addr_t phys, unsigned int order)
{
	struct page *page;

	guard(mutex)(&claim_lock);
	if (!is_folio(phys, order) ||
	    !claim_pages(PHYS_PFN(phys), 1UL << order))
		return NULL;
	page = pfn_to_page(PHYS_PFN(phys));
	if (order)
		make_compound(page, order);
	return page_folio(page);
}
EXPORT_SYMBOL_GPL(kstate_restore_folio);

/**
 * kstate_charge_folio - charge a claimed folio to whom it is for
 * @folio: from kstate_restore_folio(), or a page of kstate_restore_range(); not
 *	charged yet and no page of hugetlb
 * @mm: to whose memory cgroup; NULL: the current task's
 *
 * As with a folio that was just allocated, the charge goes when the folio is
 * freed, or when its claim is taken back. There is memory for it already, so
 * nobody is killed for its sake.
 *
 * Context: process context, may sleep.
 *
 * Return: 0; -ENOMEM: it would be over the cgroup's limit, and is not charged.
 */
int kstate_charge_folio(struct folio *folio, struct mm_struct *mm)
{
	return mem_cgroup_charge(folio, mm, GFP_KERNEL | __GFP_RETRY_MAYFAIL);
}
EXPORT_SYMBOL_GPL(kstate_charge_folio);

/**
 * kstate_restore_range - claim memory that kstate_preserve_range() preserved
 * @start: first byte, page-aligned
 * @size: bytes, a multiple of the page size
 *
 * Every page comes back as one of order 0 with one reference.
 *
 * Context: process context or boot.
 *
 * Return: 0; -EINVAL: not aligned; -ENOENT: some of it was not preserved or
 * is claimed already, and nothing was claimed.
 */
int kstate_restore_range(phys_addr_t start, phys_addr_t size)
{
	if (!PAGE_ALIGNED(start | size))
		return -EINVAL;
	guard(mutex)(&claim_lock);
	return size && claim_pages(PHYS_PFN(start), PHYS_PFN(size)) ? 0 :
								      -ENOENT;
}
EXPORT_SYMBOL_GPL(kstate_restore_range);

/* Is it still here to be claimed again, or freed, when all is finished? */
static bool can_unclaim(const struct page *page, unsigned long nr)
{
	return page_count(page) == 1 &&
	       kstate_map_test_all(&kstate_in_map, page_to_pfn(page), nr);
}

/* What prep_compound_page() did */
static void undo_compound(struct folio *folio)
{
	unsigned long i, nr = folio_nr_pages(folio);
	struct page *page;

	for (i = 1; i < nr; i++) {
		page = folio_page(folio, i);
		page->mapping = NULL;
		clear_compound_head(page);
	}
	page = folio_page(folio, 1);
	page->flags &= ~PAGE_FLAGS_SECOND;
	folio->_folio_nr_pages = 0;
	__folio_clear_head(folio);
}

/**
 * kstate_unclaim_folio - take kstate_restore_folio() back
 * @folio: the folio; the only reference is the caller's and goes
 *
 * The folio is as if nobody had claimed it: it is zeroed and freed when the
 * hand-over is finished, not before, so that this is safe when not all struct
 * pages exist yet. A folio that somebody else got a reference to is theirs.
 *
 * Context: process context or boot, may sleep.
 */
void kstate_unclaim_folio(struct folio *folio)
{
	unsigned long i, nr = folio_nr_pages(folio);

	guard(mutex)(&claim_lock);
	if (!can_unclaim(&folio->page, nr)) {
		folio_put(folio);
		return;
	}
	mem_cgroup_uncharge(folio);
	if (nr > 1)
		undo_compound(folio);
	for (i = 0; i < nr; i++)
		unclaim_page(folio_page(folio, i));
}

/**
 * kstate_unclaim_range - take kstate_restore_range() back
 * @start: first byte, page-aligned
 * @size: bytes, a multiple of the page size
 *
 * As kstate_unclaim_folio(), for each page.
 *
 * Context: process context or boot, may sleep.
 */
void kstate_unclaim_range(phys_addr_t start, phys_addr_t size)
{
	unsigned long pfn = PHYS_PFN(start), end = PHYS_PFN(start + size);

	guard(mutex)(&claim_lock);
	for (; pfn < end; pfn++) {
		struct page *page = pfn_to_page(pfn);

		if (!can_unclaim(page, 1)) {
			put_page(page);
			continue;
		}
		mem_cgroup_uncharge(page_folio(page));
		unclaim_page(page);
	}
}

/* Never give a page to somebody else with what a previous owner left in it. */
static void release_page(struct page *page)
{
	clear_highpage(page);
	set_page_private(page, 0);
	free_reserved_page(page);
}

static int release_run(unsigned long pfn, unsigned long nr, void *arg)
{
	unsigned long *released = arg;

	for (; nr; nr--, pfn++) {
		struct page *page = pfn_to_page(pfn);

		if (page_is_left(page)) {
			release_page(page);
			++*released;
		}
		if (!(pfn % KSTATE_RESCHED_PAGES))
			cond_resched();
	}
	return 0;
}

static int collect_own_run(unsigned long pfn, unsigned long nr, void *arg)
{
	for (; nr; nr--, pfn++) {
		struct page *page = pfn_to_page(pfn);

		if (PageReserved(page) && page_private(page) == KSTATE_PAGE_OWN)
			list_add(&page->lru, arg);
	}
	return 0;
}

/**
 * kstate_boot_release - free everything that nobody claimed
 *
 * The stream must not be used any more. Freed pages are zeroed.
 *
 * Context: process context, under KSTATE's lock.
 *
 * Return: number of pages that clients had preserved and nobody claimed.
 */
unsigned long kstate_boot_release(void)
{
	unsigned long released = 0;
	struct page *page, *next;
	LIST_HEAD(own);

	guard(mutex)(&claim_lock);
	kstate_map_walk_runs(&kstate_in_map, release_run, &released);
	kstate_map_walk_runs(&kstate_in_map, collect_own_run, &own);
	kstate_in_map = (struct kstate_map){ };
	list_for_each_entry_safe(page, next, &own, lru)
		release_page(page);
	return released;
}
