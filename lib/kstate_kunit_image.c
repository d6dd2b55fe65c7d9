// SPDX-License-Identifier: GPL-2.0-only
/*
 * KSTATE: KUnit suite of what is read out of a kernel image, and of what is
 * concluded from it.
 */
#include <linux/kernel.h>
#include <linux/unaligned.h>

#include "kstate_kunit.h"

/* ---- A bzImage, as far as it matters ---- */

#define INFO_AT		(2 * 512 + 40)	/* one setup sector, and code */
#define INFO_FIXED	16
#define OTHER_LEN	12
#define BLOB_AT		(INFO_AT + INFO_FIXED + OTHER_LEN + 8)

static u8 *new_image(struct kunit *test, const void *blob, size_t len)
{
	u8 *image = kunit_kzalloc(test, BLOB_AT + len, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, image);
	image[0x1f1] = 1;
	memcpy(image + 0x202, "HdrS", 4);
	put_unaligned_le16(0x20f, image + 0x206);
	put_unaligned_le32(40, image + 0x268);
	memcpy(image + INFO_AT, "LToP", 4);
	put_unaligned_le32(INFO_FIXED, image + INFO_AT + 4);
	put_unaligned_le32(BLOB_AT + len - INFO_AT, image + INFO_AT + 8);
	memcpy(image + INFO_AT + INFO_FIXED, "else", 4);
	put_unaligned_le32(OTHER_LEN, image + INFO_AT + INFO_FIXED + 4);
	memcpy(image + BLOB_AT - 8, KSTATE_ABI_IMAGE_MAGIC, 4);
	put_unaligned_le32(len + 8, image + BLOB_AT - 4);
	memcpy(image + BLOB_AT, blob, len);
	return image;
}

static const char blob[] = "the schemas";

static const void *find(const void *image, size_t len, const char **why)
{
	size_t blob_len = 0;
	const void *found;

	*why = NULL;
	found = kstate_image_find(image, len, &blob_len, why);
	if (found && blob_len != sizeof(blob))
		return NULL;
	return found;
}

static void test_find(struct kunit *test)
{
	size_t len = BLOB_AT + sizeof(blob);
	u8 *image = new_image(test, blob, sizeof(blob));
	const char *why;

	KUNIT_EXPECT_PTR_EQ(test, (const void *)(image + BLOB_AT),
			    find(image, len, &why));
	/* 0 stands for 4 */
	image[0x1f1] = 0;
	KUNIT_EXPECT_NULL(test, find(image, len, &why));
	KUNIT_EXPECT_STREQ(test, "the image is truncated", why);
	image[0x1f1] = 1;
	put_unaligned_le16(0x20e, image + 0x206);
	KUNIT_EXPECT_NULL(test, find(image, len, &why));
	KUNIT_EXPECT_STREQ(test, "the image is too old to have schemas", why);
	put_unaligned_le16(0x20f, image + 0x206);
	image[BLOB_AT - 8] = 'k';
	KUNIT_EXPECT_NULL(test, find(image, len, &why));
	KUNIT_EXPECT_STREQ(test, "the image has no schemas", why);
}

/* Each in memory of its own, so that KASAN sees what is read beyond. */
static void test_find_truncated(struct kunit *test)
{
	size_t len = BLOB_AT + sizeof(blob), n;
	u8 *image = new_image(test, blob, sizeof(blob)), *part;
	const char *why;

	for (n = 0; n < len; n++) {
		part = kmemdup(image, n ?: 1, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, part);
		KUNIT_EXPECT_EQ_MSG(test, true, !find(part, n, &why) && why,
				    "%zu bytes", n);
		kfree(part);
	}
}

/* What is found lies within the image, whatever is said where. */
static void try_damaged(struct kunit *test, const u8 *image, size_t len)
{
	const char *why = NULL;
	size_t blob_len = 0;
	const u8 *found;

	found = kstate_image_find(image, len, &blob_len, &why);
	if (!found) {
		KUNIT_EXPECT_NOT_NULL(test, why);
		return;
	}
	KUNIT_EXPECT_GE(test, found - image, 0);
	KUNIT_EXPECT_LE(test, found - image, len);
	KUNIT_EXPECT_LE(test, blob_len, len - (found - image));
}

static void test_find_damaged(struct kunit *test)
{
	static const u32 numbers[] = {
		0, 1, 7, 8, 11, 12, 0x7fffffff, 0x80000000, 0xfffffff8, ~0U,
	};
	size_t len = BLOB_AT + sizeof(blob), at, i;
	u8 *image = new_image(test, blob, sizeof(blob));
	u32 old;

	for (at = 0; at + 4 <= len; at++) {
		old = get_unaligned_le32(image + at);
		for (i = 0; i < ARRAY_SIZE(numbers); i++) {
			put_unaligned_le32(numbers[i], image + at);
			try_damaged(test, image, len);
		}
		put_unaligned_le32(old, image + at);
	}
}

/* ---- What an image can restore ---- */

struct part {
	u32 nr;
};

struct whole {
	u32 value;
	struct part part;
};

static const struct kstate_field part_fields[] = {
	KSTATE_SIMPLE(struct part, nr),
	KSTATE_END()
};

static const struct kstate_description part_desc = {
	.name = "test.part", .version = 1, .size = sizeof(struct part),
	.owner = THIS_MODULE,
	.fields = part_fields,
};

static const struct kstate_field whole_fields[] = {
	KSTATE_SIMPLE(struct whole, value),
	KSTATE_STRUCT(struct whole, part, struct part, &part_desc),
	KSTATE_END()
};

static const struct kstate_description whole_desc = {
	.name = "test.whole", .version = 1, .size = sizeof(struct whole),
	.owner = THIS_MODULE,
	.flags = KSTATE_MANDATORY, .fields = whole_fields,
};

static const struct kstate_description optional_desc = {
	.name = "test.whole", .version = 1, .size = sizeof(struct whole),
	.owner = THIS_MODULE,
	.fields = whole_fields,
};

static const struct kstate_description renamed_desc = {
	.name = "test.renamed", .alias = "test.old,test.whole", .version = 1,
	.owner = THIS_MODULE,
	.size = sizeof(struct whole), .fields = whole_fields,
};

/* The value as text is another type. */
struct other {
	char value[4];
};

static const struct kstate_field other_fields[] = {
	KSTATE_ARRAY(struct other, value),
	KSTATE_END()
};

static const struct kstate_description other_desc = {
	.name = "test.whole", .version = 1, .size = sizeof(struct other),
	.owner = THIS_MODULE,
	.fields = other_fields,
};

/* Only small values */
static const struct kstate_field small_fields[] = {
	KSTATE_SIMPLE(struct whole, value, .check = KSTATE_MIN_MAX(0, 9)),
	KSTATE_END()
};

static const struct kstate_description small_desc = {
	.name = "test.whole", .version = 1, .size = sizeof(struct whole),
	.owner = THIS_MODULE,
	.fields = small_fields,
};

static const struct kstate_description mandatory_part_desc = {
	.name = "test.part", .version = 1, .size = sizeof(struct part),
	.owner = THIS_MODULE,
	.flags = KSTATE_MANDATORY, .fields = part_fields,
};

static void free_target(void *target)
{
	kstate_target_free(target);
}

/*
 * A kernel image that declares @desc, or nothing; byte @flip of its schemas is
 * wrong unless it is negative.
 */
static struct kstate_target *
new_target(struct kunit *test, const struct kstate_description *desc, int flip)
{
	struct kstate_hop *hop = kstate_hop_new(test);
	static struct whole obj;
	struct kstate_target *target;
	size_t len;
	u8 *bytes, *image;

	if (desc)
		KUNIT_ASSERT_EQ(test, 0,
				kstate_core_register(&hop->old, desc, &obj, 0));
	bytes = kstate_core_schemas(&hop->old, &len);
	KUNIT_ASSERT_FALSE(test, IS_ERR(bytes));
	if (flip >= 0)
		bytes[flip] ^= 1;
	image = new_image(test, bytes, len);
	kvfree(bytes);
	target = kstate_target_new(image, BLOB_AT + len);
	KUNIT_ASSERT_FALSE(test, IS_ERR(target));
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, free_target,
							   target));
	return target;
}

/* A kernel that has an object of @desc */
static struct kstate_hop *new_kernel(struct kunit *test,
				     const struct kstate_description *desc,
				     void *obj)
{
	struct kstate_hop *hop = kstate_hop_new(test);

	KUNIT_ASSERT_EQ(test, 0, kstate_core_register(&hop->old, desc, obj, 5));
	return hop;
}

static int check(struct kunit *test, const struct kstate_description *from,
		 const struct kstate_description *to)
{
	struct whole obj = { };

	return kstate_core_check(&new_kernel(test, from, &obj)->old,
				 new_target(test, to, -1));
}

static void test_check(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, 0, check(test, &whole_desc, &whole_desc));
	KUNIT_EXPECT_EQ(test, 0, check(test, &whole_desc, &optional_desc));
	KUNIT_EXPECT_EQ(test, 0, check(test, &whole_desc, &renamed_desc));
	KUNIT_EXPECT_EQ(test, 0, check(test, &renamed_desc, &whole_desc));
	KUNIT_EXPECT_EQ(test, -EPROTO, check(test, &whole_desc, NULL));
	KUNIT_EXPECT_EQ(test, -EPROTO, check(test, &whole_desc, &other_desc));
	KUNIT_EXPECT_EQ(test, 0, check(test, &optional_desc, &other_desc));
	KUNIT_EXPECT_EQ(test, 0, check(test, &optional_desc, NULL));
}

/* That a schema is there for another one's sake does not count. */
static void test_check_nested(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, 0,
			check(test, &mandatory_part_desc, &part_desc));
	KUNIT_EXPECT_EQ(test, -EPROTO,
			check(test, &mandatory_part_desc, &whole_desc));
}

/* Objects of two descriptions that became one: one of them is not asked for. */
static void test_check_merged(struct kunit *test)
{
	struct whole obj = { }, other = { };
	struct kstate_hop *hop = new_kernel(test, &whole_desc, &obj);
	struct kstate_target *target = new_target(test, &renamed_desc, -1);
	static struct kstate_description old;

	KUNIT_EXPECT_EQ(test, 0, kstate_core_check(&hop->old, target));
	old = optional_desc;
	old.name = "test.old";
	KUNIT_ASSERT_EQ(test, 0,
			kstate_core_register(&hop->old, &old, &other, 5));
	KUNIT_EXPECT_EQ(test, -EPROTO, kstate_core_check(&hop->old, target));
	KUNIT_EXPECT_STREQ(test, "test.whole", hop->old.last_name);
	KUNIT_EXPECT_STREQ(test, "test.old", hop->old.last.desc);
	kstate_core_unregister(&hop->old, &old, 5);
	KUNIT_ASSERT_EQ(test, 0, kstate_core_register(&hop->old, &renamed_desc,
						      &other, 5));
	KUNIT_EXPECT_EQ(test, -EPROTO, kstate_core_check(&hop->old, target));
	KUNIT_EXPECT_STREQ(test, "test.renamed", hop->old.last.desc);
}

static void test_check_report(struct kunit *test)
{
	struct whole obj = { };
	struct kstate_hop *hop = new_kernel(test, &whole_desc, &obj);

	KUNIT_EXPECT_EQ(test, -EPROTO,
			kstate_core_check(&hop->old,
					  new_target(test, &other_desc, -1)));
	KUNIT_EXPECT_STREQ(test, "test.whole", hop->old.last_name);
	KUNIT_EXPECT_EQ(test, 5, hop->old.last_instance);
	KUNIT_EXPECT_STREQ(test, "test.whole", hop->old.last.desc);
	KUNIT_EXPECT_STREQ(test, "value", hop->old.last.field);
	KUNIT_EXPECT_EQ(test, -EPROTO, hop->old.last.err);
}

static void test_check_force(struct kunit *test)
{
	struct whole obj = { };
	struct kstate_hop *hop = new_kernel(test, &whole_desc, &obj);
	struct kstate_target *other = new_target(test, &other_desc, -1);
	struct kstate_target *damaged = new_target(test, &whole_desc, 70);

	hop->old.force = true;
	KUNIT_EXPECT_EQ(test, 0, kstate_core_check(&hop->old, other));
	KUNIT_EXPECT_EQ(test, 0, kstate_core_check(&hop->old, damaged));
	hop->old.force = false;
	KUNIT_EXPECT_EQ(test, -EPROTO, kstate_core_check(&hop->old, other));
	KUNIT_EXPECT_EQ(test, -ENODATA, kstate_core_check(&hop->old, damaged));
}

static void test_no_schemas(struct kunit *test)
{
	struct whole obj = { };
	struct kstate_hop *must = new_kernel(test, &whole_desc, &obj);
	struct kstate_hop *may = new_kernel(test, &optional_desc, &obj);
	struct kstate_hop *none = kstate_hop_new(test);
	struct kstate_target *target = new_target(test, &whole_desc, 70);

	KUNIT_EXPECT_STREQ(test, "the image's schemas are damaged",
			   target->why);
	KUNIT_EXPECT_EQ(test, -ENODATA, kstate_core_check(&must->old, target));
	KUNIT_EXPECT_STREQ(test, target->why, must->old.last.why);
	KUNIT_EXPECT_EQ(test, 0, kstate_core_check(&may->old, target));
	KUNIT_EXPECT_EQ(test, 0, kstate_core_check(&none->old, target));
}

/* ---- With the objects ---- */

static int save(struct kunit *test, const struct kstate_description *from,
		const struct kstate_description *to, u32 value)
{
	struct whole obj = { .value = value };
	struct kstate_hop *hop = new_kernel(test, from, &obj);
	int err;

	hop->old.target = new_target(test, to, -1);
	err = kstate_hop_save(hop);
	KUNIT_EXPECT_EQ(test, err ? KSTATE_IDLE : KSTATE_SAVED,
			hop->old.phase);
	kstate_core_abort(&hop->old);
	hop->old.target = NULL;
	KUNIT_EXPECT_EQ(test, 0, kstate_hop_save(hop));
	return err;
}

static void test_save(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, 0, save(test, &whole_desc, &whole_desc, 1));
	KUNIT_EXPECT_EQ(test, -EPROTO, save(test, &whole_desc, &other_desc, 1));
	KUNIT_EXPECT_EQ(test, 0, save(test, &optional_desc, &other_desc, 1));
}

/* What a dry run says of state that the image would lose */
static void meter(struct kunit *test, const struct kstate_description *from,
		  const struct kstate_description *to, const char *want)
{
	struct whole obj = { .value = 10 };
	struct kstate_hop *hop = new_kernel(test, from, &obj);
	struct kstate_meter m = { };
	char line[256];
	int err;

	hop->old.target = new_target(test, to, -1);
	hop->old.meter = &m;
	err = kstate_hop_save(hop);
	kstate_core_abort(&hop->old);
	kstate_meter_result(&hop->old, &m, err);
	KUNIT_EXPECT_EQ(test, 1, m.nr);
	KUNIT_EXPECT_GT(test, kstate_meter_print(&m, 0, line, sizeof(line)), 0);
	KUNIT_EXPECT_NOT_NULL(test, strstr(line, want));
	kstate_meter_reset(&m);
	hop->old.meter = NULL;
	hop->old.target = NULL;
}

static void test_meter(struct kunit *test)
{
	meter(test, &whole_desc, &whole_desc, " ok\n");
	meter(test, &optional_desc, &other_desc,
	      "test.whole.value was saved as another type\n");
	meter(test, &whole_desc, &other_desc,
	      "test.whole.value was saved as another type\n");
	meter(test, &optional_desc, &small_desc,
	      "test.whole.value has a value that does not fit\n");
}

static void test_save_values(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, 0, save(test, &whole_desc, &small_desc, 9));
	KUNIT_EXPECT_EQ(test, -ERANGE, save(test, &whole_desc, &small_desc, 10));
	KUNIT_EXPECT_EQ(test, 0, save(test, &optional_desc, &small_desc, 10));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(test_find),
	KUNIT_CASE(test_find_truncated),
	KUNIT_CASE(test_find_damaged),
	KUNIT_CASE(test_check),
	KUNIT_CASE(test_check_nested),
	KUNIT_CASE(test_check_merged),
	KUNIT_CASE(test_check_report),
	KUNIT_CASE(test_check_force),
	KUNIT_CASE(test_no_schemas),
	KUNIT_CASE(test_save),
	KUNIT_CASE(test_meter),
	KUNIT_CASE(test_save_values),
	{ }
};

struct kunit_suite kstate_image_suite = {
	.name = "kstate_image",
	.test_cases = cases,
};
