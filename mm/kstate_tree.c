// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writing the map of preserved pages. Its layout is in <linux/kstate_abi.h>,
 * its readers are in mm/kstate_map.c.
 *
 * Runs are entries of leaves, as in a B-tree, so that a map costs what its runs
 * cost, wherever they are. A chunk that has so many runs that a bitmap is less
 * gets one, and loses it when it has few again.
 *
 * The map's pages stand in the map too. Putting them there, or taking them out,
 * may take and free pages in turn: they wait on lists until
 * kstate_tree_settle().
 */
#include <kunit/visibility.h>
#include <linux/bitops.h>
#include <linux/kstate_abi.h>
#include <linux/list.h>
#include <linux/minmax.h>
#include <linux/mm.h>

#include "kstate_tree.h"

/*
 * Runs of a chunk for which a bitmap is made, and below which it goes: 16 bytes
 * for each of as many runs are a page. Looked for at every 16th new entry.
 */
#define BITMAP_RUNS	300
#define FEW_RUNS	264U
#define LOOK_MASK	15
/* And for few runs after as many changes, if not more */
#define LOOK_LEAST	16U

/*
 * A bitmap is a lot faster to change, and runs often become more. So as many
 * bitmaps may be there for as few runs. They are looked at after as many
 * changes.
 */
#define EARLY_BITMAPS	8
#define EARLY_RUNS	16
#define EARLY_LOOK	1024

/* ---- Finding ---- */

/* Is this where the page belongs in the leaf? */
static bool slot_fits(const struct kstate_abi_node *leaf, unsigned int slot,
		      unsigned long pfn)
{
	unsigned int count = kstate_node_count(leaf);

	return slot <= count &&
	       (!slot ||
		kstate_entry_first(kstate_node_entry(leaf, slot - 1)) <= pfn) &&
	       (slot == count ||
		kstate_entry_first(kstate_node_entry(leaf, slot)) > pfn);
}

/* Pages in a row are often set in a row, so try where the last one was. */
static void tree_find(struct kstate_tree *tree, unsigned long pfn)
{
	struct kstate_map_path *path = &tree->path;
	struct kstate_abi_node *leaf = path->node[0];

	if (pfn < path->first || pfn >= path->end)
		kstate_map_find(&tree->map, pfn, path);
	else if (!slot_fits(leaf, path->slot[0], pfn))
		path->slot[0] = kstate_node_search(leaf, pfn);
}

/* ---- Bitmaps ---- */

static void bits_fill(__le64 *bits, unsigned long bit, unsigned long end,
		      bool set)
{
	while (bit < end) {
		unsigned long stop = min(round_down(bit, 64) + 64, end);
		u64 mask = GENMASK_ULL((stop - 1) % 64, bit % 64);

		if (set)
			bits[bit / 64] |= cpu_to_le64(mask);
		else
			bits[bit / 64] &= cpu_to_le64(~mask);
		bit = stop;
	}
}

static bool bits_are_early(const __le64 *bits)
{
	return virt_to_page(bits)->index;
}

static void bits_set_early(struct kstate_tree *tree, __le64 *bits, bool early)
{
	tree->nr_early += early - bits_are_early(bits);
	virt_to_page(bits)->index = early;
}

/* The struct page has what is not near. */
static void near_leave(struct kstate_near *near, const __le64 *bits)
{
	if (near->first != ~0UL && near->bits == bits) {
		set_page_private(near->page, near->left);
		near->first = ~0UL;
	}
}

static void near_enter(struct kstate_near *near, unsigned long pfn,
		       __le64 *bits)
{
	unsigned long first = round_down(pfn, KSTATE_CHUNK_PAGES);

	if (near->first == first)
		return;
	near_leave(near, near->bits);
	near->first = first;
	near->bits = bits;
	near->page = virt_to_page(bits);
	near->left = page_private(near->page);
}

/*
 * A change of one stretch of pages makes one run more or less at most. So a
 * bitmap's struct page has how many changes may pass before its runs have to be
 * counted, which is cheaper than to know them all the time.
 */
static void bits_look_again(__le64 *bits, unsigned int runs)
{
	set_page_private(virt_to_page(bits),
			 bits_are_early(bits) ? EARLY_LOOK :
			 max(runs - min(runs, FEW_RUNS), LOOK_LEAST));
}

static unsigned int count_runs(const __le64 *bits)
{
	unsigned int i, runs = 0;
	u64 before = 0;

	for (i = 0; i < KSTATE_CHUNK_PAGES / 64; i++) {
		u64 word = le64_to_cpu(bits[i]);

		runs += hweight64(word & ~(word << 1 | before));
		before = word >> 63;
	}
	return runs;
}

/* The entries of a leaf that have pages of a chunk: how many, from which on */
static unsigned int chunk_entries(const struct kstate_abi_node *leaf,
				  unsigned long chunk, unsigned int *from)
{
	unsigned long first = chunk << KSTATE_ABI_MAP_CHUNK_SHIFT;

	*from = kstate_node_search(leaf, first);
	if (*from && kstate_entry_last(kstate_node_entry(leaf, *from - 1)) >=
	    first)
		--*from;
	return kstate_node_search(leaf, first + KSTATE_CHUNK_PAGES - 1) - *from;
}

/* Make a bitmap of the runs of a chunk; those across its borders are cut. */
static int make_bitmap(struct kstate_tree *tree, unsigned long chunk,
		       gfp_t gfp)
{
	unsigned long first = chunk << KSTATE_ABI_MAP_CHUNK_SHIFT;
	unsigned long last = first + KSTATE_CHUNK_PAGES - 1;
	struct kstate_abi_node *leaf = tree->path.node[0];
	unsigned int at, nr, i, add = 0;
	u64 entries[3], entry;
	__le64 *bits;

	nr = chunk_entries(leaf, chunk, &at);
	bits = kstate_page_get(tree, gfp);
	if (!bits)
		return -ENOMEM;
	entry = kstate_node_entry(leaf, at);
	if (kstate_entry_first(entry) < first)
		entries[add++] = kstate_entry_run(kstate_entry_first(entry),
						  first - 1);
	entries[add++] = kstate_entry_page(chunk, bits);
	for (i = 0; i < nr; i++) {
		entry = kstate_node_entry(leaf, at + i);
		bits_fill(bits, max(kstate_entry_first(entry), first) - first,
			  min(kstate_entry_last(entry), last) - first + 1,
			  true);
	}
	if (kstate_entry_last(entry) > last)
		entries[add++] = kstate_entry_run(last + 1,
						  kstate_entry_last(entry));
	kstate_entries_move(leaf, at, nr, add);
	for (i = 0; i < add; i++)
		kstate_node_set(leaf, at + i, entries[i]);
	bits_set_early(tree, bits, nr < BITMAP_RUNS);
	bits_look_again(bits, nr);
	return 0;
}

static int make_room(struct kstate_tree *tree, unsigned long pfn, gfp_t gfp)
{
	const struct kstate_abi_node *leaf = tree->path.node[0];
	unsigned long first;
	int ret;

	if (kstate_tree_share(tree))
		return 0;
	ret = kstate_tree_split(tree, KSTATE_ENTRIES / 2, pfn, gfp);
	if (ret != -E2BIG)
		return ret;
	first = kstate_entry_first(kstate_node_entry(leaf, 0));
	ret = make_bitmap(tree, kstate_pfn_chunk(first), gfp);
	if (!ret)
		kstate_tree_shrink(tree);
	return ret;
}

/* One more entry in a leaf: does a bitmap cost less now? */
static void look_for_bitmap(struct kstate_tree *tree, unsigned long pfn)
{
	unsigned int least = tree->nr_early < EARLY_BITMAPS ? EARLY_RUNS :
							      BITMAP_RUNS;
	const struct kstate_abi_node *leaf = tree->path.node[0];
	unsigned int count = kstate_node_count(leaf), from;

	if (count < least || count & LOOK_MASK ||
	    chunk_entries(leaf, kstate_pfn_chunk(pfn), &from) < least)
		return;
	if (!make_bitmap(tree, kstate_pfn_chunk(pfn), __GFP_NOWARN))
		kstate_tree_shrink(tree);
}

/* It is not near. */
static void drop_bitmap(struct kstate_tree *tree, unsigned int slot,
			__le64 *bits, unsigned int runs)
{
	struct kstate_abi_node *leaf = tree->path.node[0];
	unsigned long first = kstate_entry_first(kstate_node_entry(leaf, slot));
	unsigned long bit = 0, end;
	unsigned int i;

	kstate_entries_move(leaf, slot, 1, runs);
	for (i = 0; i < runs; i++, bit = end) {
		bit = kstate_bits_skip(bits, bit, false);
		end = kstate_bits_skip(bits, bit, true);
		kstate_node_set(leaf, slot + i,
				kstate_entry_run(first + bit, first + end - 1));
	}
	kstate_entry_join(leaf, slot + runs);
	kstate_entry_join(leaf, slot);
	bits_set_early(tree, bits, false);
	kstate_page_put(tree, bits);
}

/* How many runs are worth this bitmap? */
static unsigned int bits_least(struct kstate_tree *tree, __le64 *bits,
			       unsigned int runs)
{
	if (runs >= BITMAP_RUNS)
		bits_set_early(tree, bits, false);
	return bits_are_early(bits) ? EARLY_RUNS : FEW_RUNS;
}

/* A bitmap has few runs, or none: let it go, unless there is no memory to. */
static void look_for_runs(struct kstate_tree *tree, unsigned long pfn)
{
	unsigned int count, least, runs, slot;
	__le64 *bits;

	for (;;) {
		tree_find(tree, pfn);
		slot = tree->path.slot[0] - 1;
		bits = kstate_entry_virt(kstate_node_entry(tree->path.node[0],
							   slot));
		runs = count_runs(bits);
		least = bits_least(tree, bits, runs);
		near_leave(kstate_near(tree, pfn), bits);
		bits_look_again(bits, runs);
		if (runs >= least)
			return;
		count = kstate_node_count(tree->path.node[0]);
		if (count + runs <= KSTATE_ENTRIES)
			break;
		/* Leave the larger part behind. */
		if (kstate_tree_split(tree, slot > count / 2 ? slot : slot + 1,
				      KSTATE_ANY_PAGE, __GFP_NOWARN))
			return;
	}
	drop_bitmap(tree, slot, bits, runs);
	/* The way is the same, but kstate_page_put() does not know that. */
	kstate_map_find(&tree->map, pfn, &tree->path);
	kstate_tree_shrink(tree);
}

/* All bits of [first, last] have one value; give them the other. */
static void bits_flip(struct kstate_tree *tree, __le64 *bits,
		      unsigned long first, unsigned long last, bool set)
{
	struct kstate_near *near = kstate_near(tree, first);

	bits_fill(bits, first % KSTATE_CHUNK_PAGES,
		  last % KSTATE_CHUNK_PAGES + 1, set);
	near_enter(near, first, bits);
	if (!--near->left)
		look_for_runs(tree, first);
}

/* Are these bits, of pages in one chunk, all @set? */
static bool bits_are(const __le64 *bits, unsigned long first,
		     unsigned long last, bool set)
{
	unsigned long bit = first % KSTATE_CHUNK_PAGES;

	if (first == last)
		return test_bit_le(bit, bits) == set;
	return kstate_bits_skip(bits, bit, set) >
	       last % KSTATE_CHUNK_PAGES;
}

/* The bitmap of these pages, if it is one that was used not long ago */
static __le64 *near_bits(struct kstate_tree *tree, unsigned long first,
			 unsigned long last)
{
	struct kstate_near *near = kstate_near(tree, first);

	return (first ^ near->first) < KSTATE_CHUNK_PAGES &&
	       (last ^ near->first) < KSTATE_CHUNK_PAGES ? near->bits : NULL;
}

/* ---- Pages in and out ---- */

static int bits_set(struct kstate_tree *tree, __le64 *bits,
		    unsigned long first, unsigned long last)
{
	if (!bits_are(bits, first, last, false))
		return -EBUSY;
	bits_flip(tree, bits, first, last, true);
	return 0;
}

/* Add a run to the leaf of the path, where nothing is in its place. */
static int run_set(struct kstate_tree *tree, unsigned long first,
		   unsigned long last)
{
	struct kstate_abi_node *leaf = tree->path.node[0];
	unsigned int slot = tree->path.slot[0];
	u64 run = kstate_entry_run(first, last);
	u64 entry;

	if (slot) {
		entry = kstate_node_entry(leaf, slot - 1);
		if (kstate_runs_join(entry, run)) {
			run = kstate_entry_run(kstate_entry_first(entry), last);
			kstate_node_set(leaf, slot - 1, run);
			if (kstate_entry_join(leaf, slot))
				kstate_tree_shrink(tree);
			return 0;
		}
	}
	if (slot < kstate_node_count(leaf)) {
		entry = kstate_node_entry(leaf, slot);
		if (kstate_runs_join(run, entry)) {
			run = kstate_entry_run(first, kstate_entry_last(entry));
			kstate_node_set(leaf, slot, run);
			return 0;
		}
	}
	if (kstate_node_count(leaf) == KSTATE_ENTRIES)
		return make_room(tree, first, 0) ?: -EAGAIN;
	kstate_entry_insert(leaf, slot, run);
	tree->path.slot[0]++;
	look_for_bitmap(tree, first);
	return 0;
}

/* Set pages from @first on, up to *@last, which may become less. */
static int set_some(struct kstate_tree *tree, unsigned long first,
		    unsigned long *last)
{
	struct kstate_map_path *path = &tree->path;
	struct kstate_abi_node *leaf;
	u64 entry;

	tree_find(tree, first);
	leaf = path->node[0];
	if (path->slot[0]) {
		entry = kstate_node_entry(leaf, path->slot[0] - 1);
		if (first <= kstate_entry_last(entry)) {
			if (kstate_entry_is_run(entry))
				return -EBUSY;
			*last = min(*last, kstate_entry_last(entry));
			return bits_set(tree, kstate_entry_virt(entry), first,
					*last);
		}
	}
	*last = min3(*last, path->end - 1, first + KSTATE_RUN_PAGES - 1);
	if (path->slot[0] < kstate_node_count(leaf)) {
		entry = kstate_node_entry(leaf, path->slot[0]);
		if (kstate_entry_first(entry) <= *last) {
			if (kstate_entry_is_run(entry))
				return -EBUSY;
			*last = kstate_entry_first(entry) - 1;
		}
	}
	return run_set(tree, first, *last);
}

/* If @last is the end of a run now, what follows it can be set by little work. */
static void run_remember(struct kstate_tree *tree, unsigned long last)
{
	const struct kstate_map_path *path = &tree->path;
	struct kstate_abi_node *leaf = path->node[0];
	unsigned int slot = path->slot[0];
	u64 run;

	if (last < path->first || last >= path->end || !slot ||
	    !slot_fits(leaf, slot, last))
		return;
	run = kstate_node_entry(leaf, slot - 1);
	if (!kstate_entry_is_run(run) || kstate_entry_last(run) != last)
		return;
	tree->run = &leaf->entries[slot - 1];
	tree->run_next = last + 1;
	tree->run_end = min(path->end,
			    kstate_entry_first(run) + KSTATE_RUN_PAGES);
	/* it must not get to touch the next entry */
	if (slot < kstate_node_count(leaf))
		tree->run_end = min(tree->run_end,
				    kstate_entry_first(kstate_node_entry(leaf,
									 slot)) - 1);
}

static void clear_all(struct kstate_tree *tree, unsigned long first,
		      unsigned long last);

/**
 * kstate_tree_set - put pages into the map
 * @tree: the map
 * @first: first page
 * @last: last page
 *
 * Context: process context, may sleep; the caller serialises.
 *
 * Return: 0; -EBUSY: one of them is in it; -ERANGE: no map can have them;
 * -ENOMEM. If it is not 0, none was added.
 */
int kstate_tree_set(struct kstate_tree *tree, unsigned long first,
		    unsigned long last)
{
	unsigned long at = first, stop;
	int ret;

	if (last >= KSTATE_MAP_PAGES)
		return -ERANGE;
	tree->run_next = ~0UL;
	if (!tree->map.top) {
		tree->map.top = kstate_node_get(tree, 0, 0);
		if (!tree->map.top)
			return -ENOMEM;
		tree->map.levels = 1;
		/* Before @first, or what follows @last would not be near. */
		kstate_tree_settle(tree);
	}
	while (at <= last) {
		stop = last;
		ret = set_some(tree, at, &stop);
		if (!ret) {
			tree->map.nr_pages += stop - at + 1;
			at = stop + 1;
		} else if (ret != -EAGAIN) {
			if (at > first)
				clear_all(tree, first, at - 1);
			return ret;
		}
	}
	run_remember(tree, last);
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(kstate_tree_set);

/* Take pages out of run @slot - 1 of the leaf of the path. */
static int run_clear(struct kstate_tree *tree, u64 run, unsigned long first,
		     unsigned long last)
{
	unsigned long from = kstate_entry_first(run);
	unsigned long to = kstate_entry_last(run);
	struct kstate_abi_node *leaf = tree->path.node[0];
	unsigned int slot = tree->path.slot[0];

	if (from == first && to == last) {
		kstate_entries_move(leaf, slot - 1, 1, 0);
		tree->path.slot[0]--;
		kstate_tree_shrink(tree);
	} else if (from == first) {
		kstate_node_set(leaf, slot - 1, kstate_entry_run(last + 1, to));
	} else if (to == last) {
		kstate_node_set(leaf, slot - 1, kstate_entry_run(from, first - 1));
	} else {
		if (kstate_node_count(leaf) == KSTATE_ENTRIES)
			return make_room(tree, KSTATE_ANY_PAGE, __GFP_NOFAIL) ?:
			       -EAGAIN;
		kstate_node_set(leaf, slot - 1, kstate_entry_run(from, first - 1));
		kstate_entry_insert(leaf, slot, kstate_entry_run(last + 1, to));
		look_for_bitmap(tree, first);
	}
	return 0;
}

/* All of the pages are in the map. */
static void clear_all(struct kstate_tree *tree, unsigned long first,
		      unsigned long last)
{
	tree->run_next = ~0UL;
	while (first <= last) {
		unsigned long stop;
		u64 entry;

		tree_find(tree, first);
		entry = kstate_node_entry(tree->path.node[0],
					  tree->path.slot[0] - 1);
		stop = min(last, kstate_entry_last(entry));
		if (!kstate_entry_is_run(entry))
			bits_flip(tree, kstate_entry_virt(entry), first, stop,
				  false);
		else if (run_clear(tree, entry, first, stop))
			continue;
		tree->map.nr_pages -= stop - first + 1;
		first = stop + 1;
	}
}

static bool all_set(struct kstate_tree *tree, unsigned long first,
		    unsigned long last)
{
	const __le64 *bits = near_bits(tree, first, last);
	unsigned int slot;
	u64 entry;

	if (bits)
		return bits_are(bits, first, last, true);
	if (!tree->map.top || last >= KSTATE_MAP_PAGES)
		return false;
	tree_find(tree, first);
	slot = tree->path.slot[0];
	if (!slot)
		return false;
	/* Most often it is what was set at once. */
	entry = kstate_node_entry(tree->path.node[0], slot - 1);
	if (kstate_entry_is_run(entry) && last <= kstate_entry_last(entry))
		return true;
	return kstate_map_test_all(&tree->map, first, last - first + 1);
}

/**
 * kstate_tree_clear - take pages out of the map
 * @tree: the map
 * @first: first page
 * @last: last page
 *
 * Context: process context, may sleep; the caller serialises.
 *
 * Return: 0; -ENOENT: not all of them are in it, and none was taken out.
 */
int kstate_tree_clear(struct kstate_tree *tree, unsigned long first,
		      unsigned long last)
{
	if (!all_set(tree, first, last))
		return -ENOENT;
	clear_all(tree, first, last);
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(kstate_tree_clear);

/* ---- The map's own pages ---- */

static void page_free(struct kstate_tree *tree, struct page *page)
{
	unsigned long pfn = page_to_pfn(page);

	list_del_init(&page->lru);
	if (kstate_map_test_all(&tree->map, pfn, 1))
		clear_all(tree, pfn, pfn);
	tree->map.nr_nodes--;
	set_page_private(page, 0);
	__free_page(page);
}

static int page_enter(struct kstate_tree *tree, struct page *page)
{
	unsigned long pfn = page_to_pfn(page);
	int ret;

	list_del_init(&page->lru);
	ret = kstate_tree_set(tree, pfn, pfn);
	if (ret)
		list_add(&page->lru, &tree->fresh);
	return ret;
}

/**
 * kstate_tree_settle - put the map's new pages into it, and free the old ones
 * @tree: the map
 *
 * Context: process context, may sleep; the caller serialises.
 *
 * Return: 0; -ENOMEM: some are not in it yet, try again later.
 */
int kstate_tree_settle(struct kstate_tree *tree)
{
	struct page *page;
	int ret = 0;

	tree->settling = true;
	while (!ret) {
		page = list_first_entry_or_null(&tree->fresh, struct page, lru);
		if (page) {
			ret = page_enter(tree, page);
			continue;
		}
		page = list_first_entry_or_null(&tree->dead, struct page, lru);
		if (!page)
			break;
		page_free(tree, page);
	}
	tree->settling = false;
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(kstate_tree_settle);

static int collect_page(const void *page, int level, void *arg)
{
	/* Those that are not in the map yet are on a list already. */
	list_move(&virt_to_page(page)->lru, arg);
	return 0;
}

/**
 * kstate_tree_free - free a map that has nothing but its own pages
 * @tree: the map; is empty afterwards
 *
 * Context: process context, may sleep; the caller serialises.
 */
void kstate_tree_free(struct kstate_tree *tree)
{
	struct page *page, *next;

	kstate_map_walk_nodes(&tree->map, collect_page, &tree->dead);
	list_for_each_entry_safe(page, next, &tree->dead, lru) {
		set_page_private(page, 0);
		__free_page(page);
	}
	*tree = (struct kstate_tree)KSTATE_TREE_INIT(*tree);
}
EXPORT_SYMBOL_IF_KUNIT(kstate_tree_free);
