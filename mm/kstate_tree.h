/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writing the map of preserved pages: mm/kstate_tree.c, which knows of runs and
 * bitmaps, and mm/kstate_node.c, which keeps the nodes filled.
 */
#ifndef _MM_KSTATE_TREE_H
#define _MM_KSTATE_TREE_H

#include <linux/bitops.h>
#include <linux/gfp_types.h>
#include <linux/limits.h>
#include <linux/list.h>
#include <linux/mm.h>

#include "kstate_map.h"

#define KSTATE_ENTRIES		KSTATE_ABI_MAP_ENTRIES

/* Chunks whose bitmaps are found without a look at the map: 8 GiB in a row */
#define KSTATE_NEAR		64

/* No page in particular, to split a leaf for */
#define KSTATE_ANY_PAGE		ULONG_MAX

/**
 * struct kstate_near - a bitmap that was used not long ago
 * @first: the first page of its chunk, ~0 when there is none
 * @bits: the bitmap
 * @left: how many changes may pass before somebody has to look at how many runs
 *	it has; when it is not near, its page->private knows
 * @page: its struct page
 */
struct kstate_near {
	unsigned long first;
	__le64 *bits;
	unsigned long left;
	struct page *page;
};

/**
 * struct kstate_tree - a map that is being written
 * @map: the map
 * @path: the last one that was used; void when its end is 0
 * @run: the entry of the run that was set last
 * @run_next: the page after it, ~0 when there is none
 * @run_end: it may grow up to this page without another entry being changed
 * @near: by the low bits of their chunk, bitmaps that were used last
 * @nr_early: bitmaps that cost more than the runs they replace
 * @fresh: pages that are in use but not yet in the map themselves. Empty
 *	between operations unless memory was short
 * @dead: pages that are no longer in use but may be in the map
 * @settling: these are put in or taken out
 */
struct kstate_tree {
	struct kstate_map map;
	struct kstate_map_path path;
	__le64 *run;
	unsigned long run_next;
	unsigned long run_end;
	struct kstate_near near[KSTATE_NEAR];
	unsigned int nr_early;
	struct list_head fresh;
	struct list_head dead;
	bool settling;
};

#define KSTATE_TREE_INIT(name) {					\
	.run_next = ~0UL,						\
	.near = { [0 ... KSTATE_NEAR - 1] = { .first = ~0UL } },	\
	.fresh = LIST_HEAD_INIT((name).fresh),				\
	.dead = LIST_HEAD_INIT((name).dead) }

static __always_inline struct kstate_near *
kstate_near(struct kstate_tree *tree, unsigned long pfn)
{
	return &tree->near[kstate_pfn_chunk(pfn) % KSTATE_NEAR];
}

/* One page of a chunk with a bitmap that was used not long ago */
static __always_inline bool kstate_near_set(struct kstate_near *near,
					    unsigned long pfn)
{
	unsigned long bit;

	/* Or each member's address is computed by itself. */
	OPTIMIZER_HIDE_VAR(near);
	bit = pfn ^ near->first;
	if (bit >= KSTATE_CHUNK_PAGES)
		return false;
	/* Somebody has to look; if nothing changes, it is only too early. */
	if (unlikely(!--near->left)) {
		near->left = 1;
		return false;
	}
	/* This is __test_and_set_bit_le(), but surely inline. */
	return !__test_and_set_bit(bit ^ BITOP_LE_SWIZZLE,
				   (unsigned long __force *)near->bits);
}

/**
 * kstate_tree_set_near - put pages into the map if that is little work
 * @tree: the map
 * @first: first page
 * @nr: number of pages, not 0
 *
 * That is so if they follow what was set last, or if it is one page, not in the
 * map, of a chunk with a bitmap that was used not long ago. Neither takes nor
 * frees memory.
 *
 * Context: any; the caller serialises.
 *
 * Return: true if they were added; else kstate_tree_set() has to be asked.
 */
static __always_inline bool kstate_tree_set_near(struct kstate_tree *tree,
						 unsigned long first,
						 unsigned long nr)
{
	if (first == tree->run_next) {
		if (first + nr > tree->run_end)
			return false;
		le64_add_cpu(tree->run, nr << KSTATE_ABI_MAP_RUN_SHIFT);
		tree->run_next = first + nr;
	} else if (nr != 1 ||
		   !kstate_near_set(kstate_near(tree, first), first)) {
		return false;
	}
	tree->map.nr_pages += nr;
	return true;
}

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
