// SPDX-License-Identifier: GPL-2.0
/*
 * The new kernel: mm/kstate_boot.c and mm/kstate_claim.c as they are, and a way to
 * start anew.
 */
#include "../../../../mm/kstate_boot.c"
#include "../../../../mm/kstate_claim.c"

#include "mem.h"

void mem_new_reset(void)
{
	kstate_in_map = (struct kstate_map){ };
	kstate_all_pages_exist = false;
	in_root_good = false;
	nr_regions = 0;
	memset(&gap_walk, 0, sizeof(gap_walk));
}

const struct kstate_map *mem_new_map(void)
{
	return &kstate_in_map;
}

bool mem_page_left(const struct page *page)
{
	return page_is_left(page);
}

bool mem_page_own(const struct page *page)
{
	return PageReserved(page) && page_private(page) == KSTATE_PAGE_OWN;
}
