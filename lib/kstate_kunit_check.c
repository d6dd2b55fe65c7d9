// SPDX-License-Identifier: GPL-2.0-only
/*
 * KSTATE: KUnit suite of descriptions that are refused.
 */
#include "kstate_kunit.h"

struct thing {
	u32 value;
	u32 nr;
	u32 *list;
	struct thing **others;
	char name[8];
};

static const struct kstate_description thing_desc;
static const char long_name[] =
	"a name of sixty-four characters is one more than there may be...";

static const struct kstate_field thing_fields[] = {
	KSTATE_SIMPLE(struct thing, value),
	KSTATE_VARRAY(struct thing, list, nr),
	KSTATE_END()
};

static const struct kstate_description thing_desc = {
	.name = "test.thing", .version = 2, .min_version = 1,
	.owner = THIS_MODULE,
	.size = sizeof(struct thing), .fields = thing_fields,
};

static int try_register(struct kunit *test,
			const struct kstate_description *desc)
{
	struct kstate_hop *hop = kstate_hop_new(test);
	struct thing obj = { };

	return kstate_core_register(&hop->old, desc, &obj, 0);
}

/* Fields that are fine */
static const struct kstate_field simple = KSTATE_SIMPLE(struct thing, nr);
static const struct kstate_field array = KSTATE_ARRAY(struct thing, name);
static const struct kstate_field varray = KSTATE_VARRAY(struct thing, list, nr);

/* One of them with one member changed */
#define WITH(_field, _member, _value) ({				\
	static struct kstate_field with;				\
									\
	with = (_field);						\
	with._member = (_value);					\
	&with; })

static void expect_refused(struct kunit *test, const struct kstate_field *field,
			   const char *what)
{
	struct kstate_description desc = thing_desc;
	const struct kstate_field fields[] = {
		KSTATE_SIMPLE(struct thing, value), *field, KSTATE_END()
	};

	desc.fields = fields;
	KUNIT_EXPECT_EQ_MSG(test, -EINVAL, try_register(test, &desc), "%s",
			    what);
}

#define EXPECT_REFUSED(_test, _field)					\
	expect_refused(_test, _field, #_field)

static void test_bad_names(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, 0, try_register(test, &thing_desc));
	EXPECT_REFUSED(test, WITH(simple, name, "value"));
	EXPECT_REFUSED(test, WITH(simple, name, NULL));
	EXPECT_REFUSED(test, WITH(simple, name, ""));
	EXPECT_REFUSED(test, WITH(simple, name, long_name));
	EXPECT_REFUSED(test, WITH(simple, alias, "value"));
	EXPECT_REFUSED(test, WITH(simple, alias, "nr"));
	EXPECT_REFUSED(test, WITH(simple, alias, ""));
	EXPECT_REFUSED(test, WITH(simple, alias, "older,value"));
	EXPECT_REFUSED(test, WITH(simple, alias, "older,,oldest"));
	EXPECT_REFUSED(test, WITH(simple, name, "two,names"));
}

static void test_bad_fields(struct kunit *test)
{
	static const struct kstate_field no_ops =
		KSTATE_CUSTOM(struct thing, nr, NULL);
	static const struct kstate_field no_desc =
		KSTATE_STRUCT_POINTER(struct thing, list, u32, NULL);
	static const struct kstate_field other_size =
		KSTATE_STRUCT(struct thing, nr, u32, &thing_desc);
	static const struct kstate_field counted_by_field =
		KSTATE_VARRAY(struct thing, list, value);

	EXPECT_REFUSED(test, WITH(simple, kind, 99));
	EXPECT_REFUSED(test, WITH(simple, type, 99));
	EXPECT_REFUSED(test, WITH(simple, type, KST_NONE));
	EXPECT_REFUSED(test, WITH(simple, size, 3));
	EXPECT_REFUSED(test, WITH(simple, flags, BIT(20)));
	EXPECT_REFUSED(test, WITH(simple, count, 0));
	EXPECT_REFUSED(test, WITH(simple, offset, 2));
	EXPECT_REFUSED(test, WITH(simple, offset, sizeof(struct thing) - 3));
	EXPECT_REFUSED(test, WITH(simple, offset, U32_MAX - 1));
	EXPECT_REFUSED(test, WITH(array, count, U32_MAX));
	EXPECT_REFUSED(test, WITH(varray, count_offset, 4096));
	EXPECT_REFUSED(test, &counted_by_field);
	EXPECT_REFUSED(test, &other_size);
	EXPECT_REFUSED(test, &no_ops);
	EXPECT_REFUSED(test, &no_desc);
}

/* Arrays that can neither grow nor shrink, and lists of nothing */
static void test_bad_rules(struct kunit *test)
{
	static const struct kstate_field pointers =
		KSTATE_ARRAY_OF_POINTER(struct thing, others, nr, struct thing,
					&thing_desc);
	static const u64 values[1];
	static const struct kstate_check none = { .values = values };
	static const struct kstate_field fields[] = {
		KSTATE_ARRAY_OF_POINTER(struct thing, others, nr, struct thing,
					&thing_desc),
		KSTATE_END()
	};
	struct kstate_description desc = thing_desc;

	desc.fields = fields;
	KUNIT_EXPECT_EQ(test, 0, try_register(test, &desc));
	EXPECT_REFUSED(test, WITH(pointers, flags, KSTATE_FIELD_GROW));
	EXPECT_REFUSED(test, WITH(pointers, flags, KSTATE_FIELD_SHRINK));
	EXPECT_REFUSED(test, WITH(simple, check, &none));
}

static bool always(const void *obj)
{
	return true;
}

/* Bytes that are another field's, in a subsection of a subsection */
static void test_bad_subsections(struct kunit *test)
{
	KSTATE_TEST_DESC(inmost, struct thing, "test.inmost", 1, 0,
			 KSTATE_VARRAY(struct thing, list, nr));
	KSTATE_TEST_DESC(inner, struct thing, "test.inner", 1, 0,
			 KSTATE_SIMPLE(struct thing, value),
			 KSTATE_SUBSECTION("inmost", &inmost_desc, always));
	KSTATE_TEST_DESC(good, struct thing, "test.good", 1, 0,
			 KSTATE_SUBSECTION("inner", &inner_desc, always),
			 KSTATE_ARRAY(struct thing, name));
	KSTATE_TEST_DESC(bad, struct thing, "test.bad", 1, 0,
			 KSTATE_SUBSECTION("inner", &inner_desc, always),
			 KSTATE_SIMPLE(struct thing, nr));

	KUNIT_EXPECT_EQ(test, 0, try_register(test, &good_desc));
	KUNIT_EXPECT_EQ(test, -EINVAL, try_register(test, &bad_desc));
}

static void test_bad_descriptions(struct kunit *test)
{
	static const struct kstate_field none[] = { KSTATE_END() };
	struct kstate_description desc = thing_desc;

	desc.name = "";
	KUNIT_EXPECT_EQ(test, -EINVAL, try_register(test, &desc));
	desc.name = long_name;
	KUNIT_EXPECT_EQ(test, -EINVAL, try_register(test, &desc));
	desc.name = NULL;
	KUNIT_EXPECT_EQ(test, -EINVAL, try_register(test, &desc));
	desc = thing_desc;
	desc.min_version = 3;
	KUNIT_EXPECT_EQ(test, -EINVAL, try_register(test, &desc));
	desc = thing_desc;
	desc.flags = BIT(7);
	KUNIT_EXPECT_EQ(test, -EINVAL, try_register(test, &desc));
	desc = thing_desc;
	desc.flags = KSTATE_STOP;
	KUNIT_EXPECT_EQ(test, -EINVAL, try_register(test, &desc));
	desc = thing_desc;
	desc.fields = none;
	KUNIT_EXPECT_EQ(test, -EINVAL, try_register(test, &desc));
	desc.fields = NULL;
	KUNIT_EXPECT_EQ(test, -EINVAL, try_register(test, &desc));
}

struct chain {
	struct chain *next;
};

/* As deep as allowed, one deeper, and without end */
static void test_depth(struct kunit *test)
{
	static struct kstate_description desc[KSTATE_ABI_MAX_DEPTH + 1];
	static struct kstate_field fields[KSTATE_ABI_MAX_DEPTH + 1][2];
	struct chain chain[KSTATE_ABI_MAX_DEPTH] = { }, dst = { }, *c, *next;
	struct kstate_field leaf = KSTATE_POINTER(struct thing, list);
	int i;

	leaf.name = "next";
	leaf.offset = 0;
	for (i = 0; i <= KSTATE_ABI_MAX_DEPTH; i++) {
		desc[i] = (struct kstate_description){
			.name = "test.chain", .fields = fields[i],
			.size = sizeof(struct chain), .owner = THIS_MODULE,
		};
		fields[i][0] = (struct kstate_field)
			KSTATE_STRUCT_POINTER(struct chain, next, struct chain,
					      &desc[i + 1]);
	}
	fields[KSTATE_ABI_MAX_DEPTH][0] = leaf;
	KUNIT_EXPECT_EQ(test, -EINVAL, try_register(test, &desc[0]));

	for (i = 1; i < KSTATE_ABI_MAX_DEPTH - 1; i++)
		chain[i].next = &chain[i + 1];
	KUNIT_ASSERT_EQ(test, 0, kstate_hop_pass(test, &desc[1], &chain[1],
						 &desc[1], &dst));
	for (i = 0, c = dst.next; c; c = next, i++) {
		next = c->next;
		kvfree(c);
	}
	KUNIT_EXPECT_EQ(test, i, KSTATE_ABI_MAX_DEPTH - 2);

	fields[KSTATE_ABI_MAX_DEPTH][0] = fields[0][0];
	KUNIT_EXPECT_EQ(test, -EINVAL, try_register(test, &desc[1]));
}

static struct kunit_case kstate_check_cases[] = {
	KUNIT_CASE(test_bad_names),
	KUNIT_CASE(test_bad_fields),
	KUNIT_CASE(test_bad_rules),
	KUNIT_CASE(test_bad_subsections),
	KUNIT_CASE(test_bad_descriptions),
	KUNIT_CASE(test_depth),
	{}
};

struct kunit_suite kstate_check_suite = {
	.name = "kstate_check",
	.test_cases = kstate_check_cases,
};
