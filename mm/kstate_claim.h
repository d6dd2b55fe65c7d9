/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the previous kernel preserved, as mm/kstate_boot.c has found it and
 * mm/kstate_claim.c gives it away.
 */
#ifndef _MM_KSTATE_CLAIM_H
#define _MM_KSTATE_CLAIM_H

#include <linux/align.h>
#include <linux/minmax.h>
#include <linux/mmzone.h>

#include "kstate_map.h"

/*
 * page->private of what was preserved, until it is claimed or freed. No address,
 * and too long to be there by chance.
 */
#define KSTATE_PAGE_CLIENT	0x4b5354415445c001UL
#define KSTATE_PAGE_OWN		0x4b5354415445c002UL

/* How many pages are freed before others get the CPU */
#define KSTATE_RESCHED_PAGES	1024

/* Does not change until all is released */
extern struct kstate_map kstate_in_map;

/* Struct pages of all memory were set up */
extern bool kstate_all_pages_exist;

/*
 * Struct pages follow each other, and all exist or do not, within blocks of
 * MAX_ORDER_NR_PAGES. Where the part of @pfn's block ends that is before @end.
 */
static inline unsigned long kstate_block_end(unsigned long pfn,
					     unsigned long end)
{
	return min(end, ALIGN(pfn + 1, MAX_ORDER_NR_PAGES));
}

#endif /* _MM_KSTATE_CLAIM_H */
