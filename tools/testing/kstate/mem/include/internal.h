/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KSTATE_MEM_INTERNAL_H
#define _KSTATE_MEM_INTERNAL_H

/* As much of mm/internal.h as is wanted */
#include <linux/mm.h>
#include <linux/mmzone.h>

extern bool mirrored_kernelcore;

static inline void memblock_free_pages(struct page *page, unsigned long pfn,
				       unsigned int order)
{
}

enum meminit_context {
	MEMINIT_EARLY,
};

void __free_pages_core(struct page *page, unsigned int order,
		       enum meminit_context context);

static inline void accept_memory(phys_addr_t start, unsigned long size)
{
}

#endif /* _KSTATE_MEM_INTERNAL_H */
