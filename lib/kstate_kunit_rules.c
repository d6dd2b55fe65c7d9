// SPDX-License-Identifier: GPL-2.0-only
/*
 * KSTATE: KUnit suite of the rules by which a writer's field is read into a
 * reader's. Each case is a row of the table in
 * Documentation/core-api/kstate/rules.rst; where it makes sense, both ways.
 */
#include <linux/err.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/xarray.h>

#include "kstate_kunit.h"

#define RULE_DESC(_name, _type, ...)					\
	static const struct kstate_field _name##_fields[] = {		\
		__VA_ARGS__, KSTATE_END()				\
	};								\
	static const struct kstate_description _name##_desc = {		\
		.name = "test.rule", .version = 1, .min_version = 1,	\
		.size = sizeof(_type), .fields = _name##_fields,	\
	}

static u8 *write_schemas(struct kunit *test, struct kstate_reader *r,
			 const struct kstate_description *desc)
{
	struct kstate_report report = { };
	struct kstate_writer w = { .s = { .report = &report } };
	u8 *bytes = kunit_kzalloc(test, PAGE_SIZE, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, bytes);
	w.s.data = bytes;
	w.s.size = PAGE_SIZE;
	KUNIT_ASSERT_EQ(test, 0, kstate_writer_begin(&w));
	KUNIT_ASSERT_TRUE(test, kstate_writer_schema(&w, desc) >= 0);
	KUNIT_ASSERT_EQ(test, 0, kstate_writer_end(&w));
	kstate_writer_free(&w);
	KUNIT_ASSERT_EQ(test, 0, kstate_reader_open(r, bytes, w.s.pos));
	return bytes;
}

/* What a loader says, that has the schemas and the bytes but no objects */
static int foretell(struct kunit *test, struct kstate_hop *hop,
		    const struct kstate_description *to)
{
	struct kstate_report report = { };
	struct kstate_resolution *res;
	struct kstate_reader in, own;
	int err;

	write_schemas(test, &own, to);
	KUNIT_ASSERT_EQ(test, 0, kstate_reader_open(&in, hop->data, hop->len));
	res = kstate_resolve_schemas(in.objects[0].schema,
				     &own.schemas[own.nr_schemas - 1], &report);
	err = IS_ERR(res) ? PTR_ERR(res) :
	      kstate_verify(res->top, in.objects[0].data, in.objects[0].len,
			    &report);
	KUNIT_EXPECT_EQ(test, err, report.err);
	kstate_resolution_free(IS_ERR(res) ? NULL : res);
	kstate_reader_free(&in);
	kstate_reader_free(&own);
	return err;
}

/* Pass an object, and hear before the jump what will come of it. */
static int pass(struct kunit *test, const struct kstate_description *from,
		void *src, const struct kstate_description *to, void *dst)
{
	struct kstate_hop *hop = kstate_hop_new(test);
	int foretold, err;

	KUNIT_ASSERT_EQ(test, 0,
			kstate_core_register(&hop->old, from, src, 1));
	KUNIT_ASSERT_EQ(test, 0, kstate_hop_save(hop));
	KUNIT_ASSERT_EQ(test, 0, kstate_hop_jump(hop));
	foretold = foretell(test, hop, to);
	err = kstate_core_restore(&hop->new, to, dst, 1);
	/* what the object that is read into has, nobody can foretell */
	if (err != -EINVAL && err != -ENOENT)
		KUNIT_EXPECT_EQ(test, foretold, err);
	return err;
}

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
	KUNIT_CASE(test_list_and_array),
	KUNIT_CASE(test_reference_retargeted),
	{}
};

struct kunit_suite kstate_rules_suite = {
	.name = "kstate_rules",
	.test_cases = kstate_rules_cases,
};
