// SPDX-License-Identifier: GPL-2.0-only
/*
 * KSTATE: how objects become bytes.
 *
 * Format: include/linux/kstate_abi.h.
 */
#include <kunit/visibility.h>
#include <linux/bitmap.h>
#include <linux/export.h>
#include <linux/kstate.h>
#include <linux/list.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/string.h>
#include <linux/unaligned.h>
#include <linux/xarray.h>

#include "kstate_codec.h"

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

/* Leave room for a u32 that is known later. */
static int leave_u32(struct kstate_stream *s, size_t *at)
{
	*at = s->pos;
	return write_u32(s, 0);
}

static void fill_u32(struct kstate_stream *s, size_t at, u32 value)
{
	if (!s->counting)
		put_unaligned_le32(value, s->data + at);
}

/* ---- Elements ---- */

static int write_numbers(struct kstate_stream *s, const void *from, u32 width,
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

/* Counting is the hand-over's prepare, where memory becomes preserved. */
static int write_folio(struct kstate_stream *s, const struct kstate_field *f,
		       const void *from)
{
	void *folio = *(void * const *)from;
	u32 order;
	u64 phys;
	int err;

	err = write_u8(s, !!folio);
	if (err || !folio)
		return err;

	s->mem->locate(folio, &phys, &order);
	if (s->counting)
		err = s->mem->preserve(folio);
	else if (!s->mem->preserved(phys, (u64)PAGE_SIZE << order))
		err = -ESTALE;
	return err ?: write_u64(s, phys) ?: write_u32(s, order);
}

static int write_range(struct kstate_stream *s, const struct kstate_field *f,
		       const void *from)
{
	const struct kstate_range *range = from;
	int err = 0;

	if (range->size && s->counting)
		err = s->mem->preserve_range(range->start, range->size);
	else if (range->size && !s->mem->preserved(range->start, range->size))
		err = -ESTALE;
	return err ?: write_u64(s, range->start) ?: write_u64(s, range->size);
}

static int write_ref(struct kstate_stream *s, const struct kstate_field *f,
		     const void *from)
{
	const void *obj = *(void * const *)from;
	u64 instance = 0;
	int err;

	err = write_u8(s, !!obj);
	if (err || !obj)
		return err;
	err = s->refs->instance(s->refs->priv, f->target, obj, &instance);
	return err ?: write_u64(s, instance);
}

static int write_bytes(struct kstate_stream *s, const char *text, size_t len)
{
	if (len > U32_MAX)
		return -EOVERFLOW;
	return write_u8(s, 1) ?: write_u32(s, len) ?: kstate_write(s, text, len);
}

static int write_string(struct kstate_stream *s, const struct kstate_field *f,
			const void *from)
{
	const char *text = *(const char * const *)from;

	return text ? write_bytes(s, text, strlen(text)) : write_u8(s, 0);
}

static int write_text(struct kstate_stream *s, const struct kstate_field *f,
		      const void *from)
{
	size_t len = strnlen(from, f->size);

	return len < f->size ? write_bytes(s, from, len) : -EINVAL;
}

typedef int write_fn(struct kstate_stream *s, const struct kstate_field *f,
		     const void *from);

/* Of one element; NULL: it is a number */
static write_fn * const write_type[] = {
	[KST_FOLIO]	= write_folio,
	[KST_RANGE]	= write_range,
	[KST_REF]	= write_ref,
	[KST_STRING]	= write_string,
	[KST_TEXT]	= write_text,
};

static int write_elements(struct kstate_stream *s, const struct kstate_field *f,
			  const void *from, u32 nr)
{
	int err = 0;
	u32 i;

	if (!f->desc && !write_type[f->type])
		return write_numbers(s, from, f->size, nr);

	for (i = 0; !err && i < nr; i++, from += f->size)
		err = f->desc ? kstate_encode(s, f->desc, from) :
				write_type[f->type](s, f, from);
	return err;
}

/* ---- Fields ---- */

static int write_embedded(struct kstate_stream *s, const struct kstate_field *f,
			  const void *obj)
{
	return write_elements(s, f, obj + f->offset, f->count);
}

static u64 get_count(const struct kstate_field *f, const void *obj)
{
	return f->count_size ?
	       kstate_get_native(obj + f->count_offset, f->count_size) :
	       f->count;
}

/* The count of a pointer's elements; goes to the stream if it is variable. */
static int write_count(struct kstate_stream *s, const struct kstate_field *f,
		       const void *obj, u32 *nr)
{
	u64 count = get_count(f, obj);

	if (count > U32_MAX)
		return -EOVERFLOW;
	*nr = count;
	return f->count_size ? write_u32(s, count) : 0;
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
	return write_count(s, f, obj, &nr) ?: write_elements(s, f, p, nr);
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

/* A head that is all zero was never used: it is of a restored element. */
static int write_list(struct kstate_stream *s, const struct kstate_field *f,
		      const void *obj)
{
	const struct list_head *head = obj + f->offset, *node;
	u32 nr = 0;
	size_t at;
	int err;

	err = leave_u32(s, &at);
	for (node = head->next; !err && node && node != head;
	     node = node->next, nr++)
		err = nr == U32_MAX ? -EOVERFLOW :
		      kstate_encode(s, f->desc, (void *)node - f->node);
	if (!err)
		fill_u32(s, at, nr);
	return err;
}

static int write_hlist(struct kstate_stream *s, const struct kstate_field *f,
		       const void *obj)
{
	const struct hlist_head *head = obj + f->offset;
	const struct hlist_node *node;
	u32 nr = 0;
	size_t at;
	int err;

	err = leave_u32(s, &at);
	for (node = head->first; !err && node; node = node->next, nr++)
		err = nr == U32_MAX ? -EOVERFLOW :
		      kstate_encode(s, f->desc, (void *)node - f->node);
	if (!err)
		fill_u32(s, at, nr);
	return err;
}

static int write_xarray(struct kstate_stream *s, const struct kstate_field *f,
			const void *obj)
{
	struct xarray *xa = (struct xarray *)(obj + f->offset);
	unsigned long index;
	u32 nr = 0;
	size_t at;
	void *entry;
	int err;

	err = leave_u32(s, &at);
	if (err)
		return err;
	xa_for_each(xa, index, entry) {
		if (xa_is_value(entry) || xa_get_order(xa, index))
			return -EINVAL;
		if (nr == U32_MAX)
			return -EOVERFLOW;
		err = write_u64(s, index) ?: kstate_encode(s, f->desc, entry);
		if (err)
			return err;
		nr++;
	}
	fill_u32(s, at, nr);
	return 0;
}

static int write_bits(struct kstate_stream *s, const unsigned long *map, u32 nr)
{
	u64 i;
	u32 left;
	u8 bits;
	int err = 0;

	for (i = 0; !err && i < nr; i += 8) {
		left = min_t(u64, nr - i, 8);
		bits = map[i / BITS_PER_LONG] >> (i % BITS_PER_LONG);
		err = write_u8(s, left < 8 ? bits & ((1U << left) - 1) : bits);
	}
	return err;
}

static int write_bitmap(struct kstate_stream *s, const struct kstate_field *f,
			const void *obj)
{
	const unsigned long *map = obj + f->offset;
	u64 nr = get_count(f, obj);
	int err;

	if (f->count_size)
		map = *(unsigned long * const *)map;
	if (map && nr > U32_MAX)
		return -EOVERFLOW;
	err = write_u8(s, !!map);
	if (err || !map)
		return err;
	return write_u32(s, nr) ?: write_bits(s, map, nr);
}

static int write_kind(struct kstate_stream *s, const struct kstate_field *f,
		      const void *obj);

static int write_union(struct kstate_stream *s, const struct kstate_field *f,
		       const void *obj)
{
	u64 selector = get_count(f, obj);
	const struct kstate_field *arm;
	int err;

	for (arm = f->desc->fields; arm->kind != KS_END; arm++) {
		if (arm->value == selector)
			break;
	}
	if (arm->kind == KS_END)
		return write_u32(s, KSTATE_ABI_NO_ARM) ?:
		       write_u64(s, selector);
	err = write_u32(s, arm - f->desc->fields) ?:
	      write_kind(s, arm, obj + f->offset);
	return err ? kstate_fail(s->report, f->desc->name, arm->name,
				 "cannot be saved", err) : 0;
}

static int write_subsection(struct kstate_stream *s,
			    const struct kstate_field *f, const void *obj)
{
	bool needed = f->needed(obj);

	return write_u8(s, needed) ?:
	       (needed ? kstate_encode(s, f->desc, obj) : 0);
}

static int write_custom(struct kstate_stream *s, const struct kstate_field *f,
			const void *obj)
{
	ssize_t bound;
	size_t at, len;
	int err;

	err = leave_u32(s, &at);
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
	fill_u32(s, at, len);
	return 0;
}

static int write_unused(struct kstate_stream *s, const struct kstate_field *f,
			const void *obj)
{
	return 0;
}

static write_fn * const writers[] = {
	[KS_SIMPLE]		= write_embedded,
	[KS_POINTER]		= write_pointer,
	[KS_STRUCT]		= write_embedded,
	[KS_CUSTOM]		= write_custom,
	[KS_ARRAY_OF_POINTER]	= write_pointers,
	[KS_LIST]		= write_list,
	[KS_HLIST]		= write_hlist,
	[KS_XARRAY]		= write_xarray,
	[KS_BITMAP]		= write_bitmap,
	[KS_UNION]		= write_union,
	[KS_SUBSECTION]		= write_subsection,
	[KS_UNUSED]		= write_unused,
};

static int write_kind(struct kstate_stream *s, const struct kstate_field *f,
		      const void *obj)
{
	return writers[f->kind](s, f, obj);
}

/**
 * kstate_encode - write the bytes of an object
 * @stream: where to; if it is counting, sizes are added up and memory preserved
 * @desc: a description that kstate_check_description() found right
 * @obj: the object
 *
 * Context: sleeps only if hooks, @stream's grow() or its counting do. Calls
 * itself for nested structs, at most KSTATE_ABI_MAX_DEPTH deep.
 * Return: 0; -ENOSPC if @stream cannot grow; -EOVERFLOW for a count or length
 * above U32_MAX; -ESTALE for memory that is not preserved; -ENOENT for a
 * reference to what is not registered; -EINVAL for a text without an end or an
 * xarray's entry that is a value or has several indices; the errno of a hook, of
 * preserving, or of grow(). The report names the field.
 */
int kstate_encode(struct kstate_stream *stream,
		  const struct kstate_description *desc, const void *obj)
{
	const struct kstate_field *f;
	int err;

	for (f = desc->fields; f->kind != KS_END; f++) {
		err = write_kind(stream, f, obj);
		if (err)
			return kstate_fail(stream->report, desc->name, f->name,
					   "cannot be saved", err);
	}
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(kstate_encode);
