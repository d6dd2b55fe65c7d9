// SPDX-License-Identifier: GPL-2.0-only
/*
 * kstate(8): what is printed is a tree of JSON, as JSON or as indented text.
 *
 * Names and strings come from streams: they may be any bytes. In JSON they
 * have to be UTF-8, and a terminal must not see control characters.
 */
#include <stdlib.h>
#include <string.h>

#include "tool.h"

char *valid_utf8(const char *text, size_t len)
{
	/* what takes the place of a byte that is no UTF-8 */
	static const char replacement[] = "\xef\xbf\xbd";
	char *out = need(malloc(len * 3 + 1)), *to = out;
	size_t n;

	while (len) {
		n = utf8_len(text, len);
		if (n)
			to = mempcpy(to, text, n);
		else
			to = mempcpy(to, replacement, 3);
		n = n ? n : 1;
		text += n;
		len -= n;
	}
	*to = '\0';
	return out;
}

struct json_object *json_text(const char *text, size_t len)
{
	char *valid = valid_utf8(text, len);
	struct json_object *json;

	json = need(json_object_new_string(valid));
	free(valid);
	return json;
}

void json_put(struct json_object *to, const char *key,
	      struct json_object *value)
{
	char *valid = valid_utf8(key, strlen(key));

	if (json_object_object_add(to, valid, value))
		need(NULL);
	free(valid);
}

void json_put_text(struct json_object *to, const char *key, const char *text)
{
	json_put(to, key, json_text(text, strlen(text)));
}

void json_put_u64(struct json_object *to, const char *key, u64 value)
{
	json_put(to, key, need(json_object_new_uint64(value)));
}

void json_put_bool(struct json_object *to, const char *key, bool value)
{
	json_put(to, key, need(json_object_new_boolean(value)));
}

const char *json_str(struct json_object *from, const char *key)
{
	struct json_object *value;

	if (!json_object_object_get_ex(from, key, &value) || !value)
		return "";
	return json_object_get_string(value);
}

static char in_one_line;

struct json_object *json_inline(void)
{
	struct json_object *json = need(json_object_new_object());

	json_object_set_userdata(json, &in_one_line, NULL);
	return json;
}

static bool is_inline(struct json_object *json)
{
	return json_object_get_userdata(json) == &in_one_line;
}

bool json_print(struct json_object *json)
{
	const char *text = json_object_to_json_string_ext(json,
					JSON_C_TO_STRING_SPACED |
					JSON_C_TO_STRING_NOSLASHESCAPE);
	bool good = text && fputs(text, stdout) >= 0;

	json_object_put(json);
	return good;
}

void show_result(const struct options *opt, struct json_object *json,
		 void (*print)(struct json_object *json))
{
	if (opt->json) {
		json_print(json);
		printf("\n");
	} else {
		print(json);
		json_object_put(json);
	}
}

/* ---- As text ---- */

static void print_string(struct json_object *json)
{
	putchar('"');
	print_escaped(json_object_get_string(json));
	putchar('"');
}

static bool is_container(struct json_object *json)
{
	return json_object_is_type(json, json_type_object) ||
	       json_object_is_type(json, json_type_array);
}

static bool is_plain_array(struct json_object *json)
{
	size_t i;

	for (i = 0; i < json_object_array_length(json); i++) {
		if (is_container(json_object_array_get_idx(json, i)))
			return false;
	}
	return true;
}

static void print_scalar(struct json_object *json)
{
	switch (json_object_get_type(json)) {
	case json_type_null:
		printf("none");
		break;
	case json_type_string:
		print_string(json);
		break;
	default:
		printf("%s", json_object_get_string(json));
		break;
	}
}

static void print_inline(struct json_object *json)
{
	const char *sep = "";

	json_object_object_foreach(json, key, value) {
		fputs(sep, stdout);
		print_escaped(key);
		putchar(' ');
		print_scalar(value);
		sep = ", ";
	}
}

static void print_plain_array(struct json_object *json)
{
	size_t i;

	printf("[");
	for (i = 0; i < json_object_array_length(json); i++) {
		printf("%s", i ? ", " : "");
		print_scalar(json_object_array_get_idx(json, i));
	}
	printf("]");
}

static void print_array(struct json_object *json, unsigned int indent)
{
	char key[32];
	size_t i;

	for (i = 0; i < json_object_array_length(json); i++) {
		snprintf(key, sizeof(key), "[%zu]", i);
		print_tree(key, json_object_array_get_idx(json, i), indent);
	}
}

void print_tree(const char *name, struct json_object *json, unsigned int indent)
{
	printf("%*s", (int)indent * 4, "");
	print_escaped(name);
	putchar(':');
	if (json_object_is_type(json, json_type_array) && !is_plain_array(json)) {
		printf("\n");
		print_array(json, indent + 1);
		return;
	}
	if (json_object_is_type(json, json_type_object) && !is_inline(json)) {
		printf("\n");
		json_object_object_foreach(json, key, value)
			print_tree(key, value, indent + 1);
		return;
	}
	printf(" ");
	if (json_object_is_type(json, json_type_object))
		print_inline(json);
	else if (json_object_is_type(json, json_type_array))
		print_plain_array(json);
	else
		print_scalar(json);
	printf("\n");
}
