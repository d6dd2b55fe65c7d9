/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KSTATE_MEM_LINUX_MM_H
#define _KSTATE_MEM_LINUX_MM_H

/*
 * A machine's memory: pages that are mapped where phys_to_virt() says, and a
 * struct page for each. Both are sparse, so that a terabyte is no problem. What
 * this stands for is in mem/shim.c.
 */
#include <linux/align.h>
#include <linux/const.h>
#include <linux/gfp_types.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/numa.h>
#include <linux/shim.h>
#include <linux/types.h>

#define PAGE_SHIFT		12
#define PAGE_SIZE		(_AC(1, UL) << PAGE_SHIFT)
#define PAGE_MASK		(~(PAGE_SIZE - 1))
#define PAGE_ALIGN(x)		ALIGN(x, PAGE_SIZE)
#define PAGE_ALIGN_DOWN(x)	ALIGN_DOWN(x, PAGE_SIZE)
#define PAGE_ALIGNED(x)		IS_ALIGNED((unsigned long)(x), PAGE_SIZE)
#define PHYS_ADDR_MAX		(~(phys_addr_t)0)
#define PFN_PHYS(x)		((phys_addr_t)(x) << PAGE_SHIFT)
#define PHYS_PFN(x)		((unsigned long)((x) >> PAGE_SHIFT))
#define PFN_UP(x)		(((x) + PAGE_SIZE - 1) >> PAGE_SHIFT)
#define PFN_DOWN(x)		((x) >> PAGE_SHIFT)

#define MAX_PAGE_ORDER		10
#define MAX_ORDER_NR_PAGES	BIT(MAX_PAGE_ORDER)
#define MAX_FOLIO_NR_PAGES	BIT(18)
#define pageblock_order		9
#define pageblock_nr_pages	BIT(pageblock_order)
#define pageblock_aligned(pfn)	IS_ALIGNED(pfn, pageblock_nr_pages)
#define MIGRATE_MOVABLE		1

#define PAGE_FLAGS_SECOND	0xffUL
#define PG_reserved		8
#define PG_RESERVED		BIT(PG_reserved)
#define PG_HEAD			BIT(9)
#define PG_BUDDY		BIT(10)
#define PG_WAS_FREED		BIT(11)

struct address_space;
struct seq_file;
struct zone;

struct page {
	unsigned long flags;
	unsigned long private;
	unsigned long index;
	struct list_head lru;
	struct address_space *mapping;
	unsigned long head;	/* of a tail page */
	unsigned int _folio_nr_pages;
	int count;
};

struct folio {
	union {
		struct page page;
		struct {
			struct page page0;
			/* of the second page */
			unsigned long _flags_1;
			unsigned long private_1;
			unsigned long index_1;
			struct list_head lru_1;
			struct address_space *mapping_1;
			unsigned long head_1;
			unsigned int _folio_nr_pages;
		};
	};
};

extern struct page *mem_pages;
extern char *mem_base;
extern unsigned long mem_managed;
extern unsigned long max_pfn;

static inline struct page *pfn_to_page(unsigned long pfn)
{
	return mem_pages + pfn;
}

static inline unsigned long page_to_pfn(const struct page *page)
{
	return page - mem_pages;
}

#define phys_to_virt phys_to_virt
static inline void *phys_to_virt(phys_addr_t phys)
{
	return mem_base + phys;
}

#define virt_to_phys virt_to_phys
static inline phys_addr_t virt_to_phys(const void *at)
{
	return (const char *)at - mem_base;
}

#define __va(x)			phys_to_virt(x)
#define __pa(x)			virt_to_phys((void *)(x))
#define virt_to_page(at)	pfn_to_page(PHYS_PFN(virt_to_phys(at)))
#define page_address(page)	phys_to_virt(PFN_PHYS(page_to_pfn(page)))
#define page_to_phys(page)	PFN_PHYS(page_to_pfn(page))

struct page *alloc_page(gfp_t gfp);
void __free_page(struct page *page);
bool is_free_buddy_page(const struct page *page);
void drain_all_pages(void *zone);

static inline unsigned long page_private(const struct page *page)
{
	return page->private;
}

static inline void set_page_private(struct page *page, unsigned long private)
{
	page->private = private;
}

static inline bool PageReserved(const struct page *page)
{
	return page->flags & PG_RESERVED;
}

static inline void SetPageReserved(struct page *page)
{
	page->flags |= PG_RESERVED;
}

static inline int page_count(const struct page *page)
{
	return page->count;
}

static inline void set_page_count(struct page *page, int count)
{
	page->count = count;
}

static inline void adjust_managed_page_count(struct page *page, long count)
{
	mem_managed += count;
}

static inline void set_pageblock_migratetype(struct page *page, int type)
{
}

void free_reserved_page(struct page *page);

extern struct zone mem_zone;

static inline struct zone *page_zone(const struct page *page)
{
	return &mem_zone;
}

static inline struct zone *folio_zone(const struct folio *folio)
{
	return &mem_zone;
}

static inline int page_zone_id(const struct page *page)
{
	return 0;
}

/* ---- Folios ---- */

void __folio_set_head(struct folio *folio);
void prep_compound_head(struct page *head, unsigned int order);

static inline void set_compound_head(struct page *page, struct page *head)
{
	page->head = (unsigned long)head | 1;
}

#define page_folio(p)		((struct folio *)(p))
#define folio_page(folio, n)	(&(folio)->page + (n))

static inline unsigned long folio_nr_pages(const struct folio *folio)
{
	return folio->page.flags & PG_HEAD ? folio->_folio_nr_pages : 1;
}

/* Memory here neither breaks nor has to stay movable. */
#define folio_test_large(folio)			(folio_order(folio) != 0)
static inline bool folio_test_hwpoison(const struct folio *folio)
{
	return false;
}

static inline bool folio_test_has_hwpoisoned(const struct folio *folio)
{
	return false;
}

static inline bool folio_is_longterm_pinnable(const struct folio *folio)
{
	return true;
}

static inline unsigned int folio_order(const struct folio *folio)
{
	return __builtin_ctzl(folio_nr_pages(folio));
}

static inline unsigned long folio_pfn(const struct folio *folio)
{
	return page_to_pfn(&folio->page);
}

static inline size_t folio_size(const struct folio *folio)
{
	return PAGE_SIZE * folio_nr_pages(folio);
}

static inline void clear_compound_head(struct page *page)
{
	page->head = 0;
}

static inline void __folio_clear_head(struct folio *folio)
{
	folio->page.flags &= ~PG_HEAD;
}

static inline void put_page(struct page *page)
{
	shim_assert(page->count > 0);
	page->count--;
}

static inline void folio_get(struct folio *folio)
{
	folio->page.count++;
}

static inline void folio_put(struct folio *folio)
{
	put_page(&folio->page);
}

/* ---- What memblock wants ---- */

void reserve_bootmem_region(phys_addr_t start, phys_addr_t end, int nid);

static inline void totalram_pages_inc(void)
{
}

static inline void totalram_pages_add(long count)
{
}

static inline int early_pfn_to_nid(unsigned long pfn)
{
	return 0;
}

#endif /* _KSTATE_MEM_LINUX_MM_H */
