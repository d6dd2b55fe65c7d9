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

#include "kstate_codec.h"

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

static int take_object(struct kstate_reader *r, u32 *nr, u32 schema,
		       u64 instance, u32 flags, const void *data, size_t len)
{
	struct kstate_in_object *in = &r->objects[*nr];

	if (*nr == r->nr_objects)
		return bad(r, "too many objects");
	if (flags & ~KSTATE_ABI_SECT_LOST)
		return bad(r, "an object has unknown flags");
	in->schema = &r->schemas[schema];
	in->instance = instance;
	in->data = data;
	in->len = len;
	in->state = flags & KSTATE_ABI_SECT_LOST ? KSTATE_IN_LOST :
		    KSTATE_IN_PENDING;
	(*nr)++;
	return 0;
}

static int take_group(struct kstate_reader *r, u32 *nr, u32 schema,
		      const struct kstate_abi_section *sect)
{
	const u8 *p = (const u8 *)(sect + 1);
	const u8 *end = p + le64_to_cpu(sect->length);
	u32 count = le32_to_cpu(sect->count), len, i;
	struct kstate_abi_record record;
	int err = 0;

	for (i = 0; !err && i < count; i++) {
		if (end - p < sizeof(record))
			return bad(r, "a group ends within a record");
		memcpy(&record, p, sizeof(record));
		p += sizeof(record);
		len = le32_to_cpu(record.length);
		if (len > end - p)
			return bad(r, "a record has a strange length");
		err = take_object(r, nr, schema, le64_to_cpu(record.instance),
				  le32_to_cpu(record.flags), p, len);
		p += len;
	}
	if (!err && p != end)
		err = bad(r, "a group goes on behind its records");
	return err;
}

/* A section with objects, of which there are *@nr so far */
static int take_objects(struct kstate_reader *r, u32 *nr, u32 nr_schemas,
			const struct kstate_abi_section *sect)
{
	u32 schema = le32_to_cpu(sect->schema);

	if (schema >= nr_schemas)
		return bad(r, "an object comes before its schema");
	if (r->schemas[schema].flags & KSTATE_ABI_SCHEMA_UNION)
		return bad(r, "an object is of a union's schema");
	if (le32_to_cpu(sect->type) == KSTATE_ABI_SECT_GROUP)
		return take_group(r, nr, schema, sect);
	return take_object(r, nr, schema, le64_to_cpu(sect->instance),
			   le32_to_cpu(sect->flags), sect + 1,
			   le64_to_cpu(sect->length));
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

		if (sect->flags &&
		    le32_to_cpu(sect->type) != KSTATE_ABI_SECT_OBJECT)
			return bad(r, "a section has unknown flags");
		switch (le32_to_cpu(sect->type)) {
		case KSTATE_ABI_SECT_SCHEMA:
			if (schemas == r->nr_schemas ||
			    le32_to_cpu(sect->schema) != schemas)
				return bad(r, "schemas are not numbered right");
			err = kstate_schema_parse(r, schemas++, sect + 1,
						  le64_to_cpu(sect->length));
			break;
		case KSTATE_ABI_SECT_OBJECT:
		case KSTATE_ABI_SECT_GROUP:
			err = take_objects(r, &objects, schemas, sect);
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
	const struct kstate_in_object *x = a, *y = b;
	int diff = x->schema == y->schema ? 0 :
		   strcmp(x->schema->name, y->schema->name);

	if (diff)
		return diff;
	return x->instance < y->instance ? -1 : x->instance > y->instance;
}

/* As a writer leaves them: each is before the next one */
static bool objects_sorted(const struct kstate_reader *r)
{
	u32 i;

	for (i = 1; i < r->nr_objects; i++) {
		if (compare_objects(&r->objects[i - 1], &r->objects[i]) >= 0)
			return false;
	}
	return true;
}

static int sort_objects(struct kstate_reader *r)
{
	if (objects_sorted(r))
		return 0;
	sort(r->objects, r->nr_objects, sizeof(*r->objects), compare_objects,
	     NULL);
	return objects_sorted(r) ? 0 : bad(r, "an object is there twice");
}

static int reader_alloc(struct kstate_reader *r, size_t len)
{
	u32 i;

	if (r->nr_schemas > len / sizeof(struct kstate_abi_section) ||
	    r->nr_objects > len / sizeof(struct kstate_abi_record))
		return bad(r, "the header promises more than there can be");
	r->schemas = kvcalloc(r->nr_schemas, sizeof(*r->schemas),
			      GFP_KERNEL | __GFP_NOWARN);
	for (i = 0; r->schemas && i < r->nr_schemas; i++) {
		INIT_LIST_HEAD(&r->schemas[i].resolutions);
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
 * kstate_reader_forget - drop all resolutions
 * @r: the reader
 *
 * For when descriptions may go away, with a module; they are made anew when
 * they are needed again.
 */
void kstate_reader_forget(struct kstate_reader *r)
{
	struct kstate_resolution *res, *next;
	u32 i;

	for (i = 0; r->schemas && i < r->nr_schemas; i++) {
		list_for_each_entry_safe(res, next, &r->schemas[i].resolutions,
					 list) {
			list_del(&res->list);
			kstate_resolution_free(res);
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
	u32 low = 0, high = r->nr_objects, mid = r->next;
	int diff;

	/* mostly they are asked for in their order */
	for (; low < high; mid = low + (high - low) / 2) {
		if (mid >= high)
			continue;
		diff = compare_key(&r->objects[mid], name, instance);
		if (!diff) {
			r->next = mid + 1;
			return &r->objects[mid];
		}
		if (diff < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}
EXPORT_SYMBOL_IF_KUNIT(kstate_reader_find);
