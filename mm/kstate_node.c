// SPDX-License-Identifier: GPL-2.0-only
/*
 * The nodes of the map of preserved pages: they are split, joined, and kept
 * filled, so that the map costs what its entries cost.
 *
 * A leaf that is full gives to a neighbour before it is split, and one that
 * gets empty is put into its neighbours. Leaves meet where a chunk begins: a
 * run across it is cut there, and made whole when the leaves are joined.
 *
 * What is changed is consistent after each step, so that a step that fails for
 * want of memory can be the last.
 */
#include <kunit/static_stub.h>
#include <kunit/visibility.h>
#include <linux/kstate_abi.h>
#include <linux/list.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "kstate_tree.h"

/* Free entries that a neighbour must have to be given some */
#define ROOM_TO_SHARE	64
/* Free entries that are left where leaves become fewer, for a while */
#define ROOM_LEFT	32

VISIBLE_IF_KUNIT struct page *kstate_map_page(gfp_t gfp)
{
	KUNIT_STATIC_STUB_REDIRECT(kstate_map_page, gfp);
	return alloc_page(GFP_KERNEL | gfp);
}
EXPORT_SYMBOL_IF_KUNIT(kstate_map_page);

/* ---- Pages ---- */

static struct page *take_dead(struct kstate_tree *tree)
{
	struct page *page = list_first_entry_or_null(&tree->dead, struct page,
						     lru);

	if (!page)
		return NULL;
	list_del_init(&page->lru);
	if (!kstate_map_test_all(&tree->map, page_to_pfn(page), 1))
		list_add(&page->lru, &tree->fresh);
	return page;
}

/**
 * kstate_page_get - get a page for the map
 * @tree: the map; is consistent
 * @gfp: how hard to try, beyond GFP_KERNEL
 *
 * Context: process context, may sleep; the caller serialises.
 *
 * Return: the page, all zero, or NULL.
 */
void *kstate_page_get(struct kstate_tree *tree, gfp_t gfp)
{
	struct page *page = take_dead(tree);

	if (!page) {
		page = kstate_map_page(gfp);
		if (!page)
			return NULL;
		list_add(&page->lru, &tree->fresh);
		tree->map.nr_nodes++;
	}
	page->index = 0;
	return memset(page_address(page), 0, PAGE_SIZE);
}

/**
 * kstate_page_put - give up a page of the map
 * @tree: the map
 * @at: the page; is in no entry any more
 *
 * The path is void then.
 *
 * Context: any; the caller serialises.
 */
void kstate_page_put(struct kstate_tree *tree, void *at)
{
	struct page *page = virt_to_page(at);

	tree->path.end = 0;
	/* It may be among the fresh ones. */
	list_move(&page->lru, &tree->dead);
}

/**
 * kstate_node_get - get a node for the map
 * @tree: the map; is consistent
 * @level: the node's level
 * @gfp: how hard to try, beyond GFP_KERNEL
 *
 * Context: process context, may sleep; the caller serialises.
 *
 * Return: the node, without entries, or NULL.
 */
struct kstate_abi_node *kstate_node_get(struct kstate_tree *tree,
					unsigned int level, gfp_t gfp)
{
	struct kstate_abi_node *node = kstate_page_get(tree, gfp);

	if (node)
		node->level = cpu_to_le16(level);
	return node;
}

/* ---- Entries ---- */

static void set_count(struct kstate_abi_node *node, unsigned int count)
{
	node->count = cpu_to_le16(count);
}

/**
 * kstate_entries_move - replace entries of a node by room for others
 * @node: the node
 * @slot: the first entry that goes
 * @del: how many go
 * @add: how many are to come, and are counted already
 *
 * Context: any; the caller serialises.
 */
void kstate_entries_move(struct kstate_abi_node *node, unsigned int slot,
			 unsigned int del, unsigned int add)
{
	unsigned int count = kstate_node_count(node);

	memmove(&node->entries[slot + add], &node->entries[slot + del],
		(count - slot - del) * sizeof(node->entries[0]));
	set_count(node, count + add - del);
}

/**
 * kstate_entry_insert - add an entry to a node
 * @node: the node; has room
 * @slot: the entry's place
 * @entry: the entry
 *
 * Context: any; the caller serialises.
 */
void kstate_entry_insert(struct kstate_abi_node *node, unsigned int slot,
			 u64 entry)
{
	kstate_entries_move(node, slot, 0, 1);
	kstate_node_set(node, slot, entry);
}

static void entries_copy(struct kstate_abi_node *to, unsigned int at,
			 const struct kstate_abi_node *from, unsigned int slot,
			 unsigned int nr)
{
	memcpy(&to->entries[at], &from->entries[slot],
	       nr * sizeof(to->entries[0]));
}

/**
 * kstate_entry_join - make one of an entry and the one before it, if they touch
 * @leaf: their leaf
 * @slot: the entry; nothing is done if there are no two
 *
 * Context: any; the caller serialises.
 *
 * Return: true if there is one entry less.
 */
bool kstate_entry_join(struct kstate_abi_node *leaf, unsigned int slot)
{
	u64 a, b;

	if (!slot || slot >= kstate_node_count(leaf))
		return false;
	a = kstate_node_entry(leaf, slot - 1);
	b = kstate_node_entry(leaf, slot);
	if (!kstate_runs_join(a, b))
		return false;
	kstate_node_set(leaf, slot - 1,
			kstate_entry_run(kstate_entry_first(a),
					 kstate_entry_last(b)));
	kstate_entries_move(leaf, slot, 1, 0);
	return true;
}

static unsigned long slot_chunk(const struct kstate_abi_node *node,
				unsigned int slot)
{
	return kstate_pfn_chunk(kstate_entry_first(kstate_node_entry(node,
								     slot)));
}

/* ---- Nodes ---- */

/* Which entry above leads to the node of @level in the path */
static unsigned int parent_slot(const struct kstate_tree *tree,
				unsigned int level)
{
	return tree->path.slot[level + 1];
}

static struct kstate_abi_node *sibling(const struct kstate_tree *tree,
				       unsigned int level, int offset)
{
	const struct kstate_abi_node *parent;
	unsigned int slot;

	if (level + 1 == tree->map.levels)
		return NULL;
	parent = tree->path.node[level + 1];
	slot = parent_slot(tree, level) + offset;
	return slot < kstate_node_count(parent) ?
	       kstate_node_child(parent, slot) : NULL;
}

/* The entry closest to @want with which a new chunk begins, 0 if none does. */
static unsigned int find_cut(const struct kstate_abi_node *leaf,
			     unsigned int want)
{
	unsigned int count = kstate_node_count(leaf), d;

	for (d = 0; d < count; d++) {
		if (want > d && want - d < count &&
		    slot_chunk(leaf, want - d) > slot_chunk(leaf, want - d - 1))
			return want - d;
		if (want + d && want + d < count &&
		    slot_chunk(leaf, want + d) > slot_chunk(leaf, want + d - 1))
			return want + d;
	}
	return 0;
}

/*
 * Before a leaf is cut in two at @slot: the part of the run before it that
 * reaches into the chunk of @slot, which then is the other leaf's, or 0.
 */
static u64 take_rest(struct kstate_abi_node *leaf, unsigned int slot)
{
	unsigned long border = slot_chunk(leaf, slot) <<
			       KSTATE_ABI_MAP_CHUNK_SHIFT;
	unsigned long last;
	u64 entry;

	if (!slot)
		return 0;
	entry = kstate_node_entry(leaf, slot - 1);
	last = kstate_entry_last(entry);
	if (last < border)
		return 0;
	kstate_node_set(leaf, slot - 1,
			kstate_entry_run(kstate_entry_first(entry), border - 1));
	return kstate_entry_run(border, last);
}

static void set_child(struct kstate_abi_node *parent, unsigned int slot,
		      unsigned long chunk, struct kstate_abi_node *child)
{
	kstate_node_set(parent, slot, kstate_entry_page(chunk, child));
}

/*
 * Move what is in a leaf from @slot on to the one after it, which has room for
 * it and for one entry more. Returns that one's first chunk.
 */
static unsigned long leaf_to_right(struct kstate_abi_node *leaf,
				   unsigned int slot,
				   struct kstate_abi_node *right)
{
	unsigned int nr = kstate_node_count(leaf) - slot;
	unsigned long chunk = slot_chunk(leaf, slot);
	u64 rest = take_rest(leaf, slot);

	kstate_entries_move(right, 0, 0, nr);
	entries_copy(right, 0, leaf, slot, nr);
	kstate_entry_join(right, nr);
	set_count(leaf, slot);
	if (rest)
		kstate_entry_insert(right, 0, rest);
	return chunk;
}

/* As above, with what is before @slot and the leaf before this one. */
static unsigned long leaf_to_left(struct kstate_abi_node *left,
				  struct kstate_abi_node *leaf,
				  unsigned int slot)
{
	unsigned int count = kstate_node_count(left);
	unsigned long chunk = slot_chunk(leaf, slot);
	u64 rest = take_rest(leaf, slot);

	entries_copy(left, count, leaf, 0, slot);
	set_count(left, count + slot);
	kstate_entry_join(left, count);
	kstate_entries_move(leaf, 0, slot, 0);
	if (rest)
		kstate_entry_insert(leaf, 0, rest);
	return chunk;
}

static bool share_right(struct kstate_tree *tree, struct kstate_abi_node *leaf)
{
	struct kstate_abi_node *right = sibling(tree, 0, 1);
	unsigned int count, slot;

	if (!right || kstate_node_count(right) > KSTATE_ENTRIES - ROOM_TO_SHARE)
		return false;
	count = kstate_node_count(right);
	slot = find_cut(leaf, KSTATE_ENTRIES - (KSTATE_ENTRIES - count) / 2);
	if (!slot || count + KSTATE_ENTRIES - slot + 1 >= KSTATE_ENTRIES)
		return false;
	set_child(tree->path.node[1], parent_slot(tree, 0) + 1,
		  leaf_to_right(leaf, slot, right), right);
	return true;
}

static bool share_left(struct kstate_tree *tree, struct kstate_abi_node *leaf)
{
	struct kstate_abi_node *left = sibling(tree, 0, -1);
	unsigned int count, slot;

	if (!left || kstate_node_count(left) > KSTATE_ENTRIES - ROOM_TO_SHARE)
		return false;
	count = kstate_node_count(left);
	slot = find_cut(leaf, (KSTATE_ENTRIES - count) / 2);
	/* What is left of a run that is cut takes the place of one entry. */
	if (slot < 2 || count + slot >= KSTATE_ENTRIES)
		return false;
	set_child(tree->path.node[1], parent_slot(tree, 0),
		  leaf_to_left(left, leaf, slot), leaf);
	return true;
}

/**
 * kstate_tree_share - give part of a full leaf to a neighbour
 * @tree: the map; its path leads to the leaf
 *
 * Context: any; the caller serialises.
 *
 * Return: true if both have room now; the path is void then.
 */
bool kstate_tree_share(struct kstate_tree *tree)
{
	struct kstate_abi_node *leaf = tree->path.node[0];

	if (!share_right(tree, leaf) && !share_left(tree, leaf))
		return false;
	tree->path.end = 0;
	return true;
}

/* Put a new node behind the one of @level in the path. */
static void add_right(struct kstate_tree *tree, unsigned int level,
		      unsigned long chunk, struct kstate_abi_node *right)
{
	kstate_entry_insert(tree->path.node[level + 1],
			    parent_slot(tree, level) + 1,
			    kstate_entry_page(chunk, right));
	tree->path.end = 0;
}

static int split_node(struct kstate_tree *tree, unsigned int level, gfp_t gfp)
{
	struct kstate_abi_node *right = kstate_node_get(tree, level, gfp);
	struct kstate_abi_node *node = tree->path.node[level];
	unsigned int slot = KSTATE_ENTRIES / 2;

	if (!right)
		return -ENOMEM;
	/* When entries come in order, leave full nodes behind. */
	if (tree->path.slot[level] == KSTATE_ENTRIES - 1)
		slot = KSTATE_ENTRIES - 2;
	entries_copy(right, 0, node, slot, KSTATE_ENTRIES - slot);
	set_count(right, KSTATE_ENTRIES - slot);
	set_count(node, slot);
	add_right(tree, level, slot_chunk(right, 0), right);
	return 0;
}

/*
 * Where to split a leaf: close to @want, or, if page @pfn is to be added and
 * pages come in order, from either side, at that end, so that leaves are full.
 * Behind its end if it cannot be split, as it is of one chunk.
 */
static unsigned int split_slot(const struct kstate_tree *tree,
			       unsigned int want, unsigned long pfn)
{
	const struct kstate_abi_node *leaf = tree->path.node[0];
	unsigned int count = kstate_node_count(leaf);
	unsigned int slot = tree->path.slot[0];
	unsigned long chunk = kstate_pfn_chunk(pfn);

	if (pfn != KSTATE_ANY_PAGE && slot == count &&
	    kstate_entry_last(kstate_node_entry(leaf, slot - 1)) <
	    chunk << KSTATE_ABI_MAP_CHUNK_SHIFT)
		return count;
	if (pfn != KSTATE_ANY_PAGE && !slot && chunk < slot_chunk(leaf, 0))
		return 0;
	return find_cut(leaf, want) ?: count + 1;
}

static int split_leaf(struct kstate_tree *tree, unsigned int want,
		      unsigned long pfn, gfp_t gfp)
{
	struct kstate_abi_node *leaf = tree->path.node[0], *right;
	unsigned int slot = split_slot(tree, want, pfn);
	unsigned long chunk = kstate_pfn_chunk(pfn);

	if (slot > kstate_node_count(leaf))
		return -E2BIG;
	right = kstate_node_get(tree, 0, gfp);
	if (!right)
		return -ENOMEM;
	if (slot < kstate_node_count(leaf))
		chunk = leaf_to_right(leaf, slot, right);
	add_right(tree, 0, chunk, right);
	return 0;
}

/* Add a level, so that the top node has one above it. */
static int grow_top(struct kstate_tree *tree, gfp_t gfp)
{
	unsigned int levels = tree->map.levels;
	struct kstate_abi_node *top;

	if (levels == KSTATE_ABI_MAP_MAX_LEVELS)
		return -ERANGE;
	top = kstate_node_get(tree, levels, gfp);
	if (!top)
		return -ENOMEM;
	kstate_entry_insert(top, 0, kstate_entry_page(0, tree->map.top));
	tree->map.top = top;
	tree->map.levels++;
	tree->path.node[levels] = top;
	tree->path.slot[levels] = 0;
	return 0;
}

/**
 * kstate_tree_split - take a step towards more room in a leaf
 * @tree: the map; its path leads to the leaf
 * @want: the entry of the leaf where it is best split
 * @pfn: the page that is to be added, or KSTATE_ANY_PAGE
 * @gfp: how hard to try for memory, beyond GFP_KERNEL
 *
 * Splits the leaf, or a node above it that has no room for one more below it.
 *
 * Context: process context, may sleep; the caller serialises.
 *
 * Return: 0, and the path is void; -E2BIG: all of the leaf is one chunk;
 * -ENOMEM.
 */
int kstate_tree_split(struct kstate_tree *tree, unsigned int want,
		      unsigned long pfn, gfp_t gfp)
{
	unsigned int level = 0;
	int ret;

	while (level + 1 < tree->map.levels &&
	       kstate_node_count(tree->path.node[level + 1]) == KSTATE_ENTRIES)
		level++;
	if (level + 1 == tree->map.levels) {
		ret = grow_top(tree, gfp);
		if (ret)
			return ret;
	}
	return level ? split_node(tree, level, gfp) :
		       split_leaf(tree, want, pfn, gfp);
}

/* Join a node and the one after it, entry @slot + 1 of their parent. */
static void join_nodes(struct kstate_tree *tree, unsigned int level,
		       unsigned int slot)
{
	struct kstate_abi_node *parent = tree->path.node[level + 1];
	struct kstate_abi_node *left = kstate_node_child(parent, slot);
	struct kstate_abi_node *right = kstate_node_child(parent, slot + 1);
	unsigned int count = kstate_node_count(left);

	entries_copy(left, count, right, 0, kstate_node_count(right));
	set_count(left, count + kstate_node_count(right));
	if (!level)
		kstate_entry_join(left, count);
	kstate_entries_move(parent, slot + 1, 1, 0);
	kstate_page_put(tree, right);
}

/*
 * May two nodes become one? They have to as soon as they can: chunks of 240 runs
 * that had a leaf each would take 17 bytes for a run. But when it is the map's
 * own pages that come and go, joining two must not make it be split again.
 */
static bool can_join(const struct kstate_tree *tree,
		     const struct kstate_abi_node *a,
		     const struct kstate_abi_node *b)
{
	unsigned int most = KSTATE_ENTRIES - (tree->settling ? ROOM_LEFT : 0);

	return a && b && kstate_node_count(a) + kstate_node_count(b) <= most;
}

/* Give what is in a leaf to both its neighbours. */
static bool leaf_give_up(struct kstate_tree *tree)
{
	struct kstate_abi_node *leaf = tree->path.node[0];
	struct kstate_abi_node *left = sibling(tree, 0, -1);
	struct kstate_abi_node *right = sibling(tree, 0, 1);
	unsigned int l, n, r, slot;

	if (!left || !right)
		return false;
	l = kstate_node_count(left);
	n = kstate_node_count(leaf);
	r = kstate_node_count(right);
	if (l + n + r > 2 * (KSTATE_ENTRIES - ROOM_LEFT))
		return false;
	slot = find_cut(leaf, max((l + n + r) / 2, l + 1) - l);
	if (!slot || l + slot >= KSTATE_ENTRIES ||
	    n - slot + 1 + r >= KSTATE_ENTRIES)
		return false;
	set_child(tree->path.node[1], parent_slot(tree, 0),
		  leaf_to_left(left, leaf, slot), leaf);
	join_nodes(tree, 0, parent_slot(tree, 0));
	return true;
}

/* Let an inner node with few entries have some of a neighbour's. */
static void node_refill(struct kstate_tree *tree, unsigned int level)
{
	struct kstate_abi_node *parent = tree->path.node[level + 1];
	unsigned int at = parent_slot(tree, level), nl, nr, n;
	struct kstate_abi_node *left, *right;

	if (kstate_node_count(parent) < 2)
		return;
	at = at + 1 < kstate_node_count(parent) ? at : at - 1;
	left = kstate_node_child(parent, at);
	right = kstate_node_child(parent, at + 1);
	nl = kstate_node_count(left);
	nr = kstate_node_count(right);
	if (nl < nr) {
		n = (nr - nl) / 2;
		entries_copy(left, nl, right, 0, n);
		set_count(left, nl + n);
		kstate_entries_move(right, 0, n, 0);
	} else {
		n = (nl - nr) / 2;
		kstate_entries_move(right, 0, 0, n);
		entries_copy(right, 0, left, nl - n, n);
		set_count(left, nl - n);
	}
	set_child(parent, at + 1, slot_chunk(right, 0), right);
	tree->path.end = 0;
}

/* Some entries are gone from a node. True if one is gone from its parent. */
static bool node_shrink(struct kstate_tree *tree, unsigned int level)
{
	struct kstate_abi_node *node = tree->path.node[level];
	unsigned int slot = parent_slot(tree, level);

	if (kstate_node_count(node) > KSTATE_ENTRIES * 2 / 3)
		return false;
	if (can_join(tree, node, sibling(tree, level, 1))) {
		join_nodes(tree, level, slot);
		return true;
	}
	if (can_join(tree, sibling(tree, level, -1), node)) {
		join_nodes(tree, level, slot - 1);
		return true;
	}
	if (!level)
		return leaf_give_up(tree);
	/* No node but the top one is ever left with one below it. */
	if (kstate_node_count(node) < KSTATE_ENTRIES / 4)
		node_refill(tree, level);
	return false;
}

/**
 * kstate_tree_shrink - see to it that nodes are filled
 * @tree: the map; there are fewer entries in the leaf that its path leads to
 *
 * Context: any; the caller serialises. The path may be void then.
 */
void kstate_tree_shrink(struct kstate_tree *tree)
{
	struct kstate_map *map = &tree->map;
	unsigned int level = 0;

	while (level + 1 < map->levels && node_shrink(tree, level))
		level++;
	while (map->levels > 1 && kstate_node_count(map->top) == 1) {
		struct kstate_abi_node *top = map->top;

		map->top = kstate_node_child(top, 0);
		map->levels--;
		kstate_page_put(tree, top);
	}
}
