// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading the map of preserved pages: walks and look-ups. The writer is
 * mm/kstate_mem.c, which hands the very same pages to the next kernel.
 */
#include <kunit/visibility.h>
#include <linux/bitops.h>
#include <linux/crc32.h>
#include <linux/io.h>
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

static const __le64 *entry_node(u64 entry)
{
	return phys_to_virt(entry & KSTATE_ABI_MAP_ADDR);
}

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

/* From @bit on, the first bit of a leaf that does not equal @set. */
static unsigned long leaf_skip(const __le64 *leaf, unsigned long bit, bool set)
{
	while (bit < KSTATE_LEAF_PAGES) {
		u64 word = le64_to_cpu(leaf[bit / 64]);

		if (set)
			word = ~word;
		word >>= bit % 64;
		if (word)
			return bit + __ffs64(word);
		bit = round_down(bit, 64) + 64;
	}
	return KSTATE_LEAF_PAGES;
}

static int walk_leaf(const __le64 *leaf, unsigned long pfn,
		     struct run_walk *walk)
{
	unsigned long bit = 0, end;
	int ret;

	while ((bit = leaf_skip(leaf, bit, false)) < KSTATE_LEAF_PAGES) {
		end = leaf_skip(leaf, bit, true);
		ret = run_add(walk, pfn + bit, end - bit);
		if (ret)
			return ret;
		bit = end;
	}
	return 0;
}

static int walk_runs(const __le64 *node, unsigned int level, unsigned long pfn,
		     struct run_walk *walk)
{
	unsigned long span;
	unsigned int i;
	int ret = 0;

	if (!level)
		return walk_leaf(node, pfn, walk);

	span = 1UL << kstate_map_shift(level - 1);
	for (i = 0; i < KSTATE_NODE_ENTRIES && !ret; i++, pfn += span) {
		u64 entry = le64_to_cpu(node[i]);

		if (entry & KSTATE_ABI_MAP_FULL)
			ret = run_add(walk, pfn, span);
		else if (entry)
			ret = walk_runs(entry_node(entry), level - 1, pfn,
					walk);
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
	ret = walk_runs(map->top, map->levels - 1, 0, &walk);
	return ret ? ret : run_flush(&walk);
}
EXPORT_SYMBOL_IF_KUNIT(kstate_map_walk_runs);

static int walk_nodes(const __le64 *node, unsigned int level,
		      kstate_node_fn fn, void *arg)
{
	unsigned int i;
	int ret;

	ret = fn(node, level, arg);
	if (!level)
		return ret;
	for (i = 0; i < KSTATE_NODE_ENTRIES && !ret; i++) {
		u64 entry = le64_to_cpu(node[i]);

		if (entry & KSTATE_ABI_MAP_NODE)
			ret = walk_nodes(entry_node(entry), level - 1, fn, arg);
	}
	return ret;
}

/**
 * kstate_map_walk_nodes - visit the nodes of the map, parents first
 * @map: the map; must not change meanwhile
 * @fn: called for each node before its children are looked at, so that it can
 *	refuse a node whose entries it does not trust
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

static bool map_covers(const struct kstate_map *map, unsigned long last)
{
	return map->top && !(last >> kstate_map_shift(map->levels - 1));
}

/**
 * kstate_map_stretch - how far the state of a page extends
 * @map: the map; must not change meanwhile
 * @pfn: the page
 * @set: returns whether it is preserved
 *
 * Context: any.
 *
 * Return: number of pages from @pfn on, 1 or more, that are all preserved or
 * all not preserved; what follows them may be the same.
 */
unsigned long kstate_map_stretch(const struct kstate_map *map,
				 unsigned long pfn, bool *set)
{
	unsigned int level = map->levels - 1;
	const __le64 *node = map->top;
	unsigned long bit;

	*set = false;
	if (!map_covers(map, pfn))
		return ULONG_MAX - pfn;
	while (level) {
		unsigned int shift = kstate_map_shift(--level);
		unsigned long span = 1UL << shift;
		u64 entry;

		entry = le64_to_cpu(node[(pfn >> shift) % KSTATE_NODE_ENTRIES]);
		if (!(entry & KSTATE_ABI_MAP_NODE)) {
			*set = entry & KSTATE_ABI_MAP_FULL;
			return span - pfn % span;
		}
		node = entry_node(entry);
	}
	bit = pfn % KSTATE_LEAF_PAGES;
	*set = le64_to_cpu(node[bit / 64]) & BIT_ULL(bit % 64);
	return leaf_skip(node, bit, *set) - bit;
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
	unsigned long last = pfn + nr - 1;
	bool set;

	if (last < pfn || !map_covers(map, last))
		return false;
	while (pfn <= last) {
		pfn += kstate_map_stretch(map, pfn, &set);
		if (!set)
			return false;
	}
	return true;
}
EXPORT_SYMBOL_IF_KUNIT(kstate_map_test_all);

/**
 * kstate_map_test_any - is one of these pages preserved?
 * @map: the map; must not change meanwhile
 * @pfn: first page
 * @nr: number of pages, not 0; @pfn + @nr does not wrap
 *
 * Context: any.
 *
 * Return: true if at least one of the pages is in the map.
 */
bool kstate_map_test_any(const struct kstate_map *map, unsigned long pfn,
			 unsigned long nr)
{
	unsigned long last = pfn + nr - 1;
	bool set;

	while (pfn <= last && map_covers(map, pfn)) {
		pfn += kstate_map_stretch(map, pfn, &set);
		if (set)
			return true;
	}
	return false;
}

static int crc_node(const __le64 *node, unsigned int level, void *arg)
{
	u32 *crc = arg;

	*crc = __crc32c_le(*crc, (const u8 *)node, KSTATE_NODE_WORDS * 8);
	return 0;
}

/**
 * kstate_map_crc - checksum of the map, as the root page carries it
 * @map: the map; must not change meanwhile
 *
 * Context: any.
 *
 * Return: CRC32C of all nodes, each before its children.
 */
u32 kstate_map_crc(const struct kstate_map *map)
{
	u32 crc = ~0;

	kstate_map_walk_nodes(map, crc_node, &crc);
	return crc;
}
