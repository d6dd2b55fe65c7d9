// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that stays in place across kexec: the old kernel's side.
 *
 * What is preserved is kept in a map that is at all times what the next kernel
 * reads, so that the jump has nothing to serialise. The map lives in pages
 * that are preserved themselves and therefore in it. Its layout is in
 * <linux/kstate_abi.h>, its readers are in mm/kstate_map.c.
 */
#define pr_fmt(fmt) "kstate: " fmt

#include <kunit/static_stub.h>
#include <kunit/visibility.h>
#include <linux/cleanup.h>
#include <linux/io.h>
#include <linux/kstate.h>
#include <linux/list.h>
#include <linux/math.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/sizes.h>

#include "kstate_map.h"
#include "../kernel/kstate_internal.h"

/* Serialises everything here; nothing else is taken with it held. */
static DEFINE_MUTEX(map_lock);
static struct kstate_map out_map;

/*
 * The hand-over is prepared and cannot fail any more. Tasks still run; the map
 * no longer changes, so that the last CPU can read it without the lock.
 */
static bool map_frozen;

/* Pages in the map other than the map's own nodes */
static unsigned long nr_client_pages;

/*
 * Nodes that are in use but not yet in the map themselves. Empty between
 * operations unless memory was short; the jump waits until it is.
 */
static LIST_HEAD(unmapped_nodes);

VISIBLE_IF_KUNIT struct page *kstate_map_page(gfp_t gfp)
{
	KUNIT_STATIC_STUB_REDIRECT(kstate_map_page, gfp);
	return alloc_page(GFP_KERNEL | gfp);
}
EXPORT_SYMBOL_IF_KUNIT(kstate_map_page);

static __le64 *node_alloc(gfp_t gfp, u64 fill)
{
	struct page *page = kstate_map_page(gfp);
	__le64 *node;

	if (!page)
		return NULL;
	node = page_address(page);
	memset64((u64 *)node, (__force u64)cpu_to_le64(fill), KSTATE_NODE_WORDS);
	list_add(&page->lru, &unmapped_nodes);
	out_map.nr_nodes++;
	return node;
}

static __le64 node_entry(__le64 *node)
{
	return cpu_to_le64(virt_to_phys(node) | KSTATE_ABI_MAP_NODE);
}

static __le64 *entry_node(__le64 entry)
{
	return phys_to_virt(le64_to_cpu(entry) & KSTATE_ABI_MAP_ADDR);
}

/* Add levels on top until page @last is covered. */
static int map_raise(unsigned long last)
{
	__le64 *top;

	if (!out_map.top) {
		out_map.top = node_alloc(0, 0);
		if (!out_map.top)
			return -ENOMEM;
		out_map.levels = 1;
	}
	while (last >> kstate_map_shift(out_map.levels - 1)) {
		if (out_map.levels == KSTATE_ABI_MAP_MAX_LEVELS)
			return -ERANGE;
		top = node_alloc(0, 0);
		if (!top)
			return -ENOMEM;
		top[0] = node_entry(out_map.top);
		out_map.top = top;
		out_map.levels++;
	}
	return 0;
}

static void leaf_fill(__le64 *leaf, unsigned long first, unsigned long last,
		      bool set)
{
	unsigned long bit = first % KSTATE_LEAF_PAGES;
	unsigned long end = last % KSTATE_LEAF_PAGES + 1;

	while (bit < end) {
		unsigned long stop = min(round_down(bit, 64) + 64, end);
		u64 mask = GENMASK_ULL((stop - 1) % 64, bit % 64);

		if (set)
			leaf[bit / 64] |= cpu_to_le64(mask);
		else
			leaf[bit / 64] &= cpu_to_le64(~mask);
		bit = stop;
	}
}

/* The part of [pfn, last] that lies below one entry of span @span. */
static unsigned long entry_last(unsigned long pfn, unsigned long last,
				unsigned long span)
{
	return min(last, pfn | (span - 1));
}

/* None of the pages is set yet. On -ENOMEM some may be. */
static int set_below(__le64 *node, unsigned int level, unsigned long first,
		     unsigned long last)
{
	unsigned long span, stop;
	int ret = 0;

	if (!level) {
		leaf_fill(node, first, last, true);
		return 0;
	}
	span = 1UL << kstate_map_shift(--level);
	for (; first <= last && !ret; first = stop + 1) {
		__le64 *entry = &node[first / span % KSTATE_NODE_ENTRIES];
		__le64 *child;

		stop = entry_last(first, last, span);
		if (!*entry && stop - first + 1 == span) {
			*entry = cpu_to_le64(KSTATE_ABI_MAP_FULL);
			continue;
		}
		if (!*entry) {
			child = node_alloc(0, 0);
			if (!child)
				return -ENOMEM;
			*entry = node_entry(child);
		}
		ret = set_below(entry_node(*entry), level, first, stop);
	}
	return ret;
}

/* Give a full entry a node of its own, so that pages can be taken out. */
static void entry_split(__le64 *entry, unsigned int level)
{
	u64 fill = level ? KSTATE_ABI_MAP_FULL : ~0ULL;

	*entry = node_entry(node_alloc(__GFP_NOFAIL, fill));
}

static void clear_below(__le64 *node, unsigned int level, unsigned long first,
			unsigned long last)
{
	unsigned long span, stop;

	if (!level) {
		leaf_fill(node, first, last, false);
		return;
	}
	span = 1UL << kstate_map_shift(--level);
	for (; first <= last; first = stop + 1) {
		__le64 *entry = &node[first / span % KSTATE_NODE_ENTRIES];
		bool full = le64_to_cpu(*entry) & KSTATE_ABI_MAP_FULL;

		stop = entry_last(first, last, span);
		if (!*entry)
			continue;
		if (full && stop - first + 1 == span) {
			*entry = 0;
			continue;
		}
		if (full)
			entry_split(entry, level);
		clear_below(entry_node(*entry), level, first, stop);
	}
}

static void map_clear(unsigned long first, unsigned long last)
{
	if (out_map.top)
		clear_below(out_map.top, out_map.levels - 1, first,
			    min(last, (1UL << kstate_map_shift(out_map.levels - 1)) - 1));
}

static int map_set(unsigned long first, unsigned long last)
{
	int ret = map_raise(last);

	if (ret)
		return ret;
	ret = set_below(out_map.top, out_map.levels - 1, first, last);
	if (ret)
		map_clear(first, last);
	return ret;
}

/* Put new nodes into the map too; that may take further nodes. */
static int map_nodes(void)
{
	struct page *page;
	int ret;

	while (!list_empty(&unmapped_nodes)) {
		page = list_first_entry(&unmapped_nodes, struct page, lru);
		list_del_init(&page->lru);
		ret = map_set(page_to_pfn(page), page_to_pfn(page));
		if (ret) {
			list_add(&page->lru, &unmapped_nodes);
			return ret;
		}
		out_map.nr_pages++;
	}
	return 0;
}

static int collect_node(const __le64 *node, unsigned int level, void *arg)
{
	struct page *page = virt_to_page(node);

	/* Those that are not in the map yet are on a list already. */
	list_move(&page->lru, arg);
	return 0;
}

/* The last client page is gone: so is the map. */
static void map_free(void)
{
	struct page *page, *next;
	LIST_HEAD(nodes);

	kstate_map_walk_nodes(&out_map, collect_node, &nodes);
	list_for_each_entry_safe(page, next, &nodes, lru)
		__free_page(page);
	INIT_LIST_HEAD(&unmapped_nodes);
	out_map = (struct kstate_map){ };
}

/**
 * kstate_arch_ram - will the next kernel know this memory as RAM?
 * @start: first byte
 * @end: first byte after it
 *
 * An architecture whose next kernel may get another memory map than this one's
 * has its own version.
 *
 * Context: any.
 *
 * Return: true if all of it will be RAM.
 */
bool __weak kstate_arch_ram(phys_addr_t start, phys_addr_t end)
{
	return true;
}

static bool range_is_ram(unsigned long pfn, unsigned long last)
{
	unsigned long at;

	if (last >= PHYS_PFN(PHYS_ADDR_MAX) ||
	    !kstate_arch_ram(PFN_PHYS(pfn), PFN_PHYS(last + 1)))
		return false;

	for (at = pfn; at < last; at = ALIGN(at + 1, MAX_ORDER_NR_PAGES))
		if (!pfn_to_online_page(at))
			return false;
	return pfn_to_online_page(last);
}

static int preserve(unsigned long pfn, unsigned long nr)
{
	unsigned long last = pfn + nr - 1;
	int ret;

	/* Real mode owns the first MiB of every kernel. */
	if (pfn < PHYS_PFN(SZ_1M) || last < pfn || !range_is_ram(pfn, last))
		return -EINVAL;

	guard(mutex)(&map_lock);
	if (map_frozen || kstate_map_test_any(&out_map, pfn, nr))
		return -EBUSY;
	ret = map_set(pfn, last);
	if (!ret) {
		nr_client_pages += nr;
		out_map.nr_pages += nr;
	}
	/* kstate_mem_prepare() tries again what failed here. */
	map_nodes();
	if (!nr_client_pages)
		map_free();
	return ret;
}

static void unpreserve(unsigned long pfn, unsigned long nr)
{
	guard(mutex)(&map_lock);
	/* The next kernel will find that nobody claims it. */
	if (map_frozen)
		return;
	if (WARN_ON_ONCE(!kstate_map_test_all(&out_map, pfn, nr)))
		return;
	map_clear(pfn, pfn + nr - 1);
	nr_client_pages -= nr;
	out_map.nr_pages -= nr;
	map_nodes();
	if (!nr_client_pages)
		map_free();
}

/**
 * kstate_preserve_folio - keep a folio in place across the next kexec
 * @folio: the folio; its order is kept
 *
 * Takes a reference, so that the folio neither moves nor is freed while it is
 * preserved. Its contents may change until the jump. May be called at any
 * time until a hand-over is prepared, also when an image is loaded already.
 *
 * Memory that has to stay movable, of a contiguous memory area (CMA) or
 * ZONE_MOVABLE, is refused. Who owns such a folio can migrate it, for user memory
 * as pin_user_pages() does with FOLL_LONGTERM.
 *
 * Context: process context, may sleep.
 *
 * Return: 0; -EBUSY: it is preserved already, or it is too late; -EOPNOTSUPP:
 * it has to stay movable; -EHWPOISON: the memory is broken; -EINVAL: memory
 * below 1 MiB or not RAM; -ENOMEM.
 */
int kstate_preserve_folio(struct folio *folio)
{
	int ret;

	if (folio_test_hwpoison(folio) ||
	    (folio_test_large(folio) && folio_test_has_hwpoisoned(folio)))
		return -EHWPOISON;
	if (!folio_is_longterm_pinnable(folio))
		return -EOPNOTSUPP;
	ret = preserve(folio_pfn(folio), folio_nr_pages(folio));
	if (ret)
		return ret;
	folio_get(folio);
	kstate_note_preserved(folio_pfn(folio), folio_nr_pages(folio), true);
	return 0;
}
EXPORT_SYMBOL_GPL(kstate_preserve_folio);

/**
 * kstate_unpreserve_folio - undo kstate_preserve_folio()
 * @folio: the folio, preserved as a whole
 *
 * Context: process context, may sleep.
 */
void kstate_unpreserve_folio(struct folio *folio)
{
	kstate_note_unpreserved(folio_pfn(folio), folio_nr_pages(folio));
	unpreserve(folio_pfn(folio), folio_nr_pages(folio));
	folio_put(folio);
}
EXPORT_SYMBOL_GPL(kstate_unpreserve_folio);

/**
 * kstate_preserve_range - keep physical memory in place across the next kexec
 * @start: first byte, page-aligned
 * @size: bytes, a multiple of the page size
 *
 * No references are taken: the memory is the caller's, and does not move, until
 * it is unpreserved. The map grows with the number of ranges, not their size.
 *
 * Context: process context, may sleep.
 *
 * Return: 0; -EBUSY: some of it is preserved already, or it is too late;
 * -EINVAL: not aligned, empty, below 1 MiB or not RAM; -ENOMEM.
 */
int kstate_preserve_range(phys_addr_t start, phys_addr_t size)
{
	int ret;

	if (!size || !PAGE_ALIGNED(start | size))
		return -EINVAL;
	ret = preserve(PHYS_PFN(start), PHYS_PFN(size));
	if (!ret)
		kstate_note_preserved(PHYS_PFN(start), PHYS_PFN(size), false);
	return ret;
}
EXPORT_SYMBOL_GPL(kstate_preserve_range);

/**
 * kstate_unpreserve_range - undo kstate_preserve_range(), also in part
 * @start: first byte, page-aligned
 * @size: bytes, a multiple of the page size; all of it is preserved
 *
 * Context: process context, may sleep.
 */
void kstate_unpreserve_range(phys_addr_t start, phys_addr_t size)
{
	kstate_note_unpreserved(PHYS_PFN(start), PHYS_PFN(size));
	unpreserve(PHYS_PFN(start), PHYS_PFN(size));
}
EXPORT_SYMBOL_GPL(kstate_unpreserve_range);

/**
 * kstate_preserve_own - preserve a page of KSTATE's own
 * @page: page of order 0 that the caller frees after kstate_unpreserve_own()
 *
 * Unlike what a client preserves, it is not undone by the core.
 *
 * Context: process context, may sleep.
 *
 * Return: 0 or -ENOMEM.
 */
int kstate_preserve_own(struct page *page)
{
	return preserve(page_to_pfn(page), 1);
}

/**
 * kstate_unpreserve_own - undo kstate_preserve_own()
 * @page: the page
 *
 * Context: process context, may sleep.
 */
void kstate_unpreserve_own(struct page *page)
{
	unpreserve(page_to_pfn(page), 1);
}

/**
 * kstate_range_preserved - is all of a range preserved by this kernel?
 * @start: first byte, page-aligned
 * @size: bytes, a multiple of the page size
 *
 * Context: process context, may sleep; any once the hand-over is prepared. The
 * answer holds while nobody unpreserves.
 *
 * Return: true if every page of it is.
 */
bool kstate_range_preserved(phys_addr_t start, phys_addr_t size)
{
	unsigned long pfn = PHYS_PFN(start), nr = PHYS_PFN(size);

	if (READ_ONCE(map_frozen))
		return nr && kstate_map_test_all(&out_map, pfn, nr);
	guard(mutex)(&map_lock);
	return nr && kstate_map_test_all(&out_map, pfn, nr);
}
EXPORT_SYMBOL_IF_KUNIT(kstate_range_preserved);

/**
 * kstate_anything_preserved - does a client have memory preserved?
 *
 * Context: any; a snapshot.
 *
 * Return: true if at least one page is.
 */
bool kstate_anything_preserved(void)
{
	return READ_ONCE(nr_client_pages);
}
EXPORT_SYMBOL_IF_KUNIT(kstate_anything_preserved);

/*
 * At most KSTATE_ABI_MAX_EXTENTS runs, and one more while one is added. Used
 * with map_lock held, and once more when only one CPU is left.
 */
static struct early_list {
	unsigned int nr;
	struct {
		unsigned long first;
		unsigned long last;
	} run[KSTATE_ABI_MAX_EXTENTS + 1];
} early_list;

static void early_list_merge(struct early_list *list, unsigned int i)
{
	list->run[i].last = list->run[i + 1].last;
	list->nr--;
	memmove(&list->run[i + 1], &list->run[i + 2],
		(list->nr - i - 1) * sizeof(list->run[0]));
}

/*
 * Runs come in order of address. Closing the smallest gap each time there is
 * one run too many keeps the largest gaps open.
 */
static int early_list_add(unsigned long pfn, unsigned long nr, void *arg)
{
	unsigned long gap, smallest = ULONG_MAX;
	struct early_list *list = arg;
	unsigned int i, at = 0;

	list->run[list->nr].first = pfn;
	list->run[list->nr].last = pfn + nr - 1;
	if (++list->nr <= KSTATE_ABI_MAX_EXTENTS)
		return 0;

	for (i = 0; i + 1 < list->nr; i++) {
		gap = list->run[i + 1].first - list->run[i].last;
		if (gap < smallest) {
			smallest = gap;
			at = i;
		}
	}
	early_list_merge(list, at);
	return 0;
}

static const struct early_list *early_list_make(void)
{
	early_list.nr = 0;
	kstate_map_walk_runs(&out_map, early_list_add, &early_list);
	return &early_list;
}

/*
 * What the next kernel needs before it can free the gaps of the early list:
 * what the image brings, its struct pages, 1/64 of memory, KASAN's shadow of
 * 1/8 if it is built as this one is, and some for everything else.
 */
static bool enough_room(const struct early_list *list,
			unsigned long image_pages)
{
	unsigned long total = get_num_physpages(), covered = 0;
	unsigned long need = image_pages + total / 64 + PHYS_PFN(SZ_64M);
	unsigned int i;

	if (IS_ENABLED(CONFIG_KASAN_GENERIC))
		need += total / 8;
	for (i = 0; i < list->nr; i++)
		covered += list->run[i].last - list->run[i].first + 1;
	return covered < total && total - covered >= need;
}

static int check_arch_ram(unsigned long pfn, unsigned long nr, void *arg)
{
	if (kstate_arch_ram(PFN_PHYS(pfn), PFN_PHYS(pfn + nr)))
		return 0;
	pr_err("some preserved memory was added after boot: the next kernel would not know it\n");
	return -EADDRNOTAVAIL;
}

/**
 * kstate_mem_prepare - can the next kernel boot beside what is preserved?
 * @image_pages: pages that the kexec image brings
 * @freeze: from here on the map does not change until the jump
 *
 * Context: process context, may sleep; nothing after it may fail if it freezes.
 *
 * Return: 0; -ENOSPC: too little memory would be free for the next kernel;
 * -EADDRNOTAVAIL: the next kernel would not know some of it; -ENOMEM: the map
 * could not be completed.
 */
int kstate_mem_prepare(unsigned long image_pages, bool freeze)
{
	int ret;

	guard(mutex)(&map_lock);
	ret = map_nodes();
	if (!ret)
		ret = kstate_map_walk_runs(&out_map, check_arch_ram, NULL);
	if (ret)
		return ret;
	if (!enough_room(early_list_make(), image_pages)) {
		pr_err("%lu pages are preserved: the next kernel would not have enough left to boot\n",
		       out_map.nr_pages);
		return -ENOSPC;
	}
	WRITE_ONCE(map_frozen, freeze);
	return 0;
}

/**
 * kstate_mem_commit - write what is preserved into the root page
 * @root: the root page; its members for the map and the early list are set
 *
 * Context: right before the jump: one CPU, interrupts off.
 */
void kstate_mem_commit(struct kstate_abi_root *root)
{
	const struct early_list *list = early_list_make();
	unsigned int i;

	for (i = 0; i < list->nr; i++) {
		unsigned long first = list->run[i].first;
		unsigned long nr = list->run[i].last - first + 1;

		root->extents[i].start = cpu_to_le64(PFN_PHYS(first));
		root->extents[i].size = cpu_to_le64(PFN_PHYS(nr));
	}
	root->nr_extents = cpu_to_le32(list->nr);
	root->nr_preserved = cpu_to_le64(out_map.nr_pages);
	if (!out_map.top)
		return;
	root->map = cpu_to_le64(virt_to_phys(out_map.top));
	root->map_levels = cpu_to_le32(out_map.levels);
	root->map_crc = cpu_to_le32(kstate_map_crc(&out_map));
}
EXPORT_SYMBOL_IF_KUNIT(kstate_mem_commit);
