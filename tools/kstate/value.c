// SPDX-License-Identifier: GPL-2.0-only
/*
 * kstate(8): objects, told by their schema alone: a function for each kind.
 */
#include <errno.h>
#include <stdlib.h>

#include "cursor.h"

static int get_array(struct cursor *c, u32 count, struct json_object **out)
{
	struct json_object *one;
	int err = 0;

	if (le16_to_cpu(c->field->type) == KSTATE_ABI_BYTE)
		return cursor_bytes(c, count, out);
	/* every element takes a byte at least */
	if (count > c->left)
		return cursor_bad(c, "has more elements than bytes");
	*out = need(json_object_new_array());
	for (; !err && count; count--) {
		one = NULL;
		err = cursor_element(c, &one);
		json_object_array_add(*out, one);
	}
	return err;
}

static int get_elements(struct cursor *c, struct json_object **out)
{
	u32 count = le32_to_cpu(c->field->count);

	return count == 1 ? cursor_element(c, out) : get_array(c, count, out);
}

static int get_pointer(struct cursor *c, struct json_object **out)
{
	bool present;
	u32 count;
	int err;

	err = cursor_present(c, &present);
	if (err || !present)
		return err;
	if (c->field->count)
		return get_elements(c, out);
	err = cursor_count(c, 1, &count);
	return err ? err : get_array(c, count, out);
}

static int get_pointers(struct cursor *c, struct json_object **out)
{
	struct json_object *one;
	bool present;
	u32 count;
	int err;

	err = cursor_present(c, &present);
	if (err || !present)
		return err;
	err = cursor_count(c, 1, &count);
	if (err)
		return err;
	*out = need(json_object_new_array());
	for (; !err && count; count--) {
		one = NULL;
		err = cursor_present(c, &present);
		if (!err && present)
			err = cursor_element(c, &one);
		json_object_array_add(*out, one);
	}
	return err;
}

static int get_list(struct cursor *c, struct json_object **out)
{
	u32 count;
	int err;

	err = cursor_count(c, 1, &count);
	return err ? err : get_array(c, count, out);
}

static int get_xarray(struct cursor *c, struct json_object **out)
{
	struct json_object *entry, *one;
	u64 index;
	u32 count;
	int err;

	err = cursor_count(c, sizeof(index), &count);
	if (err)
		return err;
	*out = need(json_object_new_array());
	for (; !err && count; count--) {
		err = cursor_number(c, sizeof(index), &index);
		if (err)
			break;
		entry = need(json_object_new_object());
		json_object_array_add(*out, entry);
		one = NULL;
		err = cursor_element(c, &one);
		json_put_u64(entry, "index", index);
		json_put(entry, "value", one);
	}
	return err;
}

static bool bit_is_set(const u8 *map, u32 bits, u32 bit)
{
	return bit < bits && (map[bit / 8] >> (bit % 8) & 1);
}

/* "0-3,7", as the kernel writes its lists of bits */
static struct json_object *bit_list(const u8 *map, u32 bits)
{
	struct json_object *json;
	u32 bit, first;
	size_t len;
	char *text;
	FILE *out;

	out = need(open_memstream(&text, &len));
	for (bit = 0; bit < bits; bit++) {
		if (!bit_is_set(map, bits, bit))
			continue;
		first = bit;
		while (bit_is_set(map, bits, bit + 1))
			bit++;
		fprintf(out, first == bit ? "%s%u" : "%s%u-%u",
			ftell(out) ? "," : "", first, bit);
	}
	fclose(out);
	json = need(json_object_new_string_len(text, len));
	free(text);
	return json;
}

static int get_bitmap(struct cursor *c, struct json_object **out)
{
	bool present;
	const u8 *p;
	u32 bits;
	int err;

	err = cursor_present(c, &present);
	if (err || !present)
		return err;
	err = cursor_u32(c, &bits);
	if (err)
		return err;
	p = cursor_take(c, bits / 8 + !!(bits % 8));
	if (!p)
		return -EBADMSG;
	*out = json_inline();
	json_put_u64(*out, "bits", bits);
	json_put(*out, "set", bit_list(p, bits));
	return 0;
}

static int get_field(struct cursor *c, const struct kstate_schema *s,
		     const struct kstate_abi_field *f,
		     struct json_object **out);

static int get_union(struct cursor *c, struct json_object **out)
{
	u32 schema = le32_to_cpu(c->field->schema), nr;
	const struct kstate_schema *arms = &c->schema->all[schema];
	struct json_object *arm = NULL;
	u64 selector;
	int err;

	err = cursor_u32(c, &nr);
	if (err)
		return err;
	if (nr == KSTATE_ABI_NO_ARM) {
		err = cursor_number(c, sizeof(selector), &selector);
		if (err)
			return err;
		*out = need(json_object_new_object());
		json_put_u64(*out, "selector", selector);
		return 0;
	}
	if (nr >= arms->nr_fields)
		return cursor_bad(c, "is an arm that the union does not have");
	*out = need(json_object_new_object());
	err = get_field(c, arms, &arms->fields[nr], &arm);
	json_put(*out, kstate_schema_str(arms, arms->fields[nr].name), arm);
	return err;
}

static int get_subsection(struct cursor *c, struct json_object **out)
{
	bool present;
	int err;

	err = cursor_present(c, &present);
	return err || !present ? err : cursor_element(c, out);
}

static int get_custom(struct cursor *c, struct json_object **out)
{
	u32 len;
	int err;

	err = cursor_count(c, 1, &len);
	return err ? err : cursor_bytes(c, len, out);
}

static int get_kind(struct cursor *c, struct json_object **out)
{
	switch (le16_to_cpu(c->field->kind)) {
	case KSTATE_ABI_SIMPLE:
	case KSTATE_ABI_STRUCT:
		return get_elements(c, out);
	case KSTATE_ABI_POINTER:
		return get_pointer(c, out);
	case KSTATE_ABI_ARRAY_OF_POINTER:
		return get_pointers(c, out);
	case KSTATE_ABI_LIST:
	case KSTATE_ABI_HLIST:
		return get_list(c, out);
	case KSTATE_ABI_XARRAY:
		return get_xarray(c, out);
	case KSTATE_ABI_BITMAP:
		return get_bitmap(c, out);
	case KSTATE_ABI_UNION:
		return get_union(c, out);
	case KSTATE_ABI_SUBSECTION:
		return get_subsection(c, out);
	case KSTATE_ABI_CUSTOM:
		return get_custom(c, out);
	case KSTATE_ABI_UNUSED:
		return 0;
	default:
		return cursor_bad(c, "has a kind that is not known here");
	}
}

static int get_field(struct cursor *c, const struct kstate_schema *s,
		     const struct kstate_abi_field *f, struct json_object **out)
{
	const struct kstate_schema *outer = c->schema;
	const struct kstate_abi_field *outer_field = c->field;
	int err;

	c->schema = s;
	c->field = f;
	err = get_kind(c, out);
	c->schema = outer;
	c->field = outer_field;
	return err;
}

/* As deep as the schemas are, which the reader has limited. */
int cursor_struct(struct cursor *c, const struct kstate_schema *s,
		  struct json_object **out)
{
	struct json_object *value;
	int err = 0;
	u32 i;

	*out = need(json_object_new_object());
	for (i = 0; !err && i < s->nr_fields; i++) {
		if (le16_to_cpu(s->fields[i].kind) == KSTATE_ABI_UNUSED)
			continue;
		value = NULL;
		err = get_field(c, s, &s->fields[i], &value);
		json_put(*out, kstate_schema_str(s, s->fields[i].name), value);
	}
	return err;
}

struct json_object *object_json(const struct kstate_in_object *in,
				bool addresses, struct kstate_report *report)
{
	struct cursor c = {
		.p = in->data, .left = in->len, .addresses = addresses,
		.report = report,
	};
	struct json_object *json = NULL;
	int err;

	err = cursor_struct(&c, in->schema, &json);
	if (!err && c.left)
		err = kstate_fail(report, in->schema->name, NULL,
				  "has bytes that its schema does not know",
				  -EBADMSG);
	if (err) {
		json_object_put(json);
		return NULL;
	}
	return json;
}
