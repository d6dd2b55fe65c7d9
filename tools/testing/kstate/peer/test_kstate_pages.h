/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The header of this name in lib/, for a kernel that has KHO: the same source
 * measures both.
 */
#ifndef _TEST_KSTATE_PAGES_H
#define _TEST_KSTATE_PAGES_H

#include <linux/kexec_handover.h>
#include <linux/mm.h>

static inline int pages_preserve_folio(phys_addr_t phys)
{
	return kho_preserve_folio(pfn_folio(PHYS_PFN(phys)));
}

static inline int pages_preserve_range(phys_addr_t phys, phys_addr_t size)
{
	return kho_preserve_pages(pfn_to_page(PHYS_PFN(phys)), PHYS_PFN(size));
}

/* The order is what it was when it was preserved. */
static inline int pages_claim_folio(phys_addr_t phys, unsigned int order)
{
	return kho_restore_folio(phys) ? 0 : -ENOENT;
}

static inline int pages_claim_range(phys_addr_t phys, phys_addr_t size)
{
	return kho_restore_pages(phys, PHYS_PFN(size)) ? 0 : -ENOENT;
}

#endif /* _TEST_KSTATE_PAGES_H */
