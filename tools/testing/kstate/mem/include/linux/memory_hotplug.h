/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KSTATE_MEM_LINUX_MEMORY_HOTPLUG_H
#define _KSTATE_MEM_LINUX_MEMORY_HOTPLUG_H

#include <linux/cache.h>
#include <linux/mm.h>
#include <linux/numa.h>

extern bool movable_node_enabled;

static inline bool movable_node_is_enabled(void)
{
	return movable_node_enabled;
}

/* NULL where there is no memory */
struct page *pfn_to_online_page(unsigned long pfn);

#endif /* _KSTATE_MEM_LINUX_MEMORY_HOTPLUG_H */
