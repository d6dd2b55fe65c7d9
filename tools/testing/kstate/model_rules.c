// SPDX-License-Identifier: GPL-2.0
/*
 * What Documentation/core-api/kstate/ and include/linux/kstate_abi.h promise,
 * written down once more.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/kernel.h>

#include "model.h"
#include "shim_mem.h"

/* ---- Bytes, by the table of kinds in kstate_abi.h ---- */

struct out {
	u8 *at;
	u8 *end;
};

static void byte(struct out *out, unsigned int value)
{
	shim_assert(out->at < out->end);
	*out->at++ = value;
}

static void number(struct out *out, mnum num, unsigned int width)
{
	while (width--) {
		byte(out, num & 0xff);
		num >>= 8;
	}
}

static void encode_object(struct out *out, const struct mobj *o);

static void encode_elements(struct out *out, const struct mfield *f,
			    const struct mval *v)
{
	unsigned int i;

	for (i = 0; i < v->nr; i++) {
		if (!f->sub) {
			number(out, v->num[i], f->width);
			continue;
		}
		if (f->kind == KS_ARRAY_OF_POINTER)
			byte(out, v->sub[i] ? 1 : 0);
		if (v->sub[i])
			encode_object(out, v->sub[i]);
	}
}

static void encode_field(struct out *out, const struct mfield *f,
			 const struct mval *v)
{
	const struct folio *folio;
	unsigned int i;

	if (f->kind == KS_POINTER || f->kind == KS_ARRAY_OF_POINTER ||
	    f->kind == KS_FOLIO)
		byte(out, v->present);
	if (!v->present)
		return;
	switch (f->kind) {
	case KS_FOLIO:
		folio = &shim_folios[(unsigned int)v->num[0]];
		number(out, (mnum)folio->page.pfn << PAGE_SHIFT, 8);
		number(out, folio->page.order, 4);
		break;
	case KS_CUSTOM:
		number(out, v->nr, 4);
		for (i = 0; i < v->nr; i++)
			byte(out, v->num[i]);
		break;
	default:
		if (!f->count)
			number(out, v->nr, 4);
		encode_elements(out, f, v);
	}
}

static void encode_object(struct out *out, const struct mobj *o)
{
	unsigned int i;

	for (i = 0; i < o->desc->nr; i++)
		encode_field(out, &o->desc->fields[i], &o->val[i]);
}

/* CRC32C, bit by bit */
static u32 crc(const u8 *p, size_t len)
{
	u32 crc = ~0U;
	int bit;

	while (len--) {
		crc ^= *p++;
		for (bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
	}
	return crc;
}

static void text(struct out *out, const char *s)
{
	do {
		byte(out, *s);
	} while (*s++);
}

/* A section whose payload stands after @head already; @out is behind it. */
static void end_section(struct out *out, u8 *head, unsigned int type,
			unsigned int schema, u64 instance)
{
	size_t length = out->at - head - 48;
	struct out o = { head, head + 48 };

	while ((out->at - head) % 8)
		byte(out, 0);
	number(&o, type, 4);
	number(&o, 0, 4);
	number(&o, schema, 4);
	number(&o, 0, 4);
	number(&o, instance, 8);
	number(&o, length, 8);
	number(&o, out->at - head, 8);
	number(&o, crc(head + 48, length), 4);
	number(&o, crc(head, 44), 4);
}

static u8 *begin_section(struct out *out)
{
	u8 *head = out->at;
	int i;

	for (i = 0; i < 48; i++)
		byte(out, 0);
	return head;
}

static void encode_schema_field(struct out *out, const struct mfield *f,
				unsigned int schema, unsigned int name)
{
	number(out, f->kind, 2);
	number(out, f->type, 2);
	number(out, f->mandatory, 4);
	number(out, f->width, 4);
	number(out, f->count, 4);
	number(out, f->sub ? schema : 0xffffffff, 4);
	number(out, name, 4);
}

/* Nested ones first. Returns the number of @d's, @nr counts them. */
static unsigned int encode_schema(struct out *out, const struct mdesc *d,
				  unsigned int *nr)
{
	unsigned int subs[MODEL_MAX_FIELDS], i, name = 16 + 24 * d->nr;
	u8 *head;

	for (i = 0; i < d->nr; i++)
		subs[i] = d->fields[i].sub ?
			  encode_schema(out, d->fields[i].sub, nr) : 0;
	head = begin_section(out);
	number(out, d->version, 4);
	number(out, d->min_version, 4);
	number(out, d->nr, 4);
	number(out, name, 4);
	name += strlen(d->name) + 1;
	for (i = 0; i < d->nr; i++) {
		encode_schema_field(out, &d->fields[i], subs[i], name);
		name += strlen(d->fields[i].name) + 1;
	}
	text(out, d->name);
	for (i = 0; i < d->nr; i++)
		text(out, d->fields[i].name);
	end_section(out, head, 1, *nr, 0);
	return (*nr)++;
}

size_t mobj_encode(const struct mobj *o, u64 instance, u8 *bytes, size_t size)
{
	struct out out = { bytes + 64, bytes + size };
	struct out head = { bytes, bytes + 64 };
	unsigned int nr = 0;
	u8 *at;

	encode_schema(&out, o->desc, &nr);
	at = begin_section(&out);
	encode_object(&out, o);
	end_section(&out, at, 2, nr - 1, instance);
	end_section(&out, begin_section(&out), 3, 0, 0);

	text(&head, "KSSTSTR");
	head.at[-1] = 'M';
	number(&head, 1, 4);
	number(&head, 64, 4);
	number(&head, 0, 8);
	number(&head, 0, 8);
	number(&head, out.at - bytes, 8);
	number(&head, nr, 4);
	number(&head, 1, 4);
	number(&head, 0, 8);
	number(&head, 0, 4);
	number(&head, crc(bytes, 60), 4);
	return out.at - bytes;
}

/* ---- Resolution: the table in concepts.rst ---- */

static int find_named(const struct mdesc *d, const char *name)
{
	unsigned int i;

	for (i = 0; name[0] && i < d->nr; i++) {
		if (!strcmp(d->fields[i].name, name))
			return i;
	}
	return -1;
}

/* The writer's field for a field of the reader, or -1 */
static int find_field(const struct mdesc *writer, const struct mfield *f)
{
	int i = find_named(writer, f->name);

	return i < 0 ? find_named(writer, f->alias) : i;
}

/* Structs, text and numbers are three things. */
static int class_of(const struct mfield *f)
{
	if (f->type == KST_NONE || f->type == KST_BYTE)
		return f->type;
	return KST_UINT;
}

static unsigned int pair_errors(const struct mfield *w, const struct mfield *r)
{
	if (w->kind != r->kind)
		return MERR_PROTO;
	if (w->kind == KS_CUSTOM || w->kind == KS_FOLIO)
		return 0;
	if (class_of(w) != class_of(r))
		return MERR_PROTO;
	if (w->count != r->count)
		return MERR_SIZE;
	return w->sub ? mdesc_errors(w->sub, r->sub) : 0;
}

unsigned int mdesc_errors(const struct mdesc *writer,
			  const struct mdesc *reader)
{
	bool known[MODEL_MAX_FIELDS] = { };
	unsigned int errors = 0, i;
	int from;

	if (writer->version < reader->min_version ||
	    reader->version < writer->min_version)
		errors |= MERR_VERSION;
	for (i = 0; i < reader->nr; i++) {
		from = find_field(writer, &reader->fields[i]);
		if (from >= 0) {
			known[from] = true;
			errors |= pair_errors(&writer->fields[from],
					      &reader->fields[i]);
		} else if (reader->fields[i].mandatory) {
			errors |= MERR_PROTO;
		}
	}
	for (i = 0; i < writer->nr; i++) {
		if (writer->fields[i].mandatory && !known[i])
			errors |= MERR_PROTO;
	}
	return errors;
}

/* ---- Values ---- */

static bool fits(mnum num, const struct mfield *f)
{
	unsigned int bits = f->width * 8;

	switch (f->type) {
	case KST_BOOL:
		return num == 0 || num == 1;
	case KST_SINT:
		return num >= -((mnum)1 << (bits - 1)) &&
		       num < (mnum)1 << (bits - 1);
	default:
		return num >= 0 && num < (mnum)1 << bits;
	}
}

static unsigned int convert_numbers(const struct mval *from, struct mval *to,
				    const struct mfield *f)
{
	unsigned int i;

	for (i = 0; i < from->nr; i++) {
		if (!fits(from->num[i], f))
			return MERR_RANGE;
		to->num[i] = from->num[i];
	}
	return 0;
}

/* One element of structs: what is there is filled, what is not is new. */
static unsigned int convert_struct(const struct mobj *from, struct mobj **to,
				   const struct mfield *f)
{
	if (!from)
		return *to ? MERR_EXIST : 0;
	if (!*to)
		*to = mobj_zero(f->sub);
	return mobj_convert(from, *to);
}

static unsigned int convert_elements(const struct mval *from, struct mval *to,
				     const struct mfield *f)
{
	unsigned int errors = 0, i;

	if (!f->sub)
		return convert_numbers(from, to, f);
	for (i = 0; i < from->nr; i++)
		errors |= convert_struct(from->sub[i], &to->sub[i], f);
	return errors;
}

static void make_room(struct mval *v, const struct mfield *f, unsigned int nr)
{
	v->present = true;
	v->nr = nr;
	free(v->num);
	free(v->sub);
	v->num = f->sub ? NULL : calloc(nr + 1, sizeof(*v->num));
	v->sub = f->sub ? calloc(nr + 1, sizeof(*v->sub)) : NULL;
}

/* The table of pointers in describing.rst */
static unsigned int convert_pointer(const struct mval *from, struct mval *to,
				    const struct mfield *f)
{
	unsigned int i;

	if (!from->present) {
		if (to->present)
			return MERR_EXIST;
		if (!f->count)
			to->nr = 0;
		return 0;
	}
	if (to->present)
		return from->nr == to->nr ?
		       convert_elements(from, to, f) : MERR_SIZE;
	if (!f->count && f->count_width == 1 && from->nr > U8_MAX)
		return MERR_RANGE;
	make_room(to, f, from->nr);
	for (i = 0; f->kind == KS_POINTER && f->sub && i < to->nr; i++)
		to->sub[i] = mobj_zero(f->sub);
	return convert_elements(from, to, f);
}

static unsigned int convert_folio(const struct mval *from, struct mval *to,
				  const struct mfield *f)
{
	if (to->present)
		return MERR_EXIST;
	if (from->present) {
		make_room(to, f, 1);
		to->num[0] = from->num[0];
	}
	return 0;
}

static unsigned int convert_field(const struct mval *from, struct mval *to,
				  const struct mfield *f)
{
	switch (f->kind) {
	case KS_CUSTOM:
		make_room(to, f, from->nr);
		memcpy(to->num, from->num, from->nr * sizeof(*to->num));
		return 0;
	case KS_FOLIO:
		return convert_folio(from, to, f);
	case KS_POINTER:
	case KS_ARRAY_OF_POINTER:
		return convert_pointer(from, to, f);
	default:
		return convert_elements(from, to, f);
	}
}

unsigned int mobj_convert(const struct mobj *from, struct mobj *to)
{
	unsigned int errors = 0, i;
	int at;

	for (i = 0; i < to->desc->nr; i++) {
		at = find_field(from->desc, &to->desc->fields[i]);
		if (at >= 0)
			errors |= convert_field(&from->val[at], &to->val[i],
						&to->desc->fields[i]);
	}
	return errors;
}

bool merr_has(unsigned int errors, int err)
{
	switch (err) {
	case -EOPNOTSUPP:
		return errors & MERR_VERSION;
	case -EPROTO:
		return errors & MERR_PROTO;
	case -EMSGSIZE:
		return errors & MERR_SIZE;
	case -ERANGE:
		return errors & MERR_RANGE;
	case -EEXIST:
		return errors & MERR_EXIST;
	default:
		return false;
	}
}
