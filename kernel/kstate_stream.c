// SPDX-License-Identifier: GPL-2.0-only
/*
 * KSTATE: bytes of the stream, and how objects become bytes.
 *
 * Format: include/linux/kstate_abi.h. This file, kstate_schema.c and
 * kstate_load.c are also built in user space, for fuzzing.
 */
#define pr_fmt(fmt) "kstate: " fmt

#include <kunit/visibility.h>
#include <linux/align.h>
#include <linux/crc32.h>
#include <linux/export.h>
#include <linux/kstate.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include "kstate_internal.h"

/* Room for this many more schemas is made at a time */
#define KSTATE_SCHEMAS_STEP	32

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
 * kstate_get_native - read an unsigned integer of a width known at run time
 * @from: where it is
 * @width: its bytes: 1, 2, 4 or 8
 *
 * Return: its value, not sign-extended
 */
u64 kstate_get_native(const void *from, u32 width)
{
	switch (width) {
	case 1:
		return *(const u8 *)from;
	case 2:
		return get_unaligned((const u16 *)from);
	case 4:
		return get_unaligned((const u32 *)from);
	default:
		return get_unaligned((const u64 *)from);
	}
}

/**
 * kstate_put_native - write an integer of a width known at run time
 * @to: where
 * @width: its bytes: 1, 2, 4 or 8
 * @value: what, of which the low @width bytes count
 */
void kstate_put_native(void *to, u32 width, u64 value)
{
	switch (width) {
	case 1:
		*(u8 *)to = value;
		break;
	case 2:
		put_unaligned((u16)value, (u16 *)to);
		break;
	case 4:
		put_unaligned((u32)value, (u32 *)to);
		break;
	default:
		put_unaligned(value, (u64 *)to);
		break;
	}
}

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

/* ---- An object ---- */

static int write_u8(struct kstate_stream *s, u8 value)
{
	return kstate_write(s, &value, sizeof(value));
}

static int write_u32(struct kstate_stream *s, u32 value)
{
	__le32 wire = cpu_to_le32(value);

	return kstate_write(s, &wire, sizeof(wire));
}

static int write_u64(struct kstate_stream *s, u64 value)
{
	__le64 wire = cpu_to_le64(value);

	return kstate_write(s, &wire, sizeof(wire));
}

static int write_scalars(struct kstate_stream *s, const void *from, u32 width,
			 u32 nr)
{
	__le64 wire;
	int err;
	u32 i;

	/* memory has the stream's byte order */
	if (cpu_to_le64(1) == (__force __le64)1ULL)
		return kstate_write(s, from, (size_t)width * nr);

	for (i = 0; i < nr; i++, from += width) {
		wire = cpu_to_le64(kstate_get_native(from, width));
		err = kstate_write(s, &wire, width);
		if (err)
			return err;
	}
	return 0;
}

static int write_elements(struct kstate_stream *s, const struct kstate_field *f,
			  const void *from, u32 nr)
{
	int err;
	u32 i;

	if (!f->desc)
		return write_scalars(s, from, f->size, nr);

	for (i = 0; i < nr; i++) {
		err = kstate_encode(s, f->desc, from + (size_t)i * f->size);
		if (err)
			return err;
	}
	return 0;
}

static int write_embedded(struct kstate_stream *s, const struct kstate_field *f,
			  const void *obj)
{
	return write_elements(s, f, obj + f->offset, f->count);
}

/* The count of a pointer's elements; goes to the stream if it is variable. */
static int write_count(struct kstate_stream *s, const struct kstate_field *f,
		       const void *obj, u32 *nr)
{
	u64 count;

	if (!f->count_size) {
		*nr = f->count;
		return 0;
	}
	count = kstate_get_native(obj + f->count_offset, f->count_size);
	if (count > U32_MAX)
		return -EOVERFLOW;
	*nr = count;
	return write_u32(s, count);
}

static int write_pointer(struct kstate_stream *s, const struct kstate_field *f,
			 const void *obj)
{
	const void *p = *(void * const *)(obj + f->offset);
	u32 nr;
	int err;

	err = write_u8(s, !!p);
	if (err || !p)
		return err;
	err = write_count(s, f, obj, &nr);
	if (err)
		return err;
	return write_elements(s, f, p, nr);
}

static int write_pointers(struct kstate_stream *s, const struct kstate_field *f,
			  const void *obj)
{
	const void * const *p = *(const void * const * const *)(obj + f->offset);
	u32 nr, i;
	int err;

	err = write_u8(s, !!p);
	if (err || !p)
		return err;
	err = write_count(s, f, obj, &nr);
	for (i = 0; !err && i < nr; i++) {
		err = write_u8(s, !!p[i]);
		if (!err && p[i])
			err = kstate_encode(s, f->desc, p[i]);
	}
	return err;
}

static int write_custom(struct kstate_stream *s, const struct kstate_field *f,
			const void *obj)
{
	size_t at = s->pos, len;
	ssize_t bound;
	int err;

	err = write_u32(s, 0);
	if (err)
		return err;

	if (s->counting) {
		bound = f->ops->size(obj, f);
		if (bound < 0)
			return bound;
		s->pos += bound;
	} else {
		err = f->ops->save(s, obj, f);
		if (err)
			return err;
	}

	len = s->pos - at - sizeof(u32);
	if (len > U32_MAX)
		return -EOVERFLOW;
	if (!s->counting)
		put_unaligned_le32(len, s->data + at);
	return 0;
}

/* Counting is the hand-over's prepare, where folios become preserved. */
static int write_folio(struct kstate_stream *s, const struct kstate_field *f,
		       const void *obj)
{
	void *folio = *(void * const *)(obj + f->offset);
	u32 order;
	u64 phys;
	int err;

	err = write_u8(s, !!folio);
	if (err || !folio)
		return err;

	s->mem->locate(folio, &phys, &order);
	if (s->counting)
		err = s->mem->preserve(folio);
	else if (!s->mem->preserved(phys, order))
		err = -ESTALE;
	if (!err)
		err = write_u64(s, phys);
	if (!err)
		err = write_u32(s, order);
	return err;
}

typedef int write_fn(struct kstate_stream *s, const struct kstate_field *f,
		     const void *obj);

static write_fn * const write_kind[] = {
	[KS_SIMPLE]		= write_embedded,
	[KS_POINTER]		= write_pointer,
	[KS_STRUCT]		= write_embedded,
	[KS_CUSTOM]		= write_custom,
	[KS_ARRAY_OF_POINTER]	= write_pointers,
	[KS_FOLIO]		= write_folio,
};

/**
 * kstate_encode - write the bytes of an object
 * @stream: where to; if it is counting, sizes are added up and folios preserved
 * @desc: a description that kstate_check_description() found right
 * @obj: the object
 *
 * Context: sleeps only if hooks, @stream's grow() or its counting do. Calls
 * itself for nested structs, at most KSTATE_ABI_MAX_DEPTH deep.
 * Return: 0; -ENOSPC if @stream cannot grow; -EOVERFLOW for a count or length
 * above U32_MAX; -ESTALE for a folio that is not preserved; the errno of a
 * hook, of preserving, or of grow(). The report names the field.
 */
int kstate_encode(struct kstate_stream *stream,
		  const struct kstate_description *desc, const void *obj)
{
	const struct kstate_field *f;
	int err;

	for (f = desc->fields; f->kind != KS_END; f++) {
		err = write_kind[f->kind](stream, f, obj);
		if (err)
			return kstate_fail(stream->report, desc->name, f->name,
					   "cannot be saved", err);
	}
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(kstate_encode);

/* ---- Sections ---- */

static int write_zeroes(struct kstate_stream *s, size_t len)
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
	return write_zeroes(s, sizeof(struct kstate_abi_section));
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
static int section_end(struct kstate_stream *s, size_t at, u32 type, u32 schema,
		       u64 instance)
{
	struct kstate_abi_section sect = {
		.type = cpu_to_le32(type),
		.schema = cpu_to_le32(schema),
		.instance = cpu_to_le64(instance),
		.length = cpu_to_le64(s->pos - at - sizeof(sect)),
	};
	int err;

	err = write_zeroes(s, ALIGN(s->pos, 8) - s->pos);
	if (err)
		return err;
	sect.span = cpu_to_le64(s->pos - at);
	section_header(s, at, &sect);
	return 0;
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
	w->nr_schemas = 0;
	return write_zeroes(&w->s, sizeof(struct kstate_abi_stream));
}
EXPORT_SYMBOL_IF_KUNIT(kstate_writer_begin);

static int writer_add(struct kstate_writer *w,
		      const struct kstate_description *desc)
{
	const struct kstate_description **descs;
	u32 max = w->max_schemas + KSTATE_SCHEMAS_STEP;

	if (w->nr_schemas == w->max_schemas) {
		descs = krealloc_array(w->descs, max, sizeof(*descs),
				       GFP_KERNEL);
		if (!descs)
			return -ENOMEM;
		w->descs = descs;
		w->max_schemas = max;
	}
	w->descs[w->nr_schemas] = desc;
	return w->nr_schemas++;
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
	const struct kstate_field *f;
	size_t at;
	u32 nr;
	int err;

	/* objects come sorted by name: the one asked for is mostly the last */
	for (nr = w->nr_schemas; nr > 0; nr--) {
		if (w->descs[nr - 1] == desc)
			return nr - 1;
	}

	for (f = desc->fields; f->kind != KS_END; f++) {
		err = f->desc ? kstate_writer_schema(w, f->desc) : 0;
		if (err < 0)
			return err;
	}

	err = section_begin(&w->s, &at);
	if (!err)
		err = kstate_schema_write(w, desc);
	if (!err)
		err = section_end(&w->s, at, KSTATE_ABI_SECT_SCHEMA,
				  w->nr_schemas, 0);
	return err ?: writer_add(w, desc);
}
EXPORT_SYMBOL_IF_KUNIT(kstate_writer_schema);

/**
 * kstate_writer_object - write an object, and its schema if need be
 * @w: the stream
 * @desc: the object's description
 * @obj: the object
 * @instance: its instance
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
	size_t at;

	schema = kstate_writer_schema(w, desc);
	if (schema < 0)
		return schema;
	err = section_begin(&w->s, &at);
	if (!err)
		err = kstate_encode(&w->s, desc, obj);
	if (!err)
		err = section_end(&w->s, at, KSTATE_ABI_SECT_OBJECT, schema,
				  instance);
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
	size_t at = w->s.pos;
	int err;

	err = write_zeroes(&w->s, span);
	if (err)
		return err;
	section_lost(&w->s, at, schema, instance, span);
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

/**
 * kstate_writer_lose - take an object back out of the stream
 * @w: the stream
 * @at: where its section begins
 *
 * Context: any.
 */
void kstate_writer_lose(struct kstate_writer *w, size_t at)
{
	struct kstate_abi_section sect;

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
	size_t at;
	int err;

	err = section_begin(&w->s, &at);
	if (!err)
		err = section_end(&w->s, at, KSTATE_ABI_SECT_END, 0, 0);
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
	kfree(w->descs);
	w->descs = NULL;
	w->nr_schemas = 0;
	w->max_schemas = 0;
}
EXPORT_SYMBOL_IF_KUNIT(kstate_writer_free);
