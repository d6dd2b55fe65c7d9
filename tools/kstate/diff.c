// SPDX-License-Identifier: GPL-2.0-only
/*
 * kstate(8): diff, how what two kernels describe differs.
 */
#include <stdlib.h>
#include <string.h>

#include "tool.h"

static const struct kstate_schema *find_schema(const struct source *src,
					       const char *name)
{
	u32 i;

	for (i = 0; i < src->reader.nr_schemas; i++) {
		if (!strcmp(src->reader.schemas[i].name, name))
			return &src->reader.schemas[i];
	}
	return NULL;
}

static struct json_object *pair(struct json_object *a, struct json_object *b)
{
	struct json_object *to = need(json_object_new_array());

	json_object_array_add(to, json_object_get(a));
	json_object_array_add(to, json_object_get(b));
	return to;
}

/* Members that differ, each with what it is on either side or null */
static struct json_object *compare(struct json_object *a, struct json_object *b)
{
	struct json_object *to = need(json_object_new_object()), *other;

	json_object_object_foreach(a, key, value) {
		if (!json_object_object_get_ex(b, key, &other))
			other = NULL;
		if (!json_object_equal(value, other))
			json_put(to, key, pair(value, other));
	}
	json_object_object_foreach(b, key_b, value_b) {
		if (!json_object_object_get_ex(a, key_b, NULL))
			json_put(to, key_b, pair(NULL, value_b));
	}
	return to;
}

static struct json_object *change(const char *name, const char *what,
				  struct json_object *members)
{
	struct json_object *to = need(json_object_new_object());

	json_put_text(to, "name", name);
	json_put_text(to, "change", what);
	if (members)
		json_put(to, "members", members);
	return to;
}

/* NULL if they are the same */
static struct json_object *diff_field(const struct kstate_schema *a,
				      const struct kstate_abi_field *f,
				      const struct kstate_schema *b)
{
	const char *name = kstate_schema_str(a, f->name);
	const struct kstate_abi_field *g = kstate_schema_find(b, name);
	struct json_object *x = field_json(a, f), *y, *members;

	if (!g)
		return change(name, "removed", x);
	y = field_json(b, g);
	members = compare(x, y);
	json_object_put(x);
	json_object_put(y);
	if (json_object_object_length(members))
		return change(name, "changed", members);
	json_object_put(members);
	return NULL;
}

static struct json_object *diff_fields(const struct kstate_schema *a,
				       const struct kstate_schema *b)
{
	struct json_object *to = need(json_object_new_array()), *one;
	const struct kstate_abi_field *f;
	const char *name;
	u32 i;

	for (i = 0; i < a->nr_fields; i++) {
		one = diff_field(a, &a->fields[i], b);
		if (one)
			json_object_array_add(to, one);
	}
	for (i = 0; i < b->nr_fields; i++) {
		f = &b->fields[i];
		name = kstate_schema_str(b, f->name);
		if (kstate_schema_find(a, name))
			continue;
		one = change(name, "added", field_json(b, f));
		json_object_array_add(to, one);
	}
	return to;
}

/* NULL if they are the same */
static struct json_object *diff_schema(const struct kstate_schema *a,
				       const struct kstate_schema *b)
{
	struct json_object *x = schema_json(a), *y = schema_json(b);
	struct json_object *members, *fields, *to = NULL;

	json_object_object_del(x, "fields");
	json_object_object_del(y, "fields");
	members = compare(x, y);
	fields = diff_fields(a, b);
	json_object_put(x);
	json_object_put(y);
	if (json_object_object_length(members) ||
	    json_object_array_length(fields)) {
		to = change(a->name, "changed", members);
		json_put(to, "fields", fields);
		return to;
	}
	json_object_put(members);
	json_object_put(fields);
	return NULL;
}

static struct json_object *diff_sources(const struct source *a,
					const struct source *b)
{
	struct json_object *to = need(json_object_new_array()), *one;
	const struct kstate_schema *s, *other;
	u32 i;

	for (i = 0; i < a->reader.nr_schemas; i++) {
		s = &a->reader.schemas[i];
		other = find_schema(b, s->name);
		one = other ? diff_schema(s, other) :
			      change(s->name, "removed", NULL);
		if (one)
			json_object_array_add(to, one);
	}
	for (i = 0; i < b->reader.nr_schemas; i++) {
		s = &b->reader.schemas[i];
		if (!find_schema(a, s->name))
			json_object_array_add(to, change(s->name, "added",
							 NULL));
	}
	return to;
}

/*
 * ---- In words ----
 */

static char sign_of(struct json_object *o)
{
	const char *what = json_str(o, "change");

	return *what == 'r' ? '-' : *what == 'a' ? '+' : ' ';
}

static void print_value(struct json_object *value)
{
	print_escaped(value ? json_object_get_string(value) : "none");
}

static void print_members(struct json_object *members)
{
	const char *sep = ": ";

	json_object_object_foreach(members, key, value) {
		printf("%s%s ", sep, key);
		sep = ", ";
		if (!json_object_is_type(value, json_type_array)) {
			print_value(value);
			continue;
		}
		print_value(json_object_array_get_idx(value, 0));
		printf(" -> ");
		print_value(json_object_array_get_idx(value, 1));
	}
}

static void print_change(struct json_object *o, const char *what)
{
	struct json_object *members;

	printf("%c %s ", sign_of(o), what);
	print_escaped(json_str(o, "name"));
	if (sign_of(o) == ' ' &&
	    json_object_object_get_ex(o, "members", &members))
		print_members(members);
	printf("\n");
}

static void print_diff(struct json_object *list)
{
	struct json_object *o, *fields;
	size_t i, k;

	for (i = 0; i < json_object_array_length(list); i++) {
		o = json_object_array_get_idx(list, i);
		print_change(o, "schema");
		if (!json_object_object_get_ex(o, "fields", &fields))
			continue;
		for (k = 0; k < json_object_array_length(fields); k++)
			print_change(json_object_array_get_idx(fields, k),
				     "    field");
	}
	if (!i)
		printf("no schema differs\n");
}

int cmd_diff(const struct options *opt, int argc, char **argv)
{
	struct json_object *list, *there, *back, *to;
	struct source a, b;
	int status, status_back;

	if (argc != 2)
		return complain("diff", "which two images?");
	if (source_open(&a, argv[0]))
		return EXIT_BROKEN;
	if (source_open(&b, argv[1])) {
		source_close(&a);
		return EXIT_BROKEN;
	}
	list = diff_sources(&a, &b);
	there = check_sources(&a, &(struct sources) { &b, 1 }, &status);
	back = check_sources(&b, &(struct sources) { &a, 1 }, &status_back);
	if (opt->json) {
		to = need(json_object_new_object());
		json_put(to, "changes", list);
		json_put(to, "forth", there);
		json_put(to, "back", back);
		json_print(to);
		printf("\n");
	} else {
		print_diff(list);
		print_check(there);
		print_check(back);
		json_object_put(list);
		json_object_put(there);
		json_object_put(back);
	}
	source_close(&a);
	source_close(&b);
	return max(status, status_back);
}
