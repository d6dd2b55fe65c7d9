/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writing the map of preserved pages: mm/kstate_tree.c, which knows of runs and
 * bitmaps, and mm/kstate_node.c, which keeps the nodes filled.
 */
#ifndef _MM_KSTATE_TREE_H
#define _MM_KSTATE_TREE_H

#include <linux/gfp_types.h>
#include <linux/limits.h>
#include <linux/list.h>

#include "kstate_map.h"

#define KSTATE_ENTRIES		KSTATE_ABI_MAP_ENTRIES

/* No page in particular, to split a leaf for */
#define KSTATE_ANY_PAGE		ULONG_MAX

/**
 * struct kstate_tree - a map that is being written
 * @map: the map
 * @path: the last one that was used; void when its end is 0
 * @bits: the bitmap that was used last
 * @bits_page: its struct page
 * @bits_chunk: its chunk; ~0 when there is none
 * @fresh: pages that are in use but not yet in the map themselves. Empty
 *	between operations unless memory was short
 * @dead: pages that are no longer in use but may be in the map
 * @settling: these are put in or taken out
 */
struct kstate_tree {
	struct kstate_map map;
	struct kstate_map_path path;
	__le64 *bits;
	struct page *bits_page;
	unsigned long bits_chunk;
	struct list_head fresh;
	struct list_head dead;
	bool settling;
};

#define KSTATE_TREE_INIT(name) {					\
	.bits_chunk = ~0UL,						\
	.fresh = LIST_HEAD_INIT((name).fresh),				\
	.dead = LIST_HEAD_INIT((name).dead) }

static inline void kstate_node_set(struct kstate_abi_node *node,
				   unsigned int slot, u64 entry)
{
	node->entries[slot] = cpu_to_le64(entry);
}

static inline bool kstate_entry_is_run(u64 entry)
{
	return !(entry & KSTATE_ABI_MAP_PAGE);
}

/* Do two runs make one? */
static inline bool kstate_runs_join(u64 a, u64 b)
{
	return kstate_entry_is_run(a) && kstate_entry_is_run(b) &&
	       kstate_entry_last(a) + 1 == kstate_entry_first(b) &&
	       kstate_entry_last(b) - kstate_entry_first(a) < KSTATE_RUN_PAGES;
}

/* mm/kstate_node.c */
void *kstate_page_get(struct kstate_tree *tree, gfp_t gfp);
void kstate_page_put(struct kstate_tree *tree, void *at);
struct kstate_abi_node *kstate_node_get(struct kstate_tree *tree,
					unsigned int level, gfp_t gfp);
void kstate_entries_move(struct kstate_abi_node *node, unsigned int slot,
			 unsigned int del, unsigned int add);
void kstate_entry_insert(struct kstate_abi_node *node, unsigned int slot,
			 u64 entry);
bool kstate_entry_join(struct kstate_abi_node *leaf, unsigned int slot);
bool kstate_tree_share(struct kstate_tree *tree);
int kstate_tree_split(struct kstate_tree *tree, unsigned int want,
		      unsigned long pfn, gfp_t gfp);
void kstate_tree_shrink(struct kstate_tree *tree);

/* mm/kstate_tree.c */
int kstate_tree_set(struct kstate_tree *tree, unsigned long first,
		    unsigned long last);
int kstate_tree_clear(struct kstate_tree *tree, unsigned long first,
		      unsigned long last);
int kstate_tree_settle(struct kstate_tree *tree);
void kstate_tree_free(struct kstate_tree *tree);

#if IS_ENABLED(CONFIG_KUNIT)
/* Memory for the map; a test may have there be none. */
struct page *kstate_map_page(gfp_t gfp);
#endif

#endif /* _MM_KSTATE_TREE_H */
