// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that stays in place across kexec: the new kernel's side.
 *
 * In three steps. Before memblock gives out memory, the extents of the bounded
 * early list are reserved. When the page allocator is up, the exact map is
 * read and checked. When all struct pages exist, what lies between the
 * preserved pages is freed. mm/kstate_claim.c has what follows.
 *
 * Until a page is claimed it is PageReserved and its page->private says what
 * it is, so that the map need not change.
 */
#define pr_fmt(fmt) "kstate: " fmt

#include <linux/bitops.h>
#include <linux/cache.h>
#include <linux/cpumask.h>
#include <linux/crc32.h>
#include <linux/init.h>
#include <linux/io.h>
#include <linux/kstate.h>
#include <linux/kstate_boot.h>
#include <linux/log2.h>
#include <linux/memblock.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/overflow.h>
#include <linux/padata.h>
#include <linux/page-isolation.h>
#include <linux/pgalloc_tag.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "internal.h"
#include "kstate_claim.h"
#include "../kernel/kstate_internal.h"

/* The reserved extents less what memblock held before and what is no RAM */
#define MAX_REGIONS		(4 * KSTATE_ABI_MAX_EXTENTS)

static struct {
	unsigned long first;
	unsigned long last;
} regions[MAX_REGIONS] __initdata;
static unsigned int nr_regions __initdata;

static struct kstate_abi_root in_root __initdata;
static bool in_root_good __initdata;

/* Empty unless the previous kernel's state was found and is in order */
struct kstate_map kstate_in_map;

bool kstate_all_pages_exist __ro_after_init;

static bool __init list_is_sorted(const struct kstate_abi_root *root)
{
	u32 nr = le32_to_cpu(root->nr_extents);
	u64 start, size, end = SZ_1M;
	u32 i;

	if (nr > KSTATE_ABI_MAX_EXTENTS)
		return false;
	for (i = 0; i < nr; i++) {
		start = le64_to_cpu(root->extents[i].start);
		size = le64_to_cpu(root->extents[i].size);
		if (!size || !PAGE_ALIGNED(start | size) || start < end ||
		    check_add_overflow(start, size, &end))
			return false;
	}
	return true;
}

/* Each page that is reserved is going to be looked at, also where there is none. */
static bool __init list_is_in_ram(const struct kstate_abi_root *root,
				  phys_addr_t ram_end)
{
	u32 nr = le32_to_cpu(root->nr_extents);
	const struct kstate_abi_extent *last;

	if (!nr)
		return true;
	last = &root->extents[nr - 1];
	return le64_to_cpu(last->start) + le64_to_cpu(last->size) <= ram_end;
}

/* Why the root cannot be used, NULL if it can. */
static const char *__init root_check(struct kstate_abi_root *root,
				     phys_addr_t ram_end)
{
	u32 crc = le32_to_cpu(root->crc);

	if (le64_to_cpu(root->magic) != KSTATE_ABI_ROOT_MAGIC)
		return "the root page has no magic number";
	root->crc = 0;
	if (__crc32c_le(~0, (u8 *)root, sizeof(*root)) != crc)
		return "the root page's checksum is wrong";
	if (le32_to_cpu(root->format) != KSTATE_ABI_ROOT_FORMAT)
		return "the root page's format is unknown";
	if (!list_is_sorted(root))
		return "the early list is not sorted";
	if (!list_is_in_ram(root, ram_end))
		return "the early list goes beyond the end of RAM";
	return NULL;
}

/*
 * Each region that is reserved already may split an extent. memblock cannot
 * get a larger array before it may allocate.
 */
static bool __init memblock_has_room(u32 nr)
{
	return 2 * memblock.reserved.cnt + nr < memblock.reserved.max;
}

static const char *__init reserve_extents(const struct kstate_abi_root *root)
{
	u32 i, nr = le32_to_cpu(root->nr_extents);

	if (!memblock_has_room(nr))
		return "memblock has no room for the early list";
	for (i = 0; i < nr; i++)
		if (memblock_reserve_preserved(le64_to_cpu(root->extents[i].start),
					       le64_to_cpu(root->extents[i].size)))
			return "memblock refused the early list";
	return NULL;
}

static void __init cold_boot(const char *why)
{
	if (*why)
		pr_warn("nothing is restored: %s\n", why);
	in_root_good = false;
	kstate_in_map.top = NULL;
}

/**
 * kstate_boot_reserve - keep what the previous kernel preserved out of memblock
 * @root: copy of the root page that was announced; all zero if nothing was
 *	handed over
 * @ram_end: address of the end of RAM
 *
 * Nothing is trusted before its checksum was verified. If the root cannot be
 * used, one line says why and the boot goes on as after a cold start.
 *
 * Context: early boot, before memblock allocates or may resize its arrays.
 */
void __init kstate_boot_reserve(const struct kstate_abi_root *root,
				phys_addr_t ram_end)
{
	const char *why;

	if (!memchr_inv(root, 0, sizeof(*root)))
		return;
	in_root = *root;
	why = root_check(&in_root, ram_end);
	if (!why)
		why = reserve_extents(&in_root);
	in_root_good = !why;
	if (why)
		cold_boot(why);
}

/* A page that memblock reserved in part for something else is not ours. */
static void __init add_region(phys_addr_t start, phys_addr_t end)
{
	start = PAGE_ALIGN(start);
	end = PAGE_ALIGN_DOWN(end);
	if (start >= end)
		return;
	if (nr_regions == MAX_REGIONS) {
		/* What is preserved there will make the map be refused. */
		pr_warn_once("reserved memory is in too many pieces\n");
		return;
	}
	regions[nr_regions].first = PHYS_PFN(start);
	regions[nr_regions].last = PHYS_PFN(end) - 1;
	nr_regions++;
}

static void __init find_regions(void)
{
	struct memblock_region *rsv, *mem;

	for_each_reserved_mem_region(rsv) {
		phys_addr_t end = rsv->base + rsv->size;

		if (!(rsv->flags & MEMBLOCK_PRSRV))
			continue;
		for_each_mem_region(mem)
			add_region(max(rsv->base, mem->base),
				   min(end, mem->base + mem->size));
	}
}

/* The first region that does not end before a page */
static unsigned int __init find_region(unsigned long pfn)
{
	unsigned int low = 0, high = nr_regions;

	while (low < high) {
		unsigned int mid = (low + high) / 2;

		if (regions[mid].last < pfn)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* True if all pages lie in memory that was kept for them. */
static bool __init in_regions(unsigned long first, unsigned long last)
{
	unsigned int i;

	for (i = find_region(first); i < nr_regions && first <= last; i++) {
		if (first < regions[i].first)
			return false;
		first = regions[i].last + 1;
	}
	return first > last;
}

static bool __init node_in_regions(u64 addr)
{
	return PAGE_ALIGNED(addr) && in_regions(PHYS_PFN(addr), PHYS_PFN(addr));
}

/* Where entries of a node may be, and how many pages the map may still have */
struct map_check {
	unsigned long first;
	unsigned long end;
	unsigned long left;
};

static bool __init child_is_kept(struct map_check *check, u64 entry)
{
	return (entry & KSTATE_ABI_MAP_PAGE) && check->left-- &&
	       node_in_regions(kstate_entry_phys(entry));
}

/* Sorted, apart, and within the leaf's range */
static int __init check_leaf(const struct kstate_abi_node *leaf,
			     struct map_check *check)
{
	unsigned long at = check->first;
	unsigned int i;

	for (i = 0; i < kstate_node_count(leaf); i++) {
		u64 entry = kstate_node_entry(leaf, i);

		if (kstate_entry_first(entry) < at ||
		    kstate_entry_last(entry) >= check->end)
			return -EBADMSG;
		if ((entry & KSTATE_ABI_MAP_PAGE) &&
		    !child_is_kept(check, entry))
			return -EBADMSG;
		at = kstate_entry_last(entry) + 1;
	}
	return 0;
}

/*
 * Nothing in a node is used before it was checked. As each node has a range of
 * its own and there are few levels, there is no loop.
 */
static int __init check_node(const struct kstate_abi_node *node,
			     unsigned int level, struct map_check *check)
{
	unsigned int i, count = kstate_node_count(node);
	unsigned long end = check->end;
	int ret = 0;

	if (le16_to_cpu(node->level) != level || node->reserved || !count ||
	    count > KSTATE_ABI_MAP_ENTRIES)
		return -EBADMSG;
	if (!level)
		return check_leaf(node, check);
	for (i = 0; i < count && !ret; i++) {
		u64 entry = kstate_node_entry(node, i);

		if (kstate_entry_first(entry) != check->first ||
		    !child_is_kept(check, entry))
			return -EBADMSG;
		check->end = end;
		if (i + 1 < count)
			check->end = kstate_entry_first(kstate_node_entry(node,
									  i + 1));
		if (check->end <= check->first || check->end > end)
			return -EBADMSG;
		ret = check_node(kstate_entry_virt(entry), level - 1, check);
		check->first = check->end;
	}
	return ret;
}

static bool __init map_is_sane(const struct kstate_map *map,
			       unsigned long most)
{
	struct map_check check = { .end = KSTATE_MAP_PAGES, .left = most };

	return most && !check_node(map->top, map->levels - 1, &check);
}

static int __init check_run(unsigned long pfn, unsigned long nr, void *arg)
{
	unsigned long *total = arg;

	*total += nr;
	return in_regions(pfn, pfn + nr - 1) ? 0 : -EBADMSG;
}

static int __init check_node_kept(const void *page, int level, void *arg)
{
	unsigned long pfn = page_to_pfn(virt_to_page(page));

	return kstate_map_test_all(&kstate_in_map, pfn, 1) ? 0 : -EBADMSG;
}

static int __init mark_run(unsigned long pfn, unsigned long nr, void *arg)
{
	unsigned long end = pfn + nr, stop;
	struct page *page;

	for (; pfn < end; pfn = stop) {
		stop = kstate_block_end(pfn, end);
		page = pfn_to_page(pfn);
		do
			set_page_private(page++, KSTATE_PAGE_CLIENT);
		while (++pfn < stop);
	}
	return 0;
}

static int __init mark_node(const void *page, int level, void *arg)
{
	set_page_private(virt_to_page(page), KSTATE_PAGE_OWN);
	return 0;
}

static const char *__init open_map(const struct kstate_abi_root *root)
{
	u64 top = le64_to_cpu(root->map);
	u32 levels = le32_to_cpu(root->map_levels);
	unsigned long total = 0;

	if (!top)
		return root->nr_preserved ? "the map is missing" : NULL;
	if (!levels || levels > KSTATE_ABI_MAP_MAX_LEVELS ||
	    !node_in_regions(top))
		return "the map's top node is not where it could be";
	kstate_in_map.top = phys_to_virt(top);
	kstate_in_map.levels = levels;
	if (!map_is_sane(&kstate_in_map, le64_to_cpu(root->nr_preserved)))
		return "the map is not one, or points to memory that was not kept";
	if (kstate_map_crc(&kstate_in_map) != le32_to_cpu(root->map_crc))
		return "the map's checksum is wrong";
	if (kstate_map_walk_runs(&kstate_in_map, check_run, &total))
		return "the map has pages that were not kept";
	if (total != le64_to_cpu(root->nr_preserved))
		return "the map has another number of pages than announced";
	if (kstate_map_walk_nodes(&kstate_in_map, check_node_kept, NULL))
		return "the map does not keep itself";
	kstate_in_map.nr_pages = total;
	kstate_map_walk_runs(&kstate_in_map, mark_run, NULL);
	kstate_map_walk_nodes(&kstate_in_map, mark_node, NULL);
	return NULL;
}

/**
 * kstate_boot_own_page - note that a preserved page is KSTATE's own
 * @phys: address of the page
 *
 * Such a page (of the stream and its index) cannot be claimed and is not
 * listed as left over.
 *
 * Context: boot, after the map was read.
 *
 * Return: its virtual address, NULL if it is not a preserved page.
 */
void *__init kstate_boot_own_page(phys_addr_t phys)
{
	if (!PAGE_ALIGNED(phys) ||
	    !kstate_map_test_all(&kstate_in_map, PHYS_PFN(phys), 1))
		return NULL;
	set_page_private(pfn_to_page(PHYS_PFN(phys)), KSTATE_PAGE_OWN);
	return phys_to_virt(phys);
}

/**
 * kstate_boot_init - read the map and open the stream
 *
 * Context: boot, one CPU, when the page allocator, slab and vmalloc are up;
 * memblock still knows its regions.
 */
void __init kstate_boot_init(void)
{
	const char *why = NULL;

	find_regions();
	if (!in_root_good)
		return;
	why = open_map(&in_root);
	if (!why)
		why = kstate_handover_open(&in_root);
	if (why)
		cold_boot(why);
}

/* As memblock gives memory to the page allocator */
static void __init free_block(struct page *page, unsigned int order)
{
	unsigned long i, nr = 1UL << order;

	for (i = 0; order >= pageblock_order && i < nr; i += pageblock_nr_pages)
		set_pageblock_migratetype(page + i, MIGRATE_MOVABLE);
	for (i = 0; i < nr; i++)
		set_page_private(page + i, 0);
	clear_page_tag_ref(page);
	__free_pages_core(page, order, MEMINIT_EARLY);
}

/* In the largest blocks that there are: gaps may be most of memory. */
static void __init free_pages_between(unsigned long pfn, unsigned long nr)
{
	unsigned int order;

	totalram_pages_add(nr);
	for (; nr; pfn += 1UL << order, nr -= 1UL << order) {
		order = min_t(unsigned int, __ffs(pfn), ilog2(nr));
		order = min_t(unsigned int, order, MAX_PAGE_ORDER);
		free_block(pfn_to_page(pfn), order);
		if (!(pfn % KSTATE_RESCHED_PAGES))
			cond_resched();
	}
}

/* As many gaps are given to several CPUs at once ... */
#define GAPS_AT_ONCE		512
/* ... that each have as many pages at least; that is a millisecond or less. */
#define GAP_PAGES_LEAST		PHYS_PFN(SZ_16M)

/* How far the gaps have been looked for, and those that are to be freed */
static struct gap_walk {
	unsigned int region;
	unsigned long pfn;
	unsigned long freed;
	unsigned long pages;
	unsigned int nr;
	struct {
		unsigned long first;
		unsigned long nr;
	} gaps[GAPS_AT_ONCE];
} gap_walk __initdata;

/* Free pages @start to @end - 1 of those that all gaps at hand have, in a row. */
static void __init free_part(unsigned long start, unsigned long end, void *arg)
{
	const struct gap_walk *walk = arg;
	unsigned long before = 0, stop;
	unsigned int i;

	for (i = 0; i < walk->nr && start < end; i++) {
		stop = min(end, before + walk->gaps[i].nr);
		if (start < stop) {
			free_pages_between(walk->gaps[i].first + start - before,
					   stop - start);
			start = stop;
		}
		before += walk->gaps[i].nr;
	}
}

static void __init free_gaps(struct gap_walk *walk)
{
	struct padata_mt_job job = {
		.thread_fn	= free_part,
		.fn_arg		= walk,
		.size		= walk->pages,
		.align		= MAX_ORDER_NR_PAGES,
		.min_chunk	= GAP_PAGES_LEAST,
		.max_threads	= num_online_cpus(),
		.numa_aware	= true,
	};

	padata_do_multithreaded(&job);
	walk->freed += walk->pages;
	walk->pages = 0;
	walk->nr = 0;
}

/* What regions have from the last run on up to @end is a gap. */
static void __init find_gap(struct gap_walk *walk, unsigned long end)
{
	for (; walk->region < nr_regions; walk->region++) {
		unsigned long first = max(walk->pfn,
					  regions[walk->region].first);
		unsigned long stop = min(end, regions[walk->region].last + 1);

		if (first < stop) {
			if (walk->nr == GAPS_AT_ONCE)
				free_gaps(walk);
			walk->gaps[walk->nr].first = first;
			walk->gaps[walk->nr++].nr = stop - first;
			walk->pages += stop - first;
		}
		if (end <= regions[walk->region].last)
			break;
	}
}

static int __init find_gap_before(unsigned long pfn, unsigned long nr,
				  void *arg)
{
	struct gap_walk *walk = arg;

	find_gap(walk, pfn);
	walk->pfn = pfn + nr;
	return 0;
}

/* All struct pages exist now, so neighbours can be looked at and merged. */
static int __init kstate_boot_free_gaps(void)
{
	kstate_all_pages_exist = true;
	kstate_map_walk_runs(&kstate_in_map, find_gap_before, &gap_walk);
	find_gap(&gap_walk, ULONG_MAX);
	free_gaps(&gap_walk);
	if (kstate_in_map.top)
		pr_info("%lu pages kept in place, %lu between them freed\n",
			kstate_in_map.nr_pages, gap_walk.freed);
	return 0;
}
core_initcall(kstate_boot_free_gaps);
