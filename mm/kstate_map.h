/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The map of preserved pages, as mm/kstate_tree.c writes it and
 * mm/kstate_boot.c reads it. The layout is in <linux/kstate_abi.h>.
 */
#ifndef _MM_KSTATE_MAP_H
#define _MM_KSTATE_MAP_H

#include <linux/bits.h>
#include <linux/io.h>
#include <linux/kstate_abi.h>
#include <linux/pfn.h>
#include <linux/types.h>

#define KSTATE_CHUNK_PAGES	BIT(KSTATE_ABI_MAP_CHUNK_SHIFT)
#define KSTATE_MAP_PAGES	BIT(KSTATE_ABI_MAP_PFN_BITS)
#define KSTATE_RUN_PAGES	BIT(KSTATE_ABI_MAP_RUN_BITS)

/* Level of a bitmap in walks */
#define KSTATE_MAP_BITMAP	(-1)

/**
 * struct kstate_map - the map of preserved pages
 * @top: the top node, NULL when nothing is preserved
 * @levels: levels of nodes, leaves included
 * @nr_pages: pages that are preserved, those of the map itself included
 * @nr_nodes: pages of the map itself
 */
struct kstate_map {
	struct kstate_abi_node *top;
	unsigned int levels;
	unsigned long nr_pages;
	unsigned long nr_nodes;
};

/**
 * struct kstate_map_path - where in the map a page would be
 * @node: by level, the nodes that stand for it
 * @slot: by level, the entry of the node below; in the leaf, the first entry
 *	that begins after the page
 * @first: first page of the leaf's range
 * @end: first page after it
 */
struct kstate_map_path {
	struct kstate_abi_node *node[KSTATE_ABI_MAP_MAX_LEVELS];
	unsigned int slot[KSTATE_ABI_MAP_MAX_LEVELS];
	unsigned long first;
	unsigned long end;
};

static inline unsigned long kstate_pfn_chunk(unsigned long pfn)
{
	return pfn >> KSTATE_ABI_MAP_CHUNK_SHIFT;
}

static inline u64 kstate_entry_run(unsigned long first, unsigned long last)
{
	return (u64)first << KSTATE_ABI_MAP_FIRST_SHIFT |
	       (last - first) << KSTATE_ABI_MAP_RUN_SHIFT;
}

static inline u64 kstate_entry_page(unsigned long chunk, void *page)
{
	return (u64)chunk << KSTATE_ABI_MAP_CHUNK_ENTRY |
	       PHYS_PFN(virt_to_phys(page)) << KSTATE_ABI_MAP_ADDR_SHIFT |
	       KSTATE_ABI_MAP_PAGE;
}

static inline phys_addr_t kstate_entry_phys(u64 entry)
{
	return PFN_PHYS(entry >> KSTATE_ABI_MAP_ADDR_SHIFT &
			GENMASK_ULL(KSTATE_ABI_MAP_ADDR_BITS - 1, 0));
}

static inline void *kstate_entry_virt(u64 entry)
{
	return phys_to_virt(kstate_entry_phys(entry));
}

static inline unsigned long kstate_entry_chunk(u64 entry)
{
	return entry >> KSTATE_ABI_MAP_CHUNK_ENTRY;
}

/* First page of what an entry stands for */
static inline unsigned long kstate_entry_first(u64 entry)
{
	unsigned long first = entry >> KSTATE_ABI_MAP_FIRST_SHIFT;

	return entry & KSTATE_ABI_MAP_PAGE ?
	       first & ~(KSTATE_CHUNK_PAGES - 1) : first;
}

/* Last page of a leaf's entry */
static inline unsigned long kstate_entry_last(u64 entry)
{
	if (entry & KSTATE_ABI_MAP_PAGE)
		return entry >> KSTATE_ABI_MAP_FIRST_SHIFT |
		       (KSTATE_CHUNK_PAGES - 1);
	return (entry >> KSTATE_ABI_MAP_FIRST_SHIFT) +
	       (entry >> KSTATE_ABI_MAP_RUN_SHIFT & (KSTATE_RUN_PAGES - 1));
}

static inline unsigned int kstate_node_count(const struct kstate_abi_node *node)
{
	return le16_to_cpu(node->count);
}

static inline u64 kstate_node_entry(const struct kstate_abi_node *node,
				    unsigned int slot)
{
	return le64_to_cpu(node->entries[slot]);
}

static inline struct kstate_abi_node *
kstate_node_child(const struct kstate_abi_node *node, unsigned int slot)
{
	return kstate_entry_virt(kstate_node_entry(node, slot));
}

/* Called for each run of preserved pages; non-zero ends the walk. */
typedef int (*kstate_run_fn)(unsigned long pfn, unsigned long nr, void *arg);

/*
 * Called for each node and bitmap, before those below it; non-zero ends the
 * walk.
 */
typedef int (*kstate_node_fn)(const void *page, int level, void *arg);

unsigned int kstate_node_search(const struct kstate_abi_node *node,
				unsigned long pfn);
void kstate_map_find(const struct kstate_map *map, unsigned long pfn,
		     struct kstate_map_path *path);
unsigned long kstate_bits_skip(const __le64 *bits, unsigned long bit, bool set);
int kstate_map_walk_runs(const struct kstate_map *map, kstate_run_fn fn,
			 void *arg);
int kstate_map_walk_nodes(const struct kstate_map *map, kstate_node_fn fn,
			  void *arg);
bool kstate_map_test_all(const struct kstate_map *map, unsigned long pfn,
			 unsigned long nr);
unsigned long kstate_map_extents(const struct kstate_map *map);
u32 kstate_map_crc(const struct kstate_map *map);

#endif /* _MM_KSTATE_MAP_H */
