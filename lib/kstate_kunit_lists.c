// SPDX-License-Identifier: GPL-2.0-only
/*
 * KSTATE: KUnit suite of lists and XArrays: there and back, and what is
 * refused.
 */
#include <linux/list.h>
#include <linux/xarray.h>

#include "kstate_kunit.h"

/* ---- There and back ---- */

struct item {
	u32 key;
	char *label;
	struct list_head node;
	struct hlist_node hnode;
};

KIND_DESC(item, struct item,
	  KSTATE_SIMPLE(struct item, key),
	  KSTATE_STRING(struct item, label));

struct shelf {
	struct list_head items;
	struct hlist_head chain;
	struct xarray slots;
	u32 tail;
};

KIND_DESC(shelf, struct shelf,
	  KSTATE_LIST(struct shelf, items, struct item, node, &item_desc),
	  KSTATE_HLIST(struct shelf, chain, struct item, hnode, &item_desc),
	  KSTATE_XARRAY(struct shelf, slots, struct item, &item_desc),
	  KSTATE_SIMPLE(struct shelf, tail));

static void shelf_init(struct shelf *shelf)
{
	memset(shelf, 0, sizeof(*shelf));
	INIT_LIST_HEAD(&shelf->items);
	xa_init(&shelf->slots);
}

/* On one of them each: two, two and three */
static struct item shelf_items[] = {
	{ .key = 10, .label = "ten" }, { .key = 11 },
	{ .key = 20, .label = "" }, { .key = 21, .label = "twenty-one" },
	{ .key = 30 }, { .key = 31, .label = "x" }, { .key = 32 },
};

static const unsigned long shelf_index[] = { 0, 7, ULONG_MAX };

static void shelf_fill(struct kunit *test, struct shelf *shelf)
{
	struct item *item = shelf_items;
	int i;

	shelf_init(shelf);
	shelf->tail = 99;
	list_add_tail(&item[0].node, &shelf->items);
	list_add_tail(&item[1].node, &shelf->items);
	hlist_add_head(&item[3].hnode, &shelf->chain);
	hlist_add_head(&item[2].hnode, &shelf->chain);
	for (i = 0; i < 3; i++)
		KUNIT_ASSERT_EQ(test, 0,
				xa_err(xa_store(&shelf->slots, shelf_index[i],
						&item[4 + i], GFP_KERNEL)));
}

static void expect_item(struct kunit *test, const struct item *item, int nr)
{
	const struct item *want = &shelf_items[nr];

	KUNIT_ASSERT_NOT_NULL(test, item);
	KUNIT_EXPECT_PTR_NE(test, item, want);
	KUNIT_EXPECT_EQ(test, item->key, want->key);
	KUNIT_EXPECT_EQ(test, !item->label, !want->label);
	if (item->label && want->label)
		KUNIT_EXPECT_STREQ(test, item->label, want->label);
}

static void free_item(struct item *item)
{
	kvfree(item->label);
	kvfree(item);
}

static void shelf_free(struct shelf *shelf)
{
	struct hlist_node *hnext;
	struct item *item, *next;
	unsigned long index;

	list_for_each_entry_safe(item, next, &shelf->items, node)
		free_item(item);
	hlist_for_each_entry_safe(item, hnext, &shelf->chain, hnode)
		free_item(item);
	xa_for_each(&shelf->slots, index, item)
		free_item(item);
	xa_destroy(&shelf->slots);
}

static void expect_shelf(struct kunit *test, struct shelf *shelf)
{
	struct item *item;
	int nr = 0, i;

	list_for_each_entry(item, &shelf->items, node)
		expect_item(test, item, nr++);
	KUNIT_EXPECT_EQ(test, nr, 2);
	hlist_for_each_entry(item, &shelf->chain, hnode)
		expect_item(test, item, nr++);
	KUNIT_EXPECT_EQ(test, nr, 4);
	for (i = 0; i < 3; i++)
		expect_item(test, xa_load(&shelf->slots, shelf_index[i]),
			    nr++);
	KUNIT_EXPECT_EQ(test, shelf->tail, 99);
}

/* As in an element that is new here and whose list nobody saved */
static void test_list_never_used(struct kunit *test)
{
	struct shelf src = { }, dst;

	shelf_init(&dst);
	KUNIT_ASSERT_EQ(test, 0, kstate_hop_pass(test, &shelf_desc, &src,
						 &shelf_desc, &dst));
	KUNIT_EXPECT_TRUE(test, list_empty(&dst.items));
}

static void test_collections(struct kunit *test)
{
	struct shelf src, dst;

	shelf_fill(test, &src);
	shelf_init(&dst);
	KUNIT_ASSERT_EQ(test, 0, kstate_hop_pass(test, &shelf_desc, &src,
						 &shelf_desc, &dst));
	expect_shelf(test, &dst);
	shelf_free(&dst);
	xa_destroy(&src.slots);
}

/* Whatever is there already stays, and nothing else comes. */
static void test_collections_in_use(struct kunit *test)
{
	struct item mine = { .key = 1 };
	struct shelf src, dst;

	shelf_fill(test, &src);
	shelf_init(&dst);
	list_add(&mine.node, &dst.items);
	KUNIT_EXPECT_EQ(test, -EEXIST, kstate_hop_pass(test, &shelf_desc, &src,
						       &shelf_desc, &dst));
	KUNIT_EXPECT_TRUE(test, list_is_singular(&dst.items));
	list_del_init(&mine.node);

	xa_store(&dst.slots, 3, &mine, GFP_KERNEL);
	KUNIT_EXPECT_EQ(test, -EEXIST, kstate_hop_pass(test, &shelf_desc, &src,
						       &shelf_desc, &dst));
	KUNIT_EXPECT_TRUE(test, list_empty(&dst.items));
	KUNIT_EXPECT_TRUE(test, hlist_empty(&dst.chain));
	KUNIT_EXPECT_PTR_EQ(test, xa_load(&dst.slots, 3), &mine);
	xa_destroy(&dst.slots);
	xa_destroy(&src.slots);
}

static int refuse_load(void *obj, u32 version)
{
	return -EPERM;
}

/* A hook says no when everything is in place: all of it goes again. */
static void test_collections_undone(struct kunit *test)
{
	static struct kstate_description refusing;
	struct shelf src, dst;

	refusing = shelf_desc;
	refusing.post_load = refuse_load;
	shelf_fill(test, &src);
	shelf_init(&dst);
	KUNIT_EXPECT_EQ(test, -EPERM, kstate_hop_pass(test, &shelf_desc, &src,
						      &refusing, &dst));
	KUNIT_EXPECT_TRUE(test, list_empty(&dst.items));
	KUNIT_EXPECT_TRUE(test, hlist_empty(&dst.chain));
	KUNIT_EXPECT_TRUE(test, xa_empty(&dst.slots));
	KUNIT_EXPECT_EQ(test, dst.tail, 0);
	xa_destroy(&dst.slots);
	xa_destroy(&src.slots);
}

/* New structs have lists of their own. */
struct room {
	struct shelf *shelf;
};

KIND_DESC(room, struct room,
	  KSTATE_STRUCT_POINTER(struct room, shelf, struct shelf, &shelf_desc));

static void test_nested_collections(struct kunit *test)
{
	struct room src, dst = { };
	struct shelf shelf;

	shelf_fill(test, &shelf);
	src.shelf = &shelf;
	KUNIT_ASSERT_EQ(test, 0, kstate_hop_pass(test, &room_desc, &src,
						 &room_desc, &dst));
	KUNIT_ASSERT_NOT_NULL(test, dst.shelf);
	expect_shelf(test, dst.shelf);
	shelf_free(dst.shelf);
	kvfree(dst.shelf);
	xa_destroy(&shelf.slots);
}

/* ---- What the writer did not know ---- */

struct grown {
	u32 key;
	struct list_head node;
	struct list_head added;
	struct xarray table;
};

struct grown_list {
	struct list_head items;
};

KIND_DESC(grown, struct grown,
	  KSTATE_SIMPLE(struct grown, key),
	  KSTATE_LIST(struct grown, added, struct item, node, &item_desc),
	  KSTATE_XARRAY(struct grown, table, struct item, &item_desc));

static const struct kstate_description grown_list_desc = {
	.name = "test.grown", .size = sizeof(struct grown_list),
	.owner = THIS_MODULE,
	.fields = (const struct kstate_field[]){
		KSTATE_LIST(struct grown_list, items, struct grown, node,
			    &grown_desc),
		KSTATE_END()
	},
};

static const struct kstate_description item_list_desc = {
	.name = "test.grown", .size = sizeof(struct grown_list),
	.owner = THIS_MODULE,
	.fields = (const struct kstate_field[]){
		KSTATE_LIST(struct grown_list, items, struct item, node,
			    &item_desc),
		KSTATE_END()
	},
};

/* New elements have lists and XArrays that can be used at once. */
static void test_new_lists_are_empty(struct kunit *test)
{
	struct item item = { .key = 3 };
	struct grown_list src, dst;
	struct grown *grown;

	INIT_LIST_HEAD(&src.items);
	INIT_LIST_HEAD(&dst.items);
	list_add(&item.node, &src.items);
	KUNIT_ASSERT_EQ(test, 0, kstate_hop_pass(test, &item_list_desc, &src,
						 &grown_list_desc, &dst));
	KUNIT_ASSERT_FALSE(test, list_empty(&dst.items));
	grown = list_first_entry(&dst.items, struct grown, node);
	KUNIT_EXPECT_EQ(test, grown->key, 3);
	KUNIT_ASSERT_NOT_NULL(test, grown->added.next);
	KUNIT_EXPECT_TRUE(test, list_empty(&grown->added));
	KUNIT_EXPECT_TRUE(test, xa_empty(&grown->table));
	kvfree(grown);
}

static struct kunit_case kstate_lists_cases[] = {
	KUNIT_CASE(test_collections),
	KUNIT_CASE(test_list_never_used),
	KUNIT_CASE(test_collections_in_use),
	KUNIT_CASE(test_collections_undone),
	KUNIT_CASE(test_nested_collections),
	KUNIT_CASE(test_new_lists_are_empty),
	{}
};

struct kunit_suite kstate_lists_suite = {
	.name = "kstate_lists",
	.test_cases = kstate_lists_cases,
};
