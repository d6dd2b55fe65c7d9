// SPDX-License-Identifier: GPL-2.0
/*
 * Streams that no kernel writes: their checksums are right, and their schemas,
 * lengths, counts and numbers are not.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/kernel.h>
#include <linux/slab.h>

#include "raw.h"
#include "shim_mem.h"
#include "tap.h"

/* ---- Header and sections ---- */

static void the_builder_is_right(void)
{
	raw_good_stream();
	CHECK_EQ(raw_read_thing(), 0);
}

#define REFUSED(change)							\
	do {								\
		raw_good_stream();					\
		change;							\
		CHECK_EQ(raw_read_thing(), -EBADMSG);			\
	} while (0)

static void headers(void)
{
	REFUSED(raw_head()->magic ^= 1);
	REFUSED(raw_head()->format = cpu_to_le32(1));
	REFUSED(raw_head()->format = cpu_to_le32(3));
	REFUSED(raw_head()->format = 0);
	REFUSED(raw_head()->incompat = cpu_to_le64(1));
	REFUSED(raw_head()->incompat = cpu_to_le64(1ULL << 63));
	REFUSED(raw_head()->header_size = 0);
	REFUSED(raw_head()->header_size = cpu_to_le32(56));
	REFUSED(raw_head()->header_size = cpu_to_le32(65));
	REFUSED(raw_head()->header_size = cpu_to_le32(72));
	REFUSED(raw_head()->header_size = cpu_to_le32(0xfffffff8));
	REFUSED(raw_head()->length = cpu_to_le64(raw_used + 8));
	REFUSED(raw_head()->length = cpu_to_le64(raw_used - 8));
	REFUSED(raw_head()->length = cpu_to_le64(64));
	REFUSED(raw_head()->length = 0);
	REFUSED(raw_head()->length = cpu_to_le64(U64_MAX));
	REFUSED(raw_head()->nr_schemas = 0);
	REFUSED(raw_head()->nr_schemas = cpu_to_le32(2));
	REFUSED(raw_head()->nr_schemas = cpu_to_le32(U32_MAX));
	REFUSED(raw_head()->nr_objects = 0);
	REFUSED(raw_head()->nr_objects = cpu_to_le32(2));
	REFUSED(raw_head()->nr_objects = cpu_to_le32(U32_MAX));

	/* features that may be ignored */
	raw_good_stream();
	raw_head()->compat = cpu_to_le64(U64_MAX);
	CHECK_EQ(raw_read_thing(), 0);
}

/* A header that has grown, without a new format: its end is skipped. */
static void longer_header(void)
{
	raw_good_stream();
	memmove(raw_buf + 128, raw_buf + 64, raw_used - 64);
	memset(raw_buf + 64, 0xff, 64);
	raw_used += 64;
	raw_head()->header_size = cpu_to_le32(128);
	raw_head()->length = cpu_to_le64(raw_used);
	CHECK_EQ(raw_read_thing(), 0);
}

/* Memory after the stream is not part of it. */
static void bytes_after_the_end(void)
{
	raw_good_stream();
	raw_used += 24;
	CHECK_EQ(raw_read_thing(), 0);
	raw_head()->length = cpu_to_le64(raw_used);
	CHECK_EQ(raw_read_thing(), -EBADMSG);
}

static void put_span(u64 span)
{
	raw_at = sizeof(struct kstate_abi_stream);
	raw_section()->span = cpu_to_le64(span);
	raw_section()->crc = cpu_to_le32(kstate_crc(raw_section(), 44));
}

static void put_length(u64 length)
{
	raw_at = sizeof(struct kstate_abi_stream);
	raw_section()->length = cpu_to_le64(length);
	raw_section()->crc = cpu_to_le32(kstate_crc(raw_section(), 44));
}

static void section_lengths(void)
{
	static const u64 spans[] = {
		0, 8, 40, 47, 49, 50, 1000000, S64_MAX, 1ULL << 63,
		U64_MAX, U64_MAX - 7, U64_MAX - 47, U64_MAX - 111,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(spans); i++) {
		REFUSED(put_span(spans[i]));
		REFUSED(put_length(spans[i] ?: 1));
	}
}

static void section_kinds(void)
{
	REFUSED(raw_section()->type = 0);
	REFUSED(raw_section()->type = cpu_to_le32(5));
	REFUSED(raw_section()->type = cpu_to_le32(KSTATE_ABI_SECT_OBJECT));
	REFUSED(raw_section()->type = cpu_to_le32(KSTATE_ABI_SECT_SCHEMA));

	/* an object before its schema, and of none */
	raw_begin();
	raw_object(0, "\x05\0\0\0\0", 5);
	raw_schema(raw_good, 2);
	raw_finish();
	CHECK_EQ(raw_read_thing(), -EBADMSG);
	raw_begin();
	raw_schema(raw_good, 2);
	raw_object(U32_MAX, "\x05\0\0\0\0", 5);
	raw_finish();
	CHECK_EQ(raw_read_thing(), -EBADMSG);
}

static void numbers_of_schemas(void)
{
	raw_begin();
	raw_schemas = 1;
	raw_schema(raw_good, 2);
	raw_finish();
	CHECK_EQ(raw_read_thing(), -EBADMSG);

	/* the same number twice */
	raw_begin();
	raw_schema(raw_good, 2);
	raw_schemas = 0;
	raw_schema(raw_good, 2);
	raw_schemas = 2;
	raw_finish();
	CHECK_EQ(raw_read_thing(), -EBADMSG);

	/* no schema and no object at all is a stream, too */
	raw_begin();
	raw_finish();
	CHECK_EQ(raw_read_thing(), -ENOENT);
}

static void same_object_twice(void)
{
	raw_begin();
	raw_schema(raw_good, 2);
	raw_object(0, "\x05\0\0\0\0", 5);
	raw_object(0, "\x06\0\0\0\0", 5);
	raw_finish();
	CHECK_EQ(raw_read_thing(), -EBADMSG);

	/* of two schemas that have the same name */
	raw_begin();
	raw_schema(raw_good, 2);
	raw_schema(raw_good, 1);
	raw_object(0, "\x05\0\0\0\0", 5);
	raw_object(1, "\x06\0\0\0", 4);
	raw_finish();
	CHECK_EQ(raw_read_thing(), -EBADMSG);
}

static void lost_object(void)
{
	raw_begin();
	raw_schema(raw_good, 2);
	raw_object(0, "", 0);
	raw_section()->flags = cpu_to_le32(KSTATE_ABI_SECT_LOST);
	raw_finish();
	CHECK_EQ(raw_read_thing(), -ENOENT);
	raw_begin();
	raw_schema(raw_good, 2);
	raw_object(0, "", 0);
	raw_section()->flags = cpu_to_le32(2);
	raw_finish();
	CHECK_EQ(raw_read_thing(), -EBADMSG);
}

/* ---- Values ---- */

struct values {
	u64 *list;
	u8 nr_list;
	struct raw_thing *things;
	u32 nr_things;
	struct folio *one;
	struct folio *two;
};

static const struct kstate_field values_fields[] = {
	KSTATE_VARRAY(struct values, list, nr_list, .name = "a"),
	KSTATE_STRUCT_VARRAY(struct values, things, nr_things, struct raw_thing,
			     &raw_thing_desc, .name = "b"),
	KSTATE_FOLIO(struct values, one, .name = "c"),
	KSTATE_FOLIO(struct values, two, .name = "d"),
	KSTATE_END()
};

static const struct kstate_description values_desc = {
	.name = "t", .version = 1, .size = sizeof(struct values),
	.fields = values_fields,
};

static const struct raw_field values_raw[] = {
	{ KSTATE_ABI_POINTER, KSTATE_ABI_UINT, 0, 8, 0, NO_SCHEMA },
	{ KSTATE_ABI_POINTER, 0, 0, 0, 0, 0 },
	{ KSTATE_ABI_SIMPLE, KSTATE_ABI_FOLIO, 0, 0, 1, NO_SCHEMA },
	{ KSTATE_ABI_SIMPLE, KSTATE_ABI_FOLIO, 0, 0, 1, NO_SCHEMA },
};

static void begin_values(void)
{
	raw_begin();
	raw_schema(raw_good, 2);
	raw_schema(values_raw, 4);
	raw_begin_section(KSTATE_ABI_SECT_OBJECT, 1, RAW_INSTANCE);
}

static int read_values(void)
{
	struct values obj = { }, zero = { };
	int err;

	raw_end_section();
	raw_objects = 1;
	raw_finish();
	err = raw_read(&values_desc, &obj);
	if (err)
		CHECK(!memcmp(&obj, &zero, sizeof(obj)));
	kvfree(obj.list);
	kvfree(obj.things);
	return err;
}

/* No count makes us allocate more than the stream has bytes for. */
static void counts(void)
{
	static const u32 counts[] = {
		3, 255, 256, 0x1000, 0x20000000, 0x7fffffff, U32_MAX,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		begin_values();
		raw_put8(1);
		raw_put32(counts[i]);
		raw_put64(1);
		raw_put64(2);
		shim_alloc_bytes();
		CHECK_EQ(read_values(), -EBADMSG);
		CHECK(shim_alloc_bytes() < 16384);

		begin_values();
		raw_put8(0);
		raw_put8(1);
		raw_put32(counts[i]);
		raw_put(raw_buf, 12);
		CHECK_EQ(read_values(), -EBADMSG);
		CHECK(shim_alloc_bytes() < 16384);
	}
}

static void count_does_not_fit(void)
{
	begin_values();
	raw_put8(1);
	raw_put32(256);
	raw_used += 256 * 8;
	raw_put8(0);
	raw_put8(0);
	raw_put8(0);
	CHECK_EQ(read_values(), -ERANGE);
}

/* What is skipped is not believed either. */
static void skipped_fields(void)
{
	static const struct raw_field raw[] = {
		{ KSTATE_ABI_CUSTOM, 0, 0, 0, 1, NO_SCHEMA },
		{ KSTATE_ABI_ARRAY_OF_POINTER, 0, 0, 0, 0, 0 },
		{ KSTATE_ABI_SIMPLE, KSTATE_ABI_FOLIO, 0, 0, 1, NO_SCHEMA },
	};
	static const struct {
		u8 bytes[16];
		u8 len;
		int err;
	} cases[] = {
		{ { 2, 0, 0, 0, 9, 9, 0, 0 }, 8, 0 },
		{ { 5, 0, 0, 0, 9, 9, 0, 0 }, 8, -EBADMSG },
		{ { 255, 255, 255, 255, 9, 9, 0, 0 }, 8, -EBADMSG },
		{ { 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0, 0 }, 12, 0 },
		{ { 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0 }, 12, -EBADMSG },
		{ { 0, 0, 0, 0, 1, 1, 0, 0, 0, 1, 0, 0 }, 12, -EBADMSG },
		{ { 0, 0, 0, 0, 1, 255, 255, 0, 0, 0, 0, 0 }, 12, -EBADMSG },
		{ { 0, 0, 0, 0, 2, 0 }, 6, -EBADMSG },
		{ { 0, 0, 0, 0, 0, 1, 0, 0, 0 }, 9, -EBADMSG },
		{ { 0, 0, 0, 0, 0, 0, 0 }, 7, -EBADMSG },
	};
	struct raw_field f[3];
	unsigned int i;

	/* names that nobody knows: "t", at the end of the fields */
	for (i = 0; i < 3; i++) {
		f[i] = raw[i];
		f[i].name = SCHEMA_SIZE + 3 * FIELD_SIZE;
	}
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		raw_begin();
		raw_schema(raw_good, 2);
		raw_schema(f, 3);
		raw_object(1, cases[i].bytes, cases[i].len);
		raw_finish();
		tap_check(raw_read_thing() == cases[i].err, __FILE__, __LINE__,
			  "case %u is not %d", i, cases[i].err);
	}
}

static void marks(void)
{
	unsigned int i;

	for (i = 0; i < 4; i++) {
		begin_values();
		raw_used += i;
		raw_put8(2);
		raw_used += 100;
		CHECK_EQ(read_values(), -EBADMSG);
	}
}

static void a_bool_of_two(void)
{
	raw_good_stream();
	raw_buf[raw_used - 48 - 8 + 4] = 2;
	CHECK_EQ(raw_read_thing(), -ERANGE);
	raw_buf[raw_used - 48 - 8 + 4] = 1;
	CHECK_EQ(raw_read_thing(), 0);
}

static void put_folio(u64 phys, u32 order)
{
	raw_put8(1);
	raw_put64(phys);
	raw_put32(order);
}

static void folios(void)
{
	static const struct {
		u64 phys;
		u32 order;
	} bad[] = {
		{ 0, 0 }, { 0x100000, 1 }, { 0x100000, U32_MAX }, { 0x100001, 0 },
		{ 0x200000, 1 }, { U64_MAX, 0 }, { U64_MAX & PAGE_MASK, 63 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		begin_values();
		raw_put8(0);
		raw_put8(0);
		put_folio(bad[i].phys, bad[i].order);
		raw_put8(0);
		CHECK_EQ(read_values(), -ESTALE);
	}
	/* the same one twice: it has one owner or none */
	begin_values();
	raw_put8(0);
	raw_put8(0);
	put_folio(0x100000, 0);
	put_folio(0x100000, 0);
	CHECK_EQ(read_values(), -ESTALE);
	CHECK_EQ(shim_folios[0].page.claimed, false);
}

/* ---- Objects that are not trees ---- */

struct shared {
	u32 *one;
	u32 *two;
};

static int refuse(void *obj, u32 version)
{
	return -EIO;
}

static const struct kstate_field shared_fields[] = {
	KSTATE_POINTER(struct shared, one, .name = "a"),
	KSTATE_POINTER(struct shared, two, .name = "b"),
	KSTATE_END()
};

static const struct kstate_description shared_desc = {
	.name = "t", .version = 1, .size = sizeof(struct shared),
	.fields = shared_fields, .post_load = refuse,
};

/* Both pointers lead to the same number: it gets its old value back. */
static void shared_pointee(void)
{
	static const u8 values[] = { 1, 5, 0, 0, 0, 1, 6, 0, 0, 0 };
	static const struct raw_field f[2] = {
		{ KSTATE_ABI_POINTER, KSTATE_ABI_UINT, 0, 4, 1, NO_SCHEMA },
		{ KSTATE_ABI_POINTER, KSTATE_ABI_UINT, 0, 4, 1, NO_SCHEMA },
	};
	u32 number = 77;
	struct shared obj = { &number, &number };

	raw_begin();
	raw_schema(f, 2);
	raw_object(0, values, sizeof(values));
	raw_finish();
	CHECK_EQ(raw_read(&shared_desc, &obj), -EIO);
	CHECK_EQ(number, 77);
}

int main(void)
{
	static const struct tap_test tests[] = {
		TAP_TEST(the_builder_is_right),
		TAP_TEST(headers),
		TAP_TEST(longer_header),
		TAP_TEST(bytes_after_the_end),
		TAP_TEST(section_lengths),
		TAP_TEST(section_kinds),
		TAP_TEST(numbers_of_schemas),
		TAP_TEST(same_object_twice),
		TAP_TEST(lost_object),
		TAP_TEST(counts),
		TAP_TEST(count_does_not_fit),
		TAP_TEST(skipped_fields),
		TAP_TEST(marks),
		TAP_TEST(a_bool_of_two),
		TAP_TEST(folios),
		TAP_TEST(shared_pointee),
	};

	return tap_run(tests, ARRAY_SIZE(tests));
}
