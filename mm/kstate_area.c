// SPDX-License-Identifier: GPL-2.0-only
/*
 * kstate_reserve=: memory in which there is always room for a kexec image.
 *
 * An image that carries state owns its destinations, and on a host whose memory
 * is fragmented there may be none to be had. The area that this parameter sets
 * apart at boot is lent to what can be moved, as a contiguous memory area is, and
 * taken back when an image is loaded.
 *
 * What is lent is never preserved, so the area stays where it is: each kernel tells
 * the next one. It has two halves. A kernel that was loaded into one has the rest of
 * that half to boot in, as there may be little else; the other half is set apart for
 * the image after it. When the kernel is up, all of it is lent.
 */
#define pr_fmt(fmt) "kstate: " fmt

#include <linux/bitops.h>
#include <linux/cma.h>
#include <linux/gfp.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/kstate_boot.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/overflow.h>
#include <linux/page-isolation.h>
#include <linux/pageblock-flags.h>
#include <linux/range.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include <asm/sections.h>

#include "internal.h"
#include "../kernel/kstate_internal.h"

static phys_addr_t area_size __initdata;
static unsigned long area_first, area_nr;
/* Pages that are in use for as long as they like, see kstate_area_is_own() */
static unsigned long *own_pages __ro_after_init;
/* What the previous kernel had; bytes */
static u64 had_start __initdata, had_size __initdata;

/*
 * What is set apart. The previous image may still have some of it, and the early list,
 * which has no more than its number of gaps, may cover it; it is not in use then either.
 */
static struct {
	unsigned long first;
	unsigned long end;
} pieces[16] __initdata;
static unsigned int nr_pieces __initdata;

static int __init parse_kstate_reserve(char *arg)
{
	if (!arg)
		return -EINVAL;
	area_size = ALIGN(memparse(arg, NULL), KSTATE_AREA_ALIGN);
	return 0;
}
early_param("kstate_reserve", parse_kstate_reserve);

static void __init find_pieces(phys_addr_t start, phys_addr_t end)
{
	phys_addr_t from, to;
	u64 i;

	for_each_free_mem_range(i, NUMA_NO_NODE, MEMBLOCK_NONE, &from, &to, NULL) {
		from = PAGE_ALIGN(max(from, start));
		to = PAGE_ALIGN_DOWN(min(to, end));
		if (from >= to || nr_pieces == ARRAY_SIZE(pieces))
			continue;
		pieces[nr_pieces].first = PHYS_PFN(from);
		pieces[nr_pieces++].end = PHYS_PFN(to);
	}
}

/**
 * kstate_area_apart - which part of an area stays set apart when a kernel boots
 * @area: the area's first byte, and the first one after it
 * @kernel: address of the kernel
 *
 * Context: any.
 *
 * Return: the half that the kernel is not in; all of it if it is in neither.
 */
struct range kstate_area_apart(struct range area, u64 kernel)
{
	u64 middle = area.start + (area.end - area.start) / 2;

	if (kernel >= area.start && kernel < middle)
		area.start = middle;
	else if (kernel >= middle && kernel < area.end)
		area.end = middle;
	return area;
}

static void __init set_apart(phys_addr_t start, phys_addr_t size)
{
	struct range area = { .start = start, .end = start + size };
	unsigned int i;

	area = kstate_area_apart(area, __pa_symbol(_text));
	find_pieces(area.start, area.end);
	for (i = 0; i < nr_pieces; i++)
		memblock_reserve(PFN_PHYS(pieces[i].first),
				 PFN_PHYS(pieces[i].end - pieces[i].first));
	area_first = PHYS_PFN(start);
	area_nr = PHYS_PFN(size);
	pr_info("%llu MiB for images to be loaded, until then for what can move\n",
		size >> 20);
}

/**
 * kstate_area_had - take note of what the previous kernel had for images
 * @start: its address
 * @size: bytes, 0 if there was nothing
 *
 * Nothing is done about it yet, and it may be no memory at all.
 *
 * Context: early boot, any time before kstate_area_keep().
 */
void __init kstate_area_had(u64 start, u64 size)
{
	had_start = start;
	had_size = size;
}

/**
 * kstate_area_keep - set apart again what the previous kernel had for images
 *
 * Of less than that, the first part is kept. If kstate_reserve= asks for more, what is
 * there has to do: the old kernel knew what is free then, and that this is enough.
 *
 * Context: early boot, memblock knows all memory and has not given out any but for
 * real mode.
 */
void __init kstate_area_keep(void)
{
	u64 size = min(area_size, ALIGN_DOWN(had_size, KSTATE_AREA_ALIGN)), end;

	if (!size || !IS_ALIGNED(had_start, KSTATE_AREA_ALIGN) ||
	    check_add_overflow(had_start, size, &end) ||
	    !memblock_is_region_memory(had_start, size))
		return;
	if (size < area_size)
		pr_warn("kstate_reserve: no more than before, %llu MiB wait for a boot without kexec\n",
			(area_size - size) >> 20);
	set_apart(had_start, size);
}

/**
 * kstate_area_reserve - set apart what kstate_reserve= asks for
 *
 * Context: early boot, memblock knows all memory and gives it out.
 */
void __init kstate_area_reserve(void)
{
	phys_addr_t start;

	if (!area_size || area_nr)
		return;
	start = memblock_phys_alloc(area_size, KSTATE_AREA_ALIGN);
	if (!start) {
		pr_err("kstate_reserve: there are no %llu MiB in one piece\n",
		       area_size >> 20);
		return;
	}
	memblock_phys_free(start, area_size);
	set_apart(start, area_size);
}

/*
 * Neither free, nor reserved to be free later or to go with this kernel: it was
 * allocated before memory was lent, or is preserved.
 */
static void __init note_own_pages(unsigned long pfn, unsigned long end)
{
	while (pfn < end) {
		struct page *page = pfn_to_page(pfn);

		if (PageBuddy(page)) {
			pfn += 1UL << buddy_order(page);
			continue;
		}
		if (!PageReserved(page) || page_private(page))
			__set_bit(pfn - area_first, own_pages);
		pfn++;
	}
}

/* From here on only what can move is allocated there. */
static void __init lend_block(unsigned long pfn)
{
	struct page *page = pfn_to_page(pfn);
	struct zone *zone = page_zone(page);
	unsigned long flags;

	spin_lock_irqsave(&zone->lock, flags);
	note_own_pages(pfn, pfn + pageblock_nr_pages);
	move_freepages_block_isolate(zone, page, MIGRATE_CMA);
	spin_unlock_irqrestore(&zone->lock, flags);
}

/* As init_cma_reserved_pageblock(), for part of a block */
static void __init lend_pages(unsigned long pfn, unsigned long end)
{
	for (; pfn < end; pfn++) {
		free_reserved_page(pfn_to_page(pfn));
		page_zone(pfn_to_page(pfn))->cma_pages++;
	}
}

static void __init lend_piece(unsigned long pfn, unsigned long end)
{
	unsigned long stop;

	for (; pfn < end; pfn = stop) {
		stop = min(pageblock_end_pfn(pfn), end);
		if (stop - pfn == pageblock_nr_pages)
			init_cma_reserved_pageblock(pfn_to_page(pfn));
		else
			lend_pages(pfn, stop);
	}
}

/*
 * When all struct pages exist, and mm/kstate_boot.c has freed the gaps of the early
 * list. What is in use now will be lent when it is freed.
 */
static int __init kstate_area_lend(void)
{
	unsigned long pfn;
	unsigned int i;

	if (!area_nr)
		return 0;
	own_pages = kvcalloc(BITS_TO_LONGS(area_nr), sizeof(long), GFP_KERNEL);
	if (!own_pages)
		return -ENOMEM;
	drain_all_pages(NULL);
	for (pfn = area_first; pfn < area_first + area_nr; pfn += pageblock_nr_pages)
		lend_block(pfn);
	for (i = 0; i < nr_pieces; i++)
		lend_piece(pieces[i].first, pieces[i].end);
	totalcma_pages += area_nr;
	return 0;
}
core_initcall(kstate_area_lend);

/**
 * kstate_area - where images find room, if anywhere
 * @first: returns its first page
 *
 * Some of it may be in use for good, and it may be in several zones.
 *
 * Context: any, after boot.
 *
 * Return: its number of pages; 0 if there is no such area.
 */
unsigned long kstate_area(unsigned long *first)
{
	*first = area_first;
	return area_nr;
}

/**
 * kstate_area_is_own - was a page of the area in use before it was lent?
 * @pfn: the page
 *
 * Such a page may be preserved, as nobody is going to move it, although its page block
 * is now one of those for what can move. The trace's buffers are allocated that early.
 *
 * Context: any, after boot.
 *
 * Return: true if it was; it may have been freed since.
 */
bool kstate_area_is_own(unsigned long pfn)
{
	return own_pages && pfn >= area_first && pfn < area_first + area_nr &&
	       test_bit(pfn - area_first, own_pages);
}
