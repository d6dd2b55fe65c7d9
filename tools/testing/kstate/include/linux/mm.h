/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KSTATE_SHIM_LINUX_MM_H
#define _KSTATE_SHIM_LINUX_MM_H

/*
 * Memory that stays in place, as far as this goes without a kernel: folios that
 * know their address, order and references. See shim_mem.c.
 */
#include <linux/kernel.h>
#include <linux/slab.h>

#define PAGE_SHIFT	12
#define PAGE_SIZE	(1UL << PAGE_SHIFT)
#define PAGE_MASK	(~(PAGE_SIZE - 1))
#define PAGE_ALIGN(x)	ALIGN(x, PAGE_SIZE)
#define PAGE_ALIGNED(x)	IS_ALIGNED((unsigned long)(x), PAGE_SIZE)
#define PHYS_ADDR_MAX	(~(phys_addr_t)0)
#define PFN_PHYS(x)	((phys_addr_t)(x) << PAGE_SHIFT)
#define PHYS_PFN(x)	((unsigned long)((x) >> PAGE_SHIFT))

struct page {
	unsigned long pfn;
	unsigned int order;
	int refs;
	bool tail;
	bool preserved;
	bool claimed;
};

struct folio {
	struct page page;
};

#define page_folio(p)	((struct folio *)(p))
#define PageTail(p)	((p)->tail)

struct folio *pfn_folio(unsigned long pfn);

/* Of a range that is a folio: each of its pages is that folio's. */
struct page *pfn_to_page(unsigned long pfn);

static inline void put_page(struct page *page)
{
	page->claimed = false;
}

static inline unsigned long folio_pfn(const struct folio *folio)
{
	return folio->page.pfn;
}

static inline unsigned int folio_order(const struct folio *folio)
{
	return folio->page.order;
}

static inline size_t folio_size(const struct folio *folio)
{
	return PAGE_SIZE << folio->page.order;
}

static inline void folio_get(struct folio *folio)
{
	folio->page.refs++;
}

static inline void folio_put(struct folio *folio)
{
	folio->page.refs--;
}

#endif /* _KSTATE_SHIM_LINUX_MM_H */
