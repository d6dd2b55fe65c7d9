// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that a kexec image owns from the moment it is loaded.
 *
 * kexec usually picks the destination of a segment from the memory map alone
 * and keeps the contents elsewhere until the jump. Whatever is preserved after
 * the load could then lie where the jump will write. Here the destination is
 * allocated: nothing else can lie there, and the contents are put in place at
 * once.
 */
#define pr_fmt(fmt) "kstate: " fmt

#include <linux/gfp.h>
#include <linux/kexec.h>
#include <linux/math.h>
#include <linux/memory_hotplug.h>
#include <linux/migrate.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/page-isolation.h>
#include <linux/seq_file.h>
#include <linux/sizes.h>
#include <linux/swap.h>

#include <asm/sections.h>

#include "kexec_internal.h"
#include "kstate_internal.h"

#define DEST_GFP	(GFP_KERNEL | __GFP_NOWARN)

/*
 * What is looked for: @nr pages in [@min, @max], the first one aligned. Memory
 * that looked free is tried @tries times: each try may migrate pages. @lent: in
 * the area that kstate_reserve= set apart for this.
 */
struct dest_request {
	unsigned int tries;
	bool lent;
	unsigned long nr;
	unsigned long align;
	unsigned long min;
	unsigned long max;
};

/*
 * Could a folio in use be moved? Not if somebody has a reference that is not told of,
 * as for memory that is pinned or preserved.
 */
static bool folio_may_move(struct folio *folio)
{
	int expected = folio_mapcount(folio) + 1;

	if (!folio_test_anon(folio) || folio_test_swapcache(folio))
		expected += folio_nr_pages(folio);
	if (folio_test_private(folio))
		expected++;
	return folio_test_lru(folio) && folio_ref_count(folio) <= expected;
}

/*
 * A cheap guess whether alloc_contig_range() could empty this page. Pages in
 * ZONE_MOVABLE and CMA are for those who can move; an image cannot.
 */
static bool page_may_be_taken(unsigned long pfn, const struct zone *zone,
			      bool lent)
{
	struct page *page = pfn_to_online_page(pfn);
	struct folio *folio;
	bool may;

	if (!page || page_zone(page) != zone || PageReserved(page) ||
	    PageHuge(page) || (!lent && is_migrate_cma_page(page)))
		return false;
	if (!PageLRU(page))
		return !page_ref_count(page);
	folio = page_folio(page);
	if (!folio_try_get(folio))
		return true;
	may = folio_may_move(folio);
	folio_put(folio);
	return may;
}

/* The highest page of the candidate that cannot be taken, or 0. */
static unsigned long find_obstacle(unsigned long first, unsigned long nr,
				   bool lent)
{
	struct page *page = pfn_to_online_page(first);
	unsigned long pfn;

	if (!page || (!lent && zone_idx(page_zone(page)) == ZONE_MOVABLE) ||
	    !kstate_arch_ram(PFN_PHYS(first), PFN_PHYS(first + nr)))
		return first;
	for (pfn = first + nr - 1; pfn >= first; pfn--)
		if (!page_may_be_taken(pfn, page_zone(page), lent))
			return pfn;
	return 0;
}

/*
 * alloc_contig_range() empties no folio that begins before its range: with huge
 * pages everywhere that would be each range. Begin where a folio does.
 */
static unsigned long begin_of_folio(unsigned long pfn, unsigned long align)
{
	struct page *page = pfn_to_online_page(pfn);

	return page ? rounddown(page_to_pfn(compound_head(page)), align) : pfn;
}

/* Top down, as kexec places its segments. */
static unsigned long dest_scan(const struct dest_request *req)
{
	unsigned long first, obstacle;
	unsigned long top = min(req->max, max_pfn - 1);
	unsigned int tries = req->tries;

	while (tries && top >= req->min + req->nr - 1) {
		first = rounddown(top - req->nr + 1, req->align);
		first = begin_of_folio(first, req->align);
		if (first < req->min || !first)
			break;
		obstacle = find_obstacle(first, req->nr, req->lent);
		if (!obstacle && tries-- &&
		    !alloc_contig_range(first, first + req->nr,
					req->lent ? MIGRATE_CMA : MIGRATE_MOVABLE,
					DEST_GFP))
			return first;
		if (fatal_signal_pending(current))
			break;
		cond_resched();
		top = obstacle ? obstacle - 1 :
		      first + req->nr - 1 - min(req->nr, pageblock_nr_pages);
	}
	return 0;
}

/* What the page allocator has in one piece needs no search. */
static unsigned long dest_buddy(const struct dest_request *req)
{
	unsigned int order = get_order(PFN_PHYS(req->nr));
	unsigned long pfn, i;
	struct page *page;

	if (order > MAX_PAGE_ORDER || req->align > 1UL << order)
		return 0;
	page = alloc_pages(DEST_GFP | __GFP_NORETRY, order);
	if (!page)
		return 0;
	pfn = page_to_pfn(page);
	split_page(page, order);
	if (pfn < req->min || pfn + req->nr - 1 > req->max ||
	    !kstate_arch_ram(PFN_PHYS(pfn), PFN_PHYS(pfn + req->nr))) {
		free_contig_range(pfn, 1UL << order);
		return 0;
	}
	for (i = req->nr; i < 1UL << order; i++)
		__free_page(page + i);
	return pfn;
}

/* Make the pages look as kexec's own allocations do, and give them to @list. */
static void dest_own(unsigned long pfn, unsigned long nr,
		     struct list_head *list)
{
	for (; nr; nr--, pfn++) {
		struct page *page = pfn_to_page(pfn);

		page->mapping = NULL;
		set_page_private(page, 0);
		SetPageReserved(page);
		arch_kexec_post_alloc_pages(page_address(page), 1, DEST_GFP);
		list_add_tail(&page->lru, list);
	}
}

/* In a part of what kstate_reserve= set apart */
static unsigned long dest_lent_within(const struct dest_request *req,
				      unsigned long first, unsigned long end)
{
	struct dest_request lent = *req;

	lent.lent = true;
	lent.min = max(req->min, first);
	lent.max = min(req->max, end - 1);
	return lent.min <= lent.max ? dest_scan(&lent) : 0;
}

/* In the half where this kernel is not, see mm/kstate_area.c, or where it has room. */
static unsigned long dest_lent(const struct dest_request *req)
{
	unsigned long first, nr = kstate_area(&first);
	unsigned long middle = first + nr / 2, pfn;

	if (!nr)
		return 0;
	if (PHYS_PFN(__pa_symbol(_text)) < middle)
		pfn = dest_lent_within(req, middle, first + nr);
	else
		pfn = dest_lent_within(req, first, middle);
	return pfn ?: dest_lent_within(req, first, first + nr);
}

static unsigned long dest_anywhere(const struct dest_request *req)
{
	return dest_buddy(req) ?: dest_scan(req);
}

/* A crash image has its own reserved memory and stays as it is. */
static bool image_can_own(const struct kimage *image)
{
	return image->type == KEXEC_TYPE_DEFAULT && image->file_mode &&
	       !image->kstate.shared;
}

/**
 * kstate_dest_prepare - see to it that an image can find room
 * @image: the image, whose files are going to be read
 *
 * Pages that were freed not long ago are on the lists of CPUs, thousands of them
 * where many were freed, and lie anywhere. The files would be read into these,
 * and then be in the way of the image, everywhere.
 *
 * Context: process context, may sleep; kexec's lock is held.
 */
void kstate_dest_prepare(const struct kimage *image)
{
	if (image_can_own(image))
		drain_all_pages(NULL);
}

/**
 * kstate_dest_locate - give a kexec segment memory that its image owns
 * @kbuf: the segment; on success its address is set
 *
 * The pages go to the image's list of destination pages, from where
 * kimage_load_segment() takes them. When such memory cannot be had and nothing
 * could be lost, the image is marked as one that carries no state and kexec's
 * ordinary search places the segment.
 *
 * Context: process context, may sleep; kexec's lock is held.
 *
 * Return: 1: placed; 0: to be placed by the caller; -EADDRNOTAVAIL: there is
 * state to carry and no memory to own; -EINTR: the caller is being killed.
 */
int kstate_dest_locate(struct kexec_buf *kbuf)
{
	struct dest_request req = {
		.tries = 32,
		.nr = PFN_UP(kbuf->memsz),
		.align = max(PHYS_PFN(kbuf->buf_align), 1),
		.min = PFN_UP(kbuf->buf_min),
		.max = PHYS_PFN(kbuf->buf_max),
	};
	struct kimage *image = kbuf->image;
	unsigned long pfn;

	if (!image_can_own(image))
		return 0;
	pfn = dest_lent(&req) ?: dest_anywhere(&req);
	if (pfn) {
		dest_own(pfn, req.nr, &image->dest_pages);
		kbuf->mem = PFN_PHYS(pfn);
		return 1;
	}
	/* the search was broken off: this says nothing of memory */
	if (fatal_signal_pending(current))
		return -EINTR;
	if (!kstate_have_objects() && !kstate_anything_preserved()) {
		pr_info("no contiguous memory for the image: it will carry no state\n");
		image->kstate.shared = true;
		return 0;
	}
	pr_err("no %lu KiB of contiguous memory for the image: it could not carry the registered state\n",
	       req.nr << (PAGE_SHIFT - 10));
	kstate_refuse_jump("no contiguous memory for the image", -EADDRNOTAVAIL);
	return -EADDRNOTAVAIL;
}

/* How much room the kernel is given to be moved in, beyond its own size */
static const unsigned long kaslr_rooms[] = {
	SZ_256M, SZ_128M, SZ_64M, SZ_32M,
};

/*
 * Physical randomisation would otherwise pick any RAM. No more than an eighth
 * of what is free goes to it, and nothing that is set apart for images: a kernel in
 * the midst of that leaves no room. Without room the kernel stays where it is put.
 */
static void own_kaslr_room(struct kimage *image, unsigned long size,
			   unsigned long align)
{
	unsigned long most = nr_free_pages() / 8, pfn;
	struct dest_request req = {
		.tries = 2,
		.align = max(PHYS_PFN(align), 1),
		.min = PHYS_PFN(SZ_16M),
		.max = ULONG_MAX,
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(kaslr_rooms); i++) {
		req.nr = PFN_UP(size + kaslr_rooms[i]);
		if (req.nr > most)
			continue;
		pfn = dest_anywhere(&req);
		if (!pfn)
			continue;
		dest_own(pfn, req.nr, &image->unusable_pages);
		image->kstate.kaslr_start = PFN_PHYS(pfn);
		image->kstate.kaslr_size = PFN_PHYS(req.nr);
		return;
	}
}

static int let_carry(struct kimage *image, unsigned long start,
		     unsigned long size, unsigned long align)
{
	struct page *root = alloc_page(GFP_KERNEL | __GFP_ZERO);

	if (!root)
		return -ENOMEM;
	/* Written by this kernel, not by kexec: encrypted like all memory. */
	set_page_private(root, 0);
	SetPageReserved(root);
	list_add_tail(&root->lru, &image->unusable_pages);
	image->kstate.root = page_to_phys(root);
	own_kaslr_room(image, size, align);
	image->kstate.needs = kstate_needs_new(image, start, size);
	if (!image->kstate.needs)
		return -ENOMEM;
	if (!kstate_anything_preserved())
		return 0;
	return kstate_mem_prepare(image->kstate.needs, false);
}

/**
 * kstate_dest_finish - let an image carry state
 * @image: the image, with all its segments placed
 * @start: where the next kernel is put
 * @size: bytes that it takes while it unpacks itself
 * @align: bytes, its alignment
 *
 * Allocates the root page and the room for KASLR; both live and die with the
 * image. What is preserved already has to leave the next kernel enough to boot.
 *
 * Context: process context, may sleep; kexec's lock is held.
 *
 * Return: 0, also for an image that carries nothing; -ENOMEM; as
 * kstate_mem_prepare(). The log and last_error have the reason.
 */
int kstate_dest_finish(struct kimage *image, unsigned long start,
		       unsigned long size, unsigned long align)
{
	int ret;

	if (!image_can_own(image))
		return 0;
	ret = let_carry(image, start, size, align);
	if (ret)
		kstate_refuse_memory("memory for the image", ret);
	return ret;
}

static void show_image(struct seq_file *m, struct kimage *image)
{
	unsigned long pages = 0, in_place = 0, i;

	for (i = 0; i < image->nr_segments; i++)
		pages += PFN_UP(image->segment[i].memsz);
	/* kexec takes a page from this list if it is where its contents belong. */
	if (image_can_own(image))
		in_place = pages - list_count_nodes(&image->dest_pages);
	seq_printf(m, "pages %lu\nin_place %lu\n", pages, in_place);
}

/**
 * kstate_dest_show - how much of an image lies where it will be needed
 * @m: gets the lines "pages N" and "in_place N" for the image that a reboot would
 *	start, nothing if there is none
 *
 * The other pages are copied at the jump.
 *
 * Context: process context, may sleep.
 *
 * Return: 0; -EBUSY: an image is being loaded, or jumped to
 */
int kstate_dest_show(struct seq_file *m)
{
	if (!kexec_trylock())
		return -EBUSY;
	if (kexec_image)
		show_image(m, kexec_image);
	kexec_unlock();
	return 0;
}
