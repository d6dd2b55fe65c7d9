// SPDX-License-Identifier: GPL-2.0
/*
 * How long saving and restoring take, beside packing structs by hand and beside
 * a flattened device tree, all in one run. Prints a table, writes it as JSON to
 * the file that is named, and fails when a bar does not hold.
 *
 * Times are the least of several rounds: what is above it is the machine's.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <linux/kstate.h>
#include <linux/slab.h>

#include "../../../kernel/kstate_internal.h"
#include "bench.h"

#define OBJECTS		10000
#define ROUNDS		15

static struct bench_obj *src, *dst;
static struct bench_next *next;
static u8 *out;
static size_t out_size;

/* ---- The table ---- */

struct row {
	const char *name;
	const char *unit;
	double value;
	double control;
	const char *peer;
	double bar;		/* @value / @control is to be below, 0: no bar */
	bool holds;
};

static struct row rows[32];
static int nr_rows;

static void report(const char *name, const char *unit, double value,
		   const char *peer, double control, double bar)
{
	struct row *row = &rows[nr_rows++];

	*row = (struct row){ name, unit, value, control, peer, bar, true };
	if (bar)
		row->holds = value <= control * bar;
	printf("%-42s %10.1f %-10s", name, value, unit);
	if (control)
		printf(" %-16s %10.1f  x %.2f", peer, control, value / control);
	if (bar)
		printf(" (bar %.2f) %s", bar, row->holds ? "holds" : "DOES NOT HOLD");
	putchar('\n');
}

static int write_json(const char *path)
{
	FILE *f = fopen(path, "w");
	int i, bad = 0;

	if (!f) {
		fprintf(stderr, "bench: %s: %s\n", path, strerror(errno));
		return 1;
	}
	fputs("[\n", f);
	for (i = 0; i < nr_rows; i++) {
		bad |= !rows[i].holds;
		fprintf(f, "  {\"name\": \"%s\", \"value\": %.2f, \"unit\": \"%s\", ",
			rows[i].name, rows[i].value, rows[i].unit);
		fprintf(f, "\"control\": %.2f, \"peer\": \"%s\", \"bar\": %.2f, ",
			rows[i].control, rows[i].peer, rows[i].bar);
		fprintf(f, "\"holds\": %s}%s\n",
			rows[i].holds ? "true" : "false",
			i + 1 < nr_rows ? "," : "");
	}
	fputs("]\n", f);
	fclose(f);
	return bad;
}

/* ---- Time ---- */

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1e9 + ts.tv_nsec;
}

static void least(double *best, double since)
{
	double took = now() - since;

	if (!*best || took < *best)
		*best = took;
}

static void must(int err, const char *what)
{
	if (err >= 0)
		return;
	fprintf(stderr, "bench: %s: %s\n", what, strerror(-err));
	exit(2);
}

/* ---- The core ---- */

static int grow(struct kstate_stream *s, size_t size)
{
	if (size > out_size)
		return -ENOSPC;
	s->data = out;
	s->size = out_size;
	return 0;
}

static size_t save(struct kstate_core *core)
{
	must(kstate_core_save(core, NULL, 0, grow, NULL), "save");
	kstate_core_late(core);
	return le64_to_cpu(((struct kstate_abi_stream *)out)->length);
}

static void fill_registry(struct kstate_core *core,
			  const struct kstate_description *desc, u32 nr)
{
	u32 i;

	kstate_core_init(core, NULL);
	for (i = 0; i < nr; i++)
		must(kstate_core_register(core, desc, &src[i % OBJECTS], i),
		     "register");
}

static void empty_registry(struct kstate_core *core,
			   const struct kstate_description *desc, u32 nr)
{
	u32 i;

	for (i = 0; i < nr; i++)
		kstate_core_unregister(core, desc, i);
}

static void restore_all(struct kstate_core *core,
			const struct kstate_description *desc, void *to,
			size_t size, size_t len)
{
	u32 i;

	must(kstate_core_open(core, out, len), "open");
	for (i = 0; i < OBJECTS; i++)
		must(kstate_core_restore(core, desc, to + i * size, i),
		     "restore");
}

static double time_save(size_t *len)
{
	struct kstate_core core;
	double best = 0, start;
	int i;

	fill_registry(&core, &bench_desc, OBJECTS);
	for (i = 0; i < ROUNDS; i++) {
		start = now();
		*len = save(&core);
		least(&best, start);
		kstate_core_abort(&core);
	}
	empty_registry(&core, &bench_desc, OBJECTS);
	return best / OBJECTS;
}

static double time_restore(const struct kstate_description *desc, void *to,
			   size_t size, size_t len)
{
	struct kstate_core core;
	double best = 0, start;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		kstate_core_init(&core, NULL);
		memset(to, 0, size * OBJECTS);
		start = now();
		restore_all(&core, desc, to, size, len);
		least(&best, start);
		kstate_core_close(&core);
	}
	return best / OBJECTS;
}

/* ---- By hand ---- */

/* Other files could read it, so the checksums are really made. */
u32 bench_sink;

static double time_hand_save(void)
{
	double best = 0, start;
	int round, i;
	u8 *p;

	for (round = 0; round < ROUNDS; round++) {
		start = now();
		p = out;
		for (i = 0; i < OBJECTS; i++)
			p = bench_pack(p, &src[i]);
		bench_sink ^= kstate_crc(out, p - out);
		least(&best, start);
	}
	return best / OBJECTS;
}

static double time_hand_restore(void)
{
	double best = 0, start;
	const u8 *p;
	int round, i;

	for (round = 0; round < ROUNDS; round++) {
		memset(dst, 0, sizeof(*dst) * OBJECTS);
		start = now();
		bench_sink ^= kstate_crc(out, OBJECTS * BENCH_PACKED);
		p = out;
		for (i = 0; i < OBJECTS; i++)
			p = bench_unpack(p, &dst[i]);
		least(&best, start);
	}
	return best / OBJECTS;
}

/* ---- A device tree ---- */

static double time_fdt_save(size_t *len)
{
	double best = 0, start;
	int i;

	for (i = 0; i < 3; i++) {
		start = now();
		*len = bench_fdt_save(out, out_size, src, OBJECTS);
		least(&best, start);
	}
	return best / OBJECTS;
}

static double time_fdt_restore(void)
{
	double best = 0, start;
	int i;

	for (i = 0; i < 3; i++) {
		memset(dst, 0, sizeof(*dst) * OBJECTS);
		start = now();
		bench_fdt_restore(out, dst, OBJECTS);
		least(&best, start);
	}
	return best / OBJECTS;
}

static void same(const char *who)
{
	int i;

	for (i = 0; i < OBJECTS; i++) {
		if (bench_same(&src[i], &dst[i]))
			continue;
		fprintf(stderr, "bench: %s: object %d is another one\n", who, i);
		exit(2);
	}
}

/* ---- Objects of 16 fields ---- */

static void bench_objects(void)
{
	double hand_save, hand_restore, fdt_save, fdt_restore, ks_save,
	       ks_restore, ks_other;
	size_t len, fdt_len;
	int i;

	hand_save = time_hand_save();
	hand_restore = time_hand_restore();
	same("by hand");
	fdt_save = time_fdt_save(&fdt_len);
	fdt_restore = time_fdt_restore();
	same("device tree");
	ks_save = time_save(&len);
	ks_restore = time_restore(&bench_desc, dst, sizeof(*dst), len);
	same("kstate");
	ks_other = time_restore(&bench_next_desc, next, sizeof(*next), len);
	for (i = 0; i < OBJECTS; i++)
		must(bench_next_same(&src[i], &next[i]) ? 0 : -EINVAL,
		     "another schema");

	report("save", "ns/object", ks_save, "by hand", hand_save, 2);
	report("restore, same schema", "ns/object", ks_restore, "by hand",
	       hand_restore, 2);
	report("restore, another schema", "ns/object", ks_other, "by hand",
	       hand_restore, 4);
	report("save", "ns/object", ks_save, "device tree", fdt_save, 0.1);
	report("restore", "ns/object", ks_restore, "device tree", fdt_restore,
	       0.1);
	report("size", "bytes/obj", (double)len / OBJECTS, "device tree",
	       (double)fdt_len / OBJECTS, 0);
	report("size without the values", "bytes/obj",
	       (double)len / OBJECTS - BENCH_PACKED, "device tree",
	       (double)fdt_len / OBJECTS - BENCH_PACKED, 1.0 / 3);
	report("overhead", "bytes/obj", (double)len / OBJECTS - BENCH_PACKED,
	       "allowed", 16, 1.01);
	report("schema", "bytes/field", bench_schema_size() / 16, "allowed", 64,
	       1);
}

/* ---- How it grows ---- */

static void bench_slope(u32 nr, double *total)
{
	double t_register, t_save, t_find, t_restore, start;
	struct kstate_core core, fresh;
	struct bench_obj obj;
	char name[64];
	size_t len;
	u32 i;

	start = now();
	fill_registry(&core, &bench_desc, nr);
	t_register = now() - start;
	start = now();
	len = save(&core);
	t_save = now() - start;
	kstate_core_abort(&core);
	empty_registry(&core, &bench_desc, nr);

	kstate_core_init(&fresh, NULL);
	start = now();
	must(kstate_core_open(&fresh, out, len), "open");
	for (i = 0; i < nr; i++)
		must(kstate_core_restore(&fresh, &bench_desc, &obj,
					 (u64)i * 7919 % nr), "restore");
	t_restore = now() - start;
	start = now();
	for (i = 0; i < nr; i++)
		must(kstate_reader_find(&fresh.reader, bench_desc.name,
					(u64)i * 7919 % nr) ? 0 : -ENOENT,
		     "find");
	t_find = now() - start;
	kstate_core_close(&fresh);

	snprintf(name, sizeof(name), "%u objects: register", nr);
	report(strdup(name), "ns/object", t_register / nr, "", 0, 0);
	snprintf(name, sizeof(name), "%u objects: save", nr);
	report(strdup(name), "ns/object", t_save / nr, "", 0, 0);
	snprintf(name, sizeof(name), "%u objects: look-up at random", nr);
	report(strdup(name), "ns/object", t_find / nr, "", 0, 0);
	snprintf(name, sizeof(name), "%u objects: restore at random", nr);
	report(strdup(name), "ns/object", t_restore / nr, "", 0, 0);
	*total = (t_register + t_save + t_find + t_restore) / nr;
}

int main(int argc, char **argv)
{
	static const u32 counts[] = { 1000, 10000, 100000, 1000000 };
	double total[ARRAY_SIZE(counts)];
	size_t i;

	out_size = 1000000ULL * (BENCH_PACKED + 32) + (1 << 20);
	out = malloc(out_size);
	src = calloc(OBJECTS, sizeof(*src));
	dst = calloc(OBJECTS, sizeof(*dst));
	next = calloc(OBJECTS, sizeof(*next));
	if (!out || !src || !dst || !next)
		return 2;
	memset(out, 1, out_size);
	for (i = 0; i < OBJECTS; i++)
		bench_fill(&src[i], i);

	bench_objects();
	for (i = 0; i < ARRAY_SIZE(counts); i++)
		bench_slope(counts[i], &total[i]);
	/* a scan would make it a thousand times; trees and caches make it some */
	report("1000000 objects, all of the above", "ns/object",
	       total[ARRAY_SIZE(counts) - 1], "1000 objects", total[0], 40);
	return write_json(argc > 1 ? argv[1] : "/dev/null");
}
