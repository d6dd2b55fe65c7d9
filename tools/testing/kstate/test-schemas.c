// SPDX-License-Identifier: GPL-2.0
/*
 * Schemas that no kernel writes.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/kernel.h>

#include "raw.h"
#include "tap.h"

/* ---- Schemas ---- */

static int try_fields(const struct raw_field *f, u32 nr)
{
	raw_begin();
	raw_schema(f, nr);
	raw_finish();
	return raw_read_thing();
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
		raw_begin();
		raw_schema_begin(1, &f, 1);
		raw_put("t", 2);
		raw_put(text, i + 1);
		raw_end_section();
		raw_finish();
		CHECK_EQ(raw_read_thing(), i <= KSTATE_ABI_NAME_MAX ? -ENOENT :
								  -EBADMSG);
		text[i] = 'x';
	}
	raw_begin();
	raw_schema_begin(1, &f, 1);
	raw_put("t", 2);
	raw_put(text, 5);
	raw_end_section();
	raw_finish();
	CHECK_EQ(raw_read_thing(), -EBADMSG);
}

static void numbers_of_fields(void)
{
	static const u32 numbers[] = { 0, 3, 1024, 1025, 0x10000000, U32_MAX };
	static struct raw_field many[KSTATE_ABI_MAX_FIELDS + 1];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		raw_begin();
		raw_schema_begin(numbers[i], raw_good, 2);
		raw_schema_end(2);
		raw_finish();
		CHECK_EQ(raw_read_thing(), -EBADMSG);
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
	struct raw_thing obj = { };

	f[0].name = SCHEMA_SIZE + 2 * FIELD_SIZE + 2;
	f[1].name = f[0].name;
	raw_begin();
	raw_schema(f, 2);
	raw_object(0, values, sizeof(values));
	raw_finish();
	CHECK_EQ(raw_read(&raw_thing_desc, &obj), 0);
	CHECK_EQ(obj.a, 5);
}

static void versions(void)
{
	raw_good_stream();
	raw_at = sizeof(struct kstate_abi_stream);
	raw_section()[1].type = 0;		/* the schema's version */
	CHECK_EQ(raw_read_thing(), -EBADMSG);
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
		raw_begin();
		f.schema = 1;
		raw_schema(&f, 1);
		f.schema = 0;
		raw_schema(&f, 1);
		raw_finish();
		CHECK_EQ(raw_read_thing(), -EBADMSG);
	}
}

/* @depth schemas, each with two fields of the one before, and one object */
static void tower(u32 depth, u16 kind, u32 count)
{
	struct raw_field f[2] = { };
	u32 i;

	raw_begin();
	raw_schema(raw_good, 1);
	for (i = 1; i < depth; i++) {
		f[0].kind = kind;
		f[0].count = count;
		f[0].schema = i - 1;
		f[1] = f[0];
		raw_schema(f, 2);
	}
}

/* An object that nobody knows a field of, so that all of it is skipped */
static int skip_tower(u32 depth, u16 kind, u32 count, u8 byte, size_t len)
{
	static const struct kstate_field fields[] = {
		KSTATE_SIMPLE(struct raw_thing, a, .name = "z"),
		KSTATE_END()
	};
	static const struct kstate_description desc = {
		.name = "t", .version = 1, .size = sizeof(struct raw_thing),
		.fields = fields,
	};
	u8 *bytes = malloc(len);
	struct raw_thing obj;
	int err;

	memset(bytes, byte, len);
	tower(depth, kind, count);
	raw_object(depth - 1, bytes, len);
	raw_finish();
	err = raw_read(&desc, &obj);
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

/* ---- Kinds ---- */

/* Schema 0 is a struct, schema 1 a union, schema 2 has the field. */
static int try_kind(const struct raw_field *f)
{
	raw_begin();
	raw_schema(raw_good, 2);
	raw_schema_extra(KSTATE_ABI_SCHEMA_UNION, raw_good, 2, "", 0);
	raw_schema(f, 1);
	raw_finish();
	return raw_read_thing();
}

static void kinds_that_make_no_sense(void)
{
	static const struct raw_field bad[] = {
		{ KSTATE_ABI_LIST, 0, 0, 0, 1, 0 },
		{ KSTATE_ABI_LIST, 0, 0, 0, 0, NO_SCHEMA },
		{ KSTATE_ABI_LIST, 0, 0, 0, 0, 1 },
		{ KSTATE_ABI_LIST, 0, 0, 0, 0, 2 },
		{ KSTATE_ABI_LIST, KSTATE_ABI_UINT, 0, 0, 0, 0 },
		{ KSTATE_ABI_LIST, 0, 0, 4, 0, 0 },
		{ KSTATE_ABI_LIST, KSTATE_ABI_UINT, 0, 4, 0, NO_SCHEMA },
		{ KSTATE_ABI_HLIST, 0, 0, 0, 1, 0 },
		{ KSTATE_ABI_HLIST, 0, 0, 0, 0, 1 },
		{ KSTATE_ABI_XARRAY, 0, 0, 0, 1, 0 },
		{ KSTATE_ABI_XARRAY, 0, 0, 0, 0, 1 },
		{ KSTATE_ABI_XARRAY, 0, 0, 0, 0, NO_SCHEMA },
		{ KSTATE_ABI_BITMAP, 0, 0, 0, 8, 0 },
		{ KSTATE_ABI_BITMAP, KSTATE_ABI_UINT, 0, 0, 8, NO_SCHEMA },
		{ KSTATE_ABI_BITMAP, 0, 0, 1, 8, NO_SCHEMA },
		{ KSTATE_ABI_UNION, 0, 0, 0, 0, 1 },
		{ KSTATE_ABI_UNION, 0, 0, 0, 2, 1 },
		{ KSTATE_ABI_UNION, 0, 0, 0, 1, 0 },
		{ KSTATE_ABI_UNION, 0, 0, 0, 1, 2 },
		{ KSTATE_ABI_UNION, 0, 0, 0, 1, NO_SCHEMA },
		{ KSTATE_ABI_UNION, KSTATE_ABI_UINT, 0, 4, 1, 1 },
		{ KSTATE_ABI_SUBSECTION, 0, 0, 0, 0, 0 },
		{ KSTATE_ABI_SUBSECTION, 0, 0, 0, 2, 0 },
		{ KSTATE_ABI_SUBSECTION, 0, 0, 0, 1, 1 },
		{ KSTATE_ABI_SUBSECTION, 0, 0, 0, 1, NO_SCHEMA },
		{ KSTATE_ABI_UNUSED, 0, 0, 0, 1, NO_SCHEMA },
		{ KSTATE_ABI_UNUSED, 0, 0, 0, 0, 0 },
		{ KSTATE_ABI_UNUSED, KSTATE_ABI_UINT, 0, 4, 0, NO_SCHEMA },
		{ KSTATE_ABI_SIMPLE, KSTATE_ABI_TEXT, 0, 0, 1, NO_SCHEMA },
		{ KSTATE_ABI_SIMPLE, KSTATE_ABI_STRING, 0, 8, 1, NO_SCHEMA },
		{ KSTATE_ABI_SIMPLE, KSTATE_ABI_REF, 0, 8, 1, NO_SCHEMA },
		{ KSTATE_ABI_SIMPLE, KSTATE_ABI_RANGE, 0, 16, 1, NO_SCHEMA },
		{ KSTATE_ABI_SIMPLE, 10, 0, 0, 1, NO_SCHEMA },
		{ KSTATE_ABI_POINTER, KSTATE_ABI_TEXT, 0, 0, 0, NO_SCHEMA },
		{ 13, 0, 0, 0, 1, 0 },
		/* a union as a struct */
		{ KSTATE_ABI_STRUCT, 0, 0, 0, 1, 1 },
		{ KSTATE_ABI_POINTER, 0, 0, 0, 1, 1 },
		{ KSTATE_ABI_ARRAY_OF_POINTER, 0, 0, 0, 0, 1 },
		/* and flags that there are not */
		{ KSTATE_ABI_LIST, 0, 0x10, 0, 0, 0 },
		{ KSTATE_ABI_LIST, 0, 0x80000000, 0, 0, 0 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		tap_check(try_kind(&bad[i]) == -EBADMSG, __FILE__, __LINE__,
			  "field %u is accepted", i);
}

static void kinds_that_make_sense(void)
{
	static const struct raw_field fine[] = {
		{ KSTATE_ABI_LIST, 0, 0, 0, 0, 0 },
		{ KSTATE_ABI_HLIST, 0, 0, 0, 0, 0 },
		{ KSTATE_ABI_XARRAY, 0, 0, 0, 0, 0 },
		{ KSTATE_ABI_BITMAP, 0, 0, 0, 8, NO_SCHEMA },
		{ KSTATE_ABI_BITMAP, 0, 0, 0, U32_MAX, NO_SCHEMA },
		{ KSTATE_ABI_BITMAP, 0, 0, 0, 0, NO_SCHEMA },
		{ KSTATE_ABI_UNION, 0, 0, 0, 1, 1 },
		{ KSTATE_ABI_SUBSECTION, 0, 15, 0, 1, 0 },
		{ KSTATE_ABI_SIMPLE, KSTATE_ABI_TEXT, 0, U32_MAX, 1, NO_SCHEMA },
		{ KSTATE_ABI_SIMPLE, KSTATE_ABI_STRING, 0, 0, 3, NO_SCHEMA },
		{ KSTATE_ABI_POINTER, KSTATE_ABI_REF, 0, 0, 0, NO_SCHEMA },
		{ KSTATE_ABI_POINTER, KSTATE_ABI_RANGE, 0, 0, 2, NO_SCHEMA },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fine); i++)
		tap_check(try_kind(&fine[i]) == -ENOENT, __FILE__, __LINE__,
			  "field %u is refused", i);
}

/* Every object takes bytes, or there could be any number of them. */
static void schemas_without_bytes(void)
{
	static const struct raw_field unused = {
		KSTATE_ABI_UNUSED, 0, 0, 0, 0, NO_SCHEMA
	};
	struct raw_field two[2] = { U32_FIELD, unused };

	CHECK_EQ(try_fields(&unused, 1), -EBADMSG);
	CHECK_EQ(try_fields(two, 2), -ENOENT);
	/* of a union there is always a number */
	raw_begin();
	raw_schema_extra(KSTATE_ABI_SCHEMA_UNION, &unused, 1, "", 0);
	raw_finish();
	CHECK_EQ(raw_read_thing(), -ENOENT);
}

static void schema_flags(void)
{
	static const u32 bad[] = { 8, 0x100, 0x80000000 };
	unsigned int i;

	for (i = 0; i < 8; i++) {
		raw_begin();
		raw_schema_extra(i, raw_good, 2, "", 0);
		raw_finish();
		CHECK_EQ(raw_read_thing(), -ENOENT);
	}
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		raw_begin();
		raw_schema_extra(bad[i], raw_good, 2, "", 0);
		raw_finish();
		CHECK_EQ(raw_read_thing(), -EBADMSG);
	}
}

/* ---- Attributes ---- */

struct blob {
	const char *bytes;
	u32 len;
};

#define BLOB(_bytes)	{ _bytes, sizeof(_bytes) - 1 }
#define END		"\0\0\0\0"
#define U64_BYTES	"\1\0\0\0\0\0\0\0"

/* Of a field, or of the schema, which then get @offset as where they are */
static int try_attrs(const struct blob *b, u32 offset, bool of_schema)
{
	struct raw_field f = U32_FIELD;
	struct kstate_abi_schema *head;

	f.attrs = of_schema ? 0 : offset;
	raw_begin();
	raw_schema_extra(0, &f, 1, b->bytes, b->len);
	head = (struct kstate_abi_schema *)(raw_section() + 1);
	head->attrs = cpu_to_le32(of_schema ? offset : 0);
	raw_finish();
	return raw_read_thing();
}

static void check_attrs(const struct blob *b, unsigned int nr, int err)
{
	unsigned int i;
	int ret;

	for (i = 0; i < 2 * nr; i++) {
		ret = try_attrs(&b[i / 2], raw_extra(1), i % 2);
		tap_check(ret == err, __FILE__, __LINE__,
			  "attributes %u give %d", i / 2, ret);
	}
}

#define NAME_63 "123456789012345678901234567890123456789012345678901234567890123"

static void attributes(void)
{
	static const struct blob fine[] = {
		BLOB(END),
		BLOB("\1\0\2\0x\0" END),
		BLOB("\1\0\2\0x\0\1\0\2\0y\0" END),
		BLOB("\1\0\x40\0" NAME_63 "\0" END),
		BLOB("\2\0\4\0\1\0\0\0" END),
		BLOB("\3\0\10\0" U64_BYTES "\4\0\10\0" U64_BYTES END),
		BLOB("\5\0\10\0" U64_BYTES END),
		BLOB("\5\0\20\0" U64_BYTES U64_BYTES END),
		BLOB("\6\0\10\0" U64_BYTES END),
		BLOB("\7\0\2\0x\0" END),
		BLOB("\10\0\10\0" U64_BYTES END),
		BLOB("\11\0\1\0\10" END),
		/* not known here, of any length */
		BLOB("\12\0\0\0" END),
		BLOB("\xff\xff\3\0xyz" END),
		/* what is behind the end is not looked at */
		BLOB(END "\1\0\2\0xx"),
		BLOB("\0\0\3\0xyz"),
	};
	static const struct blob bad[] = {
		/* names: no NUL, no name, NUL within, too long */
		BLOB("\1\0\1\0x" END),
		BLOB("\1\0\2\0xy" END),
		BLOB("\1\0\1\0\0" END),
		BLOB("\1\0\0\0" END),
		BLOB("\1\0\4\0x\0y\0" END),
		BLOB("\1\0\3\0x\0\0" END),
		BLOB("\1\0\x41\0" NAME_63 "x\0" END),
		BLOB("\7\0\2\0xy" END),
		BLOB("\7\0\0\0" END),
		/* numbers of another length */
		BLOB("\2\0\3\0\1\0\0" END),
		BLOB("\2\0\10\0" U64_BYTES END),
		BLOB("\2\0\0\0" END),
		BLOB("\3\0\4\0\1\0\0\0" END),
		BLOB("\4\0\11\0" U64_BYTES "\0" END),
		BLOB("\5\0\0\0" END),
		BLOB("\5\0\7\0\1\0\0\0\0\0\0" END),
		BLOB("\5\0\14\0" U64_BYTES "\1\0\0\0" END),
		BLOB("\6\0\4\0\1\0\0\0" END),
		BLOB("\10\0\0\0" END),
		BLOB("\11\0\0\0" END),
		BLOB("\11\0\1\0\0" END),
		BLOB("\11\0\1\0\11" END),
		/* names that would look like something else in a log */
		BLOB("\1\0\4\0a b\0" END),
		BLOB("\1\0\4\0a\nb\0" END),
		BLOB("\1\0\4\0a,b\0" END),
		BLOB("\1\0\2\0\x80\0" END),
		/* the second one is as wrong as the first */
		BLOB("\1\0\2\0x\0\1\0\2\0xy" END),
	};

	static char many[(KSTATE_ABI_MAX_ATTRS + 1) * 6 + 4];
	struct blob b = { many, sizeof(many) };
	unsigned int i;

	/* one more than there may be; all fields could share them */
	for (i = 0; i <= KSTATE_ABI_MAX_ATTRS; i++)
		memcpy(many + i * 6, "\1\0\2\0x", 6);
	check_attrs(&b, 1, -EBADMSG);
	b.bytes += 6;
	b.len -= 6;
	check_attrs(&b, 1, -ENOENT);
	check_attrs(fine, ARRAY_SIZE(fine), -ENOENT);
	check_attrs(bad, ARRAY_SIZE(bad), -EBADMSG);
}

static void attributes_that_leave(void)
{
	static const struct blob bad[] = {
		/* no end, half an end */
		BLOB(""),
		BLOB("\0"),
		BLOB("\0\0\0"),
		BLOB("\1\0\2\0x\0"),
		BLOB("\1\0\2\0x\0\0\0\0"),
		BLOB("\11\0\0\0\11\0\0\0"),
		/* longer than the payload */
		BLOB("\0\0\1\0"),
		BLOB("\0\0\xff\xff"),
		BLOB("\11\0\1\0"),
		BLOB("\11\0\xff\xff" END),
		BLOB("\1\0\3\0x\0"),
		BLOB("\5\0\xf8\xff" U64_BYTES END),
	};
	static const struct blob end = BLOB(END);
	static const u32 offsets[] = {
		1, 2, 3, 4, 5, 1000, 0x7fffffff, 0xffffff00, U32_MAX - 60,
	};
	unsigned int i;
	u32 at;

	check_attrs(bad, ARRAY_SIZE(bad), -EBADMSG);
	for (i = 0; i < 2 * ARRAY_SIZE(offsets); i++) {
		at = raw_extra(1) + offsets[i / 2];
		CHECK_EQ(try_attrs(&end, at, i % 2), -EBADMSG);
	}
	CHECK_EQ(try_attrs(&end, U32_MAX, true), -EBADMSG);
	CHECK_EQ(try_attrs(&end, U32_MAX, false), -EBADMSG);
}

int main(void)
{
	static const struct tap_test tests[] = {
		TAP_TEST(fields_that_make_no_sense),
		TAP_TEST(names),
		TAP_TEST(numbers_of_fields),
		TAP_TEST(same_field_twice),
		TAP_TEST(versions),
		TAP_TEST(schemas_within_themselves),
		TAP_TEST(depth),
		TAP_TEST(counts_of_structs),
		TAP_TEST(kinds_that_make_no_sense),
		TAP_TEST(kinds_that_make_sense),
		TAP_TEST(schemas_without_bytes),
		TAP_TEST(schema_flags),
		TAP_TEST(attributes),
		TAP_TEST(attributes_that_leave),
	};

	return tap_run(tests, ARRAY_SIZE(tests));
}
