// SPDX-License-Identifier: GPL-2.0-only
/*
 * kstate(8): schemas, as JSON and as text.
 */
#include <stdlib.h>
#include <string.h>

#include "tool.h"

static const char * const kinds[] = {
	[KSTATE_ABI_SIMPLE]		= "simple",
	[KSTATE_ABI_POINTER]		= "pointer",
	[KSTATE_ABI_STRUCT]		= "struct",
	[KSTATE_ABI_CUSTOM]		= "custom",
	[KSTATE_ABI_ARRAY_OF_POINTER]	= "array of pointers",
	[KSTATE_ABI_LIST]		= "list",
	[KSTATE_ABI_HLIST]		= "hlist",
	[KSTATE_ABI_XARRAY]		= "xarray",
	[KSTATE_ABI_BITMAP]		= "bitmap",
	[KSTATE_ABI_UNION]		= "union",
	[KSTATE_ABI_SUBSECTION]		= "subsection",
	[KSTATE_ABI_UNUSED]		= "unused",
};

static const char * const types[] = {
	[KSTATE_ABI_NONE]	= "",
	[KSTATE_ABI_BOOL]	= "bool",
	[KSTATE_ABI_UINT]	= "u",
	[KSTATE_ABI_SINT]	= "s",
	[KSTATE_ABI_BYTE]	= "char",
	[KSTATE_ABI_FOLIO]	= "folio",
	[KSTATE_ABI_RANGE]	= "range",
	[KSTATE_ABI_REF]	= "ref",
	[KSTATE_ABI_STRING]	= "string",
	[KSTATE_ABI_TEXT]	= "text",
};

struct flag {
	u32 bit;
	const char *name;
};

static const struct flag field_flags[] = {
	{ KSTATE_ABI_FIELD_MANDATORY, "mandatory" },
	{ KSTATE_ABI_FIELD_GROW, "grow" },
	{ KSTATE_ABI_FIELD_SHRINK, "shrink" },
	{ KSTATE_ABI_FIELD_EQUAL, "equal" },
};

static const char *name_of(const char * const *names, size_t nr, u32 i)
{
	return i < nr && names[i] ? names[i] : "unknown";
}

u64 attr_u64(const struct kstate_attr *attr)
{
	__le64 v = 0;

	memcpy(&v, attr->data, min_t(size_t, attr->len, sizeof(v)));
	return le64_to_cpu(v);
}

bool find_attr(const struct kstate_schema *s, __le32 attrs, u32 tag,
	       struct kstate_attr *attr)
{
	u32 pos = 0;

	while (kstate_schema_attr(s, attrs, &pos, attr)) {
		if (attr->tag == tag)
			return true;
	}
	return false;
}

/* Its text, or "" if it is none. */
const char *attr_str(const struct kstate_attr *attr)
{
	return memchr(attr->data, 0, attr->len) ? (const char *)attr->data : "";
}

const char *field_type(const struct kstate_schema *s,
		       const struct kstate_abi_field *f, char *buf, size_t size)
{
	u32 schema = le32_to_cpu(f->schema), type = le16_to_cpu(f->type);
	const char *name = name_of(types, ARRAY_SIZE(types), type);

	if (schema != KSTATE_ABI_NO_SCHEMA)
		snprintf(buf, size, "%s", s->all[schema].name);
	else if (type == KSTATE_ABI_UINT || type == KSTATE_ABI_SINT)
		snprintf(buf, size, "%s%u", name, le32_to_cpu(f->width) * 8);
	else
		snprintf(buf, size, "%s", name);
	return buf;
}

/* ---- As JSON ---- */

static struct json_object *attr_text(const struct kstate_attr *attr)
{
	return json_text(attr_str(attr), strlen(attr_str(attr)));
}

static struct json_object *number(u64 value, bool sign)
{
	return sign ? json_object_new_int64(value) :
		      json_object_new_uint64(value);
}

static struct json_object *attr_values(const struct kstate_attr *attr, bool sign)
{
	struct json_object *values = json_object_new_array();
	struct kstate_attr one = *attr;

	for (; one.len >= sizeof(u64); one.len -= sizeof(u64)) {
		json_object_array_add(values, number(attr_u64(&one), sign));
		one.data += sizeof(u64);
	}
	return values;
}

static void put_alias(struct json_object *to, const struct kstate_attr *attr)
{
	struct json_object *aliases;

	if (!json_object_object_get_ex(to, "aliases", &aliases)) {
		aliases = json_object_new_array();
		json_put(to, "aliases", aliases);
	}
	json_object_array_add(aliases, attr_text(attr));
}

static void put_attr(struct json_object *to, const struct kstate_attr *attr,
		     bool sign)
{
	switch (attr->tag) {
	case KSTATE_ABI_ATTR_ALIAS:
		put_alias(to, attr);
		break;
	case KSTATE_ABI_ATTR_SINCE:
		json_put_u64(to, "since", attr_u64(attr));
		break;
	case KSTATE_ABI_ATTR_MIN:
		json_put(to, "min", number(attr_u64(attr), sign));
		break;
	case KSTATE_ABI_ATTR_MAX:
		json_put(to, "max", number(attr_u64(attr), sign));
		break;
	case KSTATE_ABI_ATTR_VALUES:
		json_put(to, "values", attr_values(attr, sign));
		break;
	case KSTATE_ABI_ATTR_DEFAULT:
		json_put(to, "default", number(attr_u64(attr), sign));
		break;
	case KSTATE_ABI_ATTR_TARGET:
		json_put(to, "target", attr_text(attr));
		break;
	case KSTATE_ABI_ATTR_ARM:
		json_put_u64(to, "selector", attr_u64(attr));
		break;
	default:
		/* newer than this program, which can do without */
		break;
	}
}

static void put_attrs(struct json_object *to, const struct kstate_schema *s,
		      __le32 attrs, bool sign)
{
	struct kstate_attr attr;
	u32 pos = 0;

	while (kstate_schema_attr(s, attrs, &pos, &attr))
		put_attr(to, &attr, sign);
}

struct json_object *field_json(const struct kstate_schema *s,
			       const struct kstate_abi_field *f)
{
	struct json_object *to = json_object_new_object();
	u32 kind = le16_to_cpu(f->kind), type = le16_to_cpu(f->type);
	u32 flags = le32_to_cpu(f->flags);
	char buf[KSTATE_ABI_NAME_MAX + 1];
	size_t i;

	json_put_text(to, "name", kstate_schema_str(s, f->name));
	json_put_text(to, "kind", name_of(kinds, ARRAY_SIZE(kinds), kind));
	if (le32_to_cpu(f->schema) != KSTATE_ABI_NO_SCHEMA)
		json_put_text(to, "struct", field_type(s, f, buf, sizeof(buf)));
	else if (type != KSTATE_ABI_NONE)
		json_put_text(to, "type", field_type(s, f, buf, sizeof(buf)));
	if (type == KSTATE_ABI_TEXT)
		json_put_u64(to, "room", le32_to_cpu(f->width));
	/* none: the object has it */
	if (f->count)
		json_put_u64(to, "count", le32_to_cpu(f->count));
	for (i = 0; i < ARRAY_SIZE(field_flags); i++) {
		if (flags & field_flags[i].bit)
			json_put_bool(to, field_flags[i].name, true);
	}
	put_attrs(to, s, f->attrs, type == KSTATE_ABI_SINT);
	return to;
}

struct json_object *schema_json(const struct kstate_schema *s)
{
	struct json_object *to = json_object_new_object();
	struct json_object *fields = json_object_new_array();
	u32 i;

	json_put_text(to, "name", s->name);
	json_put_u64(to, "version", s->version);
	json_put_u64(to, "min_version", s->min_version);
	json_put_bool(to, "mandatory", s->flags & KSTATE_ABI_SCHEMA_MANDATORY);
	json_put_bool(to, "union", s->flags & KSTATE_ABI_SCHEMA_UNION);
	json_put_bool(to, "declared", s->flags & KSTATE_ABI_SCHEMA_DECLARED);
	put_attrs(to, s, s->attrs, false);
	for (i = 0; i < s->nr_fields; i++)
		json_object_array_add(fields, field_json(s, &s->fields[i]));
	json_put(to, "fields", fields);
	return to;
}

/* ---- As text ---- */

/* "u32[4]", "list of acme.session", "pointer to acme.user []" */
static void print_type(const struct kstate_schema *s,
		       const struct kstate_abi_field *f)
{
	u32 kind = le16_to_cpu(f->kind), count = le32_to_cpu(f->count);
	char buf[KSTATE_ABI_NAME_MAX + 1], *type;

	type = escape(field_type(s, f, buf, sizeof(buf)));
	if (kind == KSTATE_ABI_SIMPLE || kind == KSTATE_ABI_STRUCT)
		printf("%s", type);
	else if (kind == KSTATE_ABI_POINTER)
		printf("pointer to %s", type);
	else if (*type)
		printf("%s of %s", name_of(kinds, ARRAY_SIZE(kinds), kind), type);
	else
		printf("%s", name_of(kinds, ARRAY_SIZE(kinds), kind));
	free(type);
	if (le16_to_cpu(f->type) == KSTATE_ABI_TEXT)
		printf("(%u)", le32_to_cpu(f->width));
	if (count > 1)
		printf("[%u]", count);
	else if (!count && kind == KSTATE_ABI_POINTER)
		printf("[]");
}

/* All that field_json() has and that the type does not say. */
static void print_rest(const struct kstate_schema *s,
		       const struct kstate_abi_field *f)
{
	static const char * const said[] = {
		"name", "kind", "struct", "type", "room", "count",
	};
	struct json_object *json = field_json(s, f);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(said); i++)
		json_object_object_del(json, said[i]);
	json_object_object_foreach(json, key, value) {
		printf(", %s", key);
		if (!json_object_is_type(value, json_type_boolean))
			printf(" %s", json_object_to_json_string(value));
	}
	json_object_put(json);
}

void schema_print(const struct kstate_schema *s, const char *indent)
{
	char *name = escape(s->name);
	struct kstate_attr attr;
	u32 i, pos = 0;

	printf("%sschema %s: version %u", indent, name, s->version);
	free(name);
	if (s->min_version != s->version)
		printf(", understood from version %u", s->min_version);
	if (s->flags & KSTATE_ABI_SCHEMA_MANDATORY)
		printf(", mandatory");
	if (s->flags & KSTATE_ABI_SCHEMA_UNION)
		printf(", union");
	while (kstate_schema_attr(s, s->attrs, &pos, &attr)) {
		if (attr.tag != KSTATE_ABI_ATTR_ALIAS)
			continue;
		name = escape(attr_str(&attr));
		printf(", once %s", name);
		free(name);
	}
	printf("\n");
	for (i = 0; i < s->nr_fields; i++) {
		name = escape(kstate_schema_str(s, s->fields[i].name));
		printf("%s    %s: ", indent, name);
		free(name);
		print_type(s, &s->fields[i]);
		print_rest(s, &s->fields[i]);
		printf("\n");
	}
}
