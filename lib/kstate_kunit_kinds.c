// SPDX-License-Identifier: GPL-2.0-only
/*
 * KSTATE: KUnit suite of bitmaps, unions, strings, references and the like:
 * there and back, and what is refused.
 */
#include <linux/mm.h>
#include <linux/xarray.h>

#include "kstate_kunit.h"

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
	.owner = THIS_MODULE,
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
	  KSTATE_XARRAY(struct cabin, slots, struct box, &box_desc));

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
	.owner = THIS_MODULE,
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
	.owner = THIS_MODULE,
	.fields = device_fields,
};

static const struct kstate_description old_device_desc = {
	.name = "test.device", .size = sizeof(struct device),
	.owner = THIS_MODULE,
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
	struct device a = { .base = 1 }, x = { };
	struct peer src = { 7 }, dst = { };

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

	/* nothing was tried: it can be restored when somebody is there */
	KUNIT_EXPECT_EQ(test, -ENOENT,
			kstate_core_register(&hop->new, &peer_desc, &dst, 0));
	KUNIT_EXPECT_TRUE(test, kstate_core_pending(&hop->new, &peer_desc, 0));
	KUNIT_EXPECT_EQ(test, KSTATE_RESTORED,
			kstate_core_register(&hop->new, &device_desc, &x, 5));
	KUNIT_EXPECT_EQ(test, KSTATE_RESTORED,
			kstate_core_register(&hop->new, &peer_desc, &dst, 0));
	KUNIT_EXPECT_EQ(test, dst.id, 7);
	KUNIT_EXPECT_PTR_EQ(test, dst.dev, &x);
}

/* Its owner does not wait for the other one. */
static void test_reference_given_up(struct kunit *test)
{
	struct kstate_hop *hop = kstate_hop_new(test);
	struct device a = { .base = 1 };
	struct peer src = { 7, &a }, dst = { };

	KUNIT_ASSERT_EQ(test, 0,
			kstate_core_register(&hop->old, &device_desc, &a, 5));
	KUNIT_ASSERT_EQ(test, 0,
			kstate_core_register(&hop->old, &peer_desc, &src, 0));
	KUNIT_ASSERT_EQ(test, 0, kstate_hop_save(hop));
	KUNIT_ASSERT_EQ(test, 0, kstate_hop_jump(hop));
	kstate_core_discard(&hop->new, &peer_desc, 0);
	kstate_core_discard(&hop->new, &peer_desc, 1);
	KUNIT_EXPECT_FALSE(test, kstate_core_pending(&hop->new, &peer_desc, 0));
	KUNIT_EXPECT_TRUE(test, kstate_core_pending(&hop->new, &device_desc,
						    5));
	KUNIT_EXPECT_EQ(test, -EALREADY,
			kstate_core_restore(&hop->new, &peer_desc, &dst, 0));
	KUNIT_EXPECT_EQ(test, 0,
			kstate_core_register(&hop->new, &peer_desc, &dst, 0));
	KUNIT_EXPECT_EQ(test, dst.id, 0);
}

/* A chain, and what becomes of it when its end refers to its beginning */
struct knot {
	u32 id;
	struct knot *to[2];
};

static const struct kstate_description knot_desc;

static const struct kstate_field knot_fields[] = {
	KSTATE_SIMPLE(struct knot, id),
	KSTATE_REF_ARRAY(struct knot, to, struct knot, &knot_desc),
	KSTATE_END()
};

static const struct kstate_description knot_desc = {
	.name = "test.knot", .size = sizeof(struct knot),
	.owner = THIS_MODULE, .fields = knot_fields,
};

static void test_reference_to_itself(struct kunit *test)
{
	struct kstate_hop *hop = kstate_hop_new(test);
	struct knot src = { 3, { &src, NULL } }, dst = { };

	KUNIT_ASSERT_EQ(test, 0,
			kstate_core_register(&hop->old, &knot_desc, &src, 0));
	KUNIT_ASSERT_EQ(test, 0, kstate_hop_save(hop));
	KUNIT_ASSERT_EQ(test, 0, kstate_hop_jump(hop));
	/* who is not registered is not found */
	KUNIT_EXPECT_EQ(test, -ENOENT,
			kstate_core_restore(&hop->new, &knot_desc, &dst, 0));
	KUNIT_EXPECT_EQ(test, KSTATE_RESTORED,
			kstate_core_register(&hop->new, &knot_desc, &dst, 0));
	KUNIT_EXPECT_PTR_EQ(test, dst.to[0], &dst);
	KUNIT_EXPECT_NULL(test, dst.to[1]);
}

#define KNOTS	100

static void test_references_in_a_circle(struct kunit *test)
{
	struct kstate_hop *hop = kstate_hop_new(test);
	struct knot *knots;
	int i;

	knots = kunit_kzalloc(test, KNOTS * sizeof(*knots), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, knots);
	/* each refers to the two before it, as long as there are any */
	for (i = 0; i < KNOTS; i++) {
		if (i > 1)
			knots[i].to[0] = &knots[i - 2];
		if (i > 0)
			knots[i].to[1] = &knots[i - 1];
		KUNIT_ASSERT_EQ(test, 0,
				kstate_core_register(&hop->old, &knot_desc,
						     &knots[i], KNOTS - i));
	}
	KUNIT_EXPECT_EQ(test, 0, kstate_hop_save(hop));
	kstate_core_abort(&hop->old);
	knots[10].to[0] = &knots[KNOTS / 2];
	KUNIT_ASSERT_EQ(test, -ELOOP, kstate_hop_save(hop));
	KUNIT_EXPECT_STREQ(test, hop->old.last.why,
			   "depends on references in a circle");
	KUNIT_EXPECT_EQ(test, hop->old.last_instance, 1);
	knots[10].to[0] = NULL;
	KUNIT_EXPECT_EQ(test, 0, kstate_hop_save(hop));
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

static int refuse_lump(void *obj, u32 version)
{
	return -EPERM;
}

/* A range of no size keeps its start when the object is refused. */
static void test_range_undone(struct kunit *test)
{
	static struct kstate_description refusing;
	struct lump src = { }, dst = { .range = { .start = 4711 } };

	refusing = lump_desc;
	refusing.post_load = refuse_lump;
	src.range.start = fake_folios[1].phys;
	src.range.size = PAGE_SIZE << fake_folios[1].order;
	KUNIT_EXPECT_EQ(test, -EPERM, kstate_hop_pass(test, &lump_desc, &src,
						      &refusing, &dst));
	KUNIT_EXPECT_EQ(test, dst.range.start, 4711);
	KUNIT_EXPECT_EQ(test, dst.range.size, 0);
	KUNIT_EXPECT_FALSE(test, fake_folios[1].claimed);
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

static struct kunit_case kstate_kinds_cases[] = {
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
	KUNIT_CASE(test_reference_given_up),
	KUNIT_CASE(test_reference_to_itself),
	KUNIT_CASE(test_references_in_a_circle),
	KUNIT_CASE(test_lumps),
	KUNIT_CASE(test_range_undone),
	KUNIT_CASE(test_validate),
	{}
};

struct kunit_suite kstate_kinds_suite = {
	.name = "kstate_kinds",
	.test_cases = kstate_kinds_cases,
};
