// SPDX-License-Identifier: GPL-2.0-only
/*
 * kstate(8): dump, what is in a stream.
 */
#include <stdlib.h>
#include <string.h>

#include "tool.h"

static const char *state_of(const struct kstate_in_object *in)
{
	return in->state == KSTATE_IN_LOST ? "lost" : "saved";
}

/* The fields, NULL after a complaint, or when there are none as it is lost. */
static struct json_object *fields_of(const struct source *src,
				     const struct kstate_in_object *in,
				     const struct options *opt, int *status)
{
	struct kstate_report report = {};
	struct json_object *fields;
	char name[512];

	if (in->state == KSTATE_IN_LOST)
		return NULL;
	fields = object_json(in, opt->addresses, &report);
	if (!fields) {
		snprintf(name, sizeof(name), "%s: object %s %llu", src->name,
			 in->schema->name, (unsigned long long)in->instance);
		*status = complain_report(name, &report);
	}
	return fields;
}

/* ---- As JSON: made and printed piece by piece, as it may be long ---- */

static int json_object_line(const struct source *src,
			    const struct kstate_in_object *in,
			    const struct options *opt)
{
	struct json_object *to = need(json_object_new_object());
	int status = EXIT_ALL;

	json_put_text(to, "description", in->schema->name);
	json_put_u64(to, "instance", in->instance);
	json_put_u64(to, "version", in->schema->version);
	json_put_u64(to, "bytes", in->len);
	json_put_text(to, "state", state_of(in));
	json_put(to, "fields", fields_of(src, in, opt, &status));
	json_print(to);
	return status;
}

static int dump_json(const struct source *src, const struct options *opt)
{
	const struct kstate_reader *r = &src->reader;
	int err, status = EXIT_ALL;
	u32 i;

	printf("{ \"file\": ");
	json_print(json_text(src->name, strlen(src->name)));
	printf(", \"kind\": \"%s\",\n  \"schemas\": [", src->what);

	for (i = 0; i < r->nr_schemas; i++) {
		printf("%s\n    ", i ? "," : "");
		json_print(schema_json(&r->schemas[i]));
	}
	printf("\n  ]");
	if (!opt->schemas) {
		printf(",\n  \"objects\": [");
		for (i = 0; i < r->nr_objects; i++) {
			printf("%s\n    ", i ? "," : "");
			err = json_object_line(src, &r->objects[i], opt);
			status = err ? err : status;
		}
		printf("\n  ]");
	}
	printf("\n}\n");
	return status;
}

/* ---- As text ---- */

static int print_object(const struct source *src,
			const struct kstate_in_object *in,
			const struct options *opt)
{
	struct json_object *fields;
	int status = EXIT_ALL;

	printf("object ");
	print_escaped(in->schema->name);
	printf(" %llu: version %u, %zu byte%s%s\n",
	       (unsigned long long)in->instance, in->schema->version, in->len,
	       plural(in->len),
	       in->state == KSTATE_IN_LOST ? ", lost at the jump" : "");
	fields = fields_of(src, in, opt, &status);
	if (!fields)
		return status;
	json_object_object_foreach(fields, key, value)
		print_tree(key, value, 1);
	json_object_put(fields);
	return status;
}

static int dump_text(const struct source *src, const struct options *opt)
{
	const struct kstate_reader *r = &src->reader;
	int err, status = EXIT_ALL;
	u32 i;

	printf("%s: %u schema%s, %u object%s\n", src->what, r->nr_schemas,
	       plural(r->nr_schemas), r->nr_objects, plural(r->nr_objects));
	for (i = 0; i < r->nr_schemas && (opt->schemas || !r->nr_objects); i++)
		schema_print(&r->schemas[i], "");
	for (i = 0; i < r->nr_objects && !opt->schemas; i++) {
		err = print_object(src, &r->objects[i], opt);
		status = err ? err : status;
	}
	return status;
}

int cmd_dump(const struct options *opt, int argc, char **argv)
{
	struct source src;
	int status;

	if (argc + opt->live != 1)
		return complain("dump", "one FILE, or --live");
	if (argc)
		status = source_open(&src, argv[0]);
	else
		status = source_open_sys(&src, opt, "debug/kstate/stream");
	if (status)
		return status;
	if (!src.has_schemas) {
		status = complain(src.name, "has no schemas");
		source_close(&src);
		return status;
	}
	status = opt->json ? dump_json(&src, opt) : dump_text(&src, opt);
	source_close(&src);
	return status;
}
