// SPDX-License-Identifier: GPL-2.0-only
/*
 * KSTATE: reading schemas. They are input: nothing in them is believed
 * unchecked.
 */
#include <kunit/visibility.h>
#include <linux/export.h>
#include <linux/kstate.h>
#include <linux/minmax.h>
#include <linux/overflow.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include "kstate_codec.h"

/* The string of a payload that begins at @at, or NULL if there is none. */
static const char *parse_name(const struct kstate_schema *s, __le32 wire)
{
	size_t at = le32_to_cpu(wire), left;
	const char *name = s->payload + at;
	size_t len;

	if (at >= s->len)
		return NULL;
	left = min_t(size_t, s->len - at, KSTATE_ABI_NAME_MAX + 1);
	len = strnlen(name, left);
	return len < left && kstate_good_name(name, len) ? name : NULL;
}

/**
 * kstate_schema_str - a name in a schema
 * @s: a schema that was parsed
 * @at: where the name is, as a field says
 *
 * Return: the name
 */
const char *kstate_schema_str(const struct kstate_schema *s, __le32 at)
{
	return s->payload + le32_to_cpu(at);
}
EXPORT_SYMBOL_IF_KUNIT(kstate_schema_str);

/**
 * kstate_schema_attr - walk attributes
 * @s: a schema, being parsed or parsed
 * @attrs: where they begin, as a field or the schema says
 * @pos: 0 to begin with; kept by this function
 * @attr: the next attribute
 *
 * Return: true if there is one; false at the end, and when they leave the
 * payload, which kstate_schema_parse() has seen to.
 */
bool kstate_schema_attr(const struct kstate_schema *s, __le32 attrs, u32 *pos,
			struct kstate_attr *attr)
{
	size_t at = (size_t)le32_to_cpu(attrs) + *pos;
	const u8 *p = (const u8 *)s->payload + at;

	attr->tag = KSTATE_ABI_ATTR_END;
	attr->data = NULL;
	if (!attrs || at > s->len ||
	    s->len - at < sizeof(struct kstate_abi_attr))
		return false;
	attr->len = get_unaligned_le16(p + 2);
	if (attr->len > s->len - at - sizeof(struct kstate_abi_attr))
		return false;
	attr->tag = get_unaligned_le16(p);
	attr->data = p + sizeof(struct kstate_abi_attr);
	*pos += sizeof(struct kstate_abi_attr) + attr->len;
	return attr->tag != KSTATE_ABI_ATTR_END;
}
EXPORT_SYMBOL_IF_KUNIT(kstate_schema_attr);

/**
 * kstate_schema_find - look a field up by its name
 * @s: a schema that was parsed
 * @name: the name
 *
 * Return: the field or NULL
 */
const struct kstate_abi_field *
kstate_schema_find(const struct kstate_schema *s, const char *name)
{
	u32 i;

	for (i = 0; i < s->nr_fields; i++) {
		if (!strcmp(kstate_schema_str(s, s->fields[i].name), name))
			return &s->fields[i];
	}
	return NULL;
}
EXPORT_SYMBOL_IF_KUNIT(kstate_schema_find);

static bool good_attr(const struct kstate_attr *attr)
{
	size_t len = attr->len;

	switch (attr->tag) {
	case KSTATE_ABI_ATTR_ALIAS:
	case KSTATE_ABI_ATTR_TARGET:
		return len > 1 && !attr->data[len - 1] &&
		       kstate_good_name((const char *)attr->data, len - 1);
	case KSTATE_ABI_ATTR_SINCE:
		return len == sizeof(u32);
	case KSTATE_ABI_ATTR_MIN:
	case KSTATE_ABI_ATTR_MAX:
	case KSTATE_ABI_ATTR_DEFAULT:
	case KSTATE_ABI_ATTR_ARM:
		return len == sizeof(u64);
	case KSTATE_ABI_ATTR_VALUES:
		return len && len % sizeof(u64) == 0 &&
		       len / sizeof(u64) <= KSTATE_ABI_MAX_FIELDS;
	case KSTATE_ABI_ATTR_COUNT:
		return len == 1 && *attr->data && *attr->data <= sizeof(u64);
	default:
		return true;
	}
}

/* All attributes are within the payload, have an end, and make sense. */
static bool good_attrs(const struct kstate_schema *s, __le32 attrs)
{
	struct kstate_attr attr;
	u32 pos = 0, nr = 0;

	if (!attrs)
		return true;
	while (kstate_schema_attr(s, attrs, &pos, &attr)) {
		if (!good_attr(&attr) || ++nr > KSTATE_ABI_MAX_ATTRS)
			return false;
	}
	return attr.data;
}

/* Least bytes of one element, 0 if the field makes no sense. */
static u64 element_size(const struct kstate_reader *r, u32 nr,
			const struct kstate_abi_field *f)
{
	u32 type = le16_to_cpu(f->type), width = le32_to_cpu(f->width);
	u32 schema = le32_to_cpu(f->schema);

	if (schema != KSTATE_ABI_NO_SCHEMA) {
		/* only earlier schemas: so they cannot contain themselves */
		if (schema >= nr || type != KSTATE_ABI_NONE || width)
			return 0;
		return r->schemas[schema].min_size;
	}
	switch (type) {
	case KSTATE_ABI_BOOL:
	case KSTATE_ABI_BYTE:
		return width == 1;
	case KSTATE_ABI_UINT:
	case KSTATE_ABI_SINT:
		return width == 1 || width == 2 || width == 4 || width == 8 ?
		       width : 0;
	case KSTATE_ABI_TEXT:
		return !!width;
	case KSTATE_ABI_FOLIO:
	case KSTATE_ABI_REF:
	case KSTATE_ABI_STRING:
		return !width;
	case KSTATE_ABI_RANGE:
		return width ? 0 : 2 * sizeof(u64);
	default:
		return 0;
	}
}

static bool is_struct(const struct kstate_abi_field *f)
{
	return le32_to_cpu(f->schema) != KSTATE_ABI_NO_SCHEMA;
}

/* Is it of structs that are, or are not, the arms of a union? */
static bool of_structs(const struct kstate_reader *r, u32 nr,
		       const struct kstate_abi_field *f, bool arms)
{
	return is_struct(f) && element_size(r, nr, f) &&
	       !(r->schemas[le32_to_cpu(f->schema)].flags &
		 KSTATE_ABI_SCHEMA_UNION) == !arms;
}

static bool good_elements(const struct kstate_reader *r, u32 nr,
			  const struct kstate_abi_field *f)
{
	return is_struct(f) ? of_structs(r, nr, f, false) :
			      element_size(r, nr, f);
}

/* Least bytes of a field; false if it makes no sense. */
static bool field_size(const struct kstate_reader *r, u32 nr,
		       const struct kstate_abi_field *f, u64 *size)
{
	bool plain = !is_struct(f) && !f->type && !f->width;
	u32 count = le32_to_cpu(f->count);
	u32 kind = le16_to_cpu(f->kind);

	*size = sizeof(u8);
	switch (kind) {
	case KSTATE_ABI_SIMPLE:
	case KSTATE_ABI_STRUCT:
		return count && is_struct(f) == (kind == KSTATE_ABI_STRUCT) &&
		       good_elements(r, nr, f) &&
		       !check_mul_overflow(element_size(r, nr, f), (u64)count,
					   size);
	case KSTATE_ABI_POINTER:
		return good_elements(r, nr, f);
	case KSTATE_ABI_ARRAY_OF_POINTER:
		return of_structs(r, nr, f, false) && !count;
	case KSTATE_ABI_SUBSECTION:
		return of_structs(r, nr, f, false) && count == 1;
	case KSTATE_ABI_BITMAP:
		return plain;
	case KSTATE_ABI_LIST:
	case KSTATE_ABI_HLIST:
	case KSTATE_ABI_XARRAY:
		*size = sizeof(u32);
		return of_structs(r, nr, f, false) && !count;
	case KSTATE_ABI_UNION:
		*size = sizeof(u32);
		return of_structs(r, nr, f, true) && count == 1;
	case KSTATE_ABI_CUSTOM:
		*size = sizeof(u32);
		return plain && count == 1;
	case KSTATE_ABI_UNUSED:
		*size = 0;
		return plain && !count;
	default:
		return false;
	}
}

static int bad_schema(struct kstate_reader *r, const char *name,
		      const char *field, const char *why)
{
	return kstate_fail(&r->report, name, field, why, -EBADMSG);
}

#define KNOWN_FIELD_FLAGS (KSTATE_ABI_FIELD_MANDATORY | \
			   KSTATE_ABI_FIELD_GROW | KSTATE_ABI_FIELD_SHRINK | \
			   KSTATE_ABI_FIELD_EQUAL)

static int parse_field(struct kstate_reader *r, struct kstate_schema *s,
		       const struct kstate_abi_field *f)
{
	const char *name = parse_name(s, f->name);
	u64 size;

	if (!name)
		return bad_schema(r, s->name, NULL, "schema without names");
	if (le32_to_cpu(f->flags) & ~KNOWN_FIELD_FLAGS)
		return bad_schema(r, s->name, name, "unknown flags in schema");
	if (!good_attrs(s, f->attrs))
		return bad_schema(r, s->name, name,
				  "strange attributes in schema");
	if (!field_size(r, s->nr, f, &size))
		return bad_schema(r, s->name, name, "strange field in schema");
	/* of a union there is one field or none, and a number in any case */
	if (s->flags & KSTATE_ABI_SCHEMA_UNION)
		s->min_size = sizeof(u32);
	else if (check_add_overflow(s->min_size, size, &s->min_size))
		return bad_schema(r, s->name, name, "strange field in schema");
	if (is_struct(f))
		s->depth = max(s->depth,
			       r->schemas[le32_to_cpu(f->schema)].depth + 1);
	if (s->depth > KSTATE_ABI_MAX_DEPTH)
		return bad_schema(r, s->name, name, "schema is nested too deep");
	return 0;
}

static int parse_head(struct kstate_reader *r, struct kstate_schema *s)
{
	const struct kstate_abi_schema *wire = (const void *)s->payload;

	if (s->len < sizeof(*wire))
		return bad_schema(r, NULL, NULL, "schema is too short");
	s->fields = (const void *)(wire + 1);
	s->version = le32_to_cpu(wire->version);
	s->min_version = le32_to_cpu(wire->min_version);
	s->nr_fields = le32_to_cpu(wire->nr_fields);
	s->flags = le32_to_cpu(wire->flags);
	s->attrs = wire->attrs;
	s->name = parse_name(s, wire->name);
	if (!s->name)
		return bad_schema(r, NULL, NULL, "schema without a name");
	if (!s->nr_fields || s->nr_fields > KSTATE_ABI_MAX_FIELDS ||
	    (s->len - sizeof(*wire)) / sizeof(*s->fields) < s->nr_fields)
		return bad_schema(r, s->name, NULL, "strange number of fields");
	if (s->min_version > s->version)
		return bad_schema(r, s->name, NULL, "strange version");
	if (s->flags & ~KSTATE_ABI_SCHEMA_KNOWN)
		return bad_schema(r, s->name, NULL, "unknown flags in schema");
	if (!good_attrs(s, s->attrs))
		return bad_schema(r, s->name, NULL,
				  "strange attributes in schema");
	return 0;
}

/**
 * kstate_schema_parse - check a schema and keep it
 * @r: the reader; holds all schemas before this one
 * @nr: its number
 * @payload: payload of its section, aligned to 8 bytes
 * @len: its bytes
 *
 * Context: any.
 * Return: 0 or -EBADMSG
 */
int kstate_schema_parse(struct kstate_reader *r, u32 nr, const void *payload,
			size_t len)
{
	struct kstate_schema *s = &r->schemas[nr];
	int err;
	u32 i;

	s->payload = payload;
	s->len = len;
	s->nr = nr;
	s->depth = 1;
	err = parse_head(r, s);
	for (i = 0; !err && i < s->nr_fields; i++)
		err = parse_field(r, s, &s->fields[i]);
	/* every object takes bytes: the stream's length bounds all work */
	if (!err && !s->min_size)
		err = bad_schema(r, s->name, NULL, "schema without bytes");
	return err;
}
