/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KSTATE_MEM_LINUX_KMEMLEAK_H
#define _KSTATE_MEM_LINUX_KMEMLEAK_H

#include <linux/gfp_types.h>
#include <linux/types.h>

static inline void kmemleak_free_part_phys(phys_addr_t phys, size_t size)
{
}

static inline void kmemleak_alloc_phys(phys_addr_t phys, size_t size, gfp_t gfp)
{
}

static inline void dump_stack(void)
{
}

#endif /* _KSTATE_MEM_LINUX_KMEMLEAK_H */
