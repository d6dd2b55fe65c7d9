// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that stays in place across kexec: the old kernel's side.
 *
 * What is preserved is kept in a map that is at all times what the next kernel
 * reads, so that the jump has nothing to serialise. mm/kstate_tree.c writes it.
 */
#define pr_fmt(fmt) "kstate: " fmt

#include <kunit/visibility.h>
#include <linux/bitmap.h>
#include <linux/bitops.h>
#include <linux/cache.h>
#include <linux/cleanup.h>
#include <linux/export.h>
#include <linux/init.h>
#include <linux/io.h>
#include <linux/kstate.h>
#include <linux/list.h>
#include <linux/lockdep.h>
#include <linux/math.h>
#include <linux/memory.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/mutex.h>
#include <linux/pfn.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "kstate_room.h"
#include "kstate_tree.h"
#include "../kernel/kstate_internal.h"

/* Serialises everything here; nothing else is taken with it held. */
static DEFINE_MUTEX(map_lock);
static struct kstate_tree out_tree = KSTATE_TREE_INIT(out_tree);

/*
 * The hand-over is prepared and cannot fail any more. Tasks still run; the map
 * no longer changes, so that the last CPU can read it without the lock.
 */
static bool map_frozen;

/* Pages in the map other than the map's own */
static unsigned long nr_client_pages;

/* Checksum of the map, once it is frozen */
static u32 out_crc;

/**
 * kstate_arch_ram_around - how much memory will the next kernel know as RAM?
 * @at: an address
 * @start: returns where the RAM that it is in begins
 * @end: returns where it ends; not above @at if it is in none
 *
 * An architecture whose next kernel may get another memory map than this one's
 * has its own version.
 *
 * Context: any.
 */
void __weak kstate_arch_ram_around(phys_addr_t at, phys_addr_t *start,
				   phys_addr_t *end)
{
	*start = 0;
	*end = PHYS_ADDR_MAX;
}

/**
 * kstate_arch_ram - will the next kernel know this memory as RAM?
 * @start: first byte
 * @end: first byte after it
 *
 * Context: any.
 *
 * Return: true if all of it will be RAM.
 */
bool kstate_arch_ram(phys_addr_t start, phys_addr_t end)
{
	phys_addr_t from, to;

	kstate_arch_ram_around(start, &from, &to);
	return end <= to;
}

/* Memory that was found to be RAM: the next page is often close to the last. */
static struct {
	unsigned long first;
	unsigned long end;
} known_ram;

static __always_inline bool is_known_ram(unsigned long pfn, unsigned long nr)
{
	return pfn >= known_ram.first && pfn + nr <= known_ram.end;
}

static bool is_online(unsigned long pfn, unsigned long end)
{
	for (; pfn < end; pfn = ALIGN(pfn + 1, MAX_ORDER_NR_PAGES))
		if (!pfn_to_online_page(pfn))
			return false;
	return pfn_to_online_page(end - 1);
}

/*
 * The zone of a page, of which all is online, or what its chunk has of it. From
 * @from to @to it is all RAM.
 */
static void learn_ram(unsigned long pfn, unsigned long from, unsigned long to)
{
	const struct zone *zone = page_zone(pfn_to_page(pfn));

	/* Real mode owns the first MiB of every kernel. */
	from = max3(from, zone->zone_start_pfn, PHYS_PFN(SZ_1M));
	to = min(to, zone_end_pfn(zone));
	if (!zone->contiguous) {
		from = max(from, round_down(pfn, KSTATE_CHUNK_PAGES));
		to = min(to, round_up(pfn + 1, KSTATE_CHUNK_PAGES));
		if (!is_online(from, to))
			return;
	}
	known_ram.first = from;
	known_ram.end = to;
}

static noinline bool find_ram(unsigned long pfn, unsigned long last)
{
	phys_addr_t start, end;

	if (pfn < PHYS_PFN(SZ_1M) || last >= PHYS_PFN(PHYS_ADDR_MAX))
		return false;
	kstate_arch_ram_around(PFN_PHYS(pfn), &start, &end);
	if (pfn < PFN_UP(start) || last >= PFN_DOWN(end) ||
	    !pfn_to_online_page(pfn))
		return false;
	learn_ram(pfn, PFN_UP(start), PFN_DOWN(end));
	return is_known_ram(pfn, last - pfn + 1) || is_online(pfn, last + 1);
}

/* The next kernel may know less RAM than this one. */
static int no_ram_error(unsigned long pfn, unsigned long last)
{
	if (pfn < PHYS_PFN(SZ_1M))
		return -EINVAL;
	return pfn_to_online_page(pfn) && pfn_to_online_page(last) ?
	       -EADDRNOTAVAIL : -EINVAL;
}

#ifdef CONFIG_MEMORY_HOTPLUG
static int is_in_block(unsigned long pfn, unsigned long nr, void *arg)
{
	const struct memory_notify *block = arg;

	return pfn < block->start_pfn + block->nr_pages &&
	       pfn + nr > block->start_pfn;
}

/*
 * What is preserved can neither move nor be freed. Pages that somebody pinned look
 * as if they could be moved, and would be tried for ever.
 */
static int stay_online(struct memory_notify *block)
{
	if (!kstate_map_walk_runs(&out_tree.map, is_in_block, block))
		return 0;
	pr_info("some memory from %#llx on is preserved: it cannot go offline\n",
		(u64)PFN_PHYS(block->start_pfn));
	return -EBUSY;
}

static int memory_goes(struct notifier_block *nb, unsigned long action,
		       void *arg)
{
	guard(mutex)(&map_lock);
	if (action == MEM_GOING_OFFLINE)
		return notifier_from_errno(stay_online(arg));
	if (action == MEM_OFFLINE)
		known_ram.end = 0;
	return NOTIFY_OK;
}

static int __init watch_ram(void)
{
	return hotplug_memory_notifier(memory_goes, DEFAULT_CALLBACK_PRI);
}
core_initcall(watch_ram);
#endif

/* By page_zone_id(): zones in which nothing has to stay movable */
static DECLARE_BITMAP(fixed_zones, 1UL << ZONEID_SHIFT);

/* Pageblocks become CMA's by core_initcalls and never after. */
static bool no_more_cma __ro_after_init;

static int __init note_no_more_cma(void)
{
	no_more_cma = true;
	return 0;
}
postcore_initcall(note_no_more_cma);

static noinline bool look_if_fixed(struct folio *folio)
{
	struct zone *zone = folio_zone(folio);

	if (!folio_is_longterm_pinnable(folio) &&
	    !kstate_area_is_own(folio_pfn(folio)))
		return false;
	if (no_more_cma && zone_idx(zone) < ZONE_MOVABLE &&
	    !zone_cma_pages(zone))
		set_bit(page_zone_id(&folio->page), fixed_zones);
	return true;
}

/*
 * May a folio stay where it is for long? That somebody isolates its page block is no
 * reason by itself, but hides whether it is CMA's.
 */
static __always_inline bool is_fixed(struct folio *folio)
{
	return test_bit(page_zone_id(&folio->page), fixed_zones) ||
	       look_if_fixed(folio);
}

/* What changed may have taken or freed pages of the map. */
static void map_settle(void)
{
	/* kstate_mem_prepare() tries again what fails here. */
	if (!list_empty(&out_tree.fresh) || !list_empty(&out_tree.dead))
		kstate_tree_settle(&out_tree);
	if (!nr_client_pages)
		kstate_tree_free(&out_tree);
}

/*
 * Nearly all pages are preserved by this, so it is short, and inline where its
 * arguments are known. False if it takes more than that.
 */
static __always_inline bool preserve_near(unsigned long pfn, unsigned long nr)
{
	/* Nothing is known when the map is frozen. */
	if (!is_known_ram(pfn, nr) ||
	    !kstate_tree_set_near(&out_tree, pfn, nr))
		return false;
	nr_client_pages += nr;
	return true;
}

static noinline int preserve(unsigned long pfn, unsigned long nr)
{
	unsigned long last = pfn + nr - 1;
	int ret;

	guard(mutex)(&map_lock);
	if (map_frozen)
		return -EBUSY;
	if (!is_known_ram(pfn, nr) && !find_ram(pfn, last))
		return no_ram_error(pfn, last);
	ret = kstate_tree_set(&out_tree, pfn, last);
	if (!ret)
		nr_client_pages += nr;
	map_settle();
	return ret;
}

static void unpreserve(unsigned long pfn, unsigned long nr)
{
	guard(mutex)(&map_lock);
	/* The next kernel will find that nobody claims it. */
	if (map_frozen)
		return;
	if (WARN_ON_ONCE(kstate_tree_clear(&out_tree, pfn, pfn + nr - 1)))
		return;
	nr_client_pages -= nr;
	map_settle();
}

static noinline int preserve_folio_far(struct folio *folio)
{
	int ret = preserve(folio_pfn(folio), folio_nr_pages(folio));

	if (ret)
		folio_put(folio);
	else
		kstate_note_preserved(folio_pfn(folio), folio_nr_pages(folio),
				      true);
	return ret;
}

static __always_inline int preserve_folio(struct folio *folio,
					  unsigned long nr)
{
	mutex_lock(&map_lock);
	if (unlikely(!preserve_near(folio_pfn(folio), nr))) {
		mutex_unlock(&map_lock);
		return preserve_folio_far(folio);
	}
	mutex_unlock(&map_lock);
	kstate_note_preserved(folio_pfn(folio), nr, true);
	return 0;
}

static noinline int preserve_large(struct folio *folio)
{
	return preserve_folio(folio, folio_nr_pages(folio));
}

static bool is_poisoned(struct folio *folio)
{
	return folio_test_hwpoison(folio) ||
	       (folio_test_large(folio) && folio_test_has_hwpoisoned(folio));
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
 * below 1 MiB or not RAM; -EADDRNOTAVAIL: the next kernel would not know it;
 * -ERANGE: above 2 PiB; -ENOMEM.
 */
int kstate_preserve_folio(struct folio *folio)
{
	if (is_poisoned(folio))
		return -EHWPOISON;
	if (!is_fixed(folio))
		return -EOPNOTSUPP;
	folio_get(folio);
	return folio_test_large(folio) ? preserve_large(folio) :
					 preserve_folio(folio, 1);
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
 * -EINVAL: not aligned, empty, below 1 MiB or not RAM; -EADDRNOTAVAIL: the next
 * kernel would not know it; -ERANGE: above 2 PiB; -ENOMEM.
 */
int kstate_preserve_range(phys_addr_t start, phys_addr_t size)
{
	bool near;
	int ret = 0;

	if (!size || !PAGE_ALIGNED(start | size))
		return -EINVAL;
	mutex_lock(&map_lock);
	near = preserve_near(PHYS_PFN(start), PHYS_PFN(size));
	mutex_unlock(&map_lock);
	if (!near)
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
		return nr && kstate_map_test_all(&out_tree.map, pfn, nr);
	guard(mutex)(&map_lock);
	return nr && kstate_map_test_all(&out_tree.map, pfn, nr);
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

/* At most KSTATE_ABI_MAX_EXTENTS runs; protected as the map is */
static struct early_list {
	unsigned int nr;
	unsigned long pages;	/* in the map, not in what the list covers */
	unsigned int at;	/* the smallest gap is before this run, ... */
	unsigned long gap;	/* ... and is this wide; known when nr is most */
	struct kstate_extent run[KSTATE_ABI_MAX_EXTENTS];
} early_list;

static void early_list_smallest(struct early_list *list)
{
	unsigned long gap;
	unsigned int i;

	list->gap = ULONG_MAX;
	for (i = 1; i < list->nr; i++) {
		gap = list->run[i].first - list->run[i - 1].last;
		if (gap < list->gap) {
			list->gap = gap;
			list->at = i;
		}
	}
}

/* Close the smallest gap, so that there is room for one run more. */
static void early_list_close(struct early_list *list)
{
	unsigned int at = list->at;

	list->run[at - 1].last = list->run[at].last;
	list->nr--;
	memmove(&list->run[at], &list->run[at + 1],
		(list->nr - at) * sizeof(list->run[0]));
}

/*
 * Runs come in order of address. Closing the smallest gap each time there is
 * one run too many keeps the largest gaps open. Most often it is the one right
 * before the run.
 */
static int early_list_add(unsigned long pfn, unsigned long nr, void *arg)
{
	struct early_list *list = arg;
	bool full = list->nr == KSTATE_ABI_MAX_EXTENTS;

	list->pages += nr;
	if (full && pfn - list->run[list->nr - 1].last <= list->gap) {
		list->run[list->nr - 1].last = pfn + nr - 1;
		return 0;
	}
	if (full)
		early_list_close(list);
	list->run[list->nr].first = pfn;
	list->run[list->nr].last = pfn + nr - 1;
	if (++list->nr == KSTATE_ABI_MAX_EXTENTS)
		early_list_smallest(list);
	return 0;
}

/*
 * The next kernel does not use a map of which the number of pages is not right.
 * If that were so, it had better be said while this one runs.
 */
static int early_list_make(void)
{
	early_list.nr = 0;
	early_list.pages = 0;
	kstate_map_walk_runs(&out_tree.map, early_list_add, &early_list);
	if (early_list.pages == out_tree.map.nr_pages)
		return 0;
	pr_err("the map has %lu pages and should have %lu: nothing can be handed over\n",
	       early_list.pages, out_tree.map.nr_pages);
	return -EUCLEAN;
}

static int check_arch_ram(unsigned long pfn, unsigned long nr, void *arg)
{
	if (kstate_arch_ram(PFN_PHYS(pfn), PFN_PHYS(pfn + nr)))
		return 0;
	pr_err("some preserved memory is not RAM to the next kernel\n");
	return -EADDRNOTAVAIL;
}

static int check_in_use(unsigned long pfn, unsigned long nr, void *arg)
{
	for (; nr; nr--, pfn++) {
		if (is_free_buddy_page(pfn_to_page(pfn))) {
			pr_err("some preserved memory was freed by its owner: it may have been used since\n");
			return -EUCLEAN;
		}
		if (!(pfn % KSTATE_CHUNK_PAGES))
			cond_resched();
	}
	return 0;
}

/* Whoever frees what is preserved has the next kernel find anything there. */
static int check_owners(void)
{
	if (!IS_ENABLED(CONFIG_DEBUG_VM))
		return 0;
	drain_all_pages(NULL);
	return kstate_map_walk_runs(&out_tree.map, check_in_use, NULL);
}

/**
 * kstate_mem_prepare - can the next kernel boot beside what is preserved?
 * @needs: what the image brings, and what else the next kernel takes early
 * @freeze: from here on the map does not change until the jump
 *
 * Context: process context, may sleep; nothing after it may fail if it freezes.
 *
 * Return: 0; -ENOSPC: too little memory would be free for the next kernel;
 * -EADDRNOTAVAIL: the next kernel would not know some of it; -EUCLEAN: the map is
 * not what it should be, or, with CONFIG_DEBUG_VM, some of it is free; -ENOMEM:
 * the map could not be completed.
 */
int kstate_mem_prepare(const struct kstate_needs *needs, bool freeze)
{
	const char *lacks;
	int ret;

	guard(mutex)(&map_lock);
	ret = kstate_tree_settle(&out_tree);
	if (!ret)
		ret = kstate_map_walk_runs(&out_tree.map, check_arch_ram, NULL);
	if (!ret)
		ret = check_owners();
	if (!ret)
		ret = early_list_make();
	if (ret)
		return ret;
	lacks = kstate_room_lacks(early_list.run, early_list.nr,
				  out_tree.map.nr_pages, needs);
	if (lacks) {
		pr_err("%lu pages are preserved: the next kernel would not have enough %s\n",
		       out_tree.map.nr_pages, lacks);
		return -ENOSPC;
	}
	if (freeze) {
		out_crc = kstate_map_crc(&out_tree.map);
		known_ram.end = 0;
	}
	WRITE_ONCE(map_frozen, freeze);
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(kstate_mem_prepare);

/**
 * kstate_mem_commit - write what is preserved into the root page
 * @root: the root page; its members for the map and the early list are set
 *
 * Context: right before the jump: one CPU, interrupts off, and all is ready. In
 * a test, any; nobody may change the map.
 */
void kstate_mem_commit(struct kstate_abi_root *root)
{
	const struct early_list *list = &early_list;
	const struct kstate_map *map = &out_tree.map;
	unsigned int i;

	if (!map_frozen) {
		early_list_make();
		out_crc = kstate_map_crc(map);
	}
	for (i = 0; i < list->nr; i++) {
		unsigned long first = list->run[i].first;
		unsigned long nr = list->run[i].last - first + 1;

		root->extents[i].start = cpu_to_le64(PFN_PHYS(first));
		root->extents[i].size = cpu_to_le64(PFN_PHYS(nr));
	}
	root->nr_extents = cpu_to_le32(list->nr);
	root->nr_preserved = cpu_to_le64(map->nr_pages);
	if (!map->top)
		return;
	root->map = cpu_to_le64(virt_to_phys(map->top));
	root->map_levels = cpu_to_le32(map->levels);
	root->map_crc = cpu_to_le32(out_crc);
}
EXPORT_SYMBOL_IF_KUNIT(kstate_mem_commit);

/**
 * kstate_mem_preserved - how much is preserved?
 *
 * Context: any; a snapshot.
 *
 * Return: bytes that clients and the stream have preserved.
 */
u64 kstate_mem_preserved(void)
{
	return PFN_PHYS(READ_ONCE(nr_client_pages));
}
EXPORT_SYMBOL_IF_KUNIT(kstate_mem_preserved);

/**
 * kstate_mem_map_bytes - what does the map cost?
 *
 * Context: any; a snapshot.
 *
 * Return: bytes of the map.
 */
u64 kstate_mem_map_bytes(void)
{
	return PFN_PHYS(READ_ONCE(out_tree.map.nr_nodes));
}
EXPORT_SYMBOL_IF_KUNIT(kstate_mem_map_bytes);

/**
 * kstate_mem_extents - how scattered is what is preserved?
 *
 * Context: process context, may sleep; visits the whole map.
 *
 * Return: runs of preserved pages, those of the map included.
 */
unsigned long kstate_mem_extents(void)
{
	guard(mutex)(&map_lock);
	return kstate_map_extents(&out_tree.map);
}
EXPORT_SYMBOL_IF_KUNIT(kstate_mem_extents);
