/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KSTATE_MEM_LINUX_MEMCONTROL_H
#define _KSTATE_MEM_LINUX_MEMCONTROL_H

#include <linux/mm.h>

struct mm_struct;

/* There are no cgroups here. */
static inline int mem_cgroup_charge(struct folio *folio, struct mm_struct *mm,
				    gfp_t gfp)
{
	return 0;
}

static inline void mem_cgroup_uncharge(struct folio *folio)
{
}

#endif /* _KSTATE_MEM_LINUX_MEMCONTROL_H */
