/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How test_kstate_pages.c has memory preserved and gets it back. The header of
 * this name in tools/testing/kstate/peer/ does the same by other means.
 */
#ifndef _TEST_KSTATE_PAGES_H
#define _TEST_KSTATE_PAGES_H

#include <linux/kstate.h>
#include <linux/mm.h>

static inline int pages_preserve_folio(phys_addr_t phys)
{
	return kstate_preserve_folio(pfn_folio(PHYS_PFN(phys)));
}

static inline int pages_preserve_range(phys_addr_t phys, phys_addr_t size)
{
	return kstate_preserve_range(phys, size);
}

static inline int pages_claim_folio(phys_addr_t phys, unsigned int order)
{
	return kstate_restore_folio(phys, order) ? 0 : -ENOENT;
}

static inline int pages_claim_range(phys_addr_t phys, phys_addr_t size)
{
	return kstate_restore_range(phys, size);
}

#endif /* _TEST_KSTATE_PAGES_H */
