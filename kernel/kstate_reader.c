// SPDX-License-Identifier: GPL-2.0-only
/*
 * KSTATE: opening a stream. It is input: nothing in it is believed unchecked.
 */
#include <kunit/visibility.h>
#include <linux/export.h>
#include <linux/kstate.h>
#include <linux/list.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/string.h>

#include "kstate_internal.h"

static int bad(struct kstate_reader *r, const char *why)
{
	return kstate_fail(&r->report, NULL, NULL, why, -EBADMSG);
}

/* Check the header and take the stream's length from it. */
static int check_header(struct kstate_reader *r, const void *data, size_t *len,
			size_t *first)
{
	const struct kstate_abi_stream *head = data;
	u32 size;
	u64 total;

	if (*len < sizeof(*head))
		return bad(r, "the stream is shorter than its header");
	if (le64_to_cpu(head->magic) != KSTATE_ABI_STREAM_MAGIC)
		return bad(r, "the stream has no magic");
	if (le32_to_cpu(head->crc) !=
	    kstate_crc(head, offsetof(typeof(*head), crc)))
		return bad(r, "the header's checksum is wrong");
	if (le32_to_cpu(head->format) != KSTATE_ABI_STREAM_FORMAT)
		return bad(r, "the stream has an unknown format");
	if (head->incompat)
		return bad(r, "the stream has features not known here");
	total = le64_to_cpu(head->length);
	size = le32_to_cpu(head->header_size);
	if (total > *len)
		return bad(r, "the stream is shorter than it should be");
	if (size < sizeof(*head) || size % 8 || size > total)
		return bad(r, "the header has a strange size");

	r->nr_schemas = le32_to_cpu(head->nr_schemas);
	r->nr_objects = le32_to_cpu(head->nr_objects);
	*len = total;
	*first = size;
	return 0;
}

/* The section at @at, or NULL if it is broken. */
static const struct kstate_abi_section *
check_section(struct kstate_reader *r, const void *data, size_t len, size_t at)
{
	const struct kstate_abi_section *sect = data + at;
	u64 span, length;

	if (len - at < sizeof(*sect)) {
		bad(r, "the stream ends within a section's header");
		return NULL;
	}
	if (le32_to_cpu(sect->crc) !=
	    kstate_crc(sect, offsetof(typeof(*sect), crc))) {
		bad(r, "the checksum of a section's header is wrong");
		return NULL;
	}
	span = le64_to_cpu(sect->span);
	length = le64_to_cpu(sect->length);
	if (span < sizeof(*sect) || span % 8 || span > len - at ||
	    length > span - sizeof(*sect)) {
		bad(r, "a section has a strange length");
		return NULL;
	}
	if (le32_to_cpu(sect->payload_crc) != kstate_crc(sect + 1, length)) {
		bad(r, "the checksum of a section is wrong");
		return NULL;
	}
	return sect;
}

static int take_object(struct kstate_reader *r, u32 nr, u32 nr_schemas,
		       const struct kstate_abi_section *sect)
{
	struct kstate_in_object *in = &r->objects[nr];
	u32 flags = le32_to_cpu(sect->flags);
	u32 schema = le32_to_cpu(sect->schema);

	if (schema >= nr_schemas)
		return bad(r, "an object comes before its schema");
	if (flags & ~KSTATE_ABI_SECT_LOST)
		return bad(r, "an object has unknown flags");
	in->schema = &r->schemas[schema];
	in->instance = le64_to_cpu(sect->instance);
	in->data = (const u8 *)(sect + 1);
	in->len = le64_to_cpu(sect->length);
	in->state = flags & KSTATE_ABI_SECT_LOST ? KSTATE_IN_LOST :
		    KSTATE_IN_PENDING;
	return 0;
}

/* Go through all sections, which must be as many as the header says. */
static int take_sections(struct kstate_reader *r, const void *data, size_t len,
			 size_t at)
{
	const struct kstate_abi_section *sect;
	u32 schemas = 0, objects = 0;
	int err;

	for (;; at += le64_to_cpu(sect->span)) {
		sect = check_section(r, data, len, at);
		if (!sect)
			return r->report.err;

		switch (le32_to_cpu(sect->type)) {
		case KSTATE_ABI_SECT_SCHEMA:
			if (schemas == r->nr_schemas ||
			    le32_to_cpu(sect->schema) != schemas)
				return bad(r, "schemas are not numbered right");
			err = kstate_schema_parse(r, schemas++, sect + 1,
						  le64_to_cpu(sect->length));
			break;
		case KSTATE_ABI_SECT_OBJECT:
			if (objects == r->nr_objects)
				return bad(r, "too many objects");
			err = take_object(r, objects++, schemas, sect);
			break;
		case KSTATE_ABI_SECT_END:
			if (schemas != r->nr_schemas ||
			    objects != r->nr_objects ||
			    at + le64_to_cpu(sect->span) != len)
				return bad(r, "the stream ends too early");
			return 0;
		default:
			return bad(r, "unknown type of section");
		}
		if (err)
			return err;
	}
}

static int compare_key(const struct kstate_in_object *in, const char *name,
		       u64 instance)
{
	int diff = strcmp(in->schema->name, name);

	if (diff)
		return diff;
	return in->instance < instance ? -1 : in->instance > instance;
}

static int compare_objects(const void *a, const void *b)
{
	const struct kstate_in_object *in = b;

	return compare_key(a, in->schema->name, in->instance);
}

static int sort_objects(struct kstate_reader *r)
{
	u32 i;

	sort(r->objects, r->nr_objects, sizeof(*r->objects), compare_objects,
	     NULL);
	for (i = 1; i < r->nr_objects; i++) {
		if (!compare_objects(&r->objects[i - 1], &r->objects[i]))
			return bad(r, "an object is there twice");
	}
	return 0;
}

static int reader_alloc(struct kstate_reader *r, size_t len)
{
	size_t most = len / sizeof(struct kstate_abi_section);
	u32 i;

	if (r->nr_schemas > most || r->nr_objects > most)
		return bad(r, "the header promises more than there can be");
	r->schemas = kvcalloc(r->nr_schemas, sizeof(*r->schemas),
			      GFP_KERNEL | __GFP_NOWARN);
	for (i = 0; r->schemas && i < r->nr_schemas; i++) {
		INIT_LIST_HEAD(&r->schemas[i].programs);
		r->schemas[i].all = r->schemas;
	}
	r->objects = kvcalloc(r->nr_objects, sizeof(*r->objects),
			      GFP_KERNEL | __GFP_NOWARN);
	if (!r->schemas || !r->objects)
		return kstate_fail(&r->report, NULL, NULL,
				   "no memory for the stream's index", -ENOMEM);
	return 0;
}

/**
 * kstate_reader_open - check a stream and make its index
 * @r: what becomes the reader; need not be initialised
 * @data: the stream, aligned to 8 bytes; stays in use until kstate_reader_free()
 * @len: bytes there; the stream may be shorter
 *
 * Context: may sleep.
 * Return: 0; -EBADMSG if anything at all is wrong with the stream, -ENOMEM. On
 * an error there is nothing to free and @r->report says what is wrong.
 */
int kstate_reader_open(struct kstate_reader *r, const void *data, size_t len)
{
	size_t first;
	int err;

	memset(r, 0, sizeof(*r));
	err = check_header(r, data, &len, &first) ?:
	      reader_alloc(r, len) ?:
	      take_sections(r, data, len, first) ?:
	      sort_objects(r);
	if (err)
		kstate_reader_free(r);
	return err;
}
EXPORT_SYMBOL_IF_KUNIT(kstate_reader_open);

/**
 * kstate_reader_forget - drop all programs
 * @r: the reader
 *
 * For when descriptions may go away, with a module; they are made anew when
 * they are needed again.
 */
void kstate_reader_forget(struct kstate_reader *r)
{
	struct kstate_program *prog, *next;
	u32 i;

	for (i = 0; r->schemas && i < r->nr_schemas; i++) {
		list_for_each_entry_safe(prog, next, &r->schemas[i].programs,
					 list) {
			list_del(&prog->list);
			kstate_program_free(prog);
		}
	}
}
EXPORT_SYMBOL_IF_KUNIT(kstate_reader_forget);

/**
 * kstate_reader_free - free all that a reader has but its report
 * @r: the reader
 */
void kstate_reader_free(struct kstate_reader *r)
{
	u32 i;

	kstate_reader_forget(r);
	for (i = 0; r->objects && i < r->nr_objects; i++)
		kfree(r->objects[i].report);
	kvfree(r->objects);
	kvfree(r->schemas);
	r->objects = NULL;
	r->schemas = NULL;
	r->nr_objects = 0;
	r->nr_schemas = 0;
}
EXPORT_SYMBOL_IF_KUNIT(kstate_reader_free);

/**
 * kstate_reader_find - look an object up
 * @r: the reader
 * @name: name of its description
 * @instance: its instance
 *
 * Return: the object or NULL
 */
struct kstate_in_object *kstate_reader_find(struct kstate_reader *r,
					    const char *name, u64 instance)
{
	u32 low = 0, high = r->nr_objects, mid;
	int diff;

	while (low < high) {
		mid = low + (high - low) / 2;
		diff = compare_key(&r->objects[mid], name, instance);
		if (!diff)
			return &r->objects[mid];
		if (diff < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}
EXPORT_SYMBOL_IF_KUNIT(kstate_reader_find);
