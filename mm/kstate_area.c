// SPDX-License-Identifier: GPL-2.0-only
/*
 * kstate_reserve=: memory in which there is always room for a kexec image.
 *
 * An image that carries state owns its destinations, and on a host whose memory
 * is fragmented there may be none to be had. The area that this parameter sets
 * apart at boot is lent to what can be moved, as a contiguous memory area is, and
 * taken back when an image is loaded.
 */
#define pr_fmt(fmt) "kstate: " fmt

#include <linux/cma.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/kstate_boot.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/pageblock-flags.h>

#include "internal.h"
#include "../kernel/kstate_internal.h"

#define AREA_ALIGN	PFN_PHYS(max(pageblock_nr_pages, MAX_ORDER_NR_PAGES))

static phys_addr_t area_size __initdata;
static unsigned long area_first, area_nr;

static int __init parse_kstate_reserve(char *arg)
{
	if (!arg)
		return -EINVAL;
	area_size = ALIGN(memparse(arg, NULL), AREA_ALIGN);
	return 0;
}
early_param("kstate_reserve", parse_kstate_reserve);

/**
 * kstate_area_reserve - set apart what kstate_reserve= asks for
 *
 * Context: early boot, memblock knows all memory and gives it out.
 */
void __init kstate_area_reserve(void)
{
	phys_addr_t start;

	if (!area_size)
		return;
	start = memblock_phys_alloc(area_size, AREA_ALIGN);
	if (!start) {
		pr_err("kstate_reserve: there are no %llu MiB in one piece\n",
		       area_size >> 20);
		return;
	}
	area_first = PHYS_PFN(start);
	area_nr = PHYS_PFN(area_size);
	pr_info("%llu MiB for images to be loaded, until then for what can move\n",
		area_size >> 20);
}

/* alloc_contig_range() takes memory of one zone only. */
static unsigned long __init one_zone(unsigned long first, unsigned long nr)
{
	struct zone *zone = page_zone(pfn_to_page(first));
	unsigned long pfn;

	for (pfn = first; pfn < first + nr; pfn += pageblock_nr_pages)
		if (page_zone(pfn_to_page(pfn)) != zone)
			break;
	return pfn - first;
}

/* When all struct pages exist. */
static int __init kstate_area_lend(void)
{
	unsigned long pfn, end = area_first + area_nr;

	if (!area_nr)
		return 0;
	area_nr = one_zone(area_first, area_nr);
	for (pfn = area_first; pfn < end; pfn += pageblock_nr_pages)
		init_cma_reserved_pageblock(pfn_to_page(pfn));
	totalcma_pages += end - area_first;
	return 0;
}
core_initcall(kstate_area_lend);

/**
 * kstate_area - where images find room, if anywhere
 * @first: returns its first page
 *
 * Context: any, after boot.
 *
 * Return: its number of pages, in one zone; 0 if there is no such area.
 */
unsigned long kstate_area(unsigned long *first)
{
	*first = area_first;
	return area_nr;
}
