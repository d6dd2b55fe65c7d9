// SPDX-License-Identifier: GPL-2.0-only
/*
 * kstate(8): check, can one kernel restore what another one saves?
 *
 * The answer comes from the code that the kernel itself decides with.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tool.h"

static const char * const verdicts[] = {
	[EXIT_ALL]		= "restorable",
	[EXIT_OPTIONAL]		= "optional state would be lost",
	[EXIT_MANDATORY]	= "mandatory state would be lost",
};

/*
 * How many of the sources may restore a description. The kernel does not load an
 * image for what is mandatory if only a module knows it: nobody can say that the
 * module will be there.
 */
static u32 nr_readers(const struct sources *to, bool mandatory)
{
	return mandatory ? min(to->nr, 1U) : to->nr;
}

/* Who restores objects called @name. */
static const struct kstate_schema *find_reader(const struct sources *to,
					       const char *name, u32 nr)
{
	const struct kstate_schema *s, *alias = NULL;
	u32 i;

	for (i = 0; i < nr; i++) {
		s = kstate_image_match(&to->list[i].reader, name);
		if (s && !strcmp(s->name, name))
			return s;
		alias = alias ? alias : s;
	}
	return alias;
}

static void put_report(struct json_object *to,
		       const struct kstate_report *report)
{
	if (*report->desc)
		json_put_text(to, "reason_description", report->desc);
	if (*report->field)
		json_put_text(to, "reason_field", report->field);
	json_put_text(to, "reason", report->why);
	json_put_text(to, "errno", strerrorname_np(-report->err) ?: "unknown");
}

/* Objects that the program refuses, as it does when it runs in a kernel */
static struct json_object *verify_objects(const struct source *from,
					  const struct kstate_schema *s,
					  const struct kstate_program *prog)
{
	struct json_object *refused = need(json_object_new_array()), *one;
	const struct kstate_in_object *in;
	struct kstate_report report;
	u32 i;

	for (i = 0; i < from->reader.nr_objects; i++) {
		in = &from->reader.objects[i];
		report = (struct kstate_report) { };
		if (in->schema != s || in->state == KSTATE_IN_LOST ||
		    !kstate_verify(prog, in->data, in->len, &report))
			continue;
		one = need(json_object_new_object());
		json_put_u64(one, "instance", in->instance);
		put_report(one, &report);
		json_object_array_add(refused, one);
	}
	return refused;
}

static void put_list(struct json_object *to, const char *key,
		     struct json_object *list)
{
	if (json_object_array_length(list))
		json_put(to, key, list);
	else
		json_object_put(list);
}

static bool is_unused(const struct kstate_abi_field *f)
{
	return f && le16_to_cpu(f->kind) == KSTATE_ABI_UNUSED;
}

/* A field that either side says there is no use for */
static bool is_known_unused(const struct kstate_program *prog,
			    const struct kstate_abi_field *from)
{
	const char *name = kstate_schema_str(prog->from, from->name);

	return is_unused(from) || is_unused(kstate_schema_find(prog->to, name));
}

/* What of the objects is not read, or leads to their being refused */
static void put_skipped(struct json_object *to,
			const struct kstate_resolution *res)
{
	struct json_object *skipped = need(json_object_new_array());
	struct json_object *refused = need(json_object_new_array());
	const struct kstate_program *prog;
	const struct kstate_op *op;
	char name[256];
	u32 i;

	list_for_each_entry(prog, &res->programs, list) {
		for (i = 0; i < prog->from->nr_fields; i++) {
			op = &prog->ops[i];
			if (op->to || is_known_unused(prog, op->from))
				continue;
			snprintf(name, sizeof(name), "%s.%s", prog->from->name,
				 kstate_schema_str(prog->from, op->from->name));
			json_object_array_add(op->refuse ? refused : skipped,
					      json_text(name, strlen(name)));
		}
	}
	put_list(to, "skipped", skipped);
	put_list(to, "refused_with", refused);
}

/* Fill in @to; false if anything of this schema would be lost. */
static bool check_pair(struct json_object *to, const struct source *from,
		       const struct kstate_schema *s,
		       const struct kstate_schema *reader)
{
	struct kstate_report report = { };
	struct kstate_resolution *res;
	struct json_object *refused;
	bool fine;

	res = kstate_image_resolve(&from->reader, s, reader, &report);
	if (IS_ERR(res)) {
		put_report(to, &report);
		return false;
	}
	put_skipped(to, res);
	refused = verify_objects(from, s, res->top);
	kstate_resolution_free(res);
	fine = !json_object_array_length(refused);
	put_list(to, "refused", refused);
	return fine;
}

static u32 count_objects(const struct source *from,
			 const struct kstate_schema *s)
{
	u32 i, nr = 0;

	for (i = 0; i < from->reader.nr_objects; i++)
		nr += from->reader.objects[i].schema == s;
	return nr;
}

static bool have_schemas(const struct sources *images, u32 nr)
{
	u32 i;

	for (i = 0; i < nr; i++) {
		if (images->list[i].has_schemas)
			return true;
	}
	return false;
}

static struct json_object *check_schema(const struct source *from,
					const struct kstate_schema *s,
					const struct sources *images,
					int *status)
{
	bool mandatory = s->flags & KSTATE_ABI_SCHEMA_MANDATORY, fine = false;
	u32 nr = nr_readers(images, mandatory);
	const struct kstate_schema *reader = find_reader(images, s->name, nr);
	struct json_object *to = need(json_object_new_object());
	struct kstate_report report = { };
	int worse;

	json_put_text(to, "description", s->name);
	json_put_bool(to, "mandatory", mandatory);
	if (from->reader.nr_objects)
		json_put_u64(to, "objects", count_objects(from, s));
	if (reader) {
		fine = check_pair(to, from, s, reader);
	} else {
		if (have_schemas(images, nr))
			kstate_fail(&report, s->name, NULL,
				    "is not known to the image", -EPROTO);
		else
			kstate_fail(&report, NULL, NULL,
				    "the image has no schemas", -ENODATA);
		put_report(to, &report);
	}
	worse = fine ? EXIT_ALL : mandatory ? EXIT_MANDATORY : EXIT_OPTIONAL;
	json_put_text(to, "verdict", fine ? "restorable" : "lost");
	*status = max(*status, worse);
	return to;
}

struct json_object *check_sources(const struct source *from,
				  const struct sources *images, int *status)
{
	struct json_object *to = need(json_object_new_object());
	struct json_object *list = need(json_object_new_array());
	const struct kstate_schema *s;
	u32 i;

	*status = EXIT_ALL;
	for (i = 0; i < from->reader.nr_schemas; i++) {
		s = &from->reader.schemas[i];
		if (!kstate_image_has_objects(&from->reader, s))
			continue;
		json_object_array_add(list,
				      check_schema(from, s, images, status));
	}
	json_put_text(to, "image", images->list[0].name);
	json_put_text(to, "from", from->name);
	json_put_text(to, "verdict", verdicts[*status]);
	json_put_u64(to, "status", *status);
	json_put(to, "descriptions", list);
	return to;
}

/*
 * ---- In words ----
 */

static void print_reason(struct json_object *o)
{
	const char *desc = json_str(o, "reason_description");
	const char *field = json_str(o, "reason_field");

	print_escaped(desc);
	printf("%s", *desc && *field ? "." : "");
	print_escaped(field);
	printf("%s%s (%s)", *desc || *field ? " " : "", json_str(o, "reason"),
	       json_str(o, "errno"));
}

static void print_refused(struct json_object *list)
{
	struct json_object *o;
	size_t i;

	for (i = 0; i < json_object_array_length(list); i++) {
		o = json_object_array_get_idx(list, i);
		printf("    object %s: ", json_str(o, "instance"));
		print_reason(o);
		printf("\n");
	}
}

static void print_names(struct json_object *o, const char *key,
			const char *what)
{
	struct json_object *list, *name;
	size_t i;

	if (!json_object_object_get_ex(o, key, &list))
		return;
	for (i = 0; i < json_object_array_length(list); i++) {
		name = json_object_array_get_idx(list, i);
		printf("    ");
		print_escaped(json_object_get_string(name));
		printf(" %s\n", what);
	}
}

static void print_description(struct json_object *o)
{
	struct json_object *refused, *mandatory;

	json_object_object_get_ex(o, "mandatory", &mandatory);
	printf("  ");
	print_escaped(json_str(o, "description"));
	printf("%s: %s", json_object_get_boolean(mandatory) ?
	       " (mandatory)" : "", json_str(o, "verdict"));
	if (*json_str(o, "reason")) {
		printf(": ");
		print_reason(o);
	}
	printf("\n");
	print_names(o, "skipped", "is not known there and skipped");
	print_names(o, "refused_with",
		    "is not known there: objects that have it are refused");
	if (json_object_object_get_ex(o, "refused", &refused))
		print_refused(refused);
}

void print_check(struct json_object *check)
{
	struct json_object *list;
	size_t i, nr;

	json_object_object_get_ex(check, "descriptions", &list);
	nr = json_object_array_length(list);
	print_escaped(json_str(check, "from"));
	printf(" -> ");
	print_escaped(json_str(check, "image"));
	printf(": %s, %zu description%s\n", json_str(check, "verdict"), nr,
	       plural(nr));
	for (i = 0; i < nr; i++)
		print_description(json_object_array_get_idx(list, i));
}

/*
 * ---- The command ----
 */

static void close_all(struct sources *s)
{
	while (s->nr)
		source_close(&s->list[--s->nr]);
	free(s->list);
}

static int open_all(struct sources *s, int argc, char **argv)
{
	int i;

	s->list = need(calloc(argc, sizeof(*s->list)));
	for (i = 0; i < argc; i++) {
		if (source_open(&s->list[i], argv[i])) {
			close_all(s);
			return EXIT_BROKEN;
		}
		s->nr++;
	}
	return 0;
}

int cmd_check(const struct options *opt, int argc, char **argv)
{
	struct sources images = { };
	struct json_object *check;
	struct source from;
	int status;

	if (!argc)
		return complain("check", "which IMAGE?");
	if (opt->from && opt->running)
		return complain("check", "--from or --running, not both");
	if (!opt->from && have_sys(opt))
		return EXIT_BROKEN;
	status = open_all(&images, argc, argv);
	if (status)
		return status;
	status = opt->from ? source_open(&from, opt->from) :
			     source_open_sys(&from, opt, "kstate/schemas");
	if (status) {
		close_all(&images);
		return status;
	}
	check = check_sources(&from, &images, &status);
	show_result(opt, check, print_check);
	source_close(&from);
	close_all(&images);
	return status;
}
