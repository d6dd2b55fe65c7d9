// SPDX-License-Identifier: GPL-2.0-only
/*
 * KSTATE: KUnit suite of lists, XArrays, bitmaps, unions, strings, references
 * and the like: there and back, and what is refused.
 */
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/xarray.h>

#include "kstate_kunit.h"

#define KIND_DESC(_name, _type, ...)					\
	static const struct kstate_field _name##_fields[] = {		\
		__VA_ARGS__, KSTATE_END()				\
	};								\
	static const struct kstate_description _name##_desc = {		\
		.name = "test." #_name, .size = sizeof(_type),		\
		.fields = _name##_fields,				\
	}

/* ---- Collections ---- */

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

/* ---- Bitmaps and strings ---- */

struct words {
	DECLARE_BITMAP(bits, 70);
	unsigned long *more;
	u16 nr_more;
	char text[8];
	const char *name;
	char *names[2];
	char **list;
	u8 nr_list;
	void *block;
	u32 block_len;
};

KIND_DESC(words, struct words,
	  KSTATE_BITMAP(struct words, bits, 70),
	  KSTATE_BITMAP_POINTER(struct words, more, nr_more),
	  KSTATE_TEXT(struct words, text),
	  KSTATE_STRING(struct words, name),
	  KSTATE_STRING_ARRAY(struct words, names),
	  KSTATE_STRING_VARRAY(struct words, list, nr_list),
	  KSTATE_BLOCK(struct words, block, block_len));

static void words_free(struct words *w)
{
	int i;

	for (i = 0; i < w->nr_list; i++)
		kvfree(w->list[i]);
	kvfree(w->list);
	kvfree(w->names[0]);
	kvfree(w->names[1]);
	kvfree(w->name);
	kvfree(w->more);
	kvfree(w->block);
}

static void test_words(struct kunit *test)
{
	unsigned long more[2] = { ~0UL, 0x15 };
	char *list[] = { "one", NULL, "three" };
	struct words src = {
		.bits = { 0x8000000000000001, 0x21 }, .more = more,
		.nr_more = 69, .text = "seven..", .name = "a name",
		.names = { NULL, "second" }, .list = list, .nr_list = 3,
		.block = "bytes", .block_len = 5,
	};
	struct words dst = { .bits = { 1UL << 5, ~0UL }, .text = "zzzzzzz" };

	KUNIT_ASSERT_EQ(test, 0, kstate_hop_pass(test, &words_desc, &src,
						 &words_desc, &dst));
	KUNIT_EXPECT_MEMEQ(test, dst.bits, src.bits, sizeof(dst.bits));
	KUNIT_EXPECT_EQ(test, dst.nr_more, 69);
	KUNIT_ASSERT_NOT_NULL(test, dst.more);
	KUNIT_EXPECT_MEMEQ(test, dst.more, more, sizeof(more));
	KUNIT_EXPECT_STREQ(test, dst.text, "seven..");
	KUNIT_EXPECT_STREQ(test, dst.name, "a name");
	KUNIT_EXPECT_NULL(test, dst.names[0]);
	KUNIT_EXPECT_STREQ(test, dst.names[1], "second");
	KUNIT_ASSERT_EQ(test, dst.nr_list, 3);
	KUNIT_EXPECT_STREQ(test, dst.list[0], "one");
	KUNIT_EXPECT_NULL(test, dst.list[1]);
	KUNIT_EXPECT_STREQ(test, dst.list[2], "three");
	KUNIT_ASSERT_EQ(test, dst.block_len, 5);
	KUNIT_EXPECT_MEMEQ(test, (char *)dst.block, "bytes", 5);
	words_free(&dst);
}

/* A text that fills its array to the last byte has no end. */
static void test_text_without_end(struct kunit *test)
{
	struct kstate_hop *hop = kstate_hop_new(test);
	struct words src = { };

	memset(src.text, 'x', sizeof(src.text));
	KUNIT_ASSERT_EQ(test, 0,
			kstate_core_register(&hop->old, &words_desc, &src, 1));
	KUNIT_EXPECT_EQ(test, -EINVAL, kstate_hop_save(hop));
	KUNIT_EXPECT_STREQ(test, hop->old.last.field, "text");
}

/* A string that is there may be a constant: it can only be the same. */
static void test_string_in_use(struct kunit *test)
{
	struct words src = { .name = "same" }, dst = { .name = "same" };

	KUNIT_EXPECT_EQ(test, 0, kstate_hop_pass(test, &words_desc, &src,
						 &words_desc, &dst));
	dst.name = "other";
	KUNIT_EXPECT_EQ(test, -EEXIST, kstate_hop_pass(test, &words_desc, &src,
						       &words_desc, &dst));
	KUNIT_EXPECT_STREQ(test, dst.name, "other");
}

/* ---- Unions ---- */

enum shape_kind { SHAPE_NONE, SHAPE_CIRCLE, SHAPE_BOX, SHAPE_LABEL };

struct box {
	u16 width;
	u16 height;
};

KIND_DESC(box, struct box,
	  KSTATE_SIMPLE(struct box, width),
	  KSTATE_SIMPLE(struct box, height));

union body {
	u64 radius;
	struct box box;
	char *label;
};

static const struct kstate_field body_fields[] = {
	KSTATE_SIMPLE(union body, radius, .value = SHAPE_CIRCLE),
	KSTATE_STRUCT(union body, box, struct box, &box_desc,
		      .value = SHAPE_BOX),
	KSTATE_STRING(union body, label, .value = SHAPE_LABEL),
	KSTATE_END()
};

static const struct kstate_description body_desc = {
	.name = "test.body", .size = sizeof(union body), .flags = KSTATE_ARMS,
	.fields = body_fields,
};

struct shape {
	enum shape_kind kind;
	union body body;
	u8 last;
};

KIND_DESC(shape, struct shape,
	  KSTATE_UNION(struct shape, body, kind, &body_desc),
	  KSTATE_SIMPLE(struct shape, last));

static int pass_shape(struct kunit *test, struct shape *src, struct shape *dst)
{
	return kstate_hop_pass(test, &shape_desc, src, &shape_desc, dst);
}

static void test_union(struct kunit *test)
{
	struct shape src = { SHAPE_CIRCLE, { .radius = 1ULL << 40 }, 7 };
	struct shape dst = { };

	KUNIT_ASSERT_EQ(test, 0, pass_shape(test, &src, &dst));
	KUNIT_EXPECT_EQ(test, dst.kind, SHAPE_CIRCLE);
	KUNIT_EXPECT_EQ(test, dst.body.radius, 1ULL << 40);
	KUNIT_EXPECT_EQ(test, dst.last, 7);

	src = (struct shape){ SHAPE_BOX, { .box = { 3, 4 } }, 8 };
	KUNIT_ASSERT_EQ(test, 0, pass_shape(test, &src, &dst));
	KUNIT_EXPECT_EQ(test, dst.kind, SHAPE_BOX);
	KUNIT_EXPECT_EQ(test, dst.body.box.height, 4);

	src = (struct shape){ SHAPE_NONE, { .radius = 5 }, 9 };
	KUNIT_ASSERT_EQ(test, 0, pass_shape(test, &src, &dst));
	KUNIT_EXPECT_EQ(test, dst.kind, SHAPE_NONE);
	KUNIT_EXPECT_EQ(test, dst.last, 9);
}

/* A value that the selector never has */
struct narrow {
	u8 kind;
	union body body;
};

static void test_union_of_narrow_selector(struct kunit *test)
{
	static const struct kstate_field arms[] = {
		KSTATE_SIMPLE(union body, radius, .value = 256),
		KSTATE_END()
	};
	static const struct kstate_description arms_desc = {
		.name = "test.arms", .size = sizeof(union body),
		.flags = KSTATE_ARMS, .fields = arms,
	};
	static const struct kstate_field fields[] = {
		KSTATE_UNION(struct narrow, body, kind, &arms_desc),
		KSTATE_END()
	};
	static const struct kstate_description desc = {
		.name = "test.narrow", .size = sizeof(struct narrow),
		.fields = fields,
	};
	struct kstate_hop *hop = kstate_hop_new(test);
	struct narrow obj = { };

	KUNIT_EXPECT_EQ(test, -EINVAL,
			kstate_core_register(&hop->old, &desc, &obj, 1));
}

/* What another arm left in the union is no pointer. */
static void test_union_of_another_arm(struct kunit *test)
{
	struct shape src = { SHAPE_LABEL, { .label = "hello" }, 1 };
	struct shape dst = { SHAPE_CIRCLE, { .radius = 0xdead }, 0 };

	KUNIT_ASSERT_EQ(test, 0, pass_shape(test, &src, &dst));
	KUNIT_EXPECT_EQ(test, dst.kind, SHAPE_LABEL);
	KUNIT_ASSERT_NOT_NULL(test, dst.body.label);
	KUNIT_EXPECT_STREQ(test, dst.body.label, "hello");

	/* and one of the same arm is kept to */
	src.body.label = "other";
	KUNIT_EXPECT_EQ(test, -EEXIST, pass_shape(test, &src, &dst));
	KUNIT_EXPECT_STREQ(test, dst.body.label, "hello");
	kvfree(dst.body.label);
}

/* An XArray has to be one at all times; what is in a union has not. */
struct cabin {
	u32 nr;
	struct xarray slots;
};

KIND_DESC(cabin_slots, struct cabin,
	  KSTATE_XARRAY(struct cabin, slots, struct item, &item_desc));

static bool cabin_has_slots(const void *obj)
{
	return true;
}

KIND_DESC(cabin, struct cabin,
	  KSTATE_SIMPLE(struct cabin, nr),
	  KSTATE_SUBSECTION("slots", &cabin_slots_desc, cabin_has_slots));

union lodging {
	struct cabin cabin;
	u64 tent;
};

static const struct kstate_field lodging_fields[] = {
	KSTATE_STRUCT(union lodging, cabin, struct cabin, &cabin_desc,
		      .value = 1),
	KSTATE_SIMPLE(union lodging, tent, .value = 2),
	KSTATE_END()
};

static const struct kstate_description lodging_desc = {
	.name = "test.lodging", .size = sizeof(union lodging),
	.flags = KSTATE_ARMS, .fields = lodging_fields,
};

struct guest {
	u32 kind;
	union lodging in;
};

KIND_DESC(guest, struct guest,
	  KSTATE_UNION(struct guest, in, kind, &lodging_desc));

static void test_union_with_xarray(struct kunit *test)
{
	struct kstate_hop *hop = kstate_hop_new(test);
	struct guest guest = { };

	KUNIT_EXPECT_EQ(test, -EINVAL,
			kstate_core_register(&hop->old, &guest_desc, &guest, 1));
}

/* ---- Subsections ---- */

struct device {
	u32 base;
	u32 quirk;
	u32 strange;
};

static bool quirk_needed(const void *obj)
{
	return ((const struct device *)obj)->quirk;
}

static bool strange_needed(const void *obj)
{
	return ((const struct device *)obj)->strange;
}

KIND_DESC(quirk, struct device, KSTATE_SIMPLE(struct device, quirk));
KIND_DESC(strange, struct device, KSTATE_SIMPLE(struct device, strange));

static const struct kstate_field device_fields[] = {
	KSTATE_SIMPLE(struct device, base),
	KSTATE_SUBSECTION("quirk", &quirk_desc, quirk_needed),
	KSTATE_SUBSECTION("strange", &strange_desc, strange_needed,
			  .flags = KSTATE_FIELD_MANDATORY),
	KSTATE_END()
};

static const struct kstate_description device_desc = {
	.name = "test.device", .size = sizeof(struct device),
	.fields = device_fields,
};

static const struct kstate_description old_device_desc = {
	.name = "test.device", .size = sizeof(struct device),
	.fields = (const struct kstate_field[]){
		KSTATE_SIMPLE(struct device, base), KSTATE_END()
	},
};

static void test_subsections(struct kunit *test)
{
	struct device src = { .base = 1, .quirk = 2, .strange = 3 };
	struct device dst = { .quirk = 8, .strange = 9 };

	KUNIT_ASSERT_EQ(test, 0, kstate_hop_pass(test, &device_desc, &src,
						 &device_desc, &dst));
	KUNIT_EXPECT_MEMEQ(test, &dst, &src, sizeof(src));

	/* What was not needed is not touched. */
	src = (struct device){ .base = 5 };
	KUNIT_ASSERT_EQ(test, 0, kstate_hop_pass(test, &device_desc, &src,
						 &device_desc, &dst));
	KUNIT_EXPECT_EQ(test, dst.base, 5);
	KUNIT_EXPECT_EQ(test, dst.quirk, 2);
	KUNIT_EXPECT_EQ(test, dst.strange, 3);
}

/* An older kernel reads all that it can without loss. */
static void test_unknown_subsections(struct kunit *test)
{
	struct device src = { .base = 1, .quirk = 2 }, dst = { };

	KUNIT_EXPECT_EQ(test, 0, kstate_hop_pass(test, &device_desc, &src,
						 &old_device_desc, &dst));
	KUNIT_EXPECT_EQ(test, dst.base, 1);
	src = (struct device){ .base = 2, .strange = 3 };
	KUNIT_EXPECT_EQ(test, -EPROTO,
			kstate_hop_pass(test, &device_desc, &src,
					&old_device_desc, &dst));
	KUNIT_EXPECT_EQ(test, dst.base, 1);
}

/* ---- References ---- */

struct peer {
	u32 id;
	struct device *dev;
	struct device *two[2];
};

KIND_DESC(peer, struct peer,
	  KSTATE_SIMPLE(struct peer, id),
	  KSTATE_REF(struct peer, dev, struct device, &device_desc),
	  KSTATE_REF_ARRAY(struct peer, two, struct device, &device_desc));

static void test_references(struct kunit *test)
{
	struct device a = { .base = 1 }, b = { .base = 2 }, x = { }, y = { };
	struct peer src = { 7, &b, { &a, NULL } }, dst = { };
	struct kstate_hop *hop = kstate_hop_new(test);

	KUNIT_ASSERT_EQ(test, 0,
			kstate_core_register(&hop->old, &peer_desc, &src, 0));
	KUNIT_EXPECT_EQ(test, -ENOENT, kstate_hop_save(hop));
	KUNIT_ASSERT_EQ(test, 0,
			kstate_core_register(&hop->old, &device_desc, &a, 5));
	KUNIT_ASSERT_EQ(test, 0,
			kstate_core_register(&hop->old, &device_desc, &b, 6));
	KUNIT_ASSERT_EQ(test, 0, kstate_hop_save(hop));
	KUNIT_ASSERT_EQ(test, 0, kstate_hop_jump(hop));

	KUNIT_EXPECT_EQ(test, KSTATE_RESTORED,
			kstate_core_register(&hop->new, &device_desc, &x, 5));
	KUNIT_EXPECT_EQ(test, KSTATE_RESTORED,
			kstate_core_register(&hop->new, &device_desc, &y, 6));
	KUNIT_EXPECT_EQ(test, KSTATE_RESTORED,
			kstate_core_register(&hop->new, &peer_desc, &dst, 0));
	KUNIT_EXPECT_PTR_EQ(test, dst.dev, &y);
	KUNIT_EXPECT_PTR_EQ(test, dst.two[0], &x);
	KUNIT_EXPECT_NULL(test, dst.two[1]);
}

static void test_reference_to_nobody(struct kunit *test)
{
	struct kstate_hop *hop = kstate_hop_new(test);
	struct peer src = { 7 }, dst = { };
	struct device a = { .base = 1 };

	src.dev = &a;
	KUNIT_ASSERT_EQ(test, 0,
			kstate_core_register(&hop->old, &device_desc, &a, 5));
	KUNIT_ASSERT_EQ(test, 0,
			kstate_core_register(&hop->old, &peer_desc, &src, 0));
	KUNIT_ASSERT_EQ(test, 0, kstate_hop_save(hop));
	KUNIT_ASSERT_EQ(test, 0, kstate_hop_jump(hop));
	KUNIT_EXPECT_EQ(test, -ENOENT,
			kstate_core_restore(&hop->new, &peer_desc, &dst, 0));
	KUNIT_EXPECT_EQ(test, dst.id, 0);
}

/* ---- Memory in place ---- */

struct lump {
	struct folio *folios[2];
	struct kstate_range range;
	struct folio **more;
	u32 nr_more;
};

KIND_DESC(lump, struct lump,
	  KSTATE_FOLIO_ARRAY(struct lump, folios),
	  KSTATE_RANGE(struct lump, range),
	  KSTATE_FOLIO_VARRAY(struct lump, more, nr_more));

static void test_lumps(struct kunit *test)
{
	struct folio *more[] = { (void *)&fake_folios[3] };
	struct lump src = {
		.folios = { NULL, (void *)&fake_folios[0] },
		.more = more, .nr_more = 1,
	};
	struct lump dst = { };

	src.range.start = fake_folios[1].phys;
	src.range.size = PAGE_SIZE << fake_folios[1].order;
	KUNIT_ASSERT_EQ(test, 0, kstate_hop_pass(test, &lump_desc, &src,
						 &lump_desc, &dst));
	KUNIT_EXPECT_NULL(test, dst.folios[0]);
	KUNIT_EXPECT_PTR_EQ(test, (void *)dst.folios[1],
			    (void *)&fake_folios[0]);
	KUNIT_EXPECT_EQ(test, dst.range.start, src.range.start);
	KUNIT_EXPECT_EQ(test, dst.range.size, src.range.size);
	KUNIT_EXPECT_TRUE(test, fake_folios[1].claimed);
	KUNIT_ASSERT_EQ(test, dst.nr_more, 1);
	KUNIT_EXPECT_PTR_EQ(test, (void *)dst.more[0],
			    (void *)&fake_folios[3]);
	kvfree(dst.more);
}

/* ---- Hooks ---- */

static int calls;

static void count_save(void *obj)
{
	calls++;
}

static int check_sound(const void *obj, u32 version)
{
	const struct device *dev = obj;

	return dev->base < 10 ? 0 : -EDOM;
}

static void test_validate(struct kunit *test)
{
	static struct kstate_description picky;
	struct device src = { .base = 9 }, dst = { };

	picky = device_desc;
	picky.validate = check_sound;
	picky.post_save = count_save;
	calls = 0;
	KUNIT_EXPECT_EQ(test, 0, kstate_hop_pass(test, &picky, &src, &picky,
						 &dst));
	KUNIT_EXPECT_EQ(test, calls, 1);
	KUNIT_EXPECT_EQ(test, dst.base, 9);
	src.base = 10;
	KUNIT_EXPECT_EQ(test, -EDOM, kstate_hop_pass(test, &picky, &src,
						     &picky, &dst));
	KUNIT_EXPECT_EQ(test, dst.base, 9);
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
	.fields = (const struct kstate_field[]){
		KSTATE_LIST(struct grown_list, items, struct grown, node,
			    &grown_desc),
		KSTATE_END()
	},
};

static const struct kstate_description item_list_desc = {
	.name = "test.grown", .size = sizeof(struct grown_list),
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

static struct kunit_case kstate_kinds_cases[] = {
	KUNIT_CASE(test_collections),
	KUNIT_CASE(test_list_never_used),
	KUNIT_CASE(test_collections_in_use),
	KUNIT_CASE(test_collections_undone),
	KUNIT_CASE(test_nested_collections),
	KUNIT_CASE(test_words),
	KUNIT_CASE(test_text_without_end),
	KUNIT_CASE(test_string_in_use),
	KUNIT_CASE(test_union),
	KUNIT_CASE(test_union_of_narrow_selector),
	KUNIT_CASE(test_union_of_another_arm),
	KUNIT_CASE(test_union_with_xarray),
	KUNIT_CASE(test_subsections),
	KUNIT_CASE(test_unknown_subsections),
	KUNIT_CASE(test_references),
	KUNIT_CASE(test_reference_to_nobody),
	KUNIT_CASE(test_lumps),
	KUNIT_CASE(test_validate),
	KUNIT_CASE(test_new_lists_are_empty),
	{}
};

struct kunit_suite kstate_kinds_suite = {
	.name = "kstate_kinds",
	.test_cases = kstate_kinds_cases,
};
