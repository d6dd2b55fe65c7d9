// SPDX-License-Identifier: GPL-2.0-only
/*
 * KSTATE: schemas, which say what the bytes of an object mean.
 *
 * Here a description that kstate_check.c found right becomes a schema.
 * kstate_parse.c reads schemas, kstate_resolve.c compares two of them.
 */
#include <linux/kstate.h>
#include <linux/string.h>

#include "kstate_codec.h"

static int write_attr(struct kstate_stream *s, u32 tag, const void *data,
		      u32 len)
{
	struct kstate_abi_attr attr = {
		.tag = cpu_to_le16(tag), .length = cpu_to_le16(len),
	};

	return kstate_write(s, &attr, sizeof(attr)) ?:
	       kstate_write(s, data, len);
}

static int write_attr_u64(struct kstate_stream *s, u32 tag, u64 value)
{
	__le64 wire = cpu_to_le64(value);

	return write_attr(s, tag, &wire, sizeof(wire));
}

/* A list of names, an attribute each */
static int write_names(struct kstate_stream *s, u32 tag, const char *list)
{
	char name[KSTATE_ABI_NAME_MAX + 1];
	size_t len;
	int err = 0;

	while (!err && (len = kstate_next_name(&list))) {
		memcpy(name, list, len);
		name[len] = '\0';
		err = write_attr(s, tag, name, len + 1);
		kstate_skip_name(&list, len);
	}
	return err;
}

static int write_check(struct kstate_stream *s, const struct kstate_field *f)
{
	const struct kstate_check *check = f->check;
	struct kstate_abi_attr attr = {
		.tag = cpu_to_le16(KSTATE_ABI_ATTR_VALUES),
	};
	__le64 wire;
	int err;
	u32 i;

	if (!check)
		return 0;
	if (!check->values)
		return write_attr_u64(s, KSTATE_ABI_ATTR_MIN, check->min) ?:
		       write_attr_u64(s, KSTATE_ABI_ATTR_MAX, check->max);

	attr.length = cpu_to_le16(check->nr_values * sizeof(wire));
	err = kstate_write(s, &attr, sizeof(attr));
	for (i = 0; !err && i < check->nr_values; i++) {
		wire = cpu_to_le64(check->values[i]);
		err = kstate_write(s, &wire, sizeof(wire));
	}
	return err;
}

static int write_field_attrs(struct kstate_stream *s,
			     const struct kstate_description *desc,
			     const struct kstate_field *f)
{
	__le32 since = cpu_to_le32(f->since);
	u8 width = f->count_size;
	int err;

	err = write_names(s, KSTATE_ABI_ATTR_ALIAS, f->alias) ?:
	      write_check(s, f);
	if (!err && f->since)
		err = write_attr(s, KSTATE_ABI_ATTR_SINCE, &since,
				 sizeof(since));
	if (!err && (f->flags & KSTATE_FIELD_DEFAULT))
		err = write_attr_u64(s, KSTATE_ABI_ATTR_DEFAULT, f->value);
	if (!err && f->type == KST_REF)
		err = write_names(s, KSTATE_ABI_ATTR_TARGET, f->target->name) ?:
		      write_names(s, KSTATE_ABI_ATTR_TARGET, f->target->alias);
	if (!err && f->count_size)
		err = write_attr(s, KSTATE_ABI_ATTR_COUNT, &width,
				 sizeof(width));
	if (!err && (desc->flags & KSTATE_ARMS))
		err = write_attr_u64(s, KSTATE_ABI_ATTR_ARM, f->value);
	return err;
}

/* End the attributes written since @base + @at; where they are, 0: nowhere. */
static int end_attrs(struct kstate_stream *s, size_t base, size_t at,
		     __le32 *wire)
{
	struct kstate_abi_attr end = { .tag = cpu_to_le16(KSTATE_ABI_ATTR_END) };

	*wire = 0;
	if (s->pos == at)
		return 0;
	*wire = cpu_to_le32(at - base);
	return kstate_write(s, &end, sizeof(end));
}

static int write_name(struct kstate_stream *s, size_t base, const char *name,
		      __le32 *wire)
{
	*wire = cpu_to_le32(s->pos - base);
	return kstate_write(s, name, strlen(name) + 1);
}

static u32 wire_count(const struct kstate_field *f)
{
	if (f->kind == KS_CUSTOM || f->kind == KS_UNION)
		return 1;
	return f->count_size ? 0 : f->count;
}

/* Writes what the field refers to; the field itself goes to @wire. */
static int write_field(struct kstate_writer *w, size_t base,
		       const struct kstate_description *desc,
		       const struct kstate_field *f,
		       struct kstate_abi_field *wire)
{
	int schema = f->desc ? kstate_writer_schema(w, f->desc) : 0;
	size_t at;
	int err;

	if (schema < 0)
		return schema;
	*wire = (struct kstate_abi_field){
		.kind = cpu_to_le16(f->kind),
		.type = cpu_to_le16(f->type),
		.flags = cpu_to_le32(f->flags & ~KSTATE_FIELD_DEFAULT),
		.count = cpu_to_le32(wire_count(f)),
		.schema = cpu_to_le32(f->desc ? schema : KSTATE_ABI_NO_SCHEMA),
	};
	if (kstate_is_number(f->type) || f->type == KST_TEXT)
		wire->width = cpu_to_le32(f->size);

	err = write_name(&w->s, base, f->name, &wire->name);
	at = w->s.pos;
	return err ?: write_field_attrs(&w->s, desc, f) ?:
		      end_attrs(&w->s, base, at, &wire->attrs);
}

static u32 wire_flags(const struct kstate_description *desc)
{
	return (desc->flags & KSTATE_MANDATORY ?
		KSTATE_ABI_SCHEMA_MANDATORY : 0) |
	       (desc->flags & KSTATE_ARMS ? KSTATE_ABI_SCHEMA_UNION : 0);
}

static void patch(struct kstate_stream *s, size_t at, const void *from,
		  size_t len)
{
	if (!s->counting)
		memcpy(s->data + at, from, len);
}

/**
 * kstate_schema_write - write the payload of a schema's section
 * @w: the stream; has the schemas of all nested descriptions already
 * @desc: the description
 *
 * Context: may sleep if the stream can grow.
 * Return: 0 or the errno of kstate_stream_room()
 */
int kstate_schema_write(struct kstate_writer *w,
			const struct kstate_description *desc)
{
	struct kstate_abi_schema head = {
		.version = cpu_to_le32(desc->version),
		.min_version = cpu_to_le32(desc->min_version),
		.flags = cpu_to_le32(wire_flags(desc)),
	};
	size_t base = w->s.pos, at = base + sizeof(head);
	struct kstate_abi_field wire;
	const struct kstate_field *f;
	u32 nr = 0;
	int err;

	for (f = desc->fields; f->kind != KS_END; f++)
		nr++;
	head.nr_fields = cpu_to_le32(nr);
	err = kstate_write_zeroes(&w->s, sizeof(head) + nr * sizeof(wire)) ?:
	      write_name(&w->s, base, desc->name, &head.name);
	for (f = desc->fields; !err && f->kind != KS_END; f++) {
		err = write_field(w, base, desc, f, &wire);
		if (!err)
			patch(&w->s, at, &wire, sizeof(wire));
		at += sizeof(wire);
	}
	at = w->s.pos;
	if (!err)
		err = write_names(&w->s, KSTATE_ABI_ATTR_ALIAS, desc->alias) ?:
		      end_attrs(&w->s, base, at, &head.attrs);
	if (!err)
		patch(&w->s, base, &head, sizeof(head));
	return err;
}
