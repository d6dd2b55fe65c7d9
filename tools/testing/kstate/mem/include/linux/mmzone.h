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
	atomic_long_t managed_pages;
};

struct pglist_data {
	struct zone node_zones[MAX_NR_ZONES];
};

#define pg_data_t	struct pglist_data

/* There is none. */
#define for_each_online_pgdat(pgdat)	while (((pgdat) = NULL))

#define pageblock_align(pfn)		ALIGN(pfn, pageblock_nr_pages)
#define pageblock_start_pfn(pfn)	ALIGN_DOWN(pfn, pageblock_nr_pages)

#endif /* _KSTATE_MEM_LINUX_MMZONE_H */
