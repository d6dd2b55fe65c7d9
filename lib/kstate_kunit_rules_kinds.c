// SPDX-License-Identifier: GPL-2.0-only
/*
 * KSTATE: KUnit suite of the rules by which a writer's field is read into a
 * reader's: one kind into another, as lib/kstate_kunit_rules.c does it for
 * fields and values.
 */
#include <linux/list.h>
#include <linux/xarray.h>

#include "kstate_kunit.h"

/* Each also asks beforehand what will come of it. */
#define pass	kstate_hop_foretold

struct number {
	u32 n;
};

RULE_DESC(number, struct number, KSTATE_SIMPLE(struct number, n));

/* ---- Arrays ---- */

struct three {
	u16 n[3];
};

struct five {
	u32 n[5];
};

struct many {
	u32 *n;
	u8 nr;
};

RULE_DESC(three, struct three, KSTATE_ARRAY(struct three, n));
RULE_DESC(five, struct five, KSTATE_ARRAY(struct five, n));
RULE_DESC(five_grow, struct five,
	  KSTATE_ARRAY(struct five, n, .flags = KSTATE_FIELD_GROW));
RULE_DESC(three_shrink, struct three,
	  KSTATE_ARRAY(struct three, n, .flags = KSTATE_FIELD_SHRINK));
RULE_DESC(many, struct many, KSTATE_VARRAY(struct many, n, nr));

static void test_array_grown(struct kunit *test)
{
	struct five dst = { { 9, 9, 9, 9, 9 } };
	struct three src = { { 1, 2, 3 } };

	KUNIT_EXPECT_EQ(test, -EMSGSIZE, pass(test, &three_desc, &src,
					      &five_desc, &dst));
	KUNIT_EXPECT_EQ(test, 0, pass(test, &three_desc, &src, &five_grow_desc,
				      &dst));
	KUNIT_EXPECT_EQ(test, dst.n[2], 3);
	KUNIT_EXPECT_EQ(test, dst.n[3], 9);
}

static void test_array_shrunk(struct kunit *test)
{
	struct five src = { { 1, 2, 3 } };
	struct three dst = { };

	KUNIT_EXPECT_EQ(test, -EMSGSIZE, pass(test, &five_desc, &src,
					      &three_desc, &dst));
	KUNIT_EXPECT_EQ(test, 0, pass(test, &five_desc, &src,
				      &three_shrink_desc, &dst));
	KUNIT_EXPECT_EQ(test, dst.n[2], 3);
	src.n[4] = 1;
	KUNIT_EXPECT_EQ(test, -ERANGE, pass(test, &five_desc, &src,
					    &three_shrink_desc, &dst));
}

static void test_fixed_and_variable(struct kunit *test)
{
	struct three src = { { 1, 2, 3 } }, back = { };
	struct many dst = { };

	KUNIT_ASSERT_EQ(test, 0, pass(test, &three_desc, &src, &many_desc,
				      &dst));
	KUNIT_EXPECT_EQ(test, dst.nr, 3);
	KUNIT_ASSERT_NOT_NULL(test, dst.n);
	KUNIT_EXPECT_EQ(test, dst.n[2], 3);
	KUNIT_EXPECT_EQ(test, 0, pass(test, &many_desc, &dst, &three_desc,
				      &back));
	KUNIT_EXPECT_EQ(test, back.n[2], 3);
	dst.nr = 2;
	KUNIT_EXPECT_EQ(test, -EMSGSIZE, pass(test, &many_desc, &dst,
					      &three_desc, &back));
	kvfree(dst.n);
}

struct many32 {
	u32 *n;
	u32 nr;
};

RULE_DESC(many32, struct many32, KSTATE_VARRAY(struct many32, n, nr));

static void test_count_narrowed(struct kunit *test)
{
	u32 *list = kunit_kzalloc(test, 256 * sizeof(*list), GFP_KERNEL);
	struct many32 src = { list, 255 };
	struct many dst = { };

	KUNIT_ASSERT_NOT_NULL(test, list);
	KUNIT_EXPECT_EQ(test, 0, pass(test, &many32_desc, &src, &many_desc,
				      &dst));
	KUNIT_EXPECT_EQ(test, dst.nr, 255);
	kvfree(dst.n);
	dst = (struct many){ };
	src.nr = 256;
	KUNIT_EXPECT_EQ(test, -ERANGE, pass(test, &many32_desc, &src,
					    &many_desc, &dst));
	KUNIT_EXPECT_NULL(test, dst.n);
}

struct one {
	u32 n[1];
};

RULE_DESC(one, struct one, KSTATE_ARRAY(struct one, n));

static void test_array_of_one(struct kunit *test)
{
	struct number src = { 6 };
	struct one dst = { };

	KUNIT_EXPECT_EQ(test, 0, pass(test, &number_desc, &src, &one_desc,
				      &dst));
	KUNIT_EXPECT_EQ(test, dst.n[0], 6);
	dst.n[0] = 7;
	KUNIT_EXPECT_EQ(test, 0, pass(test, &one_desc, &dst, &number_desc,
				      &src));
	KUNIT_EXPECT_EQ(test, src.n, 7);
}

/* ---- Pointers and what is embedded ---- */

struct pointed {
	u32 *n;
};

RULE_DESC(pointed, struct pointed, KSTATE_POINTER(struct pointed, n));

static void test_embedded_and_pointed(struct kunit *test)
{
	struct number src = { 6 }, back = { };
	struct pointed dst = { };

	KUNIT_ASSERT_EQ(test, 0, pass(test, &number_desc, &src, &pointed_desc,
				      &dst));
	KUNIT_ASSERT_NOT_NULL(test, dst.n);
	KUNIT_EXPECT_EQ(test, *dst.n, 6);
	KUNIT_EXPECT_EQ(test, 0, pass(test, &pointed_desc, &dst, &number_desc,
				      &back));
	KUNIT_EXPECT_EQ(test, back.n, 6);
	kvfree(dst.n);
	dst.n = NULL;
	KUNIT_EXPECT_EQ(test, -ENODATA, pass(test, &pointed_desc, &dst,
					     &number_desc, &back));
}

/* ---- Structs, at any depth ---- */

struct inner1 {
	u32 a;
};

struct inner2 {
	u32 a;
	u32 b;
};

struct outer1 {
	struct inner1 in;
};

struct outer2 {
	struct inner2 *in;
};

struct outmost1 {
	struct outer1 n[2];
};

struct outmost2 {
	struct outer2 n[2];
};

RULE_DESC(inner1, struct inner1, KSTATE_SIMPLE(struct inner1, a));
RULE_DESC(inner2, struct inner2,
	  KSTATE_SIMPLE(struct inner2, b, .flags = KSTATE_FIELD_DEFAULT,
			.value = 5),
	  KSTATE_SIMPLE(struct inner2, a));
RULE_DESC(outer1, struct outer1,
	  KSTATE_STRUCT(struct outer1, in, struct inner1, &inner1_desc));
RULE_DESC(outer2, struct outer2,
	  KSTATE_STRUCT_POINTER(struct outer2, in, struct inner2,
				&inner2_desc));
RULE_DESC(outmost1, struct outmost1,
	  KSTATE_STRUCT_ARRAY(struct outmost1, n, struct outer1,
			      &outer1_desc));
RULE_DESC(outmost2, struct outmost2,
	  KSTATE_STRUCT_ARRAY(struct outmost2, n, struct outer2,
			      &outer2_desc));

static void test_struct_members(struct kunit *test)
{
	struct outmost1 src = { { { { 1 } }, { { 2 } } } }, back = { };
	struct outmost2 dst = { };

	KUNIT_ASSERT_EQ(test, 0, pass(test, &outmost1_desc, &src,
				      &outmost2_desc, &dst));
	KUNIT_ASSERT_NOT_NULL(test, dst.n[1].in);
	KUNIT_EXPECT_EQ(test, dst.n[1].in->a, 2);
	KUNIT_EXPECT_EQ(test, dst.n[1].in->b, 5);
	KUNIT_EXPECT_EQ(test, 0, pass(test, &outmost2_desc, &dst,
				      &outmost1_desc, &back));
	KUNIT_EXPECT_EQ(test, back.n[1].in.a, 2);
	kvfree(dst.n[0].in);
	kvfree(dst.n[1].in);
}

RULE_DESC(outer_n, struct outer1,
	  KSTATE_STRUCT(struct outer1, in, struct inner1, &inner1_desc,
			.alias = "n"));

static void test_struct_and_number(struct kunit *test)
{
	struct outer1 dst = { };
	struct number src = { 1 };

	KUNIT_EXPECT_EQ(test, -EPROTO, pass(test, &number_desc, &src,
					    &outer_n_desc, &dst));
}

/* ---- Bitmaps and texts ---- */

struct bits {
	unsigned long n[2];
};

RULE_DESC(bits, struct bits, KSTATE_BITMAP(struct bits, n, 100));
RULE_DESC(few_bits, struct bits, KSTATE_BITMAP(struct bits, n, 40));

static void test_bitmap_size(struct kunit *test)
{
	struct bits src = { { 1UL << 39 } }, dst = { { ~0UL, ~0UL } };

	KUNIT_EXPECT_EQ(test, 0, pass(test, &bits_desc, &src, &few_bits_desc,
				      &dst));
	KUNIT_EXPECT_EQ(test, dst.n[0], 1UL << 39);
	KUNIT_EXPECT_EQ(test, 0, pass(test, &few_bits_desc, &src, &bits_desc,
				      &dst));
	KUNIT_EXPECT_EQ(test, dst.n[1], 0);
	src.n[0] = 1UL << 40;
	KUNIT_EXPECT_EQ(test, -ERANGE, pass(test, &bits_desc, &src,
					    &few_bits_desc, &dst));
	src = (struct bits){ { 0, 1 } };
	KUNIT_EXPECT_EQ(test, -ERANGE, pass(test, &bits_desc, &src,
					    &few_bits_desc, &dst));
}

struct text {
	char n[6];
};

struct string {
	char *n;
};

RULE_DESC(text, struct text, KSTATE_TEXT(struct text, n));
RULE_DESC(string, struct string, KSTATE_STRING(struct string, n));

static void test_text_and_string(struct kunit *test)
{
	struct text src = { "five." }, back = { };
	struct string dst = { };

	KUNIT_ASSERT_EQ(test, 0, pass(test, &text_desc, &src, &string_desc,
				      &dst));
	KUNIT_EXPECT_STREQ(test, dst.n, "five.");
	KUNIT_EXPECT_EQ(test, 0, pass(test, &string_desc, &dst, &text_desc,
				      &back));
	KUNIT_EXPECT_STREQ(test, back.n, "five.");
	kvfree(dst.n);
	dst.n = "sixsix";
	KUNIT_EXPECT_EQ(test, -ERANGE, pass(test, &string_desc, &dst,
					    &text_desc, &back));
	dst.n = NULL;
	KUNIT_EXPECT_EQ(test, -ENODATA, pass(test, &string_desc, &dst,
					     &text_desc, &back));
	KUNIT_EXPECT_STREQ(test, back.n, "five.");
}

static void test_text_and_number(struct kunit *test)
{
	struct number src = { 1 };
	struct text dst = { };

	KUNIT_EXPECT_EQ(test, -EPROTO, pass(test, &number_desc, &src,
					    &text_desc, &dst));
	KUNIT_EXPECT_EQ(test, -EPROTO, pass(test, &text_desc, &dst,
					    &number_desc, &src));
}

/* ---- Unions whose selectors change ---- */

union value {
	u32 small;
	u64 big;
};

struct tagged {
	u8 tag;
	union value value;
};

#define UNION_DESC(_name, ...)						\
	static const struct kstate_description _name##_arms_desc = {	\
		.name = "test.arms", .size = sizeof(union value),	\
		.flags = KSTATE_ARMS,					\
		.fields = (const struct kstate_field[]){		\
			__VA_ARGS__, KSTATE_END() },			\
	};								\
	RULE_DESC(_name, struct tagged,					\
		  KSTATE_UNION(struct tagged, value, tag,		\
			       &_name##_arms_desc))

UNION_DESC(tagged, KSTATE_SIMPLE(union value, small, .value = 1),
	   KSTATE_SIMPLE(union value, big, .value = 2));
UNION_DESC(retagged, KSTATE_SIMPLE(union value, big, .value = 1),
	   KSTATE_SIMPLE(union value, small, .value = 7));
UNION_DESC(one_arm, KSTATE_SIMPLE(union value, small, .value = 1));

static void test_union_renumbered(struct kunit *test)
{
	struct tagged src = { 1, { .small = 42 } }, dst = { };

	KUNIT_EXPECT_EQ(test, 0, pass(test, &tagged_desc, &src, &retagged_desc,
				      &dst));
	KUNIT_EXPECT_EQ(test, dst.tag, 7);
	KUNIT_EXPECT_EQ(test, dst.value.small, 42);
}

static void test_union_arm_unknown(struct kunit *test)
{
	struct tagged src = { 2, { .big = 1 } }, dst = { };

	KUNIT_EXPECT_EQ(test, -EPROTO, pass(test, &tagged_desc, &src,
					    &one_arm_desc, &dst));
	src.tag = 1;
	KUNIT_EXPECT_EQ(test, 0, pass(test, &tagged_desc, &src, &one_arm_desc,
				      &dst));
	KUNIT_EXPECT_EQ(test, dst.tag, 1);
	/* nothing in the union there, and an arm of that tag here */
	src.tag = 2;
	KUNIT_EXPECT_EQ(test, -EPROTO, pass(test, &one_arm_desc, &src,
					    &tagged_desc, &dst));
}

/* ---- Collections and references ---- */

struct link {
	u32 a;
	struct list_head node;
};

struct chain {
	struct list_head n;
};

struct slots {
	struct xarray n;
};

RULE_DESC(link, struct link, KSTATE_SIMPLE(struct link, a));
RULE_DESC(chain, struct chain,
	  KSTATE_LIST(struct chain, n, struct link, node, &link_desc));
RULE_DESC(slots, struct slots,
	  KSTATE_XARRAY(struct slots, n, struct link, &link_desc));
RULE_DESC(links, struct many,
	  KSTATE_VARRAY(struct many, n, nr));

RULE_DESC(const_link, struct link, KSTATE_CONST(struct link, a));
RULE_DESC(const_chain, struct chain,
	  KSTATE_LIST(struct chain, n, struct link, node, &const_link_desc));

static void test_constant_in_new(struct kunit *test)
{
	struct chain src = { LIST_HEAD_INIT(src.n) };
	struct chain dst = { LIST_HEAD_INIT(dst.n) };
	struct link link = { .a = 5 }, *got;

	list_add(&link.node, &src.n);
	KUNIT_ASSERT_EQ(test, 0, pass(test, &chain_desc, &src,
				      &const_chain_desc, &dst));
	got = list_first_entry(&dst.n, struct link, node);
	KUNIT_EXPECT_EQ(test, got->a, 5);
	kvfree(got);
}

static void test_list_and_array(struct kunit *test)
{
	struct chain chain = { LIST_HEAD_INIT(chain.n) };
	struct many many = { };
	struct slots slots;

	xa_init(&slots.n);
	KUNIT_EXPECT_EQ(test, -EPROTO, pass(test, &chain_desc, &chain,
					    &slots_desc, &slots));
	KUNIT_EXPECT_EQ(test, -EPROTO, pass(test, &slots_desc, &slots,
					    &chain_desc, &chain));
	KUNIT_EXPECT_EQ(test, -EPROTO, pass(test, &chain_desc, &chain,
					    &links_desc, &many));
}

struct refers {
	struct number *n;
};

RULE_DESC(refers, struct refers,
	  KSTATE_REF(struct refers, n, struct number, &number_desc));
static const struct kstate_description other_target = {
	.name = "test.other", .size = sizeof(struct number),
	.owner = THIS_MODULE,
	.fields = number_fields,
};

RULE_DESC(refers_other, struct refers,
	  KSTATE_REF(struct refers, n, struct number, &other_target));

static void test_reference_retargeted(struct kunit *test)
{
	struct refers src = { }, dst = { };

	KUNIT_EXPECT_EQ(test, 0, pass(test, &refers_desc, &src, &refers_desc,
				      &dst));
	KUNIT_EXPECT_EQ(test, -EPROTO, pass(test, &refers_desc, &src,
					    &refers_other_desc, &dst));
}

static struct kunit_case kstate_rules_kinds_cases[] = {
	KUNIT_CASE(test_array_grown),
	KUNIT_CASE(test_array_shrunk),
	KUNIT_CASE(test_fixed_and_variable),
	KUNIT_CASE(test_count_narrowed),
	KUNIT_CASE(test_array_of_one),
	KUNIT_CASE(test_embedded_and_pointed),
	KUNIT_CASE(test_struct_members),
	KUNIT_CASE(test_struct_and_number),
	KUNIT_CASE(test_bitmap_size),
	KUNIT_CASE(test_text_and_string),
	KUNIT_CASE(test_text_and_number),
	KUNIT_CASE(test_union_renumbered),
	KUNIT_CASE(test_union_arm_unknown),
	KUNIT_CASE(test_constant_in_new),
	KUNIT_CASE(test_list_and_array),
	KUNIT_CASE(test_reference_retargeted),
	{}
};

struct kunit_suite kstate_rules_kinds_suite = {
	.name = "kstate_rules_kinds",
	.test_cases = kstate_rules_kinds_cases,
};
