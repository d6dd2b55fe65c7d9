/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KSTATE_MEM_LINUX_HIGHMEM_H
#define _KSTATE_MEM_LINUX_HIGHMEM_H

#include <linux/mm.h>
#include <linux/string.h>

static inline void clear_highpage(struct page *page)
{
	memset(page_address(page), 0, PAGE_SIZE);
}

#endif /* _KSTATE_MEM_LINUX_HIGHMEM_H */
