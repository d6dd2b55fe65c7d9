/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Random system calls on two directories at a time: what khofs_ops.c, which
 * compares, and those that have the calls share.
 */
#ifndef KHOFS_OPS_H
#define KHOFS_OPS_H

#include <stddef.h>
#include <stdint.h>

#define NR_FDS		4
#define FNV_PRIME	0x100000001b3ull
#define FNV_BASIS	0xcbf29ce484222325ull

/* One of the directories, and the files that are open in it */
struct side {
	const char *name;
	int root;
	int inotify;
	int fds[NR_FDS];
};

/*
 * A call on one side. Its arguments come from @rng alone, so that they are the
 * same for the other side; what it gives back beside @ret goes into @out.
 */
struct call {
	struct side *side;
	uint64_t rng;
	long ret;
	int err;
	uint64_t out;
	size_t len;		/* of text */
	char text[600];
};

struct op {
	const char *name;
	unsigned int weight;
	long (*run)(struct call *c);
};

/* The first makes a file. Each ends with one that has no name. */
extern const struct op file_ops[];
extern const struct op name_ops[];

/* khofs_ops.c */
uint64_t draw(uint64_t *rng, uint64_t n);
uint64_t hash(uint64_t h, const void *data, size_t len);

/* khofs_ops_args.c */
#define KIB		1024L
#define BUF_SIZE	(256 * KIB)
#define ALIGNED		4096

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define one_of(c, array)	((array)[any(c, ARRAY_SIZE(array))])

extern char buf[BUF_SIZE];

/* What is told when the sides differ */
void __attribute__((format(printf, 2, 3)))
say(struct call *c, const char *fmt, ...);
/* What they may not differ in */
void note(struct call *c, const void *data, size_t len);
void note_number(struct call *c, long long number);

uint64_t any(struct call *c, uint64_t n);
const char *make_path(struct call *c, int is_dir);
const char *any_path(struct call *c);
const char *any_dir(struct call *c);
int any_fd(struct call *c);
long long any_number(struct call *c, long long max);
size_t any_size(struct call *c);
unsigned int any_mode(struct call *c);
unsigned int any_id(struct call *c);
int at_flags(struct call *c, int flag);
void fill_buf(struct call *c, size_t size);

#endif
