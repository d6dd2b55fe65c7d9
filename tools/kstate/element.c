// SPDX-License-Identifier: GPL-2.0-only
/*
 * kstate(8): the bytes of an object, and the elements that they are.
 *
 * The reader has checked sections and schemas, and that is all: counts and
 * lengths within an object are still what anybody may have written.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cursor.h"

int cursor_bad(struct cursor *c, const char *why)
{
	return kstate_fail(c->report, c->schema->name,
			   kstate_schema_str(c->schema, c->field->name), why,
			   -EBADMSG);
}

const u8 *cursor_take(struct cursor *c, size_t len)
{
	const u8 *p = c->p;

	if (len > c->left) {
		cursor_bad(c, "goes beyond the end of the object");
		return NULL;
	}
	c->p += len;
	c->left -= len;
	return p;
}

int cursor_number(struct cursor *c, u32 width, u64 *value)
{
	const u8 *p = cursor_take(c, width);
	__le64 v = 0;

	if (!p)
		return -EBADMSG;
	memcpy(&v, p, width);
	*value = le64_to_cpu(v);
	return 0;
}

int cursor_u32(struct cursor *c, u32 *value)
{
	u64 v;
	int err = cursor_number(c, sizeof(*value), &v);

	if (!err)
		*value = v;
	return err;
}

int cursor_present(struct cursor *c, bool *present)
{
	u64 v;
	int err = cursor_number(c, 1, &v);

	if (!err && v > 1)
		return cursor_bad(c, "is neither present nor absent");
	if (!err)
		*present = v;
	return err;
}

int cursor_count(struct cursor *c, u64 least, u32 *count)
{
	int err = cursor_u32(c, count);

	if (!err && least && *count > c->left / least)
		return cursor_bad(c, "has more elements than bytes");
	return err;
}

/* ---- Elements ---- */

static struct json_object *hex_json(const u8 *p, size_t len)
{
	struct json_object *json = json_inline(), *hex;
	char *text = need(malloc(2 * len + 1));
	size_t i, used = strnlen((const char *)p, len);

	for (i = 0; i < len; i++)
		sprintf(text + 2 * i, "%02x", p[i]);
	hex = need(json_object_new_string_len(text, 2 * len));
	free(text);
	json_put_u64(json, "length", len);
	json_put(json, "hex", hex);

	/* Most of them are text, with NULs at the end if at all. */
	for (i = 0; i < len; i++) {
		if (i < used ? p[i] < 0x20 || p[i] > 0x7e : p[i])
			return json;
	}
	if (used)
		json_put(json, "text", json_text((const char *)p, used));
	return json;
}

int cursor_bytes(struct cursor *c, size_t len, struct json_object **out)
{
	const u8 *p = cursor_take(c, len);

	if (!p)
		return -EBADMSG;
	*out = hex_json(p, len);
	return 0;
}

static int get_scalar(struct cursor *c, u32 type, struct json_object **out)
{
	u32 width = le32_to_cpu(c->field->width);
	u64 value;
	int err;

	if (type == KSTATE_ABI_BOOL)
		width = 1;
	if (!width || width > sizeof(value))
		return cursor_bad(c, "has a width of its own");
	err = cursor_number(c, width, &value);
	if (err)
		return err;
	if (type == KSTATE_ABI_BOOL) {
		if (value > 1)
			return cursor_bad(c, "is neither true nor false");
		*out = json_object_new_boolean(value);
	} else if (type == KSTATE_ABI_SINT) {
		value <<= 64 - 8 * width;
		*out = json_object_new_int64((s64)value >> (64 - 8 * width));
	} else {
		*out = need(json_object_new_uint64(value));
	}
	return 0;
}

static void put_address(struct cursor *c, struct json_object *to, u64 address)
{
	char text[24];

	if (!c->addresses)
		return;
	snprintf(text, sizeof(text), "0x%llx", (unsigned long long)address);
	json_put_text(to, "address", text);
}

static int get_folio(struct cursor *c, struct json_object **out)
{
	bool present;
	u64 address;
	u32 order;
	int err;

	err = cursor_present(c, &present);
	if (err || !present)
		return err;
	err = cursor_number(c, sizeof(address), &address) ?: cursor_u32(c, &order);
	if (err)
		return err;
	*out = json_inline();
	json_put_u64(*out, "order", order);
	put_address(c, *out, address);
	return 0;
}

static int get_range(struct cursor *c, struct json_object **out)
{
	u64 address, size;
	int err;

	err = cursor_number(c, sizeof(address), &address) ?:
	      cursor_number(c, sizeof(size), &size);
	if (err)
		return err;
	*out = json_inline();
	json_put_u64(*out, "bytes", size);
	put_address(c, *out, address);
	return 0;
}

static int get_ref(struct cursor *c, struct json_object **out)
{
	struct kstate_attr attr;
	bool present;
	u64 instance;
	int err;

	err = cursor_present(c, &present);
	if (err || !present)
		return err;
	err = cursor_number(c, sizeof(instance), &instance);
	if (err)
		return err;
	*out = json_inline();
	if (find_attr(c->schema, c->field->attrs, KSTATE_ABI_ATTR_TARGET, &attr))
		json_put_text(*out, "description", attr_str(&attr));
	json_put_u64(*out, "instance", instance);
	return 0;
}

static int get_string(struct cursor *c, struct json_object **out)
{
	bool present;
	const u8 *p;
	u32 len;
	int err;

	err = cursor_present(c, &present);
	if (err || !present)
		return err;
	err = cursor_count(c, 1, &len);
	if (err)
		return err;
	p = cursor_take(c, len);
	if (!p)
		return -EBADMSG;
	if (memchr(p, 0, len))
		return cursor_bad(c, "is a string with a NUL in it");
	*out = json_text((const char *)p, len);
	return 0;
}

int cursor_element(struct cursor *c, struct json_object **out)
{
	u32 schema = le32_to_cpu(c->field->schema);
	u32 type = le16_to_cpu(c->field->type);

	if (schema != KSTATE_ABI_NO_SCHEMA)
		return cursor_struct(c, &c->schema->all[schema], out);
	switch (type) {
	case KSTATE_ABI_BOOL:
	case KSTATE_ABI_UINT:
	case KSTATE_ABI_SINT:
	case KSTATE_ABI_BYTE:
		return get_scalar(c, type, out);
	case KSTATE_ABI_FOLIO:
		return get_folio(c, out);
	case KSTATE_ABI_RANGE:
		return get_range(c, out);
	case KSTATE_ABI_REF:
		return get_ref(c, out);
	case KSTATE_ABI_STRING:
	case KSTATE_ABI_TEXT:
		return get_string(c, out);
	default:
		return cursor_bad(c, "has a type that is not known here");
	}
}
