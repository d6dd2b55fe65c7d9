// SPDX-License-Identifier: GPL-2.0-only
/*
 * KSTATE: KUnit suite of the stream: every kind, golden bytes, broken and
 * hostile streams.
 */
#include <linux/sizes.h>

#include "kstate_kunit.h"

struct inner {
	u32 id;
	u8 *key;
};

static const struct kstate_field inner_fields[] = {
	KSTATE_SIMPLE(struct inner, id),
	KSTATE_POINTER(struct inner, key),
	KSTATE_END()
};

static const struct kstate_description inner_desc = {
	.name = "test.inner", .version = 1, .size = sizeof(struct inner),
	.owner = THIS_MODULE,
	.fields = inner_fields,
};

struct all {
	bool flag;
	u8 a;
	s16 b;
	u32 c;
	s64 d;
	char text[10];
	u16 numbers[3];
	unsigned long *word;
	u32 *list;
	unsigned int nr_list;
	struct inner inside;
	struct inner *beside;
	struct inner **several;
	u8 nr_several;
	u32 custom;
	struct page *page;
	struct folio *folio;
};

static ssize_t custom_size(const void *obj, const struct kstate_field *field)
{
	return 3 * sizeof(__le32);
}

static int custom_save(struct kstate_stream *stream, const void *obj,
		       const struct kstate_field *field)
{
	__le32 value = cpu_to_le32(((const struct all *)obj)->custom);

	return kstate_write(stream, &value, sizeof(value)) ?:
	       kstate_write(stream, &value, sizeof(value));
}

static int custom_load(struct kstate_stream *stream, void *obj,
		       const struct kstate_field *field)
{
	__le32 one, two;
	int err;

	if (kstate_read_left(stream) != 2 * sizeof(one))
		return -EPROTO;
	err = kstate_read(stream, &one, sizeof(one)) ?:
	      kstate_read(stream, &two, sizeof(two));
	if (err)
		return err;
	if (one != two || kstate_read(stream, &one, 1) != -EBADMSG)
		return -EPROTO;
	((struct all *)obj)->custom = le32_to_cpu(one);
	return 0;
}

static const struct kstate_custom_ops custom_ops = {
	.size = custom_size, .save = custom_save, .load = custom_load,
};

static const struct kstate_field all_fields[] = {
	KSTATE_SIMPLE(struct all, flag),
	KSTATE_SIMPLE(struct all, a),
	KSTATE_SIMPLE(struct all, b),
	KSTATE_SIMPLE(struct all, c),
	KSTATE_SIMPLE(struct all, d),
	KSTATE_ARRAY(struct all, text),
	KSTATE_ARRAY(struct all, numbers),
	KSTATE_POINTER(struct all, word),
	KSTATE_VARRAY(struct all, list, nr_list),
	KSTATE_STRUCT(struct all, inside, struct inner, &inner_desc),
	KSTATE_STRUCT_POINTER(struct all, beside, struct inner, &inner_desc),
	KSTATE_ARRAY_OF_POINTER(struct all, several, nr_several, struct inner,
				&inner_desc),
	KSTATE_CUSTOM(struct all, custom, &custom_ops),
	KSTATE_PAGE(struct all, page),
	KSTATE_FOLIO(struct all, folio),
	KSTATE_END()
};

static const struct kstate_description all_desc = {
	.name = "test.all", .version = 3, .min_version = 2,
	.owner = THIS_MODULE,
	.size = sizeof(struct all), .fields = all_fields,
};

static u8 keys[3] = { 11, 22, 33 };
static unsigned long word = 0x123456789abcdef0UL;
static u32 list[5] = { 1, 0, U32_MAX, 4, 5 };
static struct inner beside = { .id = 7, .key = &keys[1] };
static struct inner first = { .id = 8 };
static struct inner third = { .id = 9, .key = &keys[2] };
static struct inner *several[3] = { &first, NULL, &third };

static const struct all full = {
	.flag = true, .a = 200, .b = -300, .c = 0xdeadbeef,
	.d = -5000000000LL, .text = "nine char", .numbers = { 1, 2, 65535 },
	.word = &word, .list = list, .nr_list = ARRAY_SIZE(list),
	.inside = { .id = 6, .key = &keys[0] }, .beside = &beside,
	.several = several, .nr_several = ARRAY_SIZE(several), .custom = 77,
	.page = (void *)&fake_folios[0], .folio = (void *)&fake_folios[2],
};

static void free_all(struct all *all)
{
	int i;

	for (i = 0; all->several && i < all->nr_several; i++) {
		if (all->several[i])
			kvfree(all->several[i]->key);
		kvfree(all->several[i]);
	}
	kvfree(all->several);
	if (all->beside)
		kvfree(all->beside->key);
	kvfree(all->beside);
	kvfree(all->inside.key);
	kvfree(all->list);
	kvfree(all->word);
	memset(all, 0, sizeof(*all));
}

static void expect_full(struct kunit *test, const struct all *got)
{
	KUNIT_EXPECT_TRUE(test, got->flag);
	KUNIT_EXPECT_EQ(test, got->a, full.a);
	KUNIT_EXPECT_EQ(test, got->b, full.b);
	KUNIT_EXPECT_EQ(test, got->c, full.c);
	KUNIT_EXPECT_EQ(test, got->d, full.d);
	KUNIT_EXPECT_MEMEQ(test, got->text, full.text, sizeof(full.text));
	KUNIT_EXPECT_MEMEQ(test, got->numbers, full.numbers,
			   sizeof(full.numbers));
	KUNIT_ASSERT_NOT_NULL(test, got->word);
	KUNIT_EXPECT_EQ(test, *got->word, word);
	KUNIT_ASSERT_NOT_NULL(test, got->list);
	KUNIT_EXPECT_EQ(test, got->nr_list, full.nr_list);
	KUNIT_EXPECT_MEMEQ(test, got->list, list, sizeof(list));
	KUNIT_EXPECT_EQ(test, got->inside.id, 6);
	KUNIT_ASSERT_NOT_NULL(test, got->inside.key);
	KUNIT_EXPECT_EQ(test, *got->inside.key, 11);
	KUNIT_ASSERT_NOT_NULL(test, got->beside);
	KUNIT_EXPECT_EQ(test, got->beside->id, 7);
	KUNIT_EXPECT_EQ(test, *got->beside->key, 22);
	KUNIT_ASSERT_NOT_NULL(test, got->several);
	KUNIT_ASSERT_EQ(test, got->nr_several, 3);
	KUNIT_EXPECT_EQ(test, got->several[0]->id, 8);
	KUNIT_EXPECT_NULL(test, got->several[0]->key);
	KUNIT_EXPECT_NULL(test, got->several[1]);
	KUNIT_EXPECT_EQ(test, *got->several[2]->key, 33);
	KUNIT_EXPECT_EQ(test, got->custom, 77);
	KUNIT_EXPECT_PTR_EQ(test, (void *)got->page, (void *)&fake_folios[0]);
	KUNIT_EXPECT_PTR_EQ(test, (void *)got->folio, (void *)&fake_folios[2]);
}

static void test_every_kind(struct kunit *test)
{
	struct all src = full, dst = { };

	KUNIT_ASSERT_EQ(test, 0, kstate_hop_pass(test, &all_desc, &src,
						 &all_desc, &dst));
	expect_full(test, &dst);
	KUNIT_EXPECT_TRUE(test, fake_folios[0].claimed);
	KUNIT_EXPECT_FALSE(test, fake_folios[1].claimed);
	free_all(&dst);
}

static void test_null_pointers(struct kunit *test)
{
	struct all src = { .c = 5, .nr_list = 4, .nr_several = 3 }, dst = { };

	KUNIT_ASSERT_EQ(test, 0, kstate_hop_pass(test, &all_desc, &src,
						 &all_desc, &dst));
	KUNIT_EXPECT_EQ(test, dst.c, 5);
	KUNIT_EXPECT_NULL(test, dst.word);
	KUNIT_EXPECT_NULL(test, dst.list);
	KUNIT_EXPECT_EQ(test, dst.nr_list, 0);
	KUNIT_EXPECT_NULL(test, dst.several);
	KUNIT_EXPECT_EQ(test, dst.nr_several, 0);
	KUNIT_EXPECT_NULL(test, dst.page);
}

/* Memory that the object has is used, not replaced. */
static void test_existing_pointees(struct kunit *test)
{
	u32 own_list[ARRAY_SIZE(list)] = { };
	struct all src = full, dst = { };
	unsigned long own_word = 1;

	dst.word = &own_word;
	dst.list = own_list;
	dst.nr_list = ARRAY_SIZE(own_list);
	KUNIT_ASSERT_EQ(test, 0, kstate_hop_pass(test, &all_desc, &src,
						 &all_desc, &dst));
	expect_full(test, &dst);
	KUNIT_EXPECT_PTR_EQ(test, dst.word, &own_word);
	KUNIT_EXPECT_PTR_EQ(test, dst.list, &own_list[0]);
	dst.word = NULL;
	dst.list = NULL;
	free_all(&dst);

	memset(own_list, 0, sizeof(own_list));
	dst.list = own_list;
	dst.nr_list = ARRAY_SIZE(own_list) - 1;
	KUNIT_EXPECT_EQ(test, -EMSGSIZE,
			kstate_hop_pass(test, &all_desc, &src, &all_desc,
					&dst));
	KUNIT_EXPECT_EQ(test, own_list[0], 0);
	KUNIT_EXPECT_NULL(test, dst.word);

	src.list = NULL;
	KUNIT_EXPECT_EQ(test, -EEXIST,
			kstate_hop_pass(test, &all_desc, &src, &all_desc,
					&dst));
}

/* ---- Golden bytes ---- */

struct golden {
	u32 a;
	s16 b;
	char c[3];
	u8 *p;
};

static const struct kstate_field golden_fields[] = {
	KSTATE_SIMPLE(struct golden, a, .flags = KSTATE_FIELD_MANDATORY),
	KSTATE_SIMPLE(struct golden, b),
	KSTATE_ARRAY(struct golden, c),
	KSTATE_POINTER(struct golden, p),
	KSTATE_END()
};

static const struct kstate_description golden_desc = {
	.name = "g", .version = 2, .min_version = 1,
	.owner = THIS_MODULE,
	.size = sizeof(struct golden), .fields = golden_fields,
};

/* Made from the text of kstate_abi.h, not by this code */
static const u8 golden_bytes[] __aligned(8) = {
	0x4b, 0x53, 0x53, 0x54, 0x53, 0x54, 0x52, 0x4d, 0x02, 0x00, 0x00, 0x00,
	0x40, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x88, 0x01, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x96, 0xc8, 0xa9, 0x86, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x92, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0xc8, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x92, 0xa7, 0x73, 0x40,
	0x94, 0xd1, 0x1c, 0xce, 0x02, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00,
	0x04, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x88, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x02, 0x00, 0x01, 0x00, 0x00, 0x00,
	0x04, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff,
	0x8a, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x03, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00,
	0xff, 0xff, 0xff, 0xff, 0x8c, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x01, 0x00, 0x04, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00,
	0x03, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0x8e, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x02, 0x00, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x01, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff,
	0x90, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x67, 0x00, 0x61, 0x00,
	0x62, 0x00, 0x63, 0x00, 0x70, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x04, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x1b, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x50, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0xd2, 0x4b, 0x4b, 0x2b, 0xec, 0x8d, 0xa7, 0x9a,
	0x07, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x0b, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x44, 0x33, 0x22, 0x11, 0xfe, 0xff, 0x78, 0x79,
	0x7a, 0x01, 0x21, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x30, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0xff, 0xff, 0xff, 0xff, 0xef, 0x72, 0xc5, 0xab,
};

static const struct golden golden_src = {
	.a = 0x11223344, .b = -2, .c = "xyz", .p = &keys[2],
};

static void test_golden_bytes(struct kunit *test)
{
	struct kstate_hop *hop = kstate_hop_new(test);
	struct golden src = golden_src;

	KUNIT_ASSERT_EQ(test, 0, kstate_core_register(&hop->old, &golden_desc,
						      &src, 7));
	KUNIT_ASSERT_EQ(test, 0, kstate_hop_save(hop));
	KUNIT_ASSERT_EQ(test, 0, kstate_hop_jump(hop));
	KUNIT_ASSERT_EQ(test, hop->len, sizeof(golden_bytes));
	KUNIT_EXPECT_MEMEQ(test, hop->data, golden_bytes, hop->len);
}

/* Open a changed stream and restore from it. */
static int try_stream(const void *data, size_t len,
		      const struct kstate_description *desc, void *dst,
		      u64 instance)
{
	struct kstate_core *core = kzalloc(sizeof(*core), GFP_KERNEL);
	int err;

	if (!core)
		return -ENOMEM;
	kstate_core_init(core, &fake_mem);
	err = kstate_core_open(core, data, len) ?:
	      kstate_core_restore(core, desc, dst, instance);
	kstate_core_close(core);
	kfree(core);
	return err;
}

static void expect_golden(struct kunit *test, struct golden *dst)
{
	KUNIT_EXPECT_EQ(test, dst->a, golden_src.a);
	KUNIT_EXPECT_EQ(test, dst->b, golden_src.b);
	KUNIT_EXPECT_MEMEQ(test, dst->c, golden_src.c, sizeof(dst->c));
	KUNIT_ASSERT_NOT_NULL(test, dst->p);
	KUNIT_EXPECT_EQ(test, *dst->p, *golden_src.p);
	kvfree(dst->p);
}

static void test_truncated(struct kunit *test)
{
	struct golden dst = { };
	size_t len;
	u8 *copy;

	/* In memory that ends there, so that reading on is noticed. */
	for (len = 0; len < sizeof(golden_bytes); len++) {
		copy = kmemdup(golden_bytes, len, GFP_KERNEL);
		KUNIT_EXPECT_EQ(test, -EBADMSG,
				try_stream(copy, len, &golden_desc, &dst, 7));
		kfree(copy);
	}
	KUNIT_EXPECT_EQ(test, 0, dst.a);
}

static void test_bit_flips(struct kunit *test)
{
	struct golden dst;
	size_t bit;
	u8 *copy;
	int err;

	copy = kunit_kmalloc(test, sizeof(golden_bytes), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, copy);
	for (bit = 0; bit < sizeof(golden_bytes) * 8; bit++) {
		memset(&dst, 0, sizeof(dst));
		memcpy(copy, golden_bytes, sizeof(golden_bytes));
		copy[bit / 8] ^= 1 << (bit % 8);
		err = try_stream(copy, sizeof(golden_bytes), &golden_desc,
				 &dst, 7);
		/* Only padding between sections has no checksum. */
		if (err)
			KUNIT_EXPECT_EQ(test, err, -EBADMSG);
		else
			expect_golden(test, &dst);
	}
}

/* ---- Streams whose checksums are right and whose contents are not ---- */

/*
 * Change every bit of a stream that has every kind: nothing may crash, and
 * whenever restoring fails the object must be as it was.
 */
static void test_hostile_bits(struct kunit *test)
{
	struct kstate_hop *hop = kstate_hop_new(test);
	struct all src = full, dst, zero = { };
	size_t bit;
	u8 *copy;

	KUNIT_ASSERT_EQ(test, 0,
			kstate_core_register(&hop->old, &all_desc, &src, 1));
	KUNIT_ASSERT_EQ(test, 0, kstate_hop_save(hop));
	KUNIT_ASSERT_EQ(test, 0, kstate_hop_jump(hop));
	copy = kunit_kmalloc(test, hop->len, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, copy);

	memset(&dst, 0, sizeof(dst));
	for (bit = 0; bit < hop->len * 8; bit++) {
		memcpy(copy, hop->data, hop->len);
		copy[bit / 8] ^= 1 << (bit % 8);
		kstate_hop_fix_crc(copy, hop->len);
		if (try_stream(copy, hop->len, &all_desc, &dst, 1)) {
			KUNIT_ASSERT_MEMEQ(test, &dst, &zero, sizeof(dst));
			KUNIT_ASSERT_FALSE(test, fake_folios[0].claimed);
		}
		fake_folios[0].claimed = false;
		fake_folios[2].claimed = false;
		free_all(&dst);
		cond_resched();
	}
}

struct counted {
	u64 *list;
	u32 nr;
};

static const struct kstate_field counted_fields[] = {
	KSTATE_VARRAY(struct counted, list, nr),
	KSTATE_END()
};

static const struct kstate_description counted_desc = {
	.name = "test.counted", .size = sizeof(struct counted),
	.owner = THIS_MODULE,
	.fields = counted_fields,
};

/* No count makes us allocate more than the stream has bytes for. */
static void test_hostile_counts(struct kunit *test)
{
	static const u32 counts[] = { 3, 0x1000, 0x20000000, U32_MAX };
	u64 values[2] = { 1, 2 };
	struct counted src = { .list = values, .nr = 2 }, dst = { };
	struct kstate_hop *hop = kstate_hop_new(test);
	size_t at, i;

	KUNIT_ASSERT_EQ(test, 0, kstate_core_register(&hop->old, &counted_desc,
						      &src, 1));
	KUNIT_ASSERT_EQ(test, 0, kstate_hop_save(hop));
	KUNIT_ASSERT_EQ(test, 0, kstate_hop_jump(hop));

	/* Present, count, two values, padding, then the last section. */
	at = hop->len - sizeof(struct kstate_abi_section) - 24 + 1;
	KUNIT_ASSERT_EQ(test, hop->data[at], 2);
	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		__le32 wire = cpu_to_le32(counts[i]);

		memcpy(hop->data + at, &wire, sizeof(wire));
		kstate_hop_fix_crc(hop->data, hop->len);
		KUNIT_EXPECT_EQ(test, -EBADMSG,
				try_stream(hop->data, hop->len, &counted_desc,
					   &dst, 1));
		KUNIT_EXPECT_NULL(test, dst.list);
	}
}

static void test_same_object_twice(struct kunit *test)
{
	struct kstate_hop *hop = kstate_hop_new(test);
	struct golden src = golden_src, dst = { };
	struct kstate_abi_section *sect;
	struct kstate_abi_record record;
	size_t at = sizeof(struct kstate_abi_stream);

	KUNIT_ASSERT_EQ(test, 0, kstate_core_register(&hop->old, &golden_desc,
						      &src, 7));
	KUNIT_ASSERT_EQ(test, 0, kstate_core_register(&hop->old, &golden_desc,
						      &src, 8));
	KUNIT_ASSERT_EQ(test, 0, kstate_hop_save(hop));
	KUNIT_ASSERT_EQ(test, 0, kstate_hop_jump(hop));

	/* The schema, then the group, whose second record is changed. */
	sect = (struct kstate_abi_section *)(hop->data + at);
	at += le64_to_cpu(sect->span) + sizeof(*sect);
	memcpy(&record, hop->data + at, sizeof(record));
	at += sizeof(record) + le32_to_cpu(record.length);
	memcpy(&record, hop->data + at, sizeof(record));
	KUNIT_ASSERT_EQ(test, le64_to_cpu(record.instance), 8);
	record.instance = cpu_to_le64(7);
	memcpy(hop->data + at, &record, sizeof(record));
	kstate_hop_fix_crc(hop->data, hop->len);
	KUNIT_EXPECT_EQ(test, -EBADMSG, try_stream(hop->data, hop->len,
						   &golden_desc, &dst, 7));
}

#define MANY	20000

struct one_of_many {
	u64 values[2];
};

static const struct kstate_field one_of_many_fields[] = {
	KSTATE_ARRAY(struct one_of_many, values),
	KSTATE_END()
};

static const struct kstate_description one_of_many_desc = {
	.name = "test.one_of_many", .version = 1,
	.owner = THIS_MODULE,
	.size = sizeof(struct one_of_many), .fields = one_of_many_fields,
};

static u32 count_groups(const struct kstate_hop *hop)
{
	const struct kstate_abi_section *sect;
	size_t at = sizeof(struct kstate_abi_stream);
	u32 nr = 0;

	for (; at < hop->len; at += le64_to_cpu(sect->span)) {
		sect = (const struct kstate_abi_section *)(hop->data + at);
		nr += le32_to_cpu(sect->type) == KSTATE_ABI_SECT_GROUP;
	}
	return nr;
}

/* How objects of the stream's first schema are restored, if that is known once */
static const void *only_resolution(struct kstate_hop *hop)
{
	struct list_head *all = &hop->new.reader.objects[0].schema->resolutions;

	return list_is_singular(all) ? all->next : NULL;
}

/* Objects fill a group and the next one; some go when they are saved. */
static void test_many_objects(struct kunit *test)
{
	const struct kstate_description *desc = &one_of_many_desc;
	struct kstate_hop *hop = kstate_hop_new(test);
	struct one_of_many src = { { 1, U64_MAX } };
	const void *resolution = NULL;
	u32 i;

	for (i = 0; i < MANY; i++)
		KUNIT_ASSERT_EQ(test, 0, kstate_core_register(&hop->old, desc,
							      &src, i));
	KUNIT_ASSERT_EQ(test, 0, kstate_hop_save(hop));
	kstate_core_unregister(&hop->old, desc, 1);
	kstate_core_unregister(&hop->old, desc, MANY - 1);
	KUNIT_ASSERT_EQ(test, 0, kstate_hop_jump(hop));
	KUNIT_EXPECT_EQ(test, count_groups(hop),
			DIV_ROUND_UP(hop->len, SZ_256K));
	for (i = 0; i < MANY; i++) {
		bool gone = i == 1 || i == MANY - 1;
		struct one_of_many dst = { };

		KUNIT_ASSERT_EQ(test, gone ? -ENOENT : 0,
				kstate_core_restore(&hop->new, desc, &dst, i));
		KUNIT_ASSERT_EQ(test, dst.values[1], gone ? 0 : U64_MAX);
		if (!i)
			resolution = only_resolution(hop);
	}
	KUNIT_EXPECT_NOT_NULL(test, resolution);
	KUNIT_EXPECT_PTR_EQ(test, resolution, only_resolution(hop));
}

static struct kunit_case kstate_codec_cases[] = {
	KUNIT_CASE(test_every_kind),
	KUNIT_CASE(test_null_pointers),
	KUNIT_CASE(test_existing_pointees),
	KUNIT_CASE(test_golden_bytes),
	KUNIT_CASE(test_truncated),
	KUNIT_CASE(test_bit_flips),
	KUNIT_CASE(test_hostile_bits),
	KUNIT_CASE(test_hostile_counts),
	KUNIT_CASE(test_same_object_twice),
	KUNIT_CASE(test_many_objects),
	{}
};

struct kunit_suite kstate_codec_suite = {
	.name = "kstate_codec",
	.test_cases = kstate_codec_cases,
};
