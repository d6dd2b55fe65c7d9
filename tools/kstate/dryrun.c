// SPDX-License-Identifier: GPL-2.0-only
/*
 * kstate(8): dry-run, have the running kernel save everything and call it off.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tool.h"

/* Ask for it. 0, the errno that the jump would be refused with, or -1. */
static int trigger(const struct options *opt)
{
	char path[4096];
	int fd, err = 0;

	snprintf(path, sizeof(path), "%s/kstate/dry_run", opt->sys);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0) {
		complain(path, "%s", errno == ENOENT ?
			 "this kernel has no dry run" : strerror(errno));
		return -1;
	}
	if (write(fd, "1", 1) != 1)
		err = errno;
	close(fd);
	return err;
}

/* "DESCRIPTION OBJECTS BYTES MICROSECONDS VERDICT" and why */
static struct json_object *parse_row(const char *file __maybe_unused,
				     const char *line)
{
	unsigned long long objects, bytes, usecs;
	char name[64], verdict[64];
	struct json_object *to;
	int at = 0;

	if (sscanf(line, "%63s %llu %llu %llu %63s %n", name, &objects, &bytes,
		   &usecs, verdict, &at) != 5)
		return NULL;
	to = need(json_object_new_object());
	json_put_text(to, "description", name);
	json_put_u64(to, "objects", objects);
	json_put_u64(to, "bytes", bytes);
	json_put_u64(to, "microseconds", usecs);
	json_put_text(to, "verdict", verdict);
	if (line[at])
		json_put_text(to, "reason", line + at);
	return to;
}

static void print_row(const char *name, const char *objects, const char *bytes,
		      const char *usecs, const char *verdict)
{
	printf("%-40s %8s %12s %12s  %s\n", name, objects, bytes, usecs, verdict);
}

/*
 * Something cannot be saved, or not restored by the image that is loaded. If
 * the dry run failed, it says at least why, unless it never began.
 */
static bool is_something_lost(struct json_object *list)
{
	struct json_object *o;
	size_t i;

	for (i = 0; i < json_object_array_length(list); i++) {
		o = json_object_array_get_idx(list, i);
		if (strcmp(json_str(o, "verdict"), "ok"))
			return true;
	}
	return false;
}

static void print_table(struct json_object *list, int status)
{
	static const char * const verdicts[] = {
		[EXIT_ALL]	 = "everything can be saved",
		[EXIT_OPTIONAL]	 = "optional state would be lost",
		[EXIT_MANDATORY] = "a hand-over would be refused",
	};
	struct json_object *o;
	char verdict[512];
	size_t i;

	print_row("description", "objects", "bytes", "microseconds", "verdict");
	for (i = 0; i < json_object_array_length(list); i++) {
		o = json_object_array_get_idx(list, i);
		snprintf(verdict, sizeof(verdict), "%s%s%s",
			 json_str(o, "verdict"),
			 *json_str(o, "reason") ? ": " : "",
			 json_str(o, "reason"));
		print_row(json_str(o, "description"), json_str(o, "objects"),
			  json_str(o, "bytes"), json_str(o, "microseconds"),
			  verdict);
	}
	printf("%s\n", verdicts[status]);
}

int cmd_dry_run(const struct options *opt, int argc, char **argv)
{
	struct json_object *list, *to;
	int status, err;

	if (argc)
		return complain(argv[0], "dry-run takes no arguments");
	if (have_sys(opt))
		return EXIT_BROKEN;
	err = trigger(opt);
	if (err < 0)
		return EXIT_BROKEN;
	list = read_lines(opt, "dry_run", parse_row);
	if (!list)
		return EXIT_BROKEN;
	status = EXIT_ALL;
	if (is_something_lost(list))
		status = err ? EXIT_MANDATORY : EXIT_OPTIONAL;
	if (err && !status) {
		json_object_put(list);
		return complain("dry run", "%s", strerror(err));
	}
	if (!opt->json) {
		print_table(list, status);
		json_object_put(list);
		return status;
	}
	to = need(json_object_new_object());
	json_put_u64(to, "status", status);
	json_put(to, "descriptions", list);
	json_print(to);
	printf("\n");
	return status;
}
