// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of the map of preserved pages: what was preserved, and nothing
 * else, is what the next kernel would read.
 */
#include <kunit/static_stub.h>
#include <kunit/test.h>
#include <linux/bitmap.h>
#include <linux/completion.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/kstate.h>
#include <linux/kthread.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/prandom.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "kstate_kunit.h"
#include "../mm/kstate_tree.h"

#define BLOCK_PAGES	256U
#define BLOCK_ORDER	ilog2(BLOCK_PAGES)

/* Memory to preserve parts of, and a model of which parts are. */
struct mem_test {
	struct page *block;
	DECLARE_BITMAP(model, BLOCK_PAGES);
	struct kstate_abi_root *root;
	struct kstate_map map;
};

static phys_addr_t block_phys(const struct mem_test *t, unsigned int page)
{
	return page_to_phys(t->block + page);
}

/* See the map with the next kernel's eyes. */
static void commit(struct mem_test *t)
{
	memset(t->root, 0, sizeof(*t->root));
	kstate_mem_commit(t->root);
	t->map.levels = le32_to_cpu(t->root->map_levels);
	t->map.top = t->root->map ? phys_to_virt(le64_to_cpu(t->root->map)) :
				    NULL;
}

static int mem_test_init(struct kunit *test)
{
	struct mem_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, t);
	t->root = kunit_kzalloc(test, sizeof(*t->root), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, t->root);
	t->block = alloc_pages(GFP_KERNEL, BLOCK_ORDER);
	KUNIT_ASSERT_NOT_NULL(test, t->block);
	test->priv = t;
	return 0;
}

static void mem_test_exit(struct kunit *test)
{
	struct mem_test *t = test->priv;
	unsigned int page;

	if (!t)
		return;
	for_each_set_bit(page, t->model, BLOCK_PAGES)
		kstate_unpreserve_range(block_phys(t, page), PAGE_SIZE);
	__free_pages(t->block, BLOCK_ORDER);
}

static int preserve(struct mem_test *t, unsigned int page, unsigned int nr)
{
	int ret = kstate_preserve_range(block_phys(t, page),
					(phys_addr_t)nr * PAGE_SIZE);

	if (!ret)
		bitmap_set(t->model, page, nr);
	return ret;
}

static void unpreserve(struct mem_test *t, unsigned int page, unsigned int nr)
{
	kstate_unpreserve_range(block_phys(t, page),
				(phys_addr_t)nr * PAGE_SIZE);
	bitmap_clear(t->model, page, nr);
}

/* Other clients, and the map's own nodes, may be anywhere but in the block. */
static void expect_model(struct kunit *test)
{
	struct mem_test *t = test->priv;
	unsigned long pfn = page_to_pfn(t->block);
	unsigned int page;

	commit(t);
	for (page = 0; page < BLOCK_PAGES; page++)
		KUNIT_EXPECT_EQ_MSG(test, test_bit(page, t->model),
				    kstate_map_test_all(&t->map, pfn + page, 1),
				    "page %u", page);
}

static bool extents_cover(const struct kstate_abi_root *root, u64 start,
			  u64 size)
{
	u32 i;

	for (i = 0; i < le32_to_cpu(root->nr_extents); i++) {
		u64 from = le64_to_cpu(root->extents[i].start);

		if (start >= from &&
		    start + size <= from + le64_to_cpu(root->extents[i].size))
			return true;
	}
	return false;
}

struct run_check {
	struct kunit *test;
	unsigned long total;
};

static int check_run(unsigned long pfn, unsigned long nr, void *arg)
{
	struct run_check *check = arg;
	struct mem_test *t = check->test->priv;

	check->total += nr;
	KUNIT_EXPECT_TRUE(check->test,
			  extents_cover(t->root, PFN_PHYS(pfn), PFN_PHYS(nr)));
	return 0;
}

/* The early list is sorted, bounded, and covers every run of the map. */
static void expect_early_list(struct kunit *test)
{
	struct run_check check = { .test = test };
	struct mem_test *t = test->priv;
	u64 end = 0;
	u32 i;

	commit(t);
	KUNIT_EXPECT_LE(test, le32_to_cpu(t->root->nr_extents),
			KSTATE_ABI_MAX_EXTENTS);
	for (i = 0; i < le32_to_cpu(t->root->nr_extents); i++) {
		u64 start = le64_to_cpu(t->root->extents[i].start);

		KUNIT_EXPECT_GE(test, start, end);
		end = start + le64_to_cpu(t->root->extents[i].size);
		KUNIT_EXPECT_GT(test, end, start);
	}
	kstate_map_walk_runs(&t->map, check_run, &check);
	KUNIT_EXPECT_EQ(test, (u64)check.total,
			le64_to_cpu(t->root->nr_preserved));
}

static void preserve_is_exact(struct kunit *test)
{
	struct mem_test *t = test->priv;

	KUNIT_EXPECT_EQ(test, preserve(t, 3, 1), 0);
	KUNIT_EXPECT_EQ(test, preserve(t, 63, 2), 0);
	KUNIT_EXPECT_EQ(test, preserve(t, 100, 80), 0);
	expect_model(test);
	unpreserve(t, 110, 10);
	unpreserve(t, 3, 1);
	expect_model(test);
}

static void preserve_twice_is_refused(struct kunit *test)
{
	struct mem_test *t = test->priv;

	KUNIT_ASSERT_EQ(test, preserve(t, 10, 10), 0);
	KUNIT_EXPECT_EQ(test, preserve(t, 10, 10), -EBUSY);
	KUNIT_EXPECT_EQ(test, preserve(t, 0, 11), -EBUSY);
	KUNIT_EXPECT_EQ(test, preserve(t, 19, 100), -EBUSY);
	expect_model(test);
}

static void bad_ranges_are_refused(struct kunit *test)
{
	phys_addr_t start = block_phys(test->priv, 0);

	KUNIT_EXPECT_EQ(test, kstate_preserve_range(start, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, kstate_preserve_range(start + 1, PAGE_SIZE),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, kstate_preserve_range(start, PAGE_SIZE + 1),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, kstate_preserve_range(0, PAGE_SIZE), -EINVAL);
	KUNIT_EXPECT_EQ(test, kstate_preserve_range(PAGE_ALIGN_DOWN(PHYS_ADDR_MAX),
						    PAGE_SIZE), -EINVAL);
	KUNIT_EXPECT_EQ(test, kstate_preserve_range(start,
						    PAGE_ALIGN_DOWN(PHYS_ADDR_MAX)),
			-EINVAL);
}

static void folio_is_pinned(struct kunit *test)
{
	struct folio *folio = folio_alloc(GFP_KERNEL, 2);
	phys_addr_t phys;

	KUNIT_ASSERT_NOT_NULL(test, folio);
	phys = PFN_PHYS(folio_pfn(folio));
	KUNIT_EXPECT_EQ(test, kstate_preserve_folio(folio), 0);
	KUNIT_EXPECT_EQ(test, folio_ref_count(folio), 2);
	KUNIT_EXPECT_TRUE(test, kstate_range_preserved(phys, 4 * PAGE_SIZE));
	KUNIT_EXPECT_EQ(test, kstate_preserve_folio(folio), -EBUSY);
	KUNIT_EXPECT_EQ(test, folio_ref_count(folio), 2);
	kstate_unpreserve_folio(folio);
	KUNIT_EXPECT_EQ(test, folio_ref_count(folio), 1);
	KUNIT_EXPECT_FALSE(test, kstate_range_preserved(phys, PAGE_SIZE));
	folio_put(folio);
}

/* More runs than extents: the list stays bounded and covers them all. */
static void early_list_is_bounded(struct kunit *test)
{
	struct mem_test *t = test->priv;
	unsigned int page;

	for (page = 0; page < BLOCK_PAGES; page += 2)
		KUNIT_ASSERT_EQ(test, preserve(t, page, 1), 0);
	expect_model(test);
	expect_early_list(test);
}

/* Of the gaps between runs, the largest stay open. */
static void early_list_keeps_large_gaps(struct kunit *test)
{
	struct mem_test *t = test->priv;
	unsigned int page;

	for (page = 0; page < BLOCK_PAGES; page += 2)
		if (page < 100 || page >= 150)
			KUNIT_ASSERT_EQ(test, preserve(t, page, 1), 0);
	expect_early_list(test);
	KUNIT_EXPECT_FALSE(test, extents_cover(t->root, block_phys(t, 99),
					       PAGE_SIZE));
	KUNIT_EXPECT_FALSE(test, extents_cover(t->root, block_phys(t, 120),
					       PAGE_SIZE));
}

static void random_ranges_match_model(struct kunit *test)
{
	struct mem_test *t = test->priv;
	struct rnd_state rnd;
	unsigned int i;

	prandom_seed_state(&rnd, 1);
	for (i = 0; i < 500; i++) {
		unsigned int page = prandom_u32_state(&rnd) % BLOCK_PAGES;
		unsigned int nr = 1 + prandom_u32_state(&rnd) % 20;
		unsigned int end = min(page + nr, BLOCK_PAGES);

		nr = end - page;
		if (find_next_bit(t->model, end, page) >= end)
			KUNIT_EXPECT_EQ(test, preserve(t, page, nr), 0);
		else if (find_next_zero_bit(t->model, end, page) >= end)
			unpreserve(t, page, nr);
		else
			KUNIT_EXPECT_EQ(test, preserve(t, page, nr), -EBUSY);
	}
	expect_model(test);
	expect_early_list(test);
}

/* ---- Several at once ---- */

#define RACERS		4U
#define RACE_STEPS	20000

/* Even pages are one racer's each, odd ones whose turn it is. */
struct racer {
	struct mem_test *t;
	struct task_struct *task;
	struct completion done;
	unsigned int number;
	unsigned int errors;
	DECLARE_BITMAP(mine, BLOCK_PAGES);
};

static int race_preserve(struct racer *r, unsigned int page)
{
	int err = kstate_preserve_range(block_phys(r->t, page), PAGE_SIZE);

	if (err)
		return err;
	__set_bit(page, r->mine);
	/* nobody else may have it */
	return test_and_set_bit(page, r->t->model);
}

static int race_unpreserve(struct racer *r, unsigned int page)
{
	phys_addr_t phys = block_phys(r->t, page);
	bool had = test_and_clear_bit(page, r->t->model) &&
		   kstate_range_preserved(phys, PAGE_SIZE);

	__clear_bit(page, r->mine);
	kstate_unpreserve_range(phys, PAGE_SIZE);
	return had ? 0 : -ENOENT;
}

static int race(void *arg)
{
	struct racer *r = arg;
	struct rnd_state rnd;
	unsigned int i;

	prandom_seed_state(&rnd, r->number);
	for (i = 0; i < RACE_STEPS; i++) {
		unsigned int page = prandom_u32_state(&rnd) % BLOCK_PAGES;
		int err = 0;

		if (test_bit(page, r->mine))
			err = race_unpreserve(r, page);
		else if (page % 2 || page / 2 % RACERS == r->number)
			err = race_preserve(r, page);
		if (err == -EBUSY && page % 2)
			err = 0;
		r->errors += !!err;
		cond_resched();
	}
	complete(&r->done);
	return 0;
}

/* What several tasks preserve and do not is as if they took turns. */
static void racers_match_model(struct kunit *test)
{
	struct racer *racers = kunit_kcalloc(test, RACERS, sizeof(*racers),
					     GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, racers);
	for (i = 0; i < RACERS; i++) {
		racers[i].t = test->priv;
		racers[i].number = i;
		init_completion(&racers[i].done);
		racers[i].task = kthread_run(race, &racers[i], "kstate_race/%u",
					     i);
		KUNIT_EXPECT_FALSE(test, IS_ERR(racers[i].task));
	}
	for (i = 0; i < RACERS; i++) {
		if (IS_ERR(racers[i].task))
			continue;
		wait_for_completion(&racers[i].done);
		KUNIT_EXPECT_EQ(test, racers[i].errors, 0);
	}
	expect_model(test);
}

static unsigned int pages_left;

static struct page *few_pages(gfp_t gfp)
{
	if (!pages_left && !(gfp & __GFP_NOFAIL))
		return NULL;
	if (pages_left)
		pages_left--;
	return alloc_page(GFP_KERNEL | gfp);
}

/* For want of memory nothing changes, and nobody else suffers. */
static void failing_to_preserve_harms_nobody(struct kunit *test)
{
	struct mem_test *t = test->priv;
	unsigned int page, failed = 0;

	if (kstate_anything_preserved())
		kunit_skip(test, "others have memory preserved");
	kunit_activate_static_stub(test, kstate_map_page, few_pages);
	pages_left = 0;
	KUNIT_EXPECT_EQ(test, preserve(t, 0, 1), -ENOMEM);
	KUNIT_EXPECT_EQ(test, kstate_mem_map_bytes(), 0ULL);
	pages_left = 1;
	for (page = 0; page < BLOCK_PAGES; page += 2)
		failed += preserve(t, page, 1) == -ENOMEM;
	KUNIT_EXPECT_EQ(test, failed, 0);
	kunit_deactivate_static_stub(test, kstate_map_page);
	expect_model(test);
}

/* ---- The map alone: what it is told to have need not exist ---- */

#define TIB_PAGES	PHYS_PFN(SZ_1T)
#define FIRST		(KSTATE_CHUNK_PAGES * 3 + 5)

static struct kstate_tree *tree_new(struct kunit *test)
{
	struct kstate_tree *tree = kunit_kzalloc(test, sizeof(*tree),
						 GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, tree);
	*tree = (struct kstate_tree)KSTATE_TREE_INIT(*tree);
	return tree;
}

/*
 * The map's pages are real and far below the ones it is told to have: 8 TiB
 * and up.
 */
static unsigned long far(unsigned long pfn)
{
	return 8 * TIB_PAGES + FIRST + pfn;
}

static int tree_set(struct kstate_tree *tree, unsigned long pfn,
		    unsigned long nr)
{
	int ret = kstate_tree_set(tree, far(pfn), far(pfn) + nr - 1);

	return ret ?: kstate_tree_settle(tree);
}

static int tree_clear(struct kstate_tree *tree, unsigned long pfn,
		      unsigned long nr)
{
	int ret = kstate_tree_clear(tree, far(pfn), far(pfn) + nr - 1);

	return ret ?: kstate_tree_settle(tree);
}

/* Any size of memory in a row takes one page, and gives it back. */
static void contiguous_memory_is_one_node(struct kunit *test)
{
	struct kstate_tree *tree = tree_new(test);

	KUNIT_EXPECT_EQ(test, tree_set(tree, 0, TIB_PAGES), 0);
	KUNIT_EXPECT_EQ(test, tree->map.nr_nodes, 1);
	KUNIT_EXPECT_EQ(test, kstate_map_extents(&tree->map), 2);
	KUNIT_EXPECT_EQ(test, tree_set(tree, TIB_PAGES - 1, 1), -EBUSY);
	KUNIT_EXPECT_EQ(test, tree_clear(tree, TIB_PAGES - 1, 2), -ENOENT);
	KUNIT_EXPECT_EQ(test, tree_clear(tree, 9, TIB_PAGES - 20), 0);
	KUNIT_EXPECT_EQ(test, tree->map.nr_nodes, 1);
	KUNIT_EXPECT_EQ(test, kstate_map_extents(&tree->map), 3);
	kstate_tree_free(tree);
	KUNIT_EXPECT_EQ(test, tree->map.nr_nodes, 0);
}

/* One page in each 128 MiB: no leaf for each of them */
static void lone_pages_are_entries(struct kunit *test)
{
	struct kstate_tree *tree = tree_new(test);
	unsigned long i, nr = TIB_PAGES / KSTATE_CHUNK_PAGES;

	for (i = 0; i < nr; i++)
		KUNIT_ASSERT_EQ(test, tree_set(tree, i * KSTATE_CHUNK_PAGES, 1),
				0);
	KUNIT_EXPECT_GE(test, kstate_map_extents(&tree->map), nr);
	KUNIT_EXPECT_LE(test, PFN_PHYS(tree->map.nr_nodes), 16 * nr + SZ_64K);
	for (i = 0; i < nr; i += 2)
		KUNIT_ASSERT_EQ(test, tree_clear(tree, i * KSTATE_CHUNK_PAGES,
						 1), 0);
	KUNIT_EXPECT_LE(test, PFN_PHYS(tree->map.nr_nodes), 8 * nr + SZ_64K);
	kstate_tree_free(tree);
}

static int count_bitmap(const void *page, int level, void *arg)
{
	*(unsigned int *)arg += level == KSTATE_MAP_BITMAP;
	return 0;
}

static unsigned int nr_bitmaps(const struct kstate_tree *tree)
{
	unsigned int nr = 0;

	kstate_map_walk_nodes(&tree->map, count_bitmap, &nr);
	return nr;
}

/* Every second page is a bitmap, which goes when it is full or nearly empty. */
static void shredded_memory_is_a_bitmap(struct kunit *test)
{
	struct kstate_tree *tree = tree_new(test);
	unsigned long i, nr = 2 * KSTATE_CHUNK_PAGES;

	for (i = 0; i < nr; i += 2)
		KUNIT_ASSERT_EQ(test, tree_set(tree, i, 1), 0);
	/* it does not begin with a chunk */
	KUNIT_EXPECT_GE(test, nr_bitmaps(tree), 2);
	KUNIT_EXPECT_LE(test, PFN_PHYS(tree->map.nr_nodes),
			nr / BITS_PER_BYTE + SZ_64K);
	KUNIT_EXPECT_EQ(test, tree_set(tree, nr / 2, 1), -EBUSY);
	for (i = 1; i < nr; i += 2)
		KUNIT_ASSERT_EQ(test, tree_set(tree, i, 1), 0);
	KUNIT_EXPECT_EQ(test, nr_bitmaps(tree), 0);
	KUNIT_EXPECT_TRUE(test, kstate_map_test_all(&tree->map, far(0), nr));
	for (i = 1; i < nr; i += 2)
		KUNIT_ASSERT_EQ(test, tree_clear(tree, i, 1), 0);
	KUNIT_EXPECT_GE(test, nr_bitmaps(tree), 2);
	for (i = 0; i < nr; i += 2)
		if (i % 512)
			KUNIT_ASSERT_EQ(test, tree_clear(tree, i, 1), 0);
	KUNIT_EXPECT_EQ(test, nr_bitmaps(tree), 0);
	KUNIT_EXPECT_FALSE(test, kstate_map_test_all(&tree->map, far(2), 1));
	KUNIT_EXPECT_TRUE(test, kstate_map_test_all(&tree->map, far(512), 1));
	kstate_tree_free(tree);
}

static void far_memory_is_refused(struct kunit *test)
{
	struct kstate_tree *tree = tree_new(test);

	KUNIT_EXPECT_EQ(test, kstate_tree_set(tree, KSTATE_MAP_PAGES - 1,
					      KSTATE_MAP_PAGES), -ERANGE);
	KUNIT_EXPECT_EQ(test, kstate_tree_set(tree, KSTATE_MAP_PAGES - 1,
					      KSTATE_MAP_PAGES - 1), 0);
	kstate_tree_free(tree);
}

/* A page that was freed while it is preserved is caught before the jump. */
static void freed_page_is_noticed(struct kunit *test)
{
	static const struct kstate_needs no_needs;
	struct page *page = alloc_pages(GFP_KERNEL, 3);
	phys_addr_t phys;

	KUNIT_ASSERT_NOT_NULL(test, page);
	phys = page_to_phys(page);
	if (!IS_ENABLED(CONFIG_DEBUG_VM)) {
		__free_pages(page, 3);
		kunit_skip(test, "CONFIG_DEBUG_VM is not set");
	}
	KUNIT_EXPECT_EQ(test, kstate_preserve_range(phys, PAGE_SIZE), 0);
	KUNIT_EXPECT_EQ(test, kstate_mem_prepare(&no_needs, false), 0);
	__free_pages(page, 3);
	KUNIT_EXPECT_EQ(test, kstate_mem_prepare(&no_needs, false), -EUCLEAN);
	kstate_unpreserve_range(phys, PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, kstate_mem_prepare(&no_needs, false), 0);
}

static struct kunit_case kstate_mem_cases[] = {
	KUNIT_CASE(preserve_is_exact),
	KUNIT_CASE(preserve_twice_is_refused),
	KUNIT_CASE(bad_ranges_are_refused),
	KUNIT_CASE(folio_is_pinned),
	KUNIT_CASE(early_list_is_bounded),
	KUNIT_CASE(early_list_keeps_large_gaps),
	KUNIT_CASE(random_ranges_match_model),
	KUNIT_CASE(racers_match_model),
	KUNIT_CASE(failing_to_preserve_harms_nobody),
	KUNIT_CASE(contiguous_memory_is_one_node),
	KUNIT_CASE(lone_pages_are_entries),
	KUNIT_CASE(shredded_memory_is_a_bitmap),
	KUNIT_CASE(far_memory_is_refused),
	KUNIT_CASE(freed_page_is_noticed),
	{ }
};

struct kunit_suite kstate_mem_suite = {
	.name = "kstate_mem",
	.init = mem_test_init,
	.exit = mem_test_exit,
	.test_cases = kstate_mem_cases,
};
