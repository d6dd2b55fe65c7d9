/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The map of preserved pages, as mm/kstate_mem.c writes it and
 * mm/kstate_boot.c reads it. The layout is in <linux/kstate_abi.h>.
 */
#ifndef _MM_KSTATE_MAP_H
#define _MM_KSTATE_MAP_H

#include <linux/bits.h>
#include <linux/kstate_abi.h>
#include <linux/types.h>

#define KSTATE_LEAF_PAGES	BIT(KSTATE_ABI_MAP_LEAF_SHIFT)
#define KSTATE_NODE_ENTRIES	BIT(KSTATE_ABI_MAP_NODE_SHIFT)
#define KSTATE_NODE_WORDS	512

/**
 * struct kstate_map - the map of preserved pages
 * @top: the top node, NULL when nothing is preserved
 * @levels: levels of nodes, leaves included
 * @nr_pages: pages that are preserved, those of the map itself included
 * @nr_nodes: pages of the map itself
 */
struct kstate_map {
	__le64 *top;
	unsigned int levels;
	unsigned long nr_pages;
	unsigned long nr_nodes;
};

/* As a power of 2, the pages that a node of @level covers. */
static inline unsigned int kstate_map_shift(unsigned int level)
{
	return KSTATE_ABI_MAP_LEAF_SHIFT + level * KSTATE_ABI_MAP_NODE_SHIFT;
}

/* Called for each run of preserved pages; non-zero ends the walk. */
typedef int (*kstate_run_fn)(unsigned long pfn, unsigned long nr, void *arg);

/* Called for each node, before its children; non-zero ends the walk. */
typedef int (*kstate_node_fn)(const __le64 *node, unsigned int level,
			      void *arg);

int kstate_map_walk_runs(const struct kstate_map *map, kstate_run_fn fn,
			 void *arg);
int kstate_map_walk_nodes(const struct kstate_map *map, kstate_node_fn fn,
			  void *arg);
bool kstate_map_test_all(const struct kstate_map *map, unsigned long pfn,
			 unsigned long nr);
bool kstate_map_test_any(const struct kstate_map *map, unsigned long pfn,
			 unsigned long nr);
unsigned long kstate_map_stretch(const struct kstate_map *map,
				 unsigned long pfn, bool *set);
u32 kstate_map_crc(const struct kstate_map *map);

#if IS_ENABLED(CONFIG_KUNIT)
/* Memory for a node; a test may have there be none. */
struct page *kstate_map_page(gfp_t gfp);
#endif

#endif /* _MM_KSTATE_MAP_H */
