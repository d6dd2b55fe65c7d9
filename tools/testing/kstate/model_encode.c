// SPDX-License-Identifier: GPL-2.0
/*
 * What include/linux/kstate_abi.h says of bytes, written down once more.
 */
#include <stdlib.h>
#include <string.h>

#include <linux/kernel.h>

#include "model.h"
#include "shim_mem.h"

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

/* ---- Objects ---- */

static void encode_object(struct out *out, const struct mobj *o);

static void encode_memory(struct out *out, const struct mfield *f,
			  const struct melem *e)
{
	const struct folio *folio = &shim_folios[(unsigned int)e->num];
	u64 phys = (u64)folio->page.pfn << PAGE_SHIFT;

	if (f->type == KST_RANGE) {
		number(out, e->present ? phys : 0, 8);
		number(out, e->present ? PAGE_SIZE << folio->page.order : 0, 8);
		return;
	}
	byte(out, e->present);
	if (e->present) {
		number(out, phys, 8);
		number(out, folio->page.order, 4);
	}
}

static void encode_element(struct out *out, const struct mfield *f,
			   const struct melem *e)
{
	const char *c;

	switch (f->type) {
	case KST_NONE:
		encode_object(out, e->sub);
		break;
	case KST_FOLIO:
	case KST_RANGE:
		encode_memory(out, f, e);
		break;
	case KST_REF:
		byte(out, e->present);
		if (e->present)
			number(out, e->num, 8);
		break;
	case KST_STRING:
	case KST_TEXT:
		byte(out, e->present);
		if (!e->present)
			break;
		number(out, strlen(e->text), 4);
		for (c = e->text; *c; c++)
			byte(out, *c);
		break;
	default:
		number(out, e->num, f->width);
	}
}

static void encode_elements(struct out *out, const struct mfield *f,
			    const struct mval *v)
{
	unsigned int i;

	for (i = 0; i < v->nr; i++) {
		if (f->kind == KS_XARRAY)
			number(out, v->elem[i].index, 8);
		if (f->kind == KS_ARRAY_OF_POINTER)
			byte(out, v->elem[i].sub ? 1 : 0);
		if (f->kind != KS_ARRAY_OF_POINTER || v->elem[i].sub)
			encode_element(out, f, &v->elem[i]);
	}
}

static void encode_bits(struct out *out, const struct mval *v)
{
	unsigned int i, bits = 0;

	number(out, v->nr, 4);
	for (i = 0; i < v->nr; i++) {
		bits |= (unsigned int)v->elem[i].num << i % 8;
		if (i % 8 < 7 && i != v->nr - 1)
			continue;
		byte(out, bits);
		bits = 0;
	}
}

static void encode_field(struct out *out, const struct mfield *f,
			 const struct mval *v);

static void encode_union(struct out *out, const struct mfield *f,
			 const struct mval *v)
{
	number(out, v->arm, 4);
	if (v->arm < 0)
		number(out, v->selector, 8);
	else
		encode_field(out, &f->sub->fields[v->arm],
			     &v->elem[0].sub->val[v->arm]);
}

static void encode_field(struct out *out, const struct mfield *f,
			 const struct mval *v)
{
	unsigned int i;

	if (f->kind == KS_POINTER || f->kind == KS_ARRAY_OF_POINTER ||
	    f->kind == KS_BITMAP || f->kind == KS_SUBSECTION)
		byte(out, v->present);
	if (!v->present)
		return;
	switch (f->kind) {
	case KS_UNUSED:
		break;
	case KS_CUSTOM:
		number(out, v->nr, 4);
		for (i = 0; i < v->nr; i++)
			byte(out, v->elem[i].num);
		break;
	case KS_BITMAP:
		encode_bits(out, v);
		break;
	case KS_UNION:
		encode_union(out, f, v);
		break;
	case KS_SUBSECTION:
		encode_object(out, v->elem[0].sub);
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

bool melem_zero(const struct mfield *f, const struct melem *e)
{
	static u8 bytes[0x100000];
	struct out out = { bytes, bytes + sizeof(bytes) };
	const u8 *p;

	encode_element(&out, f, e);
	for (p = bytes; p < out.at; p++) {
		if (*p)
			return false;
	}
	return true;
}

/* ---- Sections ---- */

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
			unsigned int schema, unsigned int count)
{
	size_t length = out->at - head - 48;
	struct out o = { head, head + 48 };

	while ((out->at - head) % 8)
		byte(out, 0);
	number(&o, type, 4);
	number(&o, 0, 4);
	number(&o, schema, 4);
	number(&o, count, 4);
	number(&o, 0, 8);
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

/* ---- Schemas ---- */

static void attr(struct out *out, unsigned int tag, mnum value,
		 unsigned int width)
{
	number(out, tag, 2);
	number(out, width, 2);
	number(out, value, width);
}

static void name_attr(struct out *out, unsigned int tag, const char *name,
		      size_t len)
{
	number(out, tag, 2);
	number(out, len + 1, 2);
	while (len--)
		byte(out, *name++);
	byte(out, 0);
}

static void aliases(struct out *out, const char *list)
{
	size_t len;

	while (*list) {
		len = strcspn(list, ",");
		name_attr(out, 1, list, len);
		list += len + (list[len] == ',');
	}
}

static void checks(struct out *out, const struct mfield *f)
{
	unsigned int i;

	if (f->check == CHECK_BOUNDS) {
		attr(out, 3, f->checks[0], 8);
		attr(out, 4, f->checks[1], 8);
	} else if (f->check == CHECK_LIST) {
		number(out, 5, 2);
		number(out, 8 * f->nr_check, 2);
		for (i = 0; i < f->nr_check; i++)
			number(out, f->checks[i], 8);
	}
}

static void attrs(struct out *out, const struct mdesc *d,
		  const struct mfield *f)
{
	const u8 *begin = out->at;
	const char *target;

	aliases(out, f->alias);
	checks(out, f);
	if (f->since)
		attr(out, 2, f->since, 4);
	if (f->flags & KSTATE_FIELD_DEFAULT)
		attr(out, 6, f->value, 8);
	if (f->type == KST_REF) {
		target = model_target_descs[f->target].name;
		name_attr(out, 7, target, strlen(target));
	}
	if (f->count_width)
		attr(out, 9, f->count_width, 1);
	if (d->arms)
		attr(out, 8, f->value, 8);
	if (out->at != begin)
		number(out, 0, 4);
}

static unsigned int wire_count(const struct mfield *f)
{
	return f->kind == KS_CUSTOM || f->kind == KS_UNION ||
	       f->kind == KS_SUBSECTION ? 1 : f->count;
}

/* What the field points at goes to @out, the field itself to @wire. */
static void encode_schema_field(struct out *out, struct out *wire,
				const u8 *payload, const struct mdesc *d,
				const struct mfield *f, unsigned int schema)
{
	const u8 *begin;

	number(wire, f->kind, 2);
	number(wire, f->type, 2);
	number(wire, f->flags & 0xffff, 4);
	number(wire, f->width, 4);
	number(wire, wire_count(f), 4);
	number(wire, f->sub ? schema : 0xffffffff, 4);
	number(wire, out->at - payload, 4);
	text(out, f->name);
	begin = out->at;
	attrs(out, d, f);
	number(wire, out->at == begin ? 0 : begin - payload, 4);
}

static void encode_schema_head(struct out *out, struct out *wire,
			       const u8 *payload, const struct mdesc *d)
{
	number(wire, d->version, 4);
	number(wire, d->min_version, 4);
	number(wire, d->nr, 4);
	number(wire, d->arms ? 2 : 0, 4);
	number(wire, out->at - payload, 4);
	text(out, d->name);
}

/* Nested ones first. Returns the number of @d's, @nr counts them. */
static unsigned int encode_schema(struct out *out, const struct mdesc *d,
				  unsigned int *nr)
{
	unsigned int subs[MODEL_MAX_FIELDS], i;
	u8 *head, *payload, *begin;
	struct out wire;

	for (i = 0; i < d->nr; i++)
		subs[i] = d->fields[i].sub ?
			  encode_schema(out, d->fields[i].sub, nr) : 0;
	head = begin_section(out);
	payload = out->at;
	wire = (struct out){ payload, payload + 24 + 28 * d->nr };
	while (out->at < wire.end)
		byte(out, 0);
	encode_schema_head(out, &wire, payload, d);
	wire.at += 4;
	for (i = 0; i < d->nr; i++)
		encode_schema_field(out, &wire, payload, d, &d->fields[i],
				    subs[i]);
	begin = out->at;
	aliases(out, d->alias);
	if (out->at != begin) {
		wire.at = payload + 20;
		number(&wire, begin - payload, 4);
		number(out, 0, 4);
	}
	end_section(out, head, 1, *nr, 0);
	return (*nr)++;
}

/* ---- Streams ---- */

static void encode_record(struct out *out, const struct mobj *o, u64 instance)
{
	struct out head = { out->at, out->at + 16 };
	unsigned int i;

	for (i = 0; i < 16; i++)
		byte(out, 0);
	encode_object(out, o);
	number(&head, instance, 8);
	number(&head, out->at - head.end, 4);
}

static void encode_header(u8 *bytes, const struct out *end,
			  unsigned int nr_schemas, unsigned int nr_objects)
{
	struct out head = { bytes, bytes + 64 };

	text(&head, "KSSTSTR");
	head.at[-1] = 'M';
	number(&head, 2, 4);
	number(&head, 64, 4);
	number(&head, 0, 8);
	number(&head, 0, 8);
	number(&head, end->at - bytes, 8);
	number(&head, nr_schemas, 4);
	number(&head, nr_objects, 4);
	number(&head, 0, 8);
	number(&head, 0, 4);
	number(&head, crc(bytes, 60), 4);
}

size_t mobj_encode(struct mobj * const *objects, const u64 *instances,
		   unsigned int nr, u8 *bytes, size_t size)
{
	struct out out = { bytes + 64, bytes + size };
	unsigned int nr_schemas = 0, schema, i, first;
	u8 *at;

	for (i = 0; i < nr; ) {
		first = i;
		schema = encode_schema(&out, objects[i]->desc, &nr_schemas);
		at = begin_section(&out);
		for (; i < nr && objects[i]->desc == objects[first]->desc; i++)
			encode_record(&out, objects[i], instances[i]);
		end_section(&out, at, 4, schema, i - first);
	}
	end_section(&out, begin_section(&out), 3, 0, 0);
	encode_header(bytes, &out, nr_schemas, nr);
	return out.at - bytes;
}
