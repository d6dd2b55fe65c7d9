// SPDX-License-Identifier: GPL-2.0-only
/*
 * KSTATE: KUnit suite of kernels that describe the same state differently.
 */
#include "kstate_kunit.h"

#define SKEW_DESC(_id, _type, _version, _min, ...)			\
	KSTATE_TEST_DESC(_id, _type, "test.skew", _version, _min, __VA_ARGS__)

struct base {
	u32 a;
	s16 b;
	char c[4];
};

SKEW_DESC(base, struct base, 1, 1,
	  KSTATE_SIMPLE(struct base, a),
	  KSTATE_SIMPLE(struct base, b),
	  KSTATE_ARRAY(struct base, c));

static struct base base_src = { .a = 1000, .b = -5, .c = "abc" };

static int from_base(struct kunit *test, const struct kstate_description *to,
		     void *dst)
{
	return kstate_hop_pass(test, &base_desc, &base_src, to, dst);
}

/* ---- Fields come and go ---- */

struct added {
	u64 extra;
	char c[4];
	s16 b;
	u32 a;
};

SKEW_DESC(added, struct added, 1, 1,
	  KSTATE_SIMPLE(struct added, extra),
	  KSTATE_ARRAY(struct added, c),
	  KSTATE_SIMPLE(struct added, b),
	  KSTATE_SIMPLE(struct added, a));

SKEW_DESC(must_have, struct added, 1, 1,
	  KSTATE_SIMPLE(struct added, a),
	  KSTATE_SIMPLE(struct added, extra, .flags = KSTATE_FIELD_MANDATORY));

static void test_added(struct kunit *test)
{
	struct added dst = { .extra = 42 };

	KUNIT_ASSERT_EQ(test, 0, from_base(test, &added_desc, &dst));
	KUNIT_EXPECT_EQ(test, dst.extra, 42);
	KUNIT_EXPECT_EQ(test, dst.a, 1000);
	KUNIT_EXPECT_EQ(test, dst.b, -5);
	KUNIT_EXPECT_STREQ(test, dst.c, "abc");

	dst = (struct added){ };
	KUNIT_EXPECT_EQ(test, -EPROTO, from_base(test, &must_have_desc, &dst));
	KUNIT_EXPECT_EQ(test, dst.a, 0);
}

/* Everything that a reader may have to skip, between two fields it knows. */
struct rich {
	u32 a;
	u64 *word;
	u16 *list;
	u32 nr_list;
	struct base in;
	struct base *beside;
	struct base **several;
	u32 nr_several;
	struct folio *folio;
	s16 b;
};

SKEW_DESC(rich, struct rich, 1, 1,
	  KSTATE_SIMPLE(struct rich, a),
	  KSTATE_POINTER(struct rich, word),
	  KSTATE_VARRAY(struct rich, list, nr_list),
	  KSTATE_STRUCT(struct rich, in, struct base, &base_desc),
	  KSTATE_STRUCT_POINTER(struct rich, beside, struct base, &base_desc),
	  KSTATE_ARRAY_OF_POINTER(struct rich, several, nr_several, struct base,
				  &base_desc),
	  KSTATE_FOLIO(struct rich, folio),
	  KSTATE_SIMPLE(struct rich, b));

SKEW_DESC(needed, struct rich, 1, 1,
	  KSTATE_SIMPLE(struct rich, a),
	  KSTATE_POINTER(struct rich, word, .flags = KSTATE_FIELD_MANDATORY));

static void test_removed(struct kunit *test)
{
	struct base *several[] = { NULL, &base_src };
	u16 list[] = { 1, 2, 3 };
	u64 word = 1;
	struct rich src = {
		.a = 17, .word = &word, .list = list, .nr_list = 3,
		.beside = &base_src, .several = several, .nr_several = 2,
		.folio = (void *)&fake_folios[1], .b = -17,
	};
	struct base dst = { .c = "old" };

	KUNIT_ASSERT_EQ(test, 0, kstate_hop_pass(test, &rich_desc, &src,
						 &base_desc, &dst));
	KUNIT_EXPECT_EQ(test, dst.a, 17);
	KUNIT_EXPECT_EQ(test, dst.b, -17);
	KUNIT_EXPECT_STREQ(test, dst.c, "old");

	KUNIT_EXPECT_EQ(test, -EPROTO,
			kstate_hop_pass(test, &needed_desc, &src, &base_desc,
					&dst));
	KUNIT_EXPECT_EQ(test, dst.b, -17);
}

struct renamed {
	u32 alpha;
	s16 beta;
};

SKEW_DESC(renamed, struct renamed, 1, 1,
	  KSTATE_SIMPLE(struct renamed, alpha, .alias = "a"),
	  KSTATE_SIMPLE(struct renamed, beta, .alias = "b"));

static void test_renamed(struct kunit *test)
{
	struct renamed src = { 5, 6 }, dst = { };

	KUNIT_ASSERT_EQ(test, 0, from_base(test, &renamed_desc, &dst));
	KUNIT_EXPECT_EQ(test, dst.alpha, 1000);
	KUNIT_EXPECT_EQ(test, dst.beta, -5);

	KUNIT_ASSERT_EQ(test, 0, kstate_hop_pass(test, &renamed_desc, &src,
						 &renamed_desc, &dst));
	KUNIT_EXPECT_EQ(test, dst.alpha, 5);
}

/* ---- Numbers ---- */

struct narrow {
	u8 a;
	s8 b;
};

struct wide {
	u64 a;
	s64 b;
};

struct other_sign {
	s32 a;
	u16 b;
};

struct flag {
	bool a;
};

SKEW_DESC(narrow, struct narrow, 1, 1, KSTATE_SIMPLE(struct narrow, a),
	  KSTATE_SIMPLE(struct narrow, b));
SKEW_DESC(wide, struct wide, 1, 1, KSTATE_SIMPLE(struct wide, a),
	  KSTATE_SIMPLE(struct wide, b));
SKEW_DESC(other_sign, struct other_sign, 1, 1,
	  KSTATE_SIMPLE(struct other_sign, a),
	  KSTATE_SIMPLE(struct other_sign, b));
SKEW_DESC(flag, struct flag, 1, 1, KSTATE_SIMPLE(struct flag, a));

static int from_wide(struct kunit *test, u64 a, s64 b,
		     const struct kstate_description *to, void *dst)
{
	struct wide src = { a, b };

	return kstate_hop_pass(test, &wide_desc, &src, to, dst);
}

static void test_widened(struct kunit *test)
{
	struct narrow src = { 255, -128 };
	struct wide dst = { };

	KUNIT_ASSERT_EQ(test, 0, kstate_hop_pass(test, &narrow_desc, &src,
						 &wide_desc, &dst));
	KUNIT_EXPECT_EQ(test, dst.a, 255);
	KUNIT_EXPECT_EQ(test, dst.b, -128);
}

static void test_narrowed(struct kunit *test)
{
	static const struct {
		u64 a;
		s64 b;
		int err;
	} cases[] = {
		{ 0, 0, 0 }, { 255, 127, 0 }, { 255, -128, 0 },
		{ 256, 0, -ERANGE }, { U64_MAX, 0, -ERANGE },
		{ 0, 128, -ERANGE }, { 0, -129, -ERANGE },
		{ 1, S64_MIN, -ERANGE }, { 1, S64_MAX, -ERANGE },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct narrow dst = { 99, 99 };
		int err = from_wide(test, cases[i].a, cases[i].b, &narrow_desc,
				    &dst);

		KUNIT_EXPECT_EQ(test, err, cases[i].err);
		KUNIT_EXPECT_EQ(test, dst.a, err ? 99 : (u8)cases[i].a);
		KUNIT_EXPECT_EQ(test, dst.b, err ? 99 : (s8)cases[i].b);
	}
}

static void test_sign(struct kunit *test)
{
	struct other_sign dst = { };

	KUNIT_EXPECT_EQ(test, -ERANGE,
			from_base(test, &other_sign_desc, &dst));
	KUNIT_EXPECT_EQ(test, dst.a, 0);
	KUNIT_EXPECT_EQ(test, 0, from_wide(test, S32_MAX, U16_MAX,
					   &other_sign_desc, &dst));
	KUNIT_EXPECT_EQ(test, dst.a, S32_MAX);
	KUNIT_EXPECT_EQ(test, dst.b, U16_MAX);
	KUNIT_EXPECT_EQ(test, -ERANGE, from_wide(test, 1ULL << 31, 0,
						 &other_sign_desc, &dst));
}

static void test_bool(struct kunit *test)
{
	struct flag src = { true }, dst = { };
	struct wide wide = { };

	KUNIT_EXPECT_EQ(test, 0, kstate_hop_pass(test, &flag_desc, &src,
						 &wide_desc, &wide));
	KUNIT_EXPECT_EQ(test, wide.a, 1);
	KUNIT_EXPECT_EQ(test, -ERANGE, from_wide(test, 2, 0, &flag_desc, &dst));
	KUNIT_EXPECT_EQ(test, 0, from_wide(test, 1, 0, &flag_desc, &dst));
	KUNIT_EXPECT_TRUE(test, dst.a);
}

/* Neighbours are copied at once, and the one amid them is checked. */
struct amid {
	u16 first;
	u8 a;
	u8 last;
};

struct amid_bool {
	u16 first;
	bool a;
	u8 last;
};

SKEW_DESC(amid, struct amid, 1, 1, KSTATE_SIMPLE(struct amid, first),
	  KSTATE_SIMPLE(struct amid, a), KSTATE_SIMPLE(struct amid, last));
SKEW_DESC(amid_bool, struct amid_bool, 1, 1,
	  KSTATE_SIMPLE(struct amid_bool, first),
	  KSTATE_SIMPLE(struct amid_bool, a),
	  KSTATE_SIMPLE(struct amid_bool, last));

static void test_bool_amid(struct kunit *test)
{
	struct amid src = { 1000, 1, 200 };
	struct amid_bool dst = { };

	KUNIT_EXPECT_EQ(test, 0, kstate_hop_pass(test, &amid_desc, &src,
						 &amid_bool_desc, &dst));
	KUNIT_EXPECT_EQ(test, dst.first, 1000);
	KUNIT_EXPECT_TRUE(test, dst.a);
	KUNIT_EXPECT_EQ(test, dst.last, 200);

	dst = (struct amid_bool){ };
	src.a = 2;
	KUNIT_EXPECT_EQ(test, -ERANGE,
			kstate_hop_pass(test, &amid_desc, &src, &amid_bool_desc,
					&dst));
	KUNIT_EXPECT_EQ(test, dst.first, 0);
	KUNIT_EXPECT_EQ(test, dst.last, 0);
}

/* Neighbours on one side only are not copied at once. */
struct amid_gone {
	u16 first;
	u8 last;
};

SKEW_DESC(amid_gone, struct amid_gone, 1, 1,
	  KSTATE_SIMPLE(struct amid_gone, first),
	  KSTATE_SIMPLE(struct amid_gone, last));

static void test_removed_amid(struct kunit *test)
{
	struct amid_gone dst = { };
	struct amid src = { 1000, 1, 200 };

	KUNIT_EXPECT_EQ(test, 0, kstate_hop_pass(test, &amid_desc, &src,
						 &amid_gone_desc, &dst));
	KUNIT_EXPECT_EQ(test, dst.first, 1000);
	KUNIT_EXPECT_EQ(test, dst.last, 200);
}

/* Of one width, but not of one sign: copied if it is no negative number */
struct signs {
	s32 a;
	u8 b;
};

struct signs_swapped {
	u32 a;
	s8 b;
};

SKEW_DESC(signs, struct signs, 1, 1, KSTATE_SIMPLE(struct signs, a),
	  KSTATE_SIMPLE(struct signs, b));
SKEW_DESC(signs_swapped, struct signs_swapped, 1, 1,
	  KSTATE_SIMPLE(struct signs_swapped, a),
	  KSTATE_SIMPLE(struct signs_swapped, b));

static void test_same_width(struct kunit *test)
{
	static const struct {
		struct signs src;
		int err;
	} cases[] = {
		{ { S32_MAX, S8_MAX }, 0 }, { { 0, 0 }, 0 },
		{ { -1, 0 }, -ERANGE }, { { 0, S8_MAX + 1 }, -ERANGE },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct signs src = cases[i].src;
		struct signs_swapped dst = { 9, 9 };
		int err = kstate_hop_pass(test, &signs_desc, &src,
					  &signs_swapped_desc, &dst);

		KUNIT_EXPECT_EQ(test, err, cases[i].err);
		KUNIT_EXPECT_EQ(test, dst.a, err ? 9 : (u32)src.a);
		KUNIT_EXPECT_EQ(test, dst.b, err ? 9 : (s8)src.b);
	}
}

/* ---- What is not converted ---- */

struct longer {
	char c[5];
};

struct text_gone {
	u8 c[4];
};

SKEW_DESC(longer, struct longer, 1, 1, KSTATE_ARRAY(struct longer, c));
SKEW_DESC(text_gone, struct text_gone, 1, 1, KSTATE_ARRAY(struct text_gone, c));

static void test_refused(struct kunit *test)
{
	struct text_gone text_gone = { };
	struct longer longer = { };

	KUNIT_EXPECT_EQ(test, -EMSGSIZE,
			from_base(test, &longer_desc, &longer));
	KUNIT_EXPECT_EQ(test, -EPROTO,
			from_base(test, &text_gone_desc, &text_gone));
}

SKEW_DESC(v3, struct base, 3, 3, KSTATE_SIMPLE(struct base, a));
SKEW_DESC(v3_wide, struct base, 3, 1, KSTATE_SIMPLE(struct base, a));

static void test_versions(struct kunit *test)
{
	struct base src = { .a = 1 }, dst = { };

	/* Version 1 into 3, which understands it or does not. */
	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP, from_base(test, &v3_desc, &dst));
	KUNIT_EXPECT_EQ(test, 0, from_base(test, &v3_wide_desc, &dst));
	/* And back. */
	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP,
			kstate_hop_pass(test, &v3_desc, &src, &base_desc,
					&dst));
	KUNIT_EXPECT_EQ(test, 0,
			kstate_hop_pass(test, &v3_wide_desc, &src, &base_desc,
					&dst));
}

/* ---- The report names who and what ---- */

struct outer {
	struct narrow in;
};

struct outer_wide {
	struct wide in;
};

SKEW_DESC(outer, struct outer, 1, 1,
	  KSTATE_STRUCT(struct outer, in, struct narrow, &narrow_desc));
SKEW_DESC(outer_wide, struct outer_wide, 1, 1,
	  KSTATE_STRUCT(struct outer_wide, in, struct wide, &wide_desc));

static void test_report(struct kunit *test)
{
	struct kstate_hop *hop = kstate_hop_new(test);
	struct outer_wide src = { .in.b = 1000 };
	struct kstate_in_object *in;
	struct outer dst = { };

	KUNIT_ASSERT_EQ(test, 0, kstate_core_register(&hop->old,
						      &outer_wide_desc, &src,
						      5));
	KUNIT_ASSERT_EQ(test, 0, kstate_hop_save(hop));
	KUNIT_ASSERT_EQ(test, 0, kstate_hop_jump(hop));
	KUNIT_EXPECT_EQ(test, -ERANGE, kstate_core_restore(&hop->new,
							   &outer_desc, &dst,
							   5));
	KUNIT_EXPECT_STREQ(test, hop->new.last.field, "b");
	KUNIT_EXPECT_STREQ(test, hop->new.last.desc, "test.skew");
	KUNIT_EXPECT_EQ(test, hop->new.last_instance, 5);
	in = kstate_reader_find(&hop->new.reader, "test.skew", 5);
	KUNIT_ASSERT_NOT_NULL(test, in);
	KUNIT_EXPECT_EQ(test, in->state, KSTATE_IN_REFUSED);
	KUNIT_ASSERT_NOT_NULL(test, in->report);
	KUNIT_EXPECT_EQ(test, in->report->err, -ERANGE);
}

static struct kunit_case kstate_skew_cases[] = {
	KUNIT_CASE(test_added),
	KUNIT_CASE(test_removed),
	KUNIT_CASE(test_renamed),
	KUNIT_CASE(test_widened),
	KUNIT_CASE(test_narrowed),
	KUNIT_CASE(test_sign),
	KUNIT_CASE(test_bool),
	KUNIT_CASE(test_bool_amid),
	KUNIT_CASE(test_removed_amid),
	KUNIT_CASE(test_same_width),
	KUNIT_CASE(test_refused),
	KUNIT_CASE(test_versions),
	KUNIT_CASE(test_report),
	{}
};

struct kunit_suite kstate_skew_suite = {
	.name = "kstate_skew",
	.test_cases = kstate_skew_cases,
};
