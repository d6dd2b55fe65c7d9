/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KSTATE_MEM_LINUX_MMZONE_H
#define _KSTATE_MEM_LINUX_MMZONE_H

#include <linux/memory_hotplug.h>

#define MAX_NR_ZONES		1

static inline void atomic_long_set(atomic_long_t *v, long i)
{
	v->counter = i;
}

struct zone {
	unsigned long zone_start_pfn;
	unsigned long spanned_pages;
	bool contiguous;
	atomic_long_t managed_pages;
};

static inline unsigned long zone_end_pfn(const struct zone *zone)
{
	return zone->zone_start_pfn + zone->spanned_pages;
}

/* All memory is one zone, without areas of CMA. */
#define ZONEID_SHIFT		0
#define ZONE_MOVABLE		1

static inline int zone_idx(const struct zone *zone)
{
	return 0;
}

static inline unsigned long zone_cma_pages(const struct zone *zone)
{
	return 0;
}

struct pglist_data {
	struct zone node_zones[MAX_NR_ZONES];
};

#define pg_data_t	struct pglist_data

/* There is none. */
#define for_each_online_pgdat(pgdat)	for ((pgdat) = NULL; 0;)

#define pageblock_align(pfn)		ALIGN(pfn, pageblock_nr_pages)
#define pageblock_start_pfn(pfn)	ALIGN_DOWN(pfn, pageblock_nr_pages)

#endif /* _KSTATE_MEM_LINUX_MMZONE_H */
