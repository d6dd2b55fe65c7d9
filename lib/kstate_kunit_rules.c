// SPDX-License-Identifier: GPL-2.0-only
/*
 * KSTATE: KUnit suite of the rules by which a writer's field is read into a
 * reader's: fields that come and go, and values. Each case is a row of the
 * table in Documentation/core-api/kstate/rules.rst; where it makes sense, both
 * ways.
 */
#include <linux/kernel.h>

#include "kstate_kunit.h"

/* Each also asks beforehand what will come of it. */
#define pass	kstate_hop_foretold

/* ---- Numbers ---- */

struct number {
	u32 n;
};

struct wide {
	s64 n;
};

RULE_DESC(number, struct number, KSTATE_SIMPLE(struct number, n));
RULE_DESC(wide, struct wide, KSTATE_SIMPLE(struct wide, n));

static void test_widened(struct kunit *test)
{
	struct number src = { U32_MAX };
	struct wide dst = { };

	KUNIT_EXPECT_EQ(test, 0, pass(test, &number_desc, &src, &wide_desc,
				      &dst));
	KUNIT_EXPECT_EQ(test, dst.n, U32_MAX);
}

static void test_narrowed(struct kunit *test)
{
	struct wide src = { U32_MAX };
	struct number dst = { };

	KUNIT_EXPECT_EQ(test, 0, pass(test, &wide_desc, &src, &number_desc,
				      &dst));
	KUNIT_EXPECT_EQ(test, dst.n, U32_MAX);
	src.n = 1LL << 32;
	KUNIT_EXPECT_EQ(test, -ERANGE, pass(test, &wide_desc, &src,
					    &number_desc, &dst));
	src.n = -1;
	KUNIT_EXPECT_EQ(test, -ERANGE, pass(test, &wide_desc, &src,
					    &number_desc, &dst));
	KUNIT_EXPECT_EQ(test, dst.n, U32_MAX);
}

struct flag {
	bool n;
};

RULE_DESC(flag, struct flag, KSTATE_SIMPLE(struct flag, n));

static void test_number_to_bool(struct kunit *test)
{
	struct number src = { 1 };
	struct flag dst = { };

	KUNIT_EXPECT_EQ(test, 0, pass(test, &number_desc, &src, &flag_desc,
				      &dst));
	KUNIT_EXPECT_TRUE(test, dst.n);
	src.n = 2;
	KUNIT_EXPECT_EQ(test, -ERANGE, pass(test, &number_desc, &src,
					    &flag_desc, &dst));
	dst.n = true;
	KUNIT_EXPECT_EQ(test, 0, pass(test, &flag_desc, &dst, &number_desc,
				      &src));
	KUNIT_EXPECT_EQ(test, src.n, 1);
}

RULE_DESC(bounded, struct wide,
	  KSTATE_SIMPLE(struct wide, n, .check = KSTATE_MIN_MAX(-5, 10)));
RULE_DESC(listed, struct number,
	  KSTATE_SIMPLE(struct number, n, .check = KSTATE_ONE_OF(1, 4, 9)));

static void test_min_max(struct kunit *test)
{
	static const s64 good[] = { -5, 0, 10 }, bad[] = { -6, 11, S64_MIN };
	struct wide src, dst = { };
	int i;

	for (i = 0; i < ARRAY_SIZE(good); i++) {
		src.n = good[i];
		KUNIT_EXPECT_EQ(test, 0, pass(test, &wide_desc, &src,
					      &bounded_desc, &dst));
		KUNIT_EXPECT_EQ(test, dst.n, good[i]);
	}
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		src.n = bad[i];
		KUNIT_EXPECT_EQ(test, -ERANGE, pass(test, &wide_desc, &src,
						    &bounded_desc, &dst));
	}
	/* the writer may write what it will not read */
	src.n = 11;
	KUNIT_EXPECT_EQ(test, 0, pass(test, &bounded_desc, &src, &wide_desc,
				      &dst));
}

static void test_one_of(struct kunit *test)
{
	struct number src = { 4 }, dst = { };

	KUNIT_EXPECT_EQ(test, 0, pass(test, &number_desc, &src, &listed_desc,
				      &dst));
	KUNIT_EXPECT_EQ(test, dst.n, 4);
	src.n = 5;
	KUNIT_EXPECT_EQ(test, -ERANGE, pass(test, &number_desc, &src,
					    &listed_desc, &dst));
}

RULE_DESC(constant, struct number, KSTATE_CONST(struct number, n));

static void test_constant(struct kunit *test)
{
	struct number src = { 4 }, dst = { 4 };

	KUNIT_EXPECT_EQ(test, 0, pass(test, &number_desc, &src, &constant_desc,
				      &dst));
	src.n = 5;
	KUNIT_EXPECT_EQ(test, -EINVAL, pass(test, &number_desc, &src,
					    &constant_desc, &dst));
	KUNIT_EXPECT_EQ(test, dst.n, 4);
}

/* ---- Fields that come, go and change their names ---- */

struct two {
	u32 n;
	u16 m;
};

RULE_DESC(two, struct two,
	  KSTATE_SIMPLE(struct two, n),
	  KSTATE_SIMPLE(struct two, m));
RULE_DESC(two_default, struct two,
	  KSTATE_SIMPLE(struct two, n),
	  KSTATE_SIMPLE(struct two, m, .flags = KSTATE_FIELD_DEFAULT,
			.value = 77));
RULE_DESC(two_mandatory, struct two,
	  KSTATE_SIMPLE(struct two, n),
	  KSTATE_SIMPLE(struct two, m, .flags = KSTATE_FIELD_MANDATORY));
RULE_DESC(unused, struct number,
	  KSTATE_SIMPLE(struct number, n),
	  KSTATE_UNUSED("m"));

static void test_added(struct kunit *test)
{
	struct two dst = { .m = 5 };
	struct number src = { 1 };

	KUNIT_EXPECT_EQ(test, 0, pass(test, &number_desc, &src, &two_desc,
				      &dst));
	KUNIT_EXPECT_EQ(test, dst.m, 5);
	KUNIT_EXPECT_EQ(test, 0, pass(test, &number_desc, &src,
				      &two_default_desc, &dst));
	KUNIT_EXPECT_EQ(test, dst.m, 77);
	KUNIT_EXPECT_EQ(test, -EPROTO, pass(test, &number_desc, &src,
					    &two_mandatory_desc, &dst));
}

static void test_removed(struct kunit *test)
{
	struct two src = { 3, 4 };
	struct number dst = { };

	KUNIT_EXPECT_EQ(test, 0, pass(test, &two_desc, &src, &number_desc,
				      &dst));
	KUNIT_EXPECT_EQ(test, dst.n, 3);
	KUNIT_EXPECT_EQ(test, -EPROTO, pass(test, &two_mandatory_desc, &src,
					    &number_desc, &dst));
	src.n = 8;
	KUNIT_EXPECT_EQ(test, 0, pass(test, &two_mandatory_desc, &src,
				      &unused_desc, &dst));
	KUNIT_EXPECT_EQ(test, dst.n, 8);
}

RULE_DESC(renamed_m, struct two,
	  KSTATE_SIMPLE(struct two, m, .alias = "n"));

/* An unused name is no field: it gives nothing and misses nothing. */
static void test_unused_written(struct kunit *test)
{
	struct number src = { 1 };
	struct two dst = { .m = 5 };

	KUNIT_EXPECT_EQ(test, 0, pass(test, &unused_desc, &src, &two_desc,
				      &dst));
	KUNIT_EXPECT_EQ(test, dst.m, 5);
	KUNIT_EXPECT_EQ(test, -EPROTO, pass(test, &unused_desc, &src,
					    &two_mandatory_desc, &dst));
	/* nor does it hide a field of an older name */
	KUNIT_EXPECT_EQ(test, 0, pass(test, &unused_desc, &src, &renamed_m_desc,
				      &dst));
	KUNIT_EXPECT_EQ(test, dst.m, 1);
}

static const struct kstate_field since_fields[] = {
	KSTATE_SIMPLE(struct two, n),
	KSTATE_SIMPLE(struct two, m, .flags = KSTATE_FIELD_MANDATORY,
		      .since = 2),
	KSTATE_END()
};

static const struct kstate_description since_desc = {
	.name = "test.rule", .version = 2, .min_version = 1,
	.owner = THIS_MODULE,
	.size = sizeof(struct two), .fields = since_fields,
};

static void test_mandatory_since(struct kunit *test)
{
	static struct kstate_description newer;
	struct number src = { 1 };
	struct two dst = { };

	newer = number_desc;
	KUNIT_EXPECT_EQ(test, 0, pass(test, &number_desc, &src, &since_desc,
				      &dst));
	newer.version = 2;
	KUNIT_EXPECT_EQ(test, -EPROTO, pass(test, &newer, &src, &since_desc,
					    &dst));
}

RULE_DESC(renamed, struct two,
	  KSTATE_SIMPLE(struct two, m, .alias = "k,n"));

static void test_renamed(struct kunit *test)
{
	struct number src = { 12 };
	struct two dst = { };

	KUNIT_EXPECT_EQ(test, 0, pass(test, &number_desc, &src, &renamed_desc,
				      &dst));
	KUNIT_EXPECT_EQ(test, dst.m, 12);
}

static void test_description_renamed(struct kunit *test)
{
	static struct kstate_description renamed;
	struct number src = { 12 }, dst = { };

	renamed = number_desc;
	renamed.name = "test.new_name";
	KUNIT_EXPECT_EQ(test, -ENOENT, pass(test, &number_desc, &src, &renamed,
					    &dst));
	renamed.alias = "test.never,test.rule";
	KUNIT_EXPECT_EQ(test, 0, pass(test, &number_desc, &src, &renamed,
				      &dst));
	KUNIT_EXPECT_EQ(test, dst.n, 12);
}

static struct kunit_case kstate_rules_cases[] = {
	KUNIT_CASE(test_widened),
	KUNIT_CASE(test_narrowed),
	KUNIT_CASE(test_number_to_bool),
	KUNIT_CASE(test_min_max),
	KUNIT_CASE(test_one_of),
	KUNIT_CASE(test_constant),
	KUNIT_CASE(test_added),
	KUNIT_CASE(test_removed),
	KUNIT_CASE(test_unused_written),
	KUNIT_CASE(test_mandatory_since),
	KUNIT_CASE(test_renamed),
	KUNIT_CASE(test_description_renamed),
	{}
};

struct kunit_suite kstate_rules_suite = {
	.name = "kstate_rules",
	.test_cases = kstate_rules_cases,
};
