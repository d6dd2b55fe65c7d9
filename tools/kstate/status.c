// SPDX-License-Identifier: GPL-2.0-only
/*
 * kstate(8): status and list, what /sys/kernel/kstate says.
 */
#include <stdlib.h>
#include <string.h>

#include "tool.h"

/* A description's name, and nothing longer */
#define NAME "%63s"

/* The files with objects, in the order of an object's life */
static const char * const states[] = {
	"registered", "restored", "pending", "refused", "lost",
};

/*
 * ---- Objects ----
 */

/* "DESCRIPTION FIELD ERRNO WHY": why something went wrong */
static void put_reason(struct json_object *to, const char *text)
{
	char desc[64], field[64], err[64];
	int at = 0;

	if (sscanf(text, NAME NAME NAME "%n", desc, field, err, &at) != 3)
		return;
	if (strcmp(desc, "-"))
		json_put_text(to, "reason_description", desc);
	if (strcmp(field, "-"))
		json_put_text(to, "reason_field", field);
	/* "-ERANGE", or a number where the kernel has no names for errors */
	json_put_text(to, "errno", err + (*err == '-'));
	json_put_text(to, "reason", text + at + (text[at] == ' '));
}

static struct json_object *parse_object(const char *state, const char *line)
{
	unsigned long long instance, bytes;
	struct json_object *to;
	unsigned int version;
	char name[64], when[64];
	int at = 0;

	if (sscanf(line, NAME "%llu %u%n", name, &instance, &version, &at) != 3)
		return NULL;
	to = need(json_object_new_object());
	json_put_text(to, "state", state);
	json_put_text(to, "description", name);
	json_put_u64(to, "instance", instance);
	json_put_u64(to, "version", version);
	line += at;
	if (!strcmp(state, "registered")) {
		if (sscanf(line, NAME, when) == 1)
			json_put_text(to, "saved", when);
	} else if (sscanf(line, "%llu%n", &bytes, &at) == 1) {
		json_put_u64(to, "bytes", bytes);
		put_reason(to, line + at);
	}
	return to;
}

/* All objects in a state, NULL after a complaint */
static struct json_object *read_objects(const struct options *opt,
					const char *state)
{
	return read_lines(opt, state, parse_object);
}

static void print_reason(struct json_object *o)
{
	const char *desc = json_str(o, "reason_description");
	const char *field = json_str(o, "reason_field");

	if (!*json_str(o, "errno"))
		return;
	printf("%s%s%s%s%s (%s)", desc, *desc && *field ? "." : "", field,
	       *desc || *field ? ": " : "", json_str(o, "reason"),
	       json_str(o, "errno"));
}

static void print_objects(struct json_object *list)
{
	struct json_object *o;
	size_t i;

	for (i = 0; i < json_object_array_length(list); i++) {
		o = json_object_array_get_idx(list, i);
		printf("%-10s %-32s %10s  version %s", json_str(o, "state"),
		       json_str(o, "description"), json_str(o, "instance"),
		       json_str(o, "version"));
		if (*json_str(o, "bytes"))
			printf(", %s bytes", json_str(o, "bytes"));
		if (*json_str(o, "saved"))
			printf(", saved %s", json_str(o, "saved"));
		if (*json_str(o, "errno"))
			printf(", ");
		print_reason(o);
		printf("\n");
	}
}

static bool is_state(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(states); i++) {
		if (!strcmp(states[i], name))
			return true;
	}
	return false;
}

static bool is_wanted(const char *state, int argc, char **argv)
{
	int i;

	for (i = 0; i < argc; i++) {
		if (!strcmp(argv[i], state))
			return true;
	}
	return !argc;
}

/* Move what is in @from to the end of @to. */
static void append(struct json_object *to, struct json_object *from)
{
	struct json_object *one;
	size_t i;

	for (i = 0; i < json_object_array_length(from); i++) {
		one = json_object_array_get_idx(from, i);
		json_object_array_add(to, json_object_get(one));
	}
	json_object_put(from);
}

int cmd_list(const struct options *opt, int argc, char **argv)
{
	struct json_object *all, *some;
	size_t i;

	for (i = 0; i < (size_t)argc; i++) {
		if (!is_state(argv[i]))
			return complain(argv[i], "no such state of an object");
	}
	if (have_sys(opt))
		return EXIT_BROKEN;
	all = need(json_object_new_array());
	for (i = 0; i < ARRAY_SIZE(states); i++) {
		if (!is_wanted(states[i], argc, argv))
			continue;
		some = read_objects(opt, states[i]);
		if (!some) {
			json_object_put(all);
			return EXIT_BROKEN;
		}
		append(all, some);
	}
	show_result(opt, all, print_objects);
	return EXIT_ALL;
}

/*
 * ---- Status ----
 */

static struct json_object *parse_last_error(const char *line)
{
	unsigned long long instance;
	struct json_object *to;
	char name[64];
	int at = 0;

	if (sscanf(line, NAME "%llu%n", name, &instance, &at) != 2)
		return NULL;
	to = need(json_object_new_object());
	if (strcmp(name, "-")) {
		json_put_text(to, "description", name);
		json_put_u64(to, "instance", instance);
	}
	put_reason(to, line + at);
	return to;
}

/* "registered 2": how many lines the file of that name has */
static struct json_object *parse_count(const char *file __maybe_unused,
				       const char *line)
{
	struct json_object *to;
	unsigned long long nr;
	char name[64];

	if (sscanf(line, NAME "%llu", name, &nr) != 2)
		return NULL;
	to = need(json_object_new_object());
	json_put_text(to, "state", name);
	json_put_u64(to, "objects", nr);
	return to;
}

static int put_counts(const struct options *opt, struct json_object *to)
{
	struct json_object *counts = need(json_object_new_object());
	struct json_object *list = read_lines(opt, "counts", parse_count), *one;
	struct json_object *nr;
	size_t i;

	json_put(to, "objects", counts);
	if (!list)
		return EXIT_BROKEN;
	for (i = 0; i < json_object_array_length(list); i++) {
		one = json_object_array_get_idx(list, i);
		json_object_object_get_ex(one, "objects", &nr);
		json_put(counts, json_str(one, "state"), json_object_get(nr));
	}
	json_object_put(list);
	return EXIT_ALL;
}

/* The first line of a file, to be freed; NULL after a complaint */
static char *read_first(const struct options *opt, const char *file)
{
	char *text = read_sys(opt, file);

	if (text)
		text[strcspn(text, "\n")] = '\0';
	return text;
}

/* Older kernels refuse nothing, and have no such file. */
static bool is_forced(const struct options *opt)
{
	char *force = NULL;
	bool forced;

	if (have_sys_file(opt, "force"))
		force = read_sys(opt, "force");
	forced = force && *force == '1';
	free(force);
	return forced;
}

static int read_status(const struct options *opt, struct json_object *to)
{
	char *state = read_first(opt, "state");
	char *generation = read_first(opt, "generation");
	char *last = read_first(opt, "last_error");
	int status = EXIT_BROKEN;

	if (state && generation && last) {
		json_put_text(to, "state", state);
		json_put_u64(to, "generation", strtoul(generation, NULL, 10));
		json_put_bool(to, "force", is_forced(opt));
		status = put_counts(opt, to);
		json_put(to, "last_error", parse_last_error(last));
	}
	free(state);
	free(generation);
	free(last);
	return status;
}

static void print_generation(struct json_object *status)
{
	unsigned long n = strtoul(json_str(status, "generation"), NULL, 10);

	if (n)
		printf("generation: %lu hand-over%s since the last cold boot\n",
		       n, plural(n));
	else
		printf("generation: 0, nothing was handed over to this kernel\n");
}

static void print_status(struct json_object *status)
{
	static const char * const states_in_words[][2] = {
		{ "idle", "no hand-over is going on" },
		{ "saving", "a hand-over is being saved" },
		{ "saved", "all is saved, only the jump is left to be done" },
	};
	struct json_object *counts, *last, *force;
	const char *state = json_str(status, "state");
	size_t i;

	printf("state:      %s", state);
	for (i = 0; i < ARRAY_SIZE(states_in_words); i++) {
		if (!strcmp(state, states_in_words[i][0]))
			printf(", %s", states_in_words[i][1]);
	}
	printf("\n");
	print_generation(status);
	json_object_object_get_ex(status, "objects", &counts);
	printf("outgoing:   %s registered\n", json_str(counts, "registered"));
	printf("incoming:   %s restored, %s pending, %s refused, %s lost\n",
	       json_str(counts, "restored"), json_str(counts, "pending"),
	       json_str(counts, "refused"), json_str(counts, "lost"));
	json_object_object_get_ex(status, "force", &force);
	if (json_object_get_boolean(force))
		printf("force:      images may lose mandatory state\n");
	printf("last error: ");
	json_object_object_get_ex(status, "last_error", &last);
	if (!last) {
		printf("none\n");
		return;
	}
	if (*json_str(last, "description"))
		printf("%s %s: ", json_str(last, "description"),
		       json_str(last, "instance"));
	print_reason(last);
	printf("\n");
}

int cmd_status(const struct options *opt, int argc, char **argv)
{
	struct json_object *to;
	int status;

	if (argc)
		return complain(argv[0], "status takes no arguments");
	if (have_sys(opt))
		return EXIT_BROKEN;
	to = need(json_object_new_object());
	status = read_status(opt, to);
	if (status)
		json_object_put(to);
	else
		show_result(opt, to, print_status);
	return status;
}
