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

/*
 * This kernel may lie in what the previous one set apart, and what is preserved may
 * leave no other piece of that size, so take a smaller one rather than none.
 */
static phys_addr_t __init find_area(phys_addr_t *size)
{
	phys_addr_t step = ALIGN(area_size / 16, AREA_ALIGN), start;

	for (*size = area_size; *size > area_size / 4; *size -= step) {
		start = memblock_phys_alloc(*size, AREA_ALIGN);
		if (start)
			return start;
		/* what cannot be had from all memory is a mistake */
		if (area_size > memblock_phys_mem_size() / 2)
			break;
	}
	return 0;
}

/**
 * kstate_area_reserve - set apart what kstate_reserve= asks for
 *
 * Context: early boot, memblock knows all memory and gives it out.
 */
void __init kstate_area_reserve(void)
{
	phys_addr_t start, size;

	if (!area_size)
		return;
	start = find_area(&size);
	if (size != area_size || !start)
		pr_err("kstate_reserve: there are no %llu MiB in one piece\n",
		       area_size >> 20);
	if (!start)
		return;
	area_first = PHYS_PFN(start);
	area_nr = PHYS_PFN(size);
	pr_info("%llu MiB for images to be loaded, until then for what can move\n",
		size >> 20);
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
