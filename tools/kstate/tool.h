/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kstate(8): what its files share.
 */
#ifndef _KSTATE_TOOL_H
#define _KSTATE_TOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <json-c/json.h>

#include "kstate_internal.h"

/* Exit status of every command; documented in kstate.8 */
#define EXIT_ALL	0	/* all is well: everything can be restored */
#define EXIT_OPTIONAL	1	/* optional state would be lost */
#define EXIT_MANDATORY	2	/* mandatory state would be lost */
#define EXIT_BROKEN	3	/* an error: no answer */

/* What all commands know of the command line */
struct options {
	const char *sys;	/* in place of /sys/kernel */
	bool json;
	bool addresses;
	bool schemas;
	bool live;
	bool running;
	const char *from;
	const char *drop;
};

/* ---- util.c ---- */

/*
 * Say "kstate: NAME: what is wrong" on standard error. Returns EXIT_BROKEN.
 * Nothing of NAME or of the arguments can upset a terminal.
 */
int complain(const char *name, const char *fmt, ...)
	__printf(2, 3);
int complain_report(const char *name, const struct kstate_report *report);

/* All bytes of a file, aligned, to be freed; "-" is standard input. */
void *read_all(const char *name, size_t *len);

/* The text of a file in /sys/kernel/kstate, to be freed */
char *read_sys(const struct options *opt, const char *file);
struct json_object *read_lines(const struct options *opt, const char *file,
			       struct json_object *(*parse)(const char *file,
							    const char *line));

bool have_sys_file(const struct options *opt, const char *file);

/* EXIT_BROKEN after a complaint if there is no such directory */
int have_sys(const struct options *opt);

/* Bytes of the UTF-8 character at @text, 0 if there is none to be shown */
size_t utf8_len(const char *text, size_t left);

/* Text with escapes for what a terminal must not see; to be freed. */
char *escape(const char *text);

void print_escaped(const char *text);

/* @p, or the end of the program when there is no memory */
void *need(void *p);

/* "description.field", or one of them, or "" */
const char *report_where(const struct kstate_report *report, char *buf,
			 size_t size);

/* "1 object", "2 objects" */
const char *plural(unsigned long long n);

/* ---- json.c ---- */

/* What of @text is no UTF-8 becomes U+FFFD; to be freed. */
char *valid_utf8(const char *text, size_t len);

/* These take any text, also as the key. */
struct json_object *json_text(const char *text, size_t len);
void json_put(struct json_object *to, const char *key,
	      struct json_object *value);
void json_put_text(struct json_object *to, const char *key, const char *text);
void json_put_u64(struct json_object *to, const char *key, u64 value);
void json_put_bool(struct json_object *to, const char *key, bool value);

/* An object that print_tree() shows in one line */
struct json_object *json_inline(void);

/* A member as text, "" if there is none */
const char *json_str(struct json_object *from, const char *key);

/* Print as JSON, on one line; frees it. False: out of memory or disk full. */
bool json_print(struct json_object *json);

/* Print as JSON if that is asked for, else by @print; frees it. */
void show_result(const struct options *opt, struct json_object *json,
		 void (*print)(struct json_object *json));

/* Print as indented text. */
void print_tree(const char *key, struct json_object *json, unsigned int indent);

/* ---- image.c ---- */

/**
 * struct source - something that schemas were read from
 * @name: as the user gave it
 * @path: the same, when it is to be freed
 * @what: "stream", "bzImage", "object file"
 * @bytes: the stream
 * @has_schemas: there is one; else @reader is empty
 * @reader: the stream, opened
 */
struct source {
	const char *name;
	char *path;
	const char *what;
	void *bytes;
	bool has_schemas;
	struct kstate_reader reader;
};

/* 0, or EXIT_BROKEN after a complaint and with nothing to be closed */
int source_open(struct source *src, const char *name);
int source_open_sys(struct source *src, const struct options *opt,
		    const char *file);
void source_close(struct source *src);

/* An image, and the modules that will be loaded with it */
struct sources {
	struct source *list;
	u32 nr;
};

/* ---- schema.c ---- */

struct json_object *schema_json(const struct kstate_schema *s);
struct json_object *field_json(const struct kstate_schema *s,
			       const struct kstate_abi_field *f);
void schema_print(const struct kstate_schema *s, const char *indent);
const char *field_type(const struct kstate_schema *s,
		       const struct kstate_abi_field *f, char *buf, size_t size);
u64 attr_u64(const struct kstate_attr *attr);
const char *attr_str(const struct kstate_attr *attr);
bool find_attr(const struct kstate_schema *s, __le32 attrs, u32 tag,
	       struct kstate_attr *attr);

/* ---- value.c ---- */

/* The fields of an object as JSON, or NULL and what is wrong in @report */
struct json_object *object_json(const struct kstate_in_object *in,
				bool addresses, struct kstate_report *report);

/* ---- check.c ---- */

/* What of @from @images can restore, for print_check() */
struct json_object *check_sources(const struct source *from,
				  const struct sources *images, int *status);
void print_check(struct json_object *check);

/* ---- The commands ---- */

int cmd_status(const struct options *opt, int argc, char **argv);
int cmd_list(const struct options *opt, int argc, char **argv);
int cmd_dump(const struct options *opt, int argc, char **argv);
int cmd_check(const struct options *opt, int argc, char **argv);
int cmd_diff(const struct options *opt, int argc, char **argv);
int cmd_dry_run(const struct options *opt, int argc, char **argv);
int cmd_trees(const struct options *opt, int argc, char **argv);

#endif /* _KSTATE_TOOL_H */
