// SPDX-License-Identifier: GPL-2.0
/*
 * Hostile bytes for every kind: read, skipped by a reader that does not know the
 * field, and looked at beforehand.
 */
#include <errno.h>
#include <string.h>

#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/slab.h>
#include <linux/xarray.h>

#include "raw.h"
#include "shim_mem.h"
#include "tap.h"

/* ---- Objects with one field, "a" ---- */

struct element {
	u32 a;
	bool flag;
	struct list_head node;
	struct hlist_node hnode;
};

union arms {
	u32 number;
	struct raw_thing thing;
};

struct object {
	struct list_head list;
	struct hlist_head hlist;
	struct xarray xa;
	unsigned long map[1];
	unsigned long *map_pointer;
	u8 nr_map;
	u8 arm;
	union arms arms;
	struct raw_thing thing;
	char *string;
	char text[4];
	struct kstate_range range;
	struct object *ref;
};

#define ONE_FIELD(_name, _type, _field, ...)				\
	static const struct kstate_field _name##_fields[] = {		\
		_field, KSTATE_END()					\
	};								\
	static const struct kstate_description _name##_desc = {		\
		.name = "t", .version = 1, .size = sizeof(_type),	\
		.fields = _name##_fields, ##__VA_ARGS__ }

static const struct kstate_field element_fields[] = {
	KSTATE_SIMPLE(struct element, a),
	KSTATE_SIMPLE(struct element, flag, .name = "b"),
	KSTATE_END()
};

static const struct kstate_description element_desc = {
	.name = "t", .version = 1, .size = sizeof(struct element),
	.fields = element_fields,
};

static const struct kstate_field arms_fields[] = {
	KSTATE_SIMPLE(union arms, number, .name = "a", .value = 5),
	KSTATE_STRUCT(union arms, thing, struct raw_thing, &raw_thing_desc,
		      .name = "c", .value = 6),
	KSTATE_END()
};

static const struct kstate_description arms_desc = {
	.name = "t", .version = 1, .size = sizeof(union arms),
	.flags = KSTATE_ARMS, .fields = arms_fields,
};

static const struct kstate_field object_fields[] = {
	KSTATE_SIMPLE(struct object, thing.a),
	KSTATE_SIMPLE(struct object, thing.flag, .name = "b"),
	KSTATE_END()
};

static const struct kstate_description subsection_desc = {
	.name = "t", .version = 1, .size = sizeof(struct object),
	.fields = object_fields,
};

static bool is_needed(const void *obj)
{
	return true;
}

static const struct kstate_description nobody_desc = {
	.name = "nobody", .size = sizeof(struct object),
	.fields = object_fields,
};

ONE_FIELD(list, struct object,
	  KSTATE_LIST(struct object, list, struct element, node, &element_desc,
		      .name = "a"));
ONE_FIELD(hlist, struct object,
	  KSTATE_HLIST(struct object, hlist, struct element, hnode,
		       &element_desc, .name = "a"));
ONE_FIELD(xarray, struct object,
	  KSTATE_XARRAY(struct object, xa, struct element, &element_desc,
			.name = "a"));
ONE_FIELD(bitmap, struct object,
	  KSTATE_BITMAP(struct object, map, 10, .name = "a"));
ONE_FIELD(bitmap_pointer, struct object,
	  KSTATE_BITMAP_POINTER(struct object, map_pointer, nr_map,
				.name = "a"));
ONE_FIELD(union, struct object,
	  KSTATE_UNION(struct object, arms, arm, &arms_desc, .name = "a"));
ONE_FIELD(with_subsection, struct object,
	  KSTATE_SUBSECTION("a", &subsection_desc, is_needed));
ONE_FIELD(string, struct object,
	  KSTATE_STRING(struct object, string, .name = "a"));
ONE_FIELD(text, struct object,
	  KSTATE_TEXT(struct object, text, .name = "a"));
ONE_FIELD(range, struct object,
	  KSTATE_RANGE(struct object, range, .name = "a"));
ONE_FIELD(ref, struct object,
	  KSTATE_REF(struct object, ref, struct object, &nobody_desc,
		     .name = "a"));
/* knows nothing of "a" */
ONE_FIELD(skip, struct object,
	  KSTATE_SIMPLE(struct object, thing.a, .name = "z"));

/* ---- What the writer says: schema 0 a struct, schema 1 a union ---- */

#define TARGET	"\x07\0\x07\0nobody\0\0\0\0"

static const struct raw_field raw_arms[] = {
	U32_FIELD,
	{ KSTATE_ABI_UNUSED, 0, 0, 0, 0, NO_SCHEMA },
	{ KSTATE_ABI_STRUCT, 0, 0, 0, 1, 0 },
};

/* The field of the description, with no bytes of it yet */
static void begin_object(const struct raw_field *f)
{
	struct raw_field with_attrs = *f;

	with_attrs.attrs = f->type == KSTATE_ABI_REF ? raw_extra(1) : 0;
	raw_begin();
	raw_schema(raw_good, 2);
	raw_schema_extra(KSTATE_ABI_SCHEMA_UNION, raw_arms, 3, "", 0);
	raw_schema_extra(0, &with_attrs, 1, TARGET, sizeof(TARGET));
	raw_begin_section(KSTATE_ABI_SECT_OBJECT, 2, RAW_INSTANCE);
	raw_objects = 1;
}

/* What was read goes again. */
static void free_object(struct object *obj)
{
	struct element *e, *next;
	struct hlist_node *hnext;
	unsigned long index;

	if (obj->list.next)
		list_for_each_entry_safe(e, next, &obj->list, node)
			kvfree(e);
	hlist_for_each_entry_safe(e, hnext, &obj->hlist, hnode)
		kvfree(e);
	xa_for_each(&obj->xa, index, e)
		kvfree(e);
	xa_destroy(&obj->xa);
	kvfree(obj->map_pointer);
	kvfree(obj->string);
}

static int read_object(const struct kstate_description *desc)
{
	struct object obj = { }, zero = { };
	int err = raw_read(desc, &obj);

	if (err)
		CHECK(!memcmp(&obj, &zero, sizeof(obj)));
	free_object(&obj);
	return err;
}

/* From the schemas and the bytes alone, as it is asked before the jump */
static int foretell_object(const struct kstate_description *desc)
{
	struct kstate_report report = { };
	const struct kstate_program *prog;
	struct kstate_resolution *res;
	struct kstate_reader r;
	int err;

	err = kstate_reader_open(&r, raw_buf, raw_used);
	if (!CHECK_EQ(err, 0))
		return err;
	prog = kstate_resolve(r.objects[0].schema, desc, &report);
	err = PTR_ERR_OR_ZERO(prog);
	if (!err) {
		res = kstate_resolve_schemas(r.objects[0].schema, prog->to,
					     &report);
		err = kstate_verify(res->top, r.objects[0].data,
				    r.objects[0].len, &report);
		kstate_resolution_free(res);
	}
	kstate_reader_free(&r);
	return err;
}

/* Bytes, and what comes of them: read, looked at beforehand, skipped */
struct bytes {
	const char *bytes;
	u32 len;
	int read;
	int foretold;
	int skipped;
};

#define B(_bytes, ...)	{ _bytes, sizeof(_bytes) - 1, __VA_ARGS__ }
#define BAD(_bytes)	B(_bytes, -EBADMSG, -EBADMSG, -EBADMSG)
#define FINE(_bytes)	B(_bytes, 0, 0, 0)

/* @b ends with one that has no bytes. */
static void try_all(const struct raw_field *f,
		    const struct kstate_description *desc,
		    const struct bytes *b)
{
	int read, foretold, skipped;
	unsigned int i;

	for (i = 0; b[i].bytes; i++) {
		begin_object(f);
		raw_put(b[i].bytes, b[i].len);
		raw_end_section();
		raw_finish();
		read = read_object(desc);
		foretold = foretell_object(desc);
		skipped = read_object(&skip_desc);
		tap_check(read == b[i].read && foretold == b[i].foretold &&
			  skipped == b[i].skipped, __FILE__, __LINE__,
			  "kind %u, case %u gives %d, %d, %d", f->kind, i,
			  read, foretold, skipped);
	}
}

/* ---- Collections ---- */

#define ELEMENT		"\1\0\0\0\1"
#define BAD_ELEMENT	"\1\0\0\0\2"
#define INDEX		"\7\0\0\0\0\0\0\0"
#define HIGH_INDEX	"\6\0\0\0\0\0\0\x80"

static void lists(void)
{
	static const struct raw_field list = { KSTATE_ABI_LIST, 0, 0, 0, 0, 0 };
	static const struct raw_field hlist = {
		KSTATE_ABI_HLIST, 0, 0, 0, 0, 0
	};
	static const struct bytes b[] = {
		FINE("\0\0\0\0"),
		FINE("\1\0\0\0" ELEMENT),
		FINE("\2\0\0\0" ELEMENT ELEMENT),
		BAD(""),
		BAD("\0\0\0"),
		BAD("\0\0\0\0\0"),
		BAD("\1\0\0\0"),
		BAD("\2\0\0\0" ELEMENT),
		BAD("\2\0\0\0" ELEMENT "\1\0\0\0"),
		BAD("\1\0\0\0" ELEMENT "\0"),
		BAD("\0\0\0\x80" ELEMENT),
		BAD("\xff\xff\xff\xff" ELEMENT),
		B("\1\0\0\0" BAD_ELEMENT, -ERANGE, -ERANGE, 0),
		{ }
	};

	/* either of them is read into either */
	try_all(&list, &list_desc, b);
	try_all(&list, &hlist_desc, b);
	try_all(&hlist, &list_desc, b);
	try_all(&hlist, &hlist_desc, b);
}

static void xarrays(void)
{
	static const struct raw_field f = { KSTATE_ABI_XARRAY, 0, 0, 0, 0, 0 };
	static const struct bytes b[] = {
		FINE("\0\0\0\0"),
		FINE("\1\0\0\0" INDEX ELEMENT),
		FINE("\1\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff" ELEMENT),
		BAD("\0\0\0"),
		BAD("\1\0\0\0"),
		BAD("\1\0\0\0" INDEX),
		BAD("\1\0\0\0\7\0\0\0\0\0\0"),
		BAD("\1\0\0\0" INDEX "\1\0\0\0"),
		BAD("\2\0\0\0" INDEX ELEMENT),
		BAD("\xff\xff\xff\xff" INDEX ELEMENT),
		BAD("\1\0\0\0" INDEX ELEMENT "\0"),
		B("\1\0\0\0" INDEX BAD_ELEMENT, -ERANGE, -ERANGE, 0),
		FINE("\2\0\0\0" INDEX ELEMENT HIGH_INDEX ELEMENT),
		/* twice the same, and in no order; what is skipped may be so */
		B("\2\0\0\0" INDEX ELEMENT INDEX ELEMENT,
		  -EBADMSG, -EBADMSG, 0),
		B("\2\0\0\0" HIGH_INDEX ELEMENT INDEX ELEMENT,
		  -EBADMSG, -EBADMSG, 0),
		{ }
	};

	try_all(&f, &xarray_desc, b);
}

/* ---- Bitmaps ---- */

static void bitmaps(void)
{
	static const struct raw_field f = {
		KSTATE_ABI_BITMAP, 0, 0, 0, 10, NO_SCHEMA
	};
	static const struct raw_field variable = {
		KSTATE_ABI_BITMAP, 0, 0, 0, 0, NO_SCHEMA
	};
	static const struct bytes embedded[] = {
		FINE("\1\x0a\0\0\0\xff\3"),
		FINE("\1\0\0\0\0"),
		FINE("\1\x09\0\0\0\xff\1"),
		/* longer, with nothing set that does not fit */
		FINE("\1\x14\0\0\0\xff\3\0"),
		B("\1\x14\0\0\0\xff\7\0", -ERANGE, -ERANGE, 0),
		B("\1\x14\0\0\0\xff\3\1", -ERANGE, -ERANGE, 0),
		B("\0", -ENODATA, -ENODATA, 0),
		/* behind the last one */
		BAD("\1\x0a\0\0\0\xff\7"),
		BAD("\1\x09\0\0\0\0\x80"),
		BAD("\1\1\0\0\0\2"),
		BAD("\2\x0a\0\0\0\xff\3"),
		BAD("\1\x0a\0\0\0\xff"),
		BAD("\1\x0a\0\0\0\xff\3\0"),
		BAD("\1\xff\xff\xff\xff\xff\3"),
		BAD("\1\xf9\xff\xff\xff\xff\3"),
		BAD("\1\x0a\0\0"),
		BAD(""),
		{ }
	};
	static const struct bytes pointer[] = {
		FINE("\0"),
		FINE("\1\0\0\0\0"),
		FINE("\1\x0a\0\0\0\xff\3"),
		BAD("\1\x0a\0\0\0\xff\7"),
		BAD("\1\xff\xff\xff\xff\xff\3"),
		BAD("\3"),
		{ }
	};

	try_all(&f, &bitmap_desc, embedded);
	try_all(&variable, &bitmap_desc, embedded);
	try_all(&f, &bitmap_pointer_desc, pointer);
	try_all(&variable, &bitmap_pointer_desc, pointer);
}

/* 256 bits, of which the last are clear, where there is room for 10 */
static void bits_of_a_large_count(void)
{
	static const struct raw_field f = {
		KSTATE_ABI_BITMAP, 0, 0, 0, 0, NO_SCHEMA
	};
	unsigned long map = 5;
	struct object obj = { .map_pointer = &map, .nr_map = 10 };
	static const u8 bits[32] = { 3 };

	begin_object(&f);
	raw_put8(1);
	raw_put32(256);
	raw_put(bits, 32);
	raw_end_section();
	raw_finish();
	CHECK_EQ(raw_read(&bitmap_pointer_desc, &obj), -ERANGE);
	CHECK_EQ(foretell_object(&bitmap_pointer_desc), -ERANGE);
	CHECK_EQ(map, 5);

	begin_object(&f);
	raw_put8(1);
	raw_put32(255);
	raw_put(bits, 32);
	raw_end_section();
	raw_finish();
	CHECK_EQ(raw_read(&bitmap_pointer_desc, &obj), 0);
	CHECK_EQ(map, 3);
	CHECK_EQ(obj.nr_map, 10);
}

/* ---- Unions and subsections ---- */

static void unions(void)
{
	static const struct raw_field f = { KSTATE_ABI_UNION, 0, 0, 0, 1, 1 };
	static const struct bytes b[] = {
		FINE("\0\0\0\0\1\0\0\0"),
		FINE("\2\0\0\0" ELEMENT),
		FINE("\xff\xff\xff\xff\x63\0\0\0\0\0\0\0"),
		/* not used, or beyond the last one */
		BAD("\1\0\0\0"),
		BAD("\1\0\0\0\1\0\0\0"),
		BAD("\3\0\0\0\1\0\0\0"),
		BAD("\xfe\xff\xff\xff\1\0\0\0"),
		BAD("\0\0\0\x80\1\0\0\0"),
		BAD(""),
		BAD("\0\0\0"),
		BAD("\0\0\0\0\1\0\0"),
		BAD("\0\0\0\0\1\0\0\0\0"),
		BAD("\2\0\0\0\1\0\0\0"),
		BAD("\xff\xff\xff\xff\x63\0\0\0\0\0\0"),
		B("\2\0\0\0" BAD_ELEMENT, -ERANGE, -ERANGE, 0),
		/* nothing is in use, and that is the selector of an arm */
		B("\xff\xff\xff\xff\5\0\0\0\0\0\0\0", -EPROTO, -EPROTO, 0),
		/* the selector is one byte here */
		B("\xff\xff\xff\xff\x63\1\0\0\0\0\0\0", -ERANGE, -ERANGE, 0),
		{ }
	};

	try_all(&f, &union_desc, b);
}

static void subsections(void)
{
	static const struct raw_field f = {
		KSTATE_ABI_SUBSECTION, 0, 0, 0, 1, 0
	};
	static const struct raw_field mandatory = {
		KSTATE_ABI_SUBSECTION, 0, KSTATE_ABI_FIELD_MANDATORY, 0, 1, 0
	};
	static const struct bytes b[] = {
		FINE("\0"),
		FINE("\1" ELEMENT),
		BAD("\2" ELEMENT),
		BAD("\xff" ELEMENT),
		BAD("\1"),
		BAD("\1\1\0\0\0"),
		BAD("\0\0"),
		BAD(""),
		B("\1" BAD_ELEMENT, -ERANGE, -ERANGE, 0),
		{ }
	};
	static const struct bytes needed[] = {
		FINE("\0"),
		B("\1" ELEMENT, 0, 0, -EPROTO),
		BAD(""),
		{ }
	};

	try_all(&f, &with_subsection_desc, b);
	try_all(&mandatory, &with_subsection_desc, needed);
}

/* ---- Elements ---- */

static void strings(void)
{
	static const struct raw_field string = {
		KSTATE_ABI_SIMPLE, KSTATE_ABI_STRING, 0, 0, 1, NO_SCHEMA
	};
	static const struct raw_field text = {
		KSTATE_ABI_SIMPLE, KSTATE_ABI_TEXT, 0, 100, 1, NO_SCHEMA
	};
	static const struct bytes into_string[] = {
		FINE("\0"),
		FINE("\1\0\0\0\0"),
		FINE("\1\3\0\0\0abc"),
		FINE("\1\4\0\0\0abcd"),
		BAD("\1\3\0\0\0a\0c"),
		BAD("\1\1\0\0\0\0"),
		BAD("\1\3\0\0\0ab\0"),
		BAD("\1\3\0\0\0ab"),
		BAD("\1\3\0\0\0abcd"),
		BAD("\1\xff\xff\xff\xffxyz"),
		BAD("\2\3\0\0\0abc"),
		BAD("\1\3\0\0"),
		BAD(""),
		{ }
	};
	static const struct bytes into_text[] = {
		FINE("\1\0\0\0\0"),
		FINE("\1\3\0\0\0abc"),
		B("\1\4\0\0\0abcd", -ERANGE, -ERANGE, 0),
		B("\0", -ENODATA, -ENODATA, 0),
		BAD("\1\3\0\0\0a\0c"),
		BAD("\1\5\0\0\0abcd\0"),
		BAD("\1\xff\xff\xff\xffxyz"),
		{ }
	};

	try_all(&string, &string_desc, into_string);
	try_all(&text, &string_desc, into_string);
	try_all(&string, &text_desc, into_text);
	try_all(&text, &text_desc, into_text);
}

#define MIB		"\0\0\x10\0\0\0\0\0"
#define PAGE		"\0\x10\0\0\0\0\0\0"
#define NO_BYTES	"\0\0\0\0\0\0\0\0"

/* Folio 0, which is preserved, has one page at 1 MiB. */
static void ranges(void)
{
	static const struct raw_field f = {
		KSTATE_ABI_SIMPLE, KSTATE_ABI_RANGE, 0, 0, 1, NO_SCHEMA
	};
	static const struct bytes b[] = {
		FINE(MIB PAGE),
		FINE(NO_BYTES NO_BYTES),
		FINE("\1\2\3\4\5\6\7\x08" NO_BYTES),
		BAD("\0\0\x10\0\0\0\0" PAGE),
		BAD(MIB PAGE "\0"),
		BAD(""),
		/* not aligned, and beyond the end of memory */
		B("\1\0\x10\0\0\0\0\0" PAGE, -EBADMSG, -EBADMSG, 0),
		B("\0\x08\x10\0\0\0\0\0" PAGE, -EBADMSG, -EBADMSG, 0),
		B(MIB "\1\0\0\0\0\0\0\0", -EBADMSG, -EBADMSG, 0),
		B(MIB "\0\xf0\xff\xff\xff\xff\xff\xff",
		  -EBADMSG, -EBADMSG, 0),
		B("\0\xf0\xff\xff\xff\xff\xff\xff" PAGE,
		  -EBADMSG, -EBADMSG, 0),
		/* what is there is for the next kernel to know */
		B("\0\0\x20\0\0\0\0\0" PAGE, -ENOENT, 0, 0),
		B(MIB "\0\x20\0\0\0\0\0\0", -ENOENT, 0, 0),
		{ }
	};

	try_all(&f, &range_desc, b);
}

static void references(void)
{
	static const struct raw_field f = {
		KSTATE_ABI_SIMPLE, KSTATE_ABI_REF, 0, 0, 1, NO_SCHEMA
	};
	static const struct bytes b[] = {
		FINE("\0"),
		B("\1" NO_BYTES, -ENOENT, 0, 0),
		B("\1\xff\xff\xff\xff\xff\xff\xff\xff", -ENOENT, 0, 0),
		BAD("\1\0\0\0\0\0\0\0"),
		BAD("\2" NO_BYTES),
		BAD("\0\0"),
		BAD(""),
		{ }
	};

	try_all(&f, &ref_desc, b);
}

/* ---- Groups of objects ---- */

#define VALUE	"\5\0\0\0\1"

static void begin_group(void)
{
	raw_begin();
	raw_schema(raw_good, 2);
	raw_begin_group(0);
}

static int end_group(void)
{
	raw_end_section();
	raw_finish();
	return raw_read_thing();
}

static void begin_record(u64 instance, u32 len, u32 flags)
{
	raw_record(instance, flags, "", 0);
	raw_used -= sizeof(u32) * 2;
	raw_put32(len);
	raw_put32(flags);
}

static void groups(void)
{
	begin_group();
	raw_record(1, 0, VALUE, 5);
	raw_record(RAW_INSTANCE, 0, VALUE, 5);
	CHECK_EQ(end_group(), 0);
	/* in any order, and lost ones among them */
	begin_group();
	raw_record(RAW_INSTANCE, 0, VALUE, 5);
	raw_record(1, KSTATE_ABI_SECT_LOST, "", 0);
	CHECK_EQ(end_group(), 0);
	begin_group();
	raw_record(RAW_INSTANCE, KSTATE_ABI_SECT_LOST, VALUE, 5);
	CHECK_EQ(end_group(), -ENOENT);
	begin_group();
	CHECK_EQ(end_group(), -ENOENT);
	/* shorter and longer than its schema says */
	begin_group();
	raw_record(RAW_INSTANCE, 0, VALUE, 4);
	CHECK_EQ(end_group(), -EBADMSG);
	begin_group();
	raw_record(RAW_INSTANCE, 0, VALUE "\0", 6);
	CHECK_EQ(end_group(), -EBADMSG);
}

static void lengths_of_records(void)
{
	static const u32 lengths[] = { 6, 100, 0x7fffffff, U32_MAX - 15, U32_MAX };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		begin_group();
		begin_record(RAW_INSTANCE, lengths[i], 0);
		raw_put(VALUE, 5);
		CHECK_EQ(end_group(), -EBADMSG);
	}
	/* the last one's header is cut off */
	for (i = 1; i < sizeof(struct kstate_abi_record); i++) {
		begin_group();
		raw_record(RAW_INSTANCE, 0, VALUE, 5);
		raw_record(1, 0, "", 0);
		raw_used -= i;
		CHECK_EQ(end_group(), -EBADMSG);
	}
}

static void counts_of_records(void)
{
	static const u32 counts[] = { 0, 1, 3, 0x10000000, U32_MAX };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		begin_group();
		raw_record(RAW_INSTANCE, 0, VALUE, 5);
		raw_record(1, 0, VALUE, 5);
		raw_section()->count = cpu_to_le32(counts[i]);
		CHECK_EQ(end_group(), -EBADMSG);
	}
	/* and what the header says of them */
	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		begin_group();
		raw_record(RAW_INSTANCE, 0, VALUE, 5);
		raw_record(1, 0, VALUE, 5);
		raw_objects = counts[i];
		CHECK_EQ(end_group(), -EBADMSG);
	}
}

static void strange_groups(void)
{
	/* twice the same, flags, no such schema */
	begin_group();
	raw_record(RAW_INSTANCE, 0, VALUE, 5);
	raw_record(RAW_INSTANCE, 0, VALUE, 5);
	CHECK_EQ(end_group(), -EBADMSG);
	begin_group();
	raw_record(RAW_INSTANCE, 2, VALUE, 5);
	CHECK_EQ(end_group(), -EBADMSG);
	begin_group();
	raw_record(RAW_INSTANCE, 0, VALUE, 5);
	raw_section()->schema = cpu_to_le32(1);
	CHECK_EQ(end_group(), -EBADMSG);
	/* of a union */
	raw_begin();
	raw_schema_extra(KSTATE_ABI_SCHEMA_UNION, raw_good, 2, "", 0);
	raw_begin_group(0);
	raw_record(RAW_INSTANCE, 0, VALUE, 5);
	CHECK_EQ(end_group(), -EBADMSG);
	raw_begin();
	raw_schema_extra(KSTATE_ABI_SCHEMA_UNION, raw_good, 2, "", 0);
	raw_object(0, VALUE, 5);
	raw_finish();
	CHECK_EQ(raw_read_thing(), -EBADMSG);
}

int main(void)
{
	static const struct tap_test tests[] = {
		TAP_TEST(lists),
		TAP_TEST(xarrays),
		TAP_TEST(bitmaps),
		TAP_TEST(bits_of_a_large_count),
		TAP_TEST(unions),
		TAP_TEST(subsections),
		TAP_TEST(strings),
		TAP_TEST(ranges),
		TAP_TEST(references),
		TAP_TEST(groups),
		TAP_TEST(lengths_of_records),
		TAP_TEST(counts_of_records),
		TAP_TEST(strange_groups),
	};

	return tap_run(tests, ARRAY_SIZE(tests));
}
