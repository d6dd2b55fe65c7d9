// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading the map of preserved pages: walks and look-ups. The writer is
 * mm/kstate_tree.c; the very same pages go to the next kernel.
 */
#include <kunit/visibility.h>
#include <linux/bitops.h>
#include <linux/crc32.h>
#include <linux/kstate_abi.h>
#include <linux/math.h>
#include <linux/minmax.h>

#include "kstate_map.h"

/* Runs that touch are reported as one, across leaves too. */
struct run_walk {
	kstate_run_fn fn;
	void *arg;
	unsigned long pfn;
	unsigned long nr;
};

static int run_flush(struct run_walk *walk)
{
	unsigned long nr = walk->nr;

	walk->nr = 0;
	return nr ? walk->fn(walk->pfn, nr, walk->arg) : 0;
}

static int run_add(struct run_walk *walk, unsigned long pfn, unsigned long nr)
{
	int ret;

	if (walk->nr && walk->pfn + walk->nr == pfn) {
		walk->nr += nr;
		return 0;
	}
	ret = run_flush(walk);
	walk->pfn = pfn;
	walk->nr = nr;
	return ret;
}

/**
 * kstate_bits_skip - find the end of a stretch of equal bits in a bitmap
 * @bits: bitmap of a chunk
 * @bit: where to start
 * @set: what the bits to be skipped are
 *
 * Context: any.
 *
 * Return: from @bit on, the first bit that does not equal @set, or the number
 * of bits.
 */
unsigned long kstate_bits_skip(const __le64 *bits, unsigned long bit, bool set)
{
	while (bit < KSTATE_CHUNK_PAGES) {
		u64 word = le64_to_cpu(bits[bit / 64]);

		if (set)
			word = ~word;
		word >>= bit % 64;
		if (word)
			return bit + __ffs64(word);
		bit = round_down(bit, 64) + 64;
	}
	return KSTATE_CHUNK_PAGES;
}

static int walk_bits(const __le64 *bits, unsigned long pfn,
		     struct run_walk *walk)
{
	unsigned long bit = 0, end;
	int ret;

	while ((bit = kstate_bits_skip(bits, bit, false)) < KSTATE_CHUNK_PAGES) {
		end = kstate_bits_skip(bits, bit, true);
		ret = run_add(walk, pfn + bit, end - bit);
		if (ret)
			return ret;
		bit = end;
	}
	return 0;
}

static int walk_runs(const struct kstate_abi_node *node, unsigned int level,
		     struct run_walk *walk)
{
	unsigned int i, count = kstate_node_count(node);
	int ret = 0;

	for (i = 0; i < count && !ret; i++) {
		u64 entry = kstate_node_entry(node, i);
		unsigned long first = kstate_entry_first(entry);

		if (level)
			ret = walk_runs(kstate_entry_virt(entry), level - 1,
					walk);
		else if (entry & KSTATE_ABI_MAP_PAGE)
			ret = walk_bits(kstate_entry_virt(entry), first, walk);
		else
			ret = run_add(walk, first,
				      kstate_entry_last(entry) - first + 1);
	}
	return ret;
}

/**
 * kstate_map_walk_runs - visit all preserved pages in order of address
 * @map: the map; must not change meanwhile
 * @fn: called once for each run of pages in a row, as long as possible
 * @arg: for @fn
 *
 * Context: as @fn's; does not sleep itself.
 *
 * Return: 0, or the first non-zero value that @fn returned.
 */
int kstate_map_walk_runs(const struct kstate_map *map, kstate_run_fn fn,
			 void *arg)
{
	struct run_walk walk = { .fn = fn, .arg = arg };
	int ret;

	if (!map->top)
		return 0;
	ret = walk_runs(map->top, map->levels - 1, &walk);
	return ret ? ret : run_flush(&walk);
}
EXPORT_SYMBOL_IF_KUNIT(kstate_map_walk_runs);

static int walk_nodes(const struct kstate_abi_node *node, unsigned int level,
		      kstate_node_fn fn, void *arg)
{
	unsigned int i, count = kstate_node_count(node);
	int ret = fn(node, level, arg);

	for (i = 0; i < count && !ret; i++) {
		u64 entry = kstate_node_entry(node, i);

		if (level)
			ret = walk_nodes(kstate_entry_virt(entry), level - 1,
					 fn, arg);
		else if (entry & KSTATE_ABI_MAP_PAGE)
			ret = fn(kstate_entry_virt(entry), KSTATE_MAP_BITMAP,
				 arg);
	}
	return ret;
}

/**
 * kstate_map_walk_nodes - visit the pages of the map, parents first
 * @map: the map; must not change meanwhile
 * @fn: called for each node, and with level KSTATE_MAP_BITMAP for each bitmap
 * @arg: for @fn
 *
 * Context: as @fn's; does not sleep itself.
 *
 * Return: 0, or the first non-zero value that @fn returned.
 */
int kstate_map_walk_nodes(const struct kstate_map *map, kstate_node_fn fn,
			  void *arg)
{
	if (!map->top)
		return 0;
	return walk_nodes(map->top, map->levels - 1, fn, arg);
}
EXPORT_SYMBOL_IF_KUNIT(kstate_map_walk_nodes);

/**
 * kstate_node_search - where a page belongs in a node
 * @node: the node
 * @pfn: the page
 *
 * Context: any.
 *
 * Return: the first entry that begins after @pfn, or the number of entries.
 */
unsigned int kstate_node_search(const struct kstate_abi_node *node,
				unsigned long pfn)
{
	unsigned int low = 0, high = kstate_node_count(node);

	while (low < high) {
		unsigned int mid = (low + high) / 2;

		if (kstate_entry_first(kstate_node_entry(node, mid)) <= pfn)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/**
 * kstate_map_find - find the leaf that stands for a page
 * @map: the map, not empty; must not change meanwhile
 * @pfn: the page, less than KSTATE_MAP_PAGES
 * @path: returns the way to it
 *
 * Context: any.
 */
void kstate_map_find(const struct kstate_map *map, unsigned long pfn,
		     struct kstate_map_path *path)
{
	struct kstate_abi_node *node = map->top;
	unsigned int level = map->levels - 1, slot;

	path->first = 0;
	path->end = KSTATE_MAP_PAGES;
	for (; level; level--) {
		slot = kstate_node_search(node, pfn);
		if (slot < kstate_node_count(node))
			path->end = kstate_entry_first(kstate_node_entry(node,
									 slot));
		path->node[level] = node;
		path->slot[level] = slot - 1;
		path->first = kstate_entry_first(kstate_node_entry(node,
								   slot - 1));
		node = kstate_node_child(node, slot - 1);
	}
	path->node[0] = node;
	path->slot[0] = kstate_node_search(node, pfn);
}

/* From @pfn on, the last page that is preserved as it is; false: it is not. */
static bool find_last(const struct kstate_map *map, unsigned long pfn,
		      unsigned long *last)
{
	struct kstate_map_path path;
	unsigned long bit;
	u64 entry;

	if (!map->top || pfn >= KSTATE_MAP_PAGES)
		return false;
	kstate_map_find(map, pfn, &path);
	if (!path.slot[0])
		return false;
	entry = kstate_node_entry(path.node[0], path.slot[0] - 1);
	*last = kstate_entry_last(entry);
	if (pfn > *last)
		return false;
	if (!(entry & KSTATE_ABI_MAP_PAGE))
		return true;
	bit = pfn % KSTATE_CHUNK_PAGES;
	*last = pfn - bit - 1 +
		kstate_bits_skip(kstate_entry_virt(entry), bit, true);
	return pfn <= *last;
}

/**
 * kstate_map_test_all - are these pages all preserved?
 * @map: the map; must not change meanwhile
 * @pfn: first page
 * @nr: number of pages, not 0
 *
 * Context: any.
 *
 * Return: true if each of the pages is in the map.
 */
bool kstate_map_test_all(const struct kstate_map *map, unsigned long pfn,
			 unsigned long nr)
{
	unsigned long last = pfn + nr - 1, have;

	if (last < pfn)
		return false;
	for (; find_last(map, pfn, &have); pfn = have + 1)
		if (have >= last)
			return true;
	return false;
}
EXPORT_SYMBOL_IF_KUNIT(kstate_map_test_all);

static int count_run(unsigned long pfn, unsigned long nr, void *arg)
{
	unsigned long *extents = arg;

	++*extents;
	return 0;
}

/**
 * kstate_map_extents - how scattered is what is preserved?
 * @map: the map; must not change meanwhile
 *
 * Context: any; visits the whole map.
 *
 * Return: number of runs of preserved pages.
 */
unsigned long kstate_map_extents(const struct kstate_map *map)
{
	unsigned long extents = 0;

	kstate_map_walk_runs(map, count_run, &extents);
	return extents;
}
EXPORT_SYMBOL_IF_KUNIT(kstate_map_extents);

static int crc_page(const void *page, int level, void *arg)
{
	u32 *crc = arg;

	*crc = __crc32c_le(*crc, page, sizeof(struct kstate_abi_node));
	return 0;
}

/**
 * kstate_map_crc - checksum of the map, as the root page carries it
 * @map: the map; must not change meanwhile
 *
 * Context: any.
 *
 * Return: CRC32C of all nodes and bitmaps, each before those below it.
 */
u32 kstate_map_crc(const struct kstate_map *map)
{
	u32 crc = ~0;

	kstate_map_walk_nodes(map, crc_page, &crc);
	return crc;
}
