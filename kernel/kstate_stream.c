// SPDX-License-Identifier: GPL-2.0-only
/*
 * KSTATE: bytes of the stream, and its sections.
 *
 * Format: include/linux/kstate_abi.h. This file and what it works with, from
 * kstate_encode.c to kstate_load.c, are also built in user space.
 */
#define pr_fmt(fmt) "kstate: " fmt

#include <kunit/visibility.h>
#include <linux/align.h>
#include <linux/crc32.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/kstate.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "kstate_flat.h"

/* Room for this many more schemas is made at a time */
#define KSTATE_SCHEMAS_STEP	32

/*
 * A group gets no more objects when it has this many bytes: its checksum is made
 * while they are in the caches, and checked right before they are read.
 */
#define KSTATE_GROUP_ENOUGH	SZ_256K

/**
 * kstate_fail - tell the first thing that went wrong
 * @report: where to tell it; may hold an earlier error, which is then kept
 * @desc: name of the description or NULL
 * @field: name of the field or NULL
 * @why: what is wrong, constant
 * @err: errno
 *
 * Return: @err
 */
int kstate_fail(struct kstate_report *report, const char *desc,
		const char *field, const char *why, int err)
{
	if (report->err)
		return err;
	strscpy(report->desc, desc ?: "", sizeof(report->desc));
	strscpy(report->field, field ?: "", sizeof(report->field));
	report->why = why;
	report->err = err;
	return err;
}

/**
 * kstate_crc - the checksum of the format
 * @data: bytes
 * @len: how many
 *
 * Return: CRC32C with the seed ~0 and no final inversion
 */
u32 kstate_crc(const void *data, size_t len)
{
	return __crc32c_le(~0, data, len);
}
EXPORT_SYMBOL_IF_KUNIT(kstate_crc);

/**
 * kstate_stream_room - make sure that there is room to write
 * @stream: a stream that is written
 * @len: bytes from its position
 *
 * Context: may sleep if @stream can grow.
 * Return: 0, -ENOSPC if it is full and cannot grow, -EOVERFLOW if @len is
 * absurd, or the errno of its grow().
 */
int kstate_stream_room(struct kstate_stream *stream, size_t len)
{
	size_t end;

	if (check_add_overflow(stream->pos, len, &end))
		return -EOVERFLOW;
	if (stream->counting || end <= stream->size)
		return 0;
	return stream->grow ? stream->grow(stream, end) : -ENOSPC;
}

/**
 * kstate_stream_grow - the grow() of a stream in memory of its own
 * @stream: a stream that is written; its data is for kvfree()
 * @size: bytes that are needed in all
 *
 * Context: may sleep.
 * Return: 0; -ENOMEM, and then @stream is as it was.
 */
int kstate_stream_grow(struct kstate_stream *stream, size_t size)
{
	void *data;

	size += size / 2 + PAGE_SIZE;
	data = kvzalloc(size, GFP_KERNEL);
	if (!data)
		return -ENOMEM;
	if (stream->data)
		memcpy(data, stream->data, stream->pos);
	kvfree(stream->data);
	stream->data = data;
	stream->size = size;
	return 0;
}

/**
 * kstate_write - write bytes of a custom field
 * @stream: as given to the save hook
 * @buf: the bytes
 * @len: how many
 *
 * Context: only in a save hook. Sleeps only if that may.
 * Return: 0; -ENOSPC in a late save, if it is more than the size hook said;
 * -ENOMEM if the stream cannot grow; -EOVERFLOW if @len is absurd.
 */
int kstate_write(struct kstate_stream *stream, const void *buf, size_t len)
{
	int err;

	err = kstate_stream_room(stream, len);
	if (err)
		return err;
	if (!stream->counting)
		memcpy(stream->data + stream->pos, buf, len);
	stream->pos += len;
	return 0;
}
EXPORT_SYMBOL_GPL(kstate_write);

/**
 * kstate_read - read bytes of a custom field
 * @stream: as given to the load hook
 * @buf: where to put them
 * @len: how many
 *
 * Context: only in a load hook.
 * Return: 0, or -EBADMSG if fewer are left and then none is read.
 */
int kstate_read(struct kstate_stream *stream, void *buf, size_t len)
{
	if (len > kstate_read_left(stream))
		return -EBADMSG;
	memcpy(buf, stream->in + stream->pos, len);
	stream->pos += len;
	return 0;
}
EXPORT_SYMBOL_GPL(kstate_read);

/**
 * kstate_read_left - how many bytes of a custom field are still to be read
 * @stream: as given to the load hook
 *
 * Context: only in a load hook.
 * Return: bytes
 */
size_t kstate_read_left(const struct kstate_stream *stream)
{
	return stream->size - stream->pos;
}
EXPORT_SYMBOL_GPL(kstate_read_left);

/* ---- Sections ---- */

/**
 * kstate_write_zeroes - write zeroes
 * @s: the stream
 * @len: how many
 *
 * Context: may sleep if @s can grow.
 * Return: 0 or the errno of kstate_stream_room()
 */
int kstate_write_zeroes(struct kstate_stream *s, size_t len)
{
	int err;

	err = kstate_stream_room(s, len);
	if (err)
		return err;
	if (!s->counting)
		memset(s->data + s->pos, 0, len);
	s->pos += len;
	return 0;
}

static int section_begin(struct kstate_stream *s, size_t *at)
{
	*at = s->pos;
	return kstate_write_zeroes(s, sizeof(struct kstate_abi_section));
}

static void section_header(struct kstate_stream *s, size_t at,
			   struct kstate_abi_section *sect)
{
	const u8 *payload;

	/* then there may be no data at all */
	if (s->counting)
		return;
	payload = s->data + at + sizeof(*sect);
	sect->payload_crc = cpu_to_le32(kstate_crc(payload,
						   le64_to_cpu(sect->length)));
	sect->crc = cpu_to_le32(kstate_crc(sect, offsetof(typeof(*sect), crc)));
	memcpy(s->data + at, sect, sizeof(*sect));
}

/* End a section that began at @at with what was written since. */
static int section_end(struct kstate_stream *s, size_t at,
		       struct kstate_abi_section *sect)
{
	int err;

	sect->length = cpu_to_le64(s->pos - at - sizeof(*sect));
	err = kstate_write_zeroes(s, ALIGN(s->pos, 8) - s->pos);
	if (err)
		return err;
	sect->span = cpu_to_le64(s->pos - at);
	section_header(s, at, sect);
	return 0;
}

/**
 * kstate_writer_flush - end the group that is being written, if there is one
 * @w: the stream
 *
 * Context: may sleep if the stream can grow.
 * Return: 0 or the errno of kstate_stream_room()
 */
int kstate_writer_flush(struct kstate_writer *w)
{
	struct kstate_abi_section sect = {
		.type = cpu_to_le32(KSTATE_ABI_SECT_GROUP),
		.schema = cpu_to_le32(w->group_schema),
		.count = cpu_to_le32(w->group_count),
	};
	size_t at = w->group;

	w->group = 0;
	return at ? section_end(&w->s, at, &sect) : 0;
}

static void forget_schemas(struct kstate_writer *w)
{
	while (w->nr_schemas)
		kfree(w->flats[--w->nr_schemas]);
}

/**
 * kstate_writer_begin - start a stream
 * @w: with the members of its s filled in, all else zero
 *
 * Context: may sleep if the stream can grow.
 * Return: 0 or the errno of kstate_stream_room()
 */
int kstate_writer_begin(struct kstate_writer *w)
{
	w->s.pos = 0;
	w->nr_objects = 0;
	w->group = 0;
	forget_schemas(w);
	return kstate_write_zeroes(&w->s, sizeof(struct kstate_abi_stream));
}
EXPORT_SYMBOL_IF_KUNIT(kstate_writer_begin);

static int writer_grow(struct kstate_writer *w)
{
	u32 max = w->max_schemas + KSTATE_SCHEMAS_STEP;
	const struct kstate_description **descs;
	struct kstate_flat **flats;

	descs = krealloc_array(w->descs, max, sizeof(*descs), GFP_KERNEL);
	if (!descs)
		return -ENOMEM;
	w->descs = descs;
	flats = krealloc_array(w->flats, max, sizeof(*flats), GFP_KERNEL);
	if (!flats)
		return -ENOMEM;
	w->flats = flats;
	w->max_schemas = max;
	return 0;
}

static int writer_add(struct kstate_writer *w,
		      const struct kstate_description *desc)
{
	struct kstate_flat *flat;
	int err;

	if (w->nr_schemas == w->max_schemas) {
		err = writer_grow(w);
		if (err)
			return err;
	}
	flat = kstate_flat_make(desc);
	if (IS_ERR(flat))
		return PTR_ERR(flat);
	w->descs[w->nr_schemas] = desc;
	w->flats[w->nr_schemas] = flat;
	return w->nr_schemas++;
}

/* Write @desc's schema, after those of nested descriptions. */
static int write_schema(struct kstate_writer *w,
			const struct kstate_description *desc)
{
	struct kstate_abi_section sect = {
		.type = cpu_to_le32(KSTATE_ABI_SECT_SCHEMA),
	};
	const struct kstate_field *f;
	size_t at;
	int err;

	for (f = desc->fields; f->kind != KS_END; f++) {
		err = f->desc ? kstate_writer_schema(w, f->desc) : 0;
		if (err < 0)
			return err;
	}

	sect.schema = cpu_to_le32(w->nr_schemas);
	err = kstate_writer_flush(w) ?:
	      section_begin(&w->s, &at) ?:
	      kstate_schema_write(w, desc) ?:
	      section_end(&w->s, at, &sect);
	return err ?: writer_add(w, desc);
}

/**
 * kstate_writer_schema - the number of a description's schema
 * @w: the stream
 * @desc: the description
 *
 * Writes the schema and those of nested descriptions unless they are there.
 *
 * Context: may sleep.
 * Return: the number, from 0 up; -ENOMEM, or the errno of writing
 */
int kstate_writer_schema(struct kstate_writer *w,
			 const struct kstate_description *desc)
{
	u32 nr;

	/* objects come sorted by name: the one asked for is mostly the last */
	for (nr = w->nr_schemas; nr > 0; nr--) {
		if (w->descs[nr - 1] == desc)
			return nr - 1;
	}
	return write_schema(w, desc);
}
EXPORT_SYMBOL_IF_KUNIT(kstate_writer_schema);

/* An object in a section of its own */
static int write_alone(struct kstate_writer *w,
		       const struct kstate_description *desc, const void *obj,
		       u32 schema, u64 instance)
{
	struct kstate_abi_section sect = {
		.type = cpu_to_le32(KSTATE_ABI_SECT_OBJECT),
		.schema = cpu_to_le32(schema),
		.instance = cpu_to_le64(instance),
	};

	return kstate_writer_flush(w) ?:
	       section_begin(&w->s, &w->at) ?:
	       kstate_encode(&w->s, desc, obj) ?:
	       section_end(&w->s, w->at, &sect);
}

static int group_for(struct kstate_writer *w, u32 schema)
{
	int err;

	if (w->group && w->group_schema == schema &&
	    w->s.pos - w->group < KSTATE_GROUP_ENOUGH)
		return 0;
	err = kstate_writer_flush(w);
	if (err)
		return err;
	w->group_schema = schema;
	w->group_count = 0;
	return section_begin(&w->s, &w->group);
}

static int write_body(struct kstate_writer *w,
		      const struct kstate_description *desc, const void *obj,
		      u32 schema)
{
	return w->flats[schema] ?
	       kstate_flat_write(&w->s, w->flats[schema], obj) :
	       kstate_encode(&w->s, desc, obj);
}

/* An object as a record of a group */
static int write_grouped(struct kstate_writer *w,
			 const struct kstate_description *desc,
			 const void *obj, u32 schema, u64 instance)
{
	struct kstate_abi_record record = {
		.instance = cpu_to_le64(instance),
	};
	size_t len;
	int err;

	err = group_for(w, schema);
	w->at = w->s.pos;
	if (!err)
		err = kstate_stream_room(&w->s, sizeof(record));
	if (err)
		return err;
	w->s.pos += sizeof(record);
	err = write_body(w, desc, obj, schema);
	if (err)
		return err;
	len = w->s.pos - w->at - sizeof(record);
	if (len > U32_MAX)
		return -EOVERFLOW;
	record.length = cpu_to_le32(len);
	if (!w->s.counting)
		memcpy(w->s.data + w->at, &record, sizeof(record));
	w->group_count++;
	return 0;
}

/**
 * kstate_writer_object - write an object, and its schema if need be
 * @w: the stream
 * @desc: the object's description
 * @obj: the object
 * @instance: its instance
 *
 * One that is saved late gets a section of its own, others of one description
 * share one. @w's at and group then say where it is.
 *
 * Context: as kstate_encode(), and may sleep when the schema is written.
 * Return: 0, or the errno of kstate_encode() or kstate_writer_schema(), and
 * then what was written of it is of no use.
 */
int kstate_writer_object(struct kstate_writer *w,
			 const struct kstate_description *desc,
			 const void *obj, u64 instance)
{
	int schema, err;

	schema = kstate_writer_schema(w, desc);
	if (schema < 0)
		return schema;
	if (desc->flags & KSTATE_LATE)
		err = write_alone(w, desc, obj, schema, instance);
	else
		err = write_grouped(w, desc, obj, schema, instance);
	if (!err)
		w->nr_objects++;
	return err;
}
EXPORT_SYMBOL_IF_KUNIT(kstate_writer_object);

static void section_lost(struct kstate_stream *s, size_t at, u32 schema,
			 u64 instance, u64 span)
{
	struct kstate_abi_section sect = {
		.type = cpu_to_le32(KSTATE_ABI_SECT_OBJECT),
		.flags = cpu_to_le32(KSTATE_ABI_SECT_LOST),
		.schema = cpu_to_le32(schema),
		.instance = cpu_to_le64(instance),
		.span = cpu_to_le64(span),
	};

	section_header(s, at, &sect);
}

/**
 * kstate_writer_reserve - leave room for an object that is saved late
 * @w: the stream
 * @schema: number of its schema
 * @instance: its instance
 * @span: bytes of its section at the most, a multiple of 8
 *
 * The object is lost until kstate_writer_late() succeeds.
 *
 * Context: may sleep if the stream can grow.
 * Return: 0 or the errno of kstate_stream_room()
 */
int kstate_writer_reserve(struct kstate_writer *w, u32 schema, u64 instance,
			  size_t span)
{
	int err;

	err = kstate_writer_flush(w);
	w->at = w->s.pos;
	if (!err)
		err = kstate_write_zeroes(&w->s, span);
	if (err)
		return err;
	section_lost(&w->s, w->at, schema, instance, span);
	w->nr_objects++;
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(kstate_writer_reserve);

/**
 * kstate_writer_late - save an object into the room reserved for it
 * @w: the stream
 * @at: where kstate_writer_reserve() began
 * @desc: the object's description
 * @obj: the object
 *
 * Context: any, if @desc's hooks keep to what KSTATE_LATE asks of them.
 * Return: 0, or the errno of kstate_encode(), and then the object is lost.
 */
int kstate_writer_late(struct kstate_writer *w, size_t at,
		       const struct kstate_description *desc, const void *obj)
{
	struct kstate_abi_section sect;
	struct kstate_stream s = w->s;
	size_t used;
	int err;

	memcpy(&sect, s.data + at, sizeof(sect));
	s.pos = at + sizeof(sect);
	s.size = at + le64_to_cpu(sect.span);
	s.grow = NULL;

	err = kstate_encode(&s, desc, obj);
	used = err ? at + sizeof(sect) : s.pos;
	memset(s.data + used, 0, s.size - used);
	if (err)
		return err;

	sect.flags = 0;
	sect.length = cpu_to_le64(used - at - sizeof(sect));
	section_header(&s, at, &sect);
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(kstate_writer_late);

static void record_lost(struct kstate_stream *s, size_t at)
{
	struct kstate_abi_record record;

	memcpy(&record, s->data + at, sizeof(record));
	record.flags = cpu_to_le32(KSTATE_ABI_SECT_LOST);
	memcpy(s->data + at, &record, sizeof(record));
}

/**
 * kstate_writer_seal - make a group's checksum anew
 * @w: the stream
 * @group: where the group's section begins, 0: there is none
 *
 * Context: any.
 */
void kstate_writer_seal(struct kstate_writer *w, size_t group)
{
	struct kstate_abi_section sect;

	if (!group)
		return;
	memcpy(&sect, w->s.data + group, sizeof(sect));
	section_header(&w->s, group, &sect);
}
EXPORT_SYMBOL_IF_KUNIT(kstate_writer_seal);

/**
 * kstate_writer_lose - take an object back out of the stream
 * @w: the stream, after kstate_writer_flush()
 * @at: where its section or record begins
 * @group: where the section of its record begins, 0: it has one of its own;
 *	kstate_writer_seal() is to follow when all of it are marked
 *
 * Context: any.
 */
void kstate_writer_lose(struct kstate_writer *w, size_t at, size_t group)
{
	struct kstate_abi_section sect;

	if (group) {
		record_lost(&w->s, at);
		return;
	}
	memcpy(&sect, w->s.data + at, sizeof(sect));
	section_lost(&w->s, at, le32_to_cpu(sect.schema),
		     le64_to_cpu(sect.instance), le64_to_cpu(sect.span));
}
EXPORT_SYMBOL_IF_KUNIT(kstate_writer_lose);

/**
 * kstate_writer_end - end a stream: last section, header, checksums
 * @w: the stream
 *
 * Context: any, if there is room for one more section.
 * Return: 0 or the errno of kstate_stream_room()
 */
int kstate_writer_end(struct kstate_writer *w)
{
	struct kstate_abi_stream head = {
		.magic = cpu_to_le64(KSTATE_ABI_STREAM_MAGIC),
		.format = cpu_to_le32(KSTATE_ABI_STREAM_FORMAT),
		.header_size = cpu_to_le32(sizeof(head)),
		.nr_schemas = cpu_to_le32(w->nr_schemas),
		.nr_objects = cpu_to_le32(w->nr_objects),
	};
	struct kstate_abi_section sect = {
		.type = cpu_to_le32(KSTATE_ABI_SECT_END),
	};
	size_t at;
	int err;

	err = kstate_writer_flush(w) ?:
	      section_begin(&w->s, &at) ?:
	      section_end(&w->s, at, &sect);
	if (err || w->s.counting)
		return err;

	head.length = cpu_to_le64(w->s.pos);
	head.crc = cpu_to_le32(kstate_crc(&head, offsetof(typeof(head), crc)));
	memcpy(w->s.data, &head, sizeof(head));
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(kstate_writer_end);

/**
 * kstate_writer_free - free what a writer needed besides the stream's bytes
 * @w: the writer; can begin again
 */
void kstate_writer_free(struct kstate_writer *w)
{
	forget_schemas(w);
	kfree(w->flats);
	kfree(w->descs);
	w->flats = NULL;
	w->descs = NULL;
	w->max_schemas = 0;
}
EXPORT_SYMBOL_IF_KUNIT(kstate_writer_free);
