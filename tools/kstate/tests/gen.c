// SPDX-License-Identifier: GPL-2.0-only
/*
 * Write what the tests of kstate(8) read: streams and images, made by the
 * kernel's own writer.
 *
 * usage: gen DIR
 */
#include <stdio.h>
#include <stdlib.h>

#include <linux/list.h>
#include <linux/mm.h>
#include <linux/string.h>
#include <linux/xarray.h>

#include "kstate_internal.h"

static const char *dir;

static void die(const char *what)
{
	fprintf(stderr, "gen: %s\n", what);
	exit(1);
}

/*
 * ---- An object with a field of every kind ----
 */

struct part {
	u32 id;
	s16 delta;
	bool on;
	struct list_head node;
	struct hlist_node hnode;
};

static const struct kstate_field part_fields[] = {
	KSTATE_SIMPLE(struct part, id),
	KSTATE_SIMPLE(struct part, delta),
	KSTATE_SIMPLE(struct part, on),
	KSTATE_END()
};

static const struct kstate_description part_desc = {
	.name = "example.part", .version = 1, .size = sizeof(struct part),
	.fields = part_fields,
};

struct target {
	u8 n;
};

static const struct kstate_field target_fields[] = {
	KSTATE_SIMPLE(struct target, n),
	KSTATE_END()
};

static const struct kstate_description target_desc = {
	.name = "example.target", .version = 3, .min_version = 2,
	.size = sizeof(struct target), .flags = KSTATE_LATE,
	.fields = target_fields,
};

union arms {
	u64 number;
	struct part part;
};

static const struct kstate_field arms_fields[] = {
	KSTATE_SIMPLE(union arms, number, .value = 1),
	KSTATE_STRUCT(union arms, part, struct part, &part_desc, .value = 2),
	KSTATE_END()
};

static const struct kstate_description arms_desc = {
	.name = "example.arms", .size = sizeof(union arms),
	.flags = KSTATE_ARMS, .fields = arms_fields,
};

struct all {
	bool flag;
	u8 small;
	s8 negative;
	u64 large;
	s64 most_negative;
	u32 numbers[3];
	char raw[4];
	char word[8];
	char text[16];
	const char *string;
	const char *no_string;
	char *strings[2];
	u32 *pointer;
	u32 *no_pointer;
	u16 *array;
	void *block;
	struct part embedded;
	struct part parts[2];
	struct part *part_pointer;
	struct part *part_array;
	struct part **part_pointers;
	struct list_head list;
	struct hlist_head hlist;
	struct xarray xarray;
	unsigned long bits[1];
	unsigned long *more_bits;
	u32 selector;
	union arms any;
	u32 extra;
	u32 rare;
	struct target *ref;
	struct folio *folio;
	struct folio *no_folio;
	struct kstate_range range;
	u32 custom;
	u32 nr_array;
	u32 nr_block;
	u32 nr_part_array;
	u32 nr_part_pointers;
	u32 nr_more_bits;
};

static bool needs_extra(const void *obj)
{
	return ((const struct all *)obj)->extra;
}

static bool needs_rare(const void *obj)
{
	return ((const struct all *)obj)->rare;
}

static const struct kstate_field extra_fields[] = {
	KSTATE_SIMPLE(struct all, extra),
	KSTATE_END()
};

static const struct kstate_description extra_desc = {
	.name = "example.extra", .size = sizeof(struct all),
	.fields = extra_fields,
};

static const struct kstate_field rare_fields[] = {
	KSTATE_SIMPLE(struct all, rare),
	KSTATE_END()
};

static const struct kstate_description rare_desc = {
	.name = "example.rare", .size = sizeof(struct all),
	.fields = rare_fields,
};

static ssize_t custom_size(const void *obj, const struct kstate_field *field)
{
	return 3;
}

static int custom_save(struct kstate_stream *stream, const void *obj,
		       const struct kstate_field *field)
{
	return kstate_write(stream, "\x01\xfe\x00", 3);
}

static int custom_load(struct kstate_stream *stream, void *obj,
		       const struct kstate_field *field)
{
	return 0;
}

static const struct kstate_custom_ops custom_ops = {
	.size = custom_size, .save = custom_save, .load = custom_load,
};

static const struct kstate_field all_fields[] = {
	KSTATE_SIMPLE(struct all, flag, .flags = KSTATE_FIELD_MANDATORY),
	KSTATE_SIMPLE(struct all, small, .alias = "tiny,little",
		      .check = KSTATE_MIN_MAX(1, 200)),
	KSTATE_SIMPLE(struct all, negative,
		      .check = KSTATE_ONE_OF((u64)-1, 0, 1)),
	KSTATE_CONST(struct all, large),
	KSTATE_SIMPLE(struct all, most_negative, .since = 2,
		      .flags = KSTATE_FIELD_DEFAULT, .value = 7),
	KSTATE_ARRAY(struct all, numbers,
		     .flags = KSTATE_FIELD_GROW | KSTATE_FIELD_SHRINK),
	KSTATE_ARRAY(struct all, raw),
	KSTATE_ARRAY(struct all, word),
	KSTATE_TEXT(struct all, text),
	KSTATE_STRING(struct all, string),
	KSTATE_STRING(struct all, no_string),
	KSTATE_STRING_ARRAY(struct all, strings),
	KSTATE_POINTER(struct all, pointer),
	KSTATE_POINTER(struct all, no_pointer),
	KSTATE_VARRAY(struct all, array, nr_array),
	KSTATE_BLOCK(struct all, block, nr_block),
	KSTATE_STRUCT(struct all, embedded, struct part, &part_desc),
	KSTATE_STRUCT_ARRAY(struct all, parts, struct part, &part_desc),
	KSTATE_STRUCT_POINTER(struct all, part_pointer, struct part,
			      &part_desc),
	KSTATE_STRUCT_VARRAY(struct all, part_array, nr_part_array,
			     struct part, &part_desc),
	KSTATE_ARRAY_OF_POINTER(struct all, part_pointers, nr_part_pointers,
				struct part, &part_desc),
	KSTATE_LIST(struct all, list, struct part, node, &part_desc),
	KSTATE_HLIST(struct all, hlist, struct part, hnode, &part_desc),
	KSTATE_XARRAY(struct all, xarray, struct part, &part_desc),
	KSTATE_BITMAP(struct all, bits, 40),
	KSTATE_BITMAP_POINTER(struct all, more_bits, nr_more_bits),
	KSTATE_UNION(struct all, any, selector, &arms_desc),
	KSTATE_SUBSECTION("extra", &extra_desc, needs_extra),
	KSTATE_SUBSECTION("rare", &rare_desc, needs_rare),
	KSTATE_UNUSED("retired"),
	KSTATE_REF(struct all, ref, struct target, &target_desc),
	KSTATE_FOLIO(struct all, folio),
	KSTATE_FOLIO(struct all, no_folio),
	KSTATE_RANGE(struct all, range),
	KSTATE_CUSTOM(struct all, custom, &custom_ops),
	KSTATE_END()
};

static const struct kstate_description all_desc = {
	.name = "example.all", .alias = "example.every", .version = 2,
	.min_version = 1, .size = sizeof(struct all),
	.flags = KSTATE_MANDATORY, .fields = all_fields,
};

/* ---- What the writer must know ---- */

static void locate(void *folio, u64 *phys, u32 *order)
{
	*phys = 0x12340000;
	*order = 2;
}

static bool preserved(u64 phys, u64 size)
{
	return true;
}

static const struct kstate_mem_ops mem = {
	.locate = locate, .preserved = preserved,
};

static int ref_instance(void *priv, const struct kstate_description *desc,
			const void *obj, u64 *instance)
{
	*instance = 5;
	return 0;
}

static const struct kstate_refs refs = { .instance = ref_instance };

static int grow(struct kstate_stream *s, size_t size)
{
	s->data = realloc(s->data, size);
	if (!s->data)
		die("no memory");
	memset(s->data + s->size, 0, size - s->size);
	s->size = size;
	return 0;
}

static struct kstate_report report;

static void writer_start(struct kstate_writer *w)
{
	*w = (struct kstate_writer) {
		.s = { .grow = grow, .mem = &mem, .refs = &refs,
		       .report = &report },
	};
	if (kstate_writer_begin(w))
		die("cannot begin");
}

static void put(const char *name, const void *data, size_t len)
{
	char path[4096];
	FILE *out;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	out = fopen(path, "wb");
	if (!out || fwrite(data, 1, len, out) != len || fclose(out))
		die(path);
}

/* ---- The stream with everything ---- */

static struct part some_parts[] = {
	{ 1, -1, true }, { 2, -2, false }, { 3, 300, true }, { 4, 0, false },
	{ 5, 5, true }, { 6, 6, true }, { 7, -7, false }, { 8, 8, true },
};

static void fill(struct all *a)
{
	static u16 array[] = { 10, 20, 65535 };
	static struct part *pointers[] = { &some_parts[0], NULL };
	static unsigned long more_bits[2] = { 1UL << 63, 3 };
	static struct target target;
	static struct folio folio;
	static u32 pointee = 77;

	*a = (struct all) {
		.flag = true, .small = 200, .negative = -1, .large = ~0ULL,
		.most_negative = S64_MIN, .numbers = { 1, 2, 3 },
		.raw = { 0, 1, 2, (char)0xff }, .word = "word",
		.text = "some text",
		.string = "\"quoted\"\n\t\033[1m \303\251 \377",
		.strings = { "one", NULL }, .pointer = &pointee,
		.array = array, .nr_array = 3, .block = "\xde\xad", .nr_block = 2,
		.embedded = some_parts[0],
		.parts = { some_parts[1], some_parts[2] },
		.part_pointer = &some_parts[3], .part_array = &some_parts[1],
		.nr_part_array = 2, .part_pointers = pointers,
		.nr_part_pointers = 2, .bits = { 0x80000000fbUL },
		.more_bits = more_bits, .nr_more_bits = 66, .selector = 2,
		.any = { .part = some_parts[3] }, .extra = 99, .ref = &target,
		.folio = &folio, .range = { 0x5000, 0x3000 },
	};
	INIT_LIST_HEAD(&a->list);
	list_add_tail(&some_parts[4].node, &a->list);
	list_add_tail(&some_parts[5].node, &a->list);
	hlist_add_head(&some_parts[6].hnode, &a->hlist);
	xa_init(&a->xarray);
	xa_store(&a->xarray, 3, &some_parts[7], GFP_KERNEL);
	xa_store(&a->xarray, 4096, &some_parts[0], GFP_KERNEL);
}

static void write_all(const char *name)
{
	struct target target = { 9 };
	struct kstate_writer w;
	struct all full, empty = { .small = 1, .selector = 7 };
	int err;

	fill(&full);
	INIT_LIST_HEAD(&empty.list);
	xa_init(&empty.xarray);
	writer_start(&w);
	err = kstate_writer_object(&w, &all_desc, &full, 1) ?:
	      kstate_writer_object(&w, &all_desc, &empty, 2) ?:
	      kstate_writer_object(&w, &target_desc, &target, 5);
	if (err) {
		fprintf(stderr, "gen: %s.%s %s\n", report.desc, report.field,
			report.why);
		exit(1);
	}
	err = kstate_writer_object(&w, &target_desc, &target, 6);
	kstate_writer_lose(&w, w.at, w.group);
	if (err || kstate_writer_end(&w))
		die("cannot end");
	put(name, w.s.data, w.s.pos);
	xa_destroy(&full.xarray);
	free(w.s.data);
	kstate_writer_free(&w);
}

/* ---- Images that differ ---- */

struct thing {
	u64 wide;
	u32 number;
	u8 byte;
	u32 other;
	u32 array[4];
};

#define THING(_name, _flags, ...)					\
static const struct kstate_field _name##_fields[] = {			\
	__VA_ARGS__, KSTATE_END()					\
};									\
static const struct kstate_description _name##_desc = {		\
	.name = "example.thing", .version = 1, .size = sizeof(struct thing), \
	.flags = (_flags), .fields = _name##_fields,			\
}

#define NUMBER(...)	KSTATE_SIMPLE(struct thing, number, ##__VA_ARGS__)
#define OTHER(...)	KSTATE_SIMPLE(struct thing, other, ##__VA_ARGS__)
#define MUST		.flags = KSTATE_FIELD_MANDATORY

THING(base, 0, NUMBER(), OTHER());
THING(must, KSTATE_MANDATORY, NUMBER(), OTHER());
THING(added, 0, NUMBER(), OTHER(), KSTATE_SIMPLE(struct thing, byte));
THING(needs, 0, NUMBER(), OTHER(), KSTATE_SIMPLE(struct thing, byte, MUST));
THING(fewer, 0, NUMBER());
THING(renamed, 0, NUMBER(.name = "count", .alias = "number"), OTHER());
THING(wider, 0, KSTATE_SIMPLE(struct thing, wide, .name = "number"), OTHER());
THING(narrow, 0, KSTATE_SIMPLE(struct thing, byte, .name = "number"), OTHER());
THING(checked, 0, NUMBER(.check = KSTATE_MIN_MAX(0, 10)), OTHER());
THING(array, 0, KSTATE_ARRAY(struct thing, array, .name = "number"), OTHER());

static const struct kstate_description newer_desc = {
	.name = "example.thing", .version = 4, .min_version = 3,
	.size = sizeof(struct thing), .fields = base_fields,
};

static const struct kstate_description moved_desc = {
	.name = "example.item", .alias = "example.thing", .version = 1,
	.size = sizeof(struct thing), .fields = base_fields,
};

/* A setup header, and a kernel_info with nothing or with one object */
static void put_bzimage(const char *name, const void *blob, size_t len)
{
	static u8 image[65536];
	u8 *info = image + 2048;
	u32 total = 12 + (blob ? 8 + len : 0), v;

	if (len > sizeof(image) - 4096)
		die("a blob too large");
	memset(image, 0, sizeof(image));
	image[0x1f1] = 1;
	memcpy(image + 0x202, "HdrS", 4);
	image[0x206] = 0x0f;
	image[0x207] = 0x02;
	v = info - image - 1024;
	memcpy(image + 0x268, &v, 4);
	memcpy(info, "LToP", 4);
	v = 12;
	memcpy(info + 4, &v, 4);
	memcpy(info + 8, &total, 4);
	if (blob) {
		memcpy(info + 12, KSTATE_ABI_IMAGE_MAGIC, 4);
		v = 8 + len;
		memcpy(info + 16, &v, 4);
		memcpy(info + 20, blob, len);
	}
	put(name, image, info - image + total);
}

/* Declares @desc, and @more if it is not NULL */
static void write_images(const char *name,
			 const struct kstate_description *desc,
			 const struct kstate_description *more)
{
	char file[256];
	struct kstate_writer w;
	u32 nr[2];

	writer_start(&w);
	nr[0] = kstate_writer_schema(&w, desc);
	nr[1] = more ? kstate_writer_schema(&w, more) : 0;
	if (kstate_writer_end(&w) ||
	    kstate_image_declare(w.s.data, w.s.pos, nr, more ? 2 : 1))
		die(name);
	snprintf(file, sizeof(file), "%s.kst", name);
	put(file, w.s.data, w.s.pos);
	snprintf(file, sizeof(file), "%s.bz", name);
	put_bzimage(file, w.s.data, w.s.pos);
	free(w.s.data);
	kstate_writer_free(&w);
}

static void write_image(const char *name,
			const struct kstate_description *desc)
{
	write_images(name, desc, NULL);
}

/* Objects of two descriptions */
static void write_both(const char *name)
{
	struct thing thing = { .number = 3 };
	struct kstate_writer w;

	writer_start(&w);
	if (kstate_writer_object(&w, &must_desc, &thing, 1) ||
	    kstate_writer_object(&w, &moved_desc, &thing, 1) ||
	    kstate_writer_end(&w))
		die(name);
	put(name, w.s.data, w.s.pos);
	free(w.s.data);
	kstate_writer_free(&w);
}

static void write_object(const char *name,
			 const struct kstate_description *desc, u32 number)
{
	struct thing thing = { .number = number };
	struct kstate_writer w;

	writer_start(&w);
	if (kstate_writer_object(&w, desc, &thing, 1) ||
	    kstate_writer_end(&w))
		die(name);
	put(name, w.s.data, w.s.pos);
	free(w.s.data);
	kstate_writer_free(&w);
}

int main(int argc, char **argv)
{
	if (argc != 2)
		die("usage: gen DIR");
	dir = argv[1];
	write_all("all.kst");
	write_image("all-image", &all_desc);
	write_image("base", &base_desc);
	write_image("must", &must_desc);
	write_image("added", &added_desc);
	write_image("needs", &needs_desc);
	write_image("fewer", &fewer_desc);
	write_image("renamed", &renamed_desc);
	write_image("wider", &wider_desc);
	write_image("narrow", &narrow_desc);
	write_image("checked", &checked_desc);
	write_image("array", &array_desc);
	write_image("newer", &newer_desc);
	write_image("moved", &moved_desc);
	write_images("both", &must_desc, &moved_desc);
	write_both("both.kst");
	write_object("seven.kst", &base_desc, 7);
	write_object("thousand.kst", &base_desc, 1000);
	put_bzimage("empty.bz", NULL, 0);
	return 0;
}
