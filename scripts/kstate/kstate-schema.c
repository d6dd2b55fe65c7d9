// SPDX-License-Identifier: GPL-2.0-only
/*
 * Write the schemas of what an object file declares by KSTATE_DECLARE().
 *
 * usage: kstate-schema [-m] OBJECT BLOB
 *
 * OBJECT is vmlinux.o, or with -m the object of a module. Its descriptions are
 * built anew in memory and given to the code that the kernel writes its streams
 * with, so BLOB is what the kernel itself would write: a stream without objects.
 * With -m it is empty when nothing is declared. Equal descriptions give equal
 * bytes, wherever the linker put them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../kernel/kstate_internal.h"

#include "kstate-offsets.h"
#include "object.h"

static_assert(SIZE_pointer == sizeof(void *),
	      "descriptions of the host have pointers of another size");
static_assert(SIZE_value <= sizeof(unsigned long),
	      "numbers of the kernel do not fit into the host's");
static_assert(SIZE_kstate_custom_ops == 4 * SIZE_pointer,
	      "struct kstate_custom_ops has other hooks");

/* Numbers of a struct that exists here and in the kernel */
struct number {
	size_t to;
	size_t width;
	size_t from;
	size_t from_width;
};

#define NUMBER(s, m)							\
	{ offsetof(struct s, m), sizeof_field(struct s, m),		\
	  OFF_##s##_##m, WIDTH_##s##_##m }

static const struct number desc_numbers[] = {
	NUMBER(kstate_description, version),
	NUMBER(kstate_description, min_version),
	NUMBER(kstate_description, size),
	NUMBER(kstate_description, flags),
};

static const struct number field_numbers[] = {
	NUMBER(kstate_field, kind),
	NUMBER(kstate_field, type),
	NUMBER(kstate_field, flags),
	NUMBER(kstate_field, offset),
	NUMBER(kstate_field, size),
	NUMBER(kstate_field, count),
	NUMBER(kstate_field, count_offset),
	NUMBER(kstate_field, count_size),
	NUMBER(kstate_field, node),
	NUMBER(kstate_field, since),
	NUMBER(kstate_field, value),
};

static const struct number check_numbers[] = {
	NUMBER(kstate_check, min),
	NUMBER(kstate_check, max),
	NUMBER(kstate_check, nr_values),
};

static struct place at(struct place base, unsigned long offset)
{
	base.offset += offset;
	return base;
}

static void copy_numbers(void *to, struct place from,
			 const struct number *numbers, size_t nr)
{
	const struct number *n;

	for (n = numbers; n < numbers + nr; n++) {
		if (n->width != n->from_width)
			die("members of descriptions have another width here");
		kstate_put_native(to + n->to, n->width,
				  object_number(at(from, n->from), n->width));
	}
}

/* ---- Descriptions ---- */

/* A description may be used many times over, but is one. */
struct known {
	struct known *next;
	struct place from;
	struct kstate_description desc;
};

static struct known *known;

static const struct kstate_description *get_description(struct place from);

static const struct kstate_check *get_check(struct place from)
{
	struct kstate_check *check = xalloc(sizeof(*check));
	struct place values;
	u64 *copy;
	u32 i;

	copy_numbers(check, from, check_numbers, ARRAY_SIZE(check_numbers));
	values = object_pointer(at(from, OFF_kstate_check_values));
	if (!values.section)
		return check;
	copy = xalloc((check->nr_values + 1UL) * sizeof(*copy));
	for (i = 0; i < check->nr_values; i++)
		copy[i] = object_number(at(values, (u64)i * SIZE_value),
					SIZE_value);
	check->values = copy;
	return check;
}

/* Hooks are not called here: it only matters whether they are there. */
static int (*some_hook(struct place from))(void)
{
	return object_is_null(from) ? NULL : (int (*)(void))abort;
}

static const struct kstate_custom_ops *get_ops(struct place from)
{
	struct kstate_custom_ops *ops = xalloc(sizeof(*ops));
	int (*hook)(void);
	size_t i;

	for (i = 0; i < sizeof(*ops) / sizeof(hook); i++) {
		hook = some_hook(at(from, i * SIZE_pointer));
		memcpy((char *)ops + i * sizeof(hook), &hook, sizeof(hook));
	}
	return ops;
}

static void get_field(struct kstate_field *f, struct place from)
{
	struct place to;

	copy_numbers(f, from, field_numbers, ARRAY_SIZE(field_numbers));
	f->name = object_string(at(from, OFF_kstate_field_name));
	f->alias = object_string(at(from, OFF_kstate_field_alias));
	to = object_pointer(at(from, OFF_kstate_field_desc));
	f->desc = to.section ? get_description(to) : NULL;
	to = object_pointer(at(from, OFF_kstate_field_target));
	f->target = to.section ? get_description(to) : NULL;
	to = object_pointer(at(from, OFF_kstate_field_check));
	f->check = to.section ? get_check(to) : NULL;
	to = object_pointer(at(from, OFF_kstate_field_ops));
	f->ops = to.section ? get_ops(to) : NULL;
	f->needed = (bool (*)(const void *))
		some_hook(at(from, OFF_kstate_field_needed));
}

static const struct kstate_field *get_fields(struct place from)
{
	struct kstate_field *fields;
	u32 nr = 0;

	/* One too many is told by kstate_check_description(). */
	while (nr <= KSTATE_ABI_MAX_FIELDS &&
	       object_number(at(from, (u64)nr * SIZE_kstate_field +
				OFF_kstate_field_kind),
			     WIDTH_kstate_field_kind) != KS_END)
		nr++;
	fields = xalloc((nr + 1) * sizeof(*fields));
	while (nr--)
		get_field(&fields[nr], at(from, (u64)nr * SIZE_kstate_field));
	return fields;
}

static const struct kstate_description *get_description(struct place from)
{
	struct place fields;
	struct known *k;

	for (k = known; k; k = k->next) {
		if (k->from.section == from.section &&
		    k->from.offset == from.offset)
			return &k->desc;
	}
	k = xalloc(sizeof(*k));
	k->from = from;
	k->next = known;
	/* before its fields, which may lead back to it */
	known = k;

	copy_numbers(&k->desc, from, desc_numbers, ARRAY_SIZE(desc_numbers));
	k->desc.name = object_string(at(from, OFF_kstate_description_name));
	k->desc.alias = object_string(at(from, OFF_kstate_description_alias));
	fields = object_pointer(at(from, OFF_kstate_description_fields));
	if (fields.section)
		k->desc.fields = get_fields(fields);
	return &k->desc;
}

/* ---- What is declared ---- */

static const struct kstate_description **declared;
static u32 nr_declared;

static void declare(struct place from)
{
	struct kstate_report report = { };
	const struct kstate_description *desc;

	if (!from.section)
		die("KSTATE_DECLARE() of a NULL pointer");
	desc = get_description(from);
	if (kstate_check_description(desc, &report))
		die("%s%s%s: %s", desc->name ?: "a description",
		    report.field[0] ? ": " : "", report.field, report.why);
	declared = realloc(declared, (nr_declared + 1) * sizeof(*declared));
	if (!declared)
		die("out of memory");
	declared[nr_declared++] = desc;
}

static int by_name(const void *a, const void *b)
{
	const struct kstate_description * const *x = a, * const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

static void find_declared(void)
{
	struct place section;
	unsigned long size, pos;
	size_t nth;
	u32 i;

	for (nth = 0; ; nth++) {
		section = object_section(".discard.kstate_declared", nth,
					 &size);
		if (!section.section)
			break;
		for (pos = 0; pos < size; pos += SIZE_pointer)
			declare(object_pointer(at(section, pos)));
	}
	if (nr_declared)
		qsort(declared, nr_declared, sizeof(*declared), by_name);
	for (i = 1; i < nr_declared; i++) {
		if (!strcmp(declared[i - 1]->name, declared[i]->name))
			die("%s is declared twice", declared[i]->name);
	}
}

/* ---- The blob ---- */

static int grow(struct kstate_stream *s, size_t size)
{
	u8 *data = realloc(s->data, size);

	if (!data)
		die("out of memory");
	memset(data + s->size, 0, size - s->size);
	s->data = data;
	s->size = size;
	return 0;
}

static void write_schemas(struct kstate_writer *w)
{
	u32 *numbers = xalloc(nr_declared * sizeof(*numbers));
	int err, schema;
	u32 i;

	err = kstate_writer_begin(w);
	for (i = 0; !err && i < nr_declared; i++) {
		schema = kstate_writer_schema(w, declared[i]);
		if (schema < 0)
			err = schema;
		else
			numbers[i] = schema;
	}
	err = err ?: kstate_writer_end(w) ?:
	      kstate_image_declare(w->s.data, w->s.pos, numbers, nr_declared);
	if (err)
		die("cannot write schemas: error %d", -err);
	free(numbers);
}

static void write_blob(const char *path, const void *data, size_t len)
{
	FILE *file = fopen(path, "wb");

	if (!file || (len && fwrite(data, len, 1, file) != 1) || fclose(file))
		die("cannot write %s", path);
}

int main(int argc, char **argv)
{
	struct kstate_report report = { };
	struct kstate_writer w = { .s = { .grow = grow, .report = &report } };
	bool module = argc == 4 && !strcmp(argv[1], "-m");

	if (argc != 3 + module) {
		fprintf(stderr, "usage: %s [-m] OBJECT BLOB\n", argv[0]);
		return 1;
	}
	object_open(argv[argc - 2]);
	find_declared();
	if (nr_declared || !module)
		write_schemas(&w);
	write_blob(argv[argc - 1], w.s.data, w.s.pos);
	return 0;
}
