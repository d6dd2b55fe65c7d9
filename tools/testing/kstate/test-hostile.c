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

#include "hop.h"
#include "shim_mem.h"
#include "tap.h"

#define INSTANCE	7
#define NO_SCHEMA	KSTATE_ABI_NO_SCHEMA
#define MAX_STREAM	0x100000

/* ---- A stream put together by hand ---- */

static u8 buf[MAX_STREAM] __aligned(8);
static size_t used, section_at;
static u32 nr_schemas, nr_objects;

static struct kstate_abi_stream *head(void)
{
	return (struct kstate_abi_stream *)buf;
}

static struct kstate_abi_section *section(void)
{
	return (struct kstate_abi_section *)(buf + section_at);
}

static void put(const void *bytes, size_t len)
{
	shim_assert(used + len <= sizeof(buf));
	memcpy(buf + used, bytes, len);
	used += len;
}

static void put32(u32 value)
{
	put(&value, sizeof(value));
}

static void put64(u64 value)
{
	put(&value, sizeof(value));
}

static void put8(u8 value)
{
	put(&value, 1);
}

static void begin(void)
{
	memset(buf, 0, sizeof(buf));
	used = sizeof(struct kstate_abi_stream);
	nr_schemas = 0;
	nr_objects = 0;
	head()->magic = cpu_to_le64(KSTATE_ABI_STREAM_MAGIC);
	head()->format = cpu_to_le32(KSTATE_ABI_STREAM_FORMAT);
	head()->header_size = cpu_to_le32(sizeof(struct kstate_abi_stream));
}

static void begin_section(u32 type, u32 schema, u64 instance)
{
	section_at = used;
	used += sizeof(struct kstate_abi_section);
	section()->type = cpu_to_le32(type);
	section()->schema = cpu_to_le32(schema);
	section()->instance = cpu_to_le64(instance);
}

static void end_section(void)
{
	size_t len = used - section_at - sizeof(struct kstate_abi_section);

	used = ALIGN(used, 8);
	section()->length = cpu_to_le64(len);
	section()->span = cpu_to_le64(used - section_at);
}

static void object(u32 schema, const void *bytes, size_t len)
{
	begin_section(KSTATE_ABI_SECT_OBJECT, schema, INSTANCE);
	put(bytes, len);
	end_section();
	nr_objects++;
}

static void finish(void)
{
	begin_section(KSTATE_ABI_SECT_END, 0, 0);
	end_section();
	head()->length = cpu_to_le64(used);
	head()->nr_schemas = cpu_to_le32(nr_schemas);
	head()->nr_objects = cpu_to_le32(nr_objects);
}

struct raw_field {
	u16 kind, type;
	u32 flags, width, count, schema;
	u32 name;		/* offset, or 0: that of "a" */
	u32 attrs;		/* offset, or 0: none */
};

#define SCHEMA_SIZE	sizeof(struct kstate_abi_schema)
#define FIELD_SIZE	sizeof(struct kstate_abi_field)

/* A schema named "t"; names are "t", "a", "b" and so on after the fields. */
static void schema_begin(u32 nr_fields, const struct raw_field *f, u32 nr)
{
	u32 names = SCHEMA_SIZE + nr * FIELD_SIZE;
	u32 i;

	begin_section(KSTATE_ABI_SECT_SCHEMA, nr_schemas++, 0);
	put32(1);
	put32(1);
	put32(nr_fields);
	put32(0);
	put32(names);
	put32(0);
	for (i = 0; i < nr; i++) {
		put(&f[i].kind, 2);
		put(&f[i].type, 2);
		put32(f[i].flags);
		put32(f[i].width);
		put32(f[i].count);
		put32(f[i].schema);
		put32(f[i].name ?: names + 2 + 2 * i);
		put32(f[i].attrs);
	}
}

static void schema_end(u32 nr)
{
	u32 i;

	put("t", 2);
	for (i = 0; i < nr; i++) {
		put8('a' + i % 26);
		put8(0);
	}
	end_section();
}

static void schema(const struct raw_field *f, u32 nr)
{
	schema_begin(nr, f, nr);
	schema_end(nr);
}

/* Mend the checksums and read it as a kernel would. */
static int read_as(const struct kstate_description *desc, void *obj)
{
	struct stream whole = { .data = buf, .len = used, .preserved = 1 };
	struct stream s;
	int err;

	stream_fix_crc(buf, used);
	s = stream_copy(&whole, used);
	err = hop_read(&s, desc, obj, INSTANCE);
	stream_free(&s);
	return err;
}

struct thing {
	u32 a;
	bool flag;
};

static const struct kstate_field thing_fields[] = {
	KSTATE_SIMPLE(struct thing, a),
	KSTATE_SIMPLE(struct thing, flag, .name = "b"),
	KSTATE_END()
};

static const struct kstate_description thing_desc = {
	.name = "t", .version = 1, .size = sizeof(struct thing),
	.fields = thing_fields,
};

static int read_thing(void)
{
	struct thing obj = { 1, true };
	int err = read_as(&thing_desc, &obj);

	if (err)
		CHECK(obj.a == 1 && obj.flag);
	return err;
}

#define U32_FIELD	{ KSTATE_ABI_SIMPLE, KSTATE_ABI_UINT, 0, 4, 1, NO_SCHEMA }
#define BOOL_FIELD	{ KSTATE_ABI_SIMPLE, KSTATE_ABI_BOOL, 0, 1, 1, NO_SCHEMA }

static const struct raw_field good[] = { U32_FIELD, BOOL_FIELD };

static void good_stream(void)
{
	begin();
	schema(good, 2);
	object(0, "\x05\0\0\0\0", 5);
	finish();
}

/* ---- Header and sections ---- */

static void the_builder_is_right(void)
{
	good_stream();
	CHECK_EQ(read_thing(), 0);
}

#define REFUSED(change) \
	do { good_stream(); change; CHECK_EQ(read_thing(), -EBADMSG); } while (0)

static void headers(void)
{
	REFUSED(head()->magic ^= 1);
	REFUSED(head()->format = cpu_to_le32(1));
	REFUSED(head()->format = cpu_to_le32(3));
	REFUSED(head()->format = 0);
	REFUSED(head()->incompat = cpu_to_le64(1));
	REFUSED(head()->incompat = cpu_to_le64(1ULL << 63));
	REFUSED(head()->header_size = 0);
	REFUSED(head()->header_size = cpu_to_le32(56));
	REFUSED(head()->header_size = cpu_to_le32(65));
	REFUSED(head()->header_size = cpu_to_le32(72));
	REFUSED(head()->header_size = cpu_to_le32(0xfffffff8));
	REFUSED(head()->length = cpu_to_le64(used + 8));
	REFUSED(head()->length = cpu_to_le64(used - 8));
	REFUSED(head()->length = cpu_to_le64(64));
	REFUSED(head()->length = 0);
	REFUSED(head()->length = cpu_to_le64(U64_MAX));
	REFUSED(head()->nr_schemas = 0);
	REFUSED(head()->nr_schemas = cpu_to_le32(2));
	REFUSED(head()->nr_schemas = cpu_to_le32(U32_MAX));
	REFUSED(head()->nr_objects = 0);
	REFUSED(head()->nr_objects = cpu_to_le32(2));
	REFUSED(head()->nr_objects = cpu_to_le32(U32_MAX));

	/* features that may be ignored */
	good_stream();
	head()->compat = cpu_to_le64(U64_MAX);
	CHECK_EQ(read_thing(), 0);
}

/* A header that has grown, without a new format: its end is skipped. */
static void longer_header(void)
{
	good_stream();
	memmove(buf + 128, buf + 64, used - 64);
	memset(buf + 64, 0xff, 64);
	used += 64;
	head()->header_size = cpu_to_le32(128);
	head()->length = cpu_to_le64(used);
	CHECK_EQ(read_thing(), 0);
}

/* Memory after the stream is not part of it. */
static void bytes_after_the_end(void)
{
	good_stream();
	used += 24;
	CHECK_EQ(read_thing(), 0);
	head()->length = cpu_to_le64(used);
	CHECK_EQ(read_thing(), -EBADMSG);
}

static void put_span(u64 span)
{
	section_at = sizeof(struct kstate_abi_stream);
	section()->span = cpu_to_le64(span);
	section()->crc = cpu_to_le32(kstate_crc(section(), 44));
}

static void put_length(u64 length)
{
	section_at = sizeof(struct kstate_abi_stream);
	section()->length = cpu_to_le64(length);
	section()->crc = cpu_to_le32(kstate_crc(section(), 44));
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
	REFUSED(section()->type = 0);
	REFUSED(section()->type = cpu_to_le32(5));
	REFUSED(section()->type = cpu_to_le32(KSTATE_ABI_SECT_OBJECT));
	REFUSED(section()->type = cpu_to_le32(KSTATE_ABI_SECT_SCHEMA));

	/* an object before its schema, and of none */
	begin();
	object(0, "\x05\0\0\0\0", 5);
	schema(good, 2);
	finish();
	CHECK_EQ(read_thing(), -EBADMSG);
	begin();
	schema(good, 2);
	object(U32_MAX, "\x05\0\0\0\0", 5);
	finish();
	CHECK_EQ(read_thing(), -EBADMSG);
}

static void numbers_of_schemas(void)
{
	begin();
	nr_schemas = 1;
	schema(good, 2);
	finish();
	CHECK_EQ(read_thing(), -EBADMSG);

	/* the same number twice */
	begin();
	schema(good, 2);
	nr_schemas = 0;
	schema(good, 2);
	nr_schemas = 2;
	finish();
	CHECK_EQ(read_thing(), -EBADMSG);

	/* no schema and no object at all is a stream, too */
	begin();
	finish();
	CHECK_EQ(read_thing(), -ENOENT);
}

static void same_object_twice(void)
{
	begin();
	schema(good, 2);
	object(0, "\x05\0\0\0\0", 5);
	object(0, "\x06\0\0\0\0", 5);
	finish();
	CHECK_EQ(read_thing(), -EBADMSG);

	/* of two schemas that have the same name */
	begin();
	schema(good, 2);
	schema(good, 1);
	object(0, "\x05\0\0\0\0", 5);
	object(1, "\x06\0\0\0", 4);
	finish();
	CHECK_EQ(read_thing(), -EBADMSG);
}

static void lost_object(void)
{
	begin();
	schema(good, 2);
	object(0, "", 0);
	section()->flags = cpu_to_le32(KSTATE_ABI_SECT_LOST);
	finish();
	CHECK_EQ(read_thing(), -ENOENT);
	begin();
	schema(good, 2);
	object(0, "", 0);
	section()->flags = cpu_to_le32(2);
	finish();
	CHECK_EQ(read_thing(), -EBADMSG);
}

/* ---- Schemas ---- */

static int try_fields(const struct raw_field *f, u32 nr)
{
	begin();
	schema(f, nr);
	finish();
	return read_thing();
}

static void fields_that_make_no_sense(void)
{
	static const struct raw_field bad[] = {
		{ 0, KSTATE_ABI_UINT, 0, 4, 1, NO_SCHEMA },
		{ 99, KSTATE_ABI_UINT, 0, 4, 1, NO_SCHEMA },
		{ 0xffff, 0, 0, 0, 1, NO_SCHEMA },
		{ KSTATE_ABI_SIMPLE, 0, 0, 4, 1, NO_SCHEMA },
		{ KSTATE_ABI_SIMPLE, 99, 0, 4, 1, NO_SCHEMA },
		{ KSTATE_ABI_SIMPLE, KSTATE_ABI_UINT, 0, 0, 1, NO_SCHEMA },
		{ KSTATE_ABI_SIMPLE, KSTATE_ABI_UINT, 0, 3, 1, NO_SCHEMA },
		{ KSTATE_ABI_SIMPLE, KSTATE_ABI_UINT, 0, 16, 1, NO_SCHEMA },
		{ KSTATE_ABI_SIMPLE, KSTATE_ABI_UINT, 0, U32_MAX, 1, NO_SCHEMA },
		{ KSTATE_ABI_SIMPLE, KSTATE_ABI_BOOL, 0, 4, 1, NO_SCHEMA },
		{ KSTATE_ABI_SIMPLE, KSTATE_ABI_BYTE, 0, 2, 1, NO_SCHEMA },
		{ KSTATE_ABI_SIMPLE, KSTATE_ABI_UINT, 0, 4, 0, NO_SCHEMA },
		{ KSTATE_ABI_SIMPLE, KSTATE_ABI_UINT, 16, 4, 1, NO_SCHEMA },
		{ KSTATE_ABI_SIMPLE, KSTATE_ABI_UINT, 0, 4, 1, 0 },
		{ KSTATE_ABI_STRUCT, 0, 0, 0, 1, NO_SCHEMA },
		{ KSTATE_ABI_STRUCT, 0, 0, 0, 1, 5 },
		{ KSTATE_ABI_POINTER, 0, 0, 0, 1, 5 },
		{ KSTATE_ABI_POINTER, 0, 0, 0, 1, NO_SCHEMA },
		{ KSTATE_ABI_ARRAY_OF_POINTER, KSTATE_ABI_UINT, 0, 4, 0, NO_SCHEMA },
		{ KSTATE_ABI_CUSTOM, 0, 0, 0, 0, NO_SCHEMA },
		{ KSTATE_ABI_CUSTOM, 0, 0, 1, 1, NO_SCHEMA },
		{ KSTATE_ABI_SIMPLE, KSTATE_ABI_FOLIO, 0, 8, 1, NO_SCHEMA },
		{ KSTATE_ABI_SIMPLE, KSTATE_ABI_FOLIO, 0, 0, 0, NO_SCHEMA },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		tap_check(try_fields(&bad[i], 1) == -EBADMSG, __FILE__,
			  __LINE__, "field %u is accepted", i);
}

static void names(void)
{
	static const u32 offsets[] = {
		56, 57, 58, 59, 1000, 0x7fffffff, U32_MAX - 1, U32_MAX,
	};
	struct raw_field f = U32_FIELD;
	char text[80];
	unsigned int i;

	/* beyond the payload, which has 24 + 28 + "t" + "a" = 56 bytes */
	for (i = 0; i < ARRAY_SIZE(offsets); i++) {
		f.name = offsets[i];
		CHECK_EQ(try_fields(&f, 1), -EBADMSG);
	}
	/* empty */
	f.name = 55;
	CHECK_EQ(try_fields(&f, 1), -EBADMSG);

	/* as long as can be, too long, and without an end */
	memset(text, 'x', sizeof(text));
	f.name = SCHEMA_SIZE + FIELD_SIZE + 2;
	for (i = 62; i < 67; i++) {
		text[i] = '\0';
		begin();
		schema_begin(1, &f, 1);
		put("t", 2);
		put(text, i + 1);
		end_section();
		finish();
		CHECK_EQ(read_thing(), i <= KSTATE_ABI_NAME_MAX ? -ENOENT :
								  -EBADMSG);
		text[i] = 'x';
	}
	begin();
	schema_begin(1, &f, 1);
	put("t", 2);
	put(text, 5);
	end_section();
	finish();
	CHECK_EQ(read_thing(), -EBADMSG);
}

static void numbers_of_fields(void)
{
	static const u32 numbers[] = { 0, 3, 1024, 1025, 0x10000000, U32_MAX };
	static struct raw_field many[KSTATE_ABI_MAX_FIELDS + 1];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		begin();
		schema_begin(numbers[i], good, 2);
		schema_end(2);
		finish();
		CHECK_EQ(read_thing(), -EBADMSG);
	}
	/* as many as may be, all of the same few names, and one more */
	for (i = 0; i < ARRAY_SIZE(many); i++)
		many[i] = (struct raw_field)U32_FIELD;
	CHECK_EQ(try_fields(many, KSTATE_ABI_MAX_FIELDS), -ENOENT);
	CHECK_EQ(try_fields(many, KSTATE_ABI_MAX_FIELDS + 1), -EBADMSG);
}

/* The first one counts. */
static void same_field_twice(void)
{
	static const u8 values[] = { 5, 0, 0, 0, 6, 0, 0, 0 };
	struct raw_field f[2] = { U32_FIELD, U32_FIELD };
	struct thing obj = { };

	f[0].name = SCHEMA_SIZE + 2 * FIELD_SIZE + 2;
	f[1].name = f[0].name;
	begin();
	schema(f, 2);
	object(0, values, sizeof(values));
	finish();
	CHECK_EQ(read_as(&thing_desc, &obj), 0);
	CHECK_EQ(obj.a, 5);
}

static void versions(void)
{
	good_stream();
	section_at = sizeof(struct kstate_abi_stream);
	section()[1].type = 0;		/* the schema's version */
	CHECK_EQ(read_thing(), -EBADMSG);
}

/* ---- Nesting ---- */

static void schemas_within_themselves(void)
{
	static const u16 kinds[] = {
		KSTATE_ABI_STRUCT, KSTATE_ABI_POINTER,
		KSTATE_ABI_ARRAY_OF_POINTER,
	};
	struct raw_field f = { }, two[2] = { U32_FIELD };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		f.kind = kinds[i];
		f.count = f.kind != KSTATE_ABI_ARRAY_OF_POINTER;
		f.schema = 0;
		CHECK_EQ(try_fields(&f, 1), -EBADMSG);
		/* with a field before it, so that it has a size already */
		two[1] = f;
		CHECK_EQ(try_fields(two, 2), -EBADMSG);

		/* two, each within the other */
		begin();
		f.schema = 1;
		schema(&f, 1);
		f.schema = 0;
		schema(&f, 1);
		finish();
		CHECK_EQ(read_thing(), -EBADMSG);
	}
}

/* @depth schemas, each with two fields of the one before, and one object */
static void tower(u32 depth, u16 kind, u32 count)
{
	struct raw_field f[2] = { };
	u32 i;

	begin();
	schema(good, 1);
	for (i = 1; i < depth; i++) {
		f[0].kind = kind;
		f[0].count = count;
		f[0].schema = i - 1;
		f[1] = f[0];
		schema(f, 2);
	}
}

/* An object that nobody knows a field of, so that all of it is skipped */
static int skip_tower(u32 depth, u16 kind, u32 count, u8 byte, size_t len)
{
	static const struct kstate_field fields[] = {
		KSTATE_SIMPLE(struct thing, a, .name = "z"),
		KSTATE_END()
	};
	static const struct kstate_description desc = {
		.name = "t", .version = 1, .size = sizeof(struct thing),
		.fields = fields,
	};
	u8 *bytes = malloc(len);
	struct thing obj;
	int err;

	memset(bytes, byte, len);
	tower(depth, kind, count);
	object(depth - 1, bytes, len);
	finish();
	err = read_as(&desc, &obj);
	free(bytes);
	return err;
}

static void depth(void)
{
	const u32 max = KSTATE_ABI_MAX_DEPTH;

	/* 2 ^ 15 structs of 4 bytes at the bottom */
	CHECK_EQ(skip_tower(max, KSTATE_ABI_STRUCT, 1, 1, 4 << (max - 1)), 0);
	CHECK_EQ(skip_tower(max, KSTATE_ABI_STRUCT, 1, 1, (4 << (max - 1)) - 1),
		 -EBADMSG);
	CHECK_EQ(skip_tower(max, KSTATE_ABI_STRUCT, 1, 1, (4 << (max - 1)) + 1),
		 -EBADMSG);
	CHECK_EQ(skip_tower(max + 1, KSTATE_ABI_STRUCT, 1, 1, 100), -EBADMSG);
	CHECK_EQ(skip_tower(max, KSTATE_ABI_POINTER, 1, 0, 2), 0);
	CHECK_EQ(skip_tower(max, KSTATE_ABI_POINTER, 1, 1, 4096), -EBADMSG);
	CHECK_EQ(skip_tower(max + 1, KSTATE_ABI_POINTER, 1, 0, 2), -EBADMSG);
	CHECK_EQ(skip_tower(max, KSTATE_ABI_ARRAY_OF_POINTER, 0, 0, 2), 0);
	CHECK_EQ(skip_tower(max, KSTATE_ABI_ARRAY_OF_POINTER, 0, 1, 4096),
		 -EBADMSG);
}

/* Sizes that overflow, or of which no stream has as many bytes */
static void counts_of_structs(void)
{
	u32 counts[] = { 0x10000, 0x7fffffff, U32_MAX };
	unsigned int i, depth;
	int err;

	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		for (depth = 2; depth <= KSTATE_ABI_MAX_DEPTH; depth++) {
			err = skip_tower(depth, KSTATE_ABI_STRUCT, counts[i], 1,
					 4096);
			CHECK_EQ(err, -EBADMSG);
			err = skip_tower(depth, KSTATE_ABI_POINTER, counts[i],
					 1, 4096);
			CHECK_EQ(err, -EBADMSG);
		}
	}
}

/* ---- Values ---- */

struct values {
	u64 *list;
	u8 nr_list;
	struct thing *things;
	u32 nr_things;
	struct folio *one;
	struct folio *two;
};

static const struct kstate_field values_fields[] = {
	KSTATE_VARRAY(struct values, list, nr_list, .name = "a"),
	KSTATE_STRUCT_VARRAY(struct values, things, nr_things, struct thing,
			     &thing_desc, .name = "b"),
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
	begin();
	schema(good, 2);
	schema(values_raw, 4);
	begin_section(KSTATE_ABI_SECT_OBJECT, 1, INSTANCE);
}

static int read_values(void)
{
	struct values obj = { }, zero = { };
	int err;

	end_section();
	nr_objects = 1;
	finish();
	err = read_as(&values_desc, &obj);
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
		put8(1);
		put32(counts[i]);
		put64(1);
		put64(2);
		shim_alloc_bytes();
		CHECK_EQ(read_values(), -EBADMSG);
		CHECK(shim_alloc_bytes() < 16384);

		begin_values();
		put8(0);
		put8(1);
		put32(counts[i]);
		put(buf, 12);
		CHECK_EQ(read_values(), -EBADMSG);
		CHECK(shim_alloc_bytes() < 16384);
	}
}

static void count_does_not_fit(void)
{
	begin_values();
	put8(1);
	put32(256);
	used += 256 * 8;
	put8(0);
	put8(0);
	put8(0);
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
		begin();
		schema(good, 2);
		schema(f, 3);
		object(1, cases[i].bytes, cases[i].len);
		finish();
		tap_check(read_thing() == cases[i].err, __FILE__, __LINE__,
			  "case %u is not %d", i, cases[i].err);
	}
}

static void marks(void)
{
	unsigned int i;

	for (i = 0; i < 4; i++) {
		begin_values();
		used += i;
		put8(2);
		used += 100;
		CHECK_EQ(read_values(), -EBADMSG);
	}
}

static void a_bool_of_two(void)
{
	good_stream();
	buf[used - 48 - 8 + 4] = 2;
	CHECK_EQ(read_thing(), -ERANGE);
	buf[used - 48 - 8 + 4] = 1;
	CHECK_EQ(read_thing(), 0);
}

static void put_folio(u64 phys, u32 order)
{
	put8(1);
	put64(phys);
	put32(order);
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
		put8(0);
		put8(0);
		put_folio(bad[i].phys, bad[i].order);
		put8(0);
		CHECK_EQ(read_values(), -ESTALE);
	}
	/* the same one twice: it has one owner or none */
	begin_values();
	put8(0);
	put8(0);
	put_folio(0x100000, 0);
	put_folio(0x100000, 0);
	CHECK_EQ(read_values(), -ESTALE);
	CHECK_EQ(shim_folios[0].page.refs, 0);
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

	begin();
	schema(f, 2);
	object(0, values, sizeof(values));
	finish();
	CHECK_EQ(read_as(&shared_desc, &obj), -EIO);
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
		TAP_TEST(fields_that_make_no_sense),
		TAP_TEST(names),
		TAP_TEST(numbers_of_fields),
		TAP_TEST(same_field_twice),
		TAP_TEST(versions),
		TAP_TEST(schemas_within_themselves),
		TAP_TEST(depth),
		TAP_TEST(counts_of_structs),
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
