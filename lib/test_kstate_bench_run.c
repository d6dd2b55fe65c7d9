// SPDX-License-Identifier: GPL-2.0-only
/*
 * KSTATE: how long saving and restoring take, beside packing structs by hand
 * and beside a flattened device tree, and how that grows with the objects.
 *
 * Times are the least of several rounds: what is above it is the machine's.
 */
#include <linux/kernel.h>
#include <linux/kstate.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "../kernel/kstate_internal.h"
#include "test_kstate_bench.h"

#define OBJECTS		10000
#define MOST_OBJECTS	1000000
#define TREE_ROUNDS	3

/* A device tree of them takes twice of what the stream does. */
#define OUT_SIZE	(MOST_OBJECTS * (BENCH_PACKED + 32UL) + (1 << 20))

/**
 * struct bench_row - what was measured
 * @name: what
 * @objects: of how many objects, 0: of as many as all the others
 * @unit: of @value, and of @control
 * @value: how much, in thousandths
 * @peer: what it is held against, or ""
 * @control: how much that took, in thousandths
 * @bar: @value is to be at most so many thousandths of @control, 0: no bar
 */
struct bench_row {
	const char *name;
	u32 objects;
	const char *unit;
	u64 value;
	const char *peer;
	u64 control;
	u32 bar;
};

#define BENCH_ROWS	32

struct bench {
	u32 rounds;
	struct bench_obj *src;
	struct bench_obj *dst;
	struct bench_next *next;
	u8 *out;
	struct kstate_core core;
	struct bench_fdt_field fields[BENCH_FIELDS];
	size_t len;			/* of what was saved last */
	u32 crc;
	struct bench_row rows[BENCH_ROWS];
	u32 nr_rows;
};

/* ---- Rows ---- */

static void report(struct bench *b, const char *name, const char *unit,
		   u64 value, const char *peer, u64 control, u32 bar)
{
	if (b->nr_rows == BENCH_ROWS)
		return;
	b->rows[b->nr_rows++] = (struct bench_row){
		.name = name, .unit = unit, .value = value, .peer = peer,
		.control = control, .bar = bar,
	};
}

static u64 per_object(u64 total, u32 objects)
{
	return div_u64(total * 1000, objects);
}

/**
 * struct bench_case - what is measured
 * @before: makes it ready, or NULL
 * @work: takes the time; 0 or an errno
 * @after: cleans up, or NULL
 */
struct bench_case {
	void (*before)(struct bench *b);
	int (*work)(struct bench *b);
	void (*after)(struct bench *b);
};

/* The least time of some rounds, in thousandths of ns for each object */
static int measure(struct bench *b, const struct bench_case *c, u32 rounds,
		   u64 *best)
{
	u64 start, took, least = U64_MAX;
	int err = 0;

	while (!err && rounds--) {
		if (c->before)
			c->before(b);
		start = ktime_get_ns();
		err = c->work(b);
		took = ktime_get_ns() - start;
		if (c->after)
			c->after(b);
		least = min(least, took);
	}
	*best = per_object(least, OBJECTS);
	return err;
}

static int same(const struct bench *b)
{
	u32 i;

	for (i = 0; i < OBJECTS; i++) {
		if (!bench_same(&b->src[i], &b->dst[i]))
			return -EBADMSG;
	}
	return 0;
}

static int next_same(const struct bench *b)
{
	u32 i;

	for (i = 0; i < OBJECTS; i++) {
		if (!bench_next_same(&b->src[i], &b->next[i]))
			return -EBADMSG;
	}
	return 0;
}

/* ---- By hand: the same bytes and the same checksum ---- */

static int hand_save(struct bench *b)
{
	u8 *p = b->out;
	u32 i;

	for (i = 0; i < OBJECTS; i++)
		p = bench_pack(p, &b->src[i]);
	b->len = p - b->out;
	b->crc = kstate_crc(b->out, b->len);
	return 0;
}

static void before_hand(struct bench *b)
{
	memset(b->dst, 0, sizeof(*b->dst) * OBJECTS);
}

static int hand_restore(struct bench *b)
{
	const u8 *p = b->out;
	u32 i;

	if (kstate_crc(b->out, b->len) != b->crc)
		return -EBADMSG;
	for (i = 0; i < OBJECTS; i++)
		p = bench_unpack(p, &b->dst[i]);
	return 0;
}

/* ---- A device tree ---- */

static int tree_save(struct bench *b)
{
	long len = bench_fdt_save(b->out, OUT_SIZE, b->src, OBJECTS,
				  sizeof(*b->src), b->fields, BENCH_FIELDS);

	if (len < 0)
		return len;
	b->len = len;
	return 0;
}

static int tree_restore(struct bench *b)
{
	return bench_fdt_restore(b->out, b->dst, OBJECTS, sizeof(*b->dst),
				 b->fields, BENCH_FIELDS);
}

/* ---- KSTATE ---- */

static int grow(struct kstate_stream *s, size_t size)
{
	if (size > OUT_SIZE)
		return -ENOSPC;
	s->data = s->priv;
	s->size = OUT_SIZE;
	return 0;
}

static int fill_registry(struct bench *b, u32 nr)
{
	int err = 0;
	u32 i;

	for (i = 0; !err && i < nr; i++)
		err = kstate_core_register(&b->core, &bench_desc,
					   &b->src[i % OBJECTS], i);
	return err;
}

static void empty_registry(struct bench *b, u32 nr)
{
	u32 i;

	for (i = 0; i < nr; i++)
		kstate_core_unregister(&b->core, &bench_desc, i);
}

static int save(struct bench *b)
{
	int err = kstate_core_save(&b->core, NULL, 0, grow, b->out);

	if (err)
		return err;
	kstate_core_late(&b->core);
	b->len = le64_to_cpu(((struct kstate_abi_stream *)b->out)->length);
	return 0;
}

static void abort_save(struct bench *b)
{
	kstate_core_abort(&b->core);
}

static void before_restore(struct bench *b)
{
	memset(b->dst, 0, sizeof(*b->dst) * OBJECTS);
	kstate_core_init(&b->core, NULL);
}

static void before_next(struct bench *b)
{
	memset(b->next, 0, sizeof(*b->next) * OBJECTS);
	kstate_core_init(&b->core, NULL);
}

static int restore(struct bench *b)
{
	int err = kstate_core_open(&b->core, b->out, b->len);
	u32 i;

	for (i = 0; !err && i < OBJECTS; i++)
		err = kstate_core_restore(&b->core, &bench_desc, &b->dst[i], i);
	return err;
}

static int restore_next(struct bench *b)
{
	int err = kstate_core_open(&b->core, b->out, b->len);
	u32 i;

	for (i = 0; !err && i < OBJECTS; i++)
		err = kstate_core_restore(&b->core, &bench_next_desc,
					  &b->next[i], i);
	return err;
}

static void close_core(struct bench *b)
{
	kstate_core_close(&b->core);
}

static int measure_save(struct bench *b, u64 *best)
{
	static const struct bench_case saving = { NULL, save, abort_save };
	int err;

	kstate_core_init(&b->core, NULL);
	err = fill_registry(b, OBJECTS) ?:
	      measure(b, &saving, b->rounds, best);
	empty_registry(b, OBJECTS);
	return err;
}

/* ---- Objects of 16 fields ---- */

/**
 * struct bench_times - of saving and restoring, in thousandths
 * @save: all objects
 * @restore: into objects of the same description
 * @other: into objects of another one
 * @size: bytes that were saved
 */
struct bench_times {
	u64 save;
	u64 restore;
	u64 other;
	u64 size;
};

static void report_objects(struct bench *b, const struct bench_times *hand,
			   const struct bench_times *tree,
			   const struct bench_times *own, u64 schema)
{
	const u64 values = BENCH_PACKED * 1000;

	report(b, "save", "ns/object", own->save, "by hand", hand->save, 2000);
	report(b, "restore, same schema", "ns/object", own->restore, "by hand",
	       hand->restore, 2000);
	report(b, "restore, another schema", "ns/object", own->other, "by hand",
	       hand->restore, 4000);
	report(b, "save", "ns/object", own->save, "device tree", tree->save,
	       100);
	report(b, "restore", "ns/object", own->restore, "device tree",
	       tree->restore, 100);
	report(b, "size", "bytes/obj", own->size, "device tree", tree->size, 0);
	report(b, "size without the values", "bytes/obj", own->size - values,
	       "device tree", tree->size - values, 333);
	report(b, "overhead", "bytes/obj", own->size - values, "allowed",
	       16 * 1000, 1010);
	report(b, "schema", "bytes/field", per_object(schema, BENCH_FIELDS),
	       "allowed", 64 * 1000, 1000);
}

static int bench_objects(struct bench *b)
{
	static const struct bench_case
		by_hand = { NULL, hand_save, NULL },
		by_hand_back = { before_hand, hand_restore, NULL },
		by_tree = { NULL, tree_save, NULL },
		by_tree_back = { before_hand, tree_restore, NULL },
		back = { before_restore, restore, close_core },
		back_next = { before_next, restore_next, close_core };
	struct bench_times hand, tree, own;
	ssize_t schema = bench_schema_size();
	int err;

	err = schema < 0 ? schema :
	      measure(b, &by_hand, b->rounds, &hand.save) ?:
	      measure(b, &by_hand_back, b->rounds, &hand.restore) ?:
	      same(b) ?:
	      measure(b, &by_tree, TREE_ROUNDS, &tree.save) ?:
	      measure(b, &by_tree_back, TREE_ROUNDS, &tree.restore) ?:
	      same(b);
	tree.size = per_object(b->len, OBJECTS);
	err = err ?: measure_save(b, &own.save) ?:
	      measure(b, &back, b->rounds, &own.restore) ?:
	      same(b) ?:
	      measure(b, &back_next, b->rounds, &own.other) ?:
	      next_same(b);
	if (err)
		return err;
	own.size = per_object(b->len, OBJECTS);
	report_objects(b, &hand, &tree, &own, schema);
	return 0;
}

/* ---- How it grows ---- */

/* All objects, in no order that anything else has */
static u64 scattered(u32 i, u32 nr)
{
	return (u64)i * 7919 % nr;
}

static int restore_scattered(struct bench *b, u32 nr)
{
	int err = kstate_core_open(&b->core, b->out, b->len);
	u32 i;

	for (i = 0; !err && i < nr; i++)
		err = kstate_core_restore(&b->core, &bench_desc, b->dst,
					  scattered(i, nr));
	return err;
}

static int find_scattered(struct bench *b, u32 nr)
{
	u32 i;

	for (i = 0; i < nr; i++) {
		if (!kstate_reader_find(&b->core.reader, bench_desc.name,
					scattered(i, nr)))
			return -ENOENT;
	}
	return 0;
}

/* Note what was done since *@since, and go on. */
static u64 lap(struct bench *b, const char *name, u32 nr, u64 *since)
{
	u64 took = ktime_get_ns() - *since;

	report(b, name, "ns/object", per_object(took, nr), "", 0, 0);
	b->rows[b->nr_rows - 1].objects = nr;
	*since = ktime_get_ns();
	return took;
}

static int bench_slope(struct bench *b, u32 nr, u64 *total)
{
	u64 start, sum;
	int err;

	kstate_core_init(&b->core, NULL);
	start = ktime_get_ns();
	err = fill_registry(b, nr);
	sum = lap(b, "register", nr, &start);
	err = err ?: save(b);
	sum += lap(b, "save", nr, &start);
	abort_save(b);
	empty_registry(b, nr);
	if (err)
		return err;

	kstate_core_init(&b->core, NULL);
	start = ktime_get_ns();
	err = restore_scattered(b, nr);
	sum += lap(b, "restore at random", nr, &start);
	err = err ?: find_scattered(b, nr);
	sum += lap(b, "look-up at random", nr, &start);
	close_core(b);
	*total = per_object(sum, nr);
	return err;
}

static int bench_slopes(struct bench *b)
{
	u64 first, last;
	u32 nr = 1000;
	int err;

	err = bench_slope(b, nr, &first);
	last = first;
	while (!err && nr < MOST_OBJECTS) {
		nr *= 10;
		err = bench_slope(b, nr, &last);
	}
	/* a scan would make it a thousand times; trees and caches make it some */
	if (!err)
		report(b, "1000000 objects, all of the above", "ns/object",
		       last, "1000 objects", first, 40000);
	return err;
}

/**
 * bench_new - get all memory that the benchmark needs
 * @rounds: how often the short ones are done
 *
 * Context: may sleep.
 * Return: what bench_free() is to be given, or NULL without memory
 */
struct bench *bench_new(u32 rounds)
{
	struct bench *b = kzalloc(sizeof(*b), GFP_KERNEL);
	u32 i;

	if (!b)
		return NULL;
	b->rounds = rounds;
	bench_fdt_fields(b->fields);
	b->src = kvcalloc(OBJECTS, sizeof(*b->src), GFP_KERNEL);
	b->dst = kvcalloc(OBJECTS, sizeof(*b->dst), GFP_KERNEL);
	b->next = kvcalloc(OBJECTS, sizeof(*b->next), GFP_KERNEL);
	b->out = kvmalloc(OUT_SIZE, GFP_KERNEL);
	if (!b->src || !b->dst || !b->next || !b->out) {
		bench_free(b);
		return NULL;
	}
	/* in user space there is no memory before somebody writes */
	memset(b->out, 1, OUT_SIZE);
	for (i = 0; i < OBJECTS; i++)
		bench_fill(&b->src[i], i);
	return b;
}

/**
 * bench_run - measure
 * @b: from bench_new()
 *
 * Context: may sleep, and takes seconds.
 * Return: 0; -EBADMSG if what came back is not what was saved; or the errno of
 * saving or restoring
 */
int bench_run(struct bench *b)
{
	b->nr_rows = 0;
	return bench_objects(b) ?: bench_slopes(b);
}

/**
 * bench_line - what was measured, for scripts/bench to read
 * @b: after bench_run()
 * @nr: which row, from 0 up
 * @buf: where the text goes
 * @size: room there, BENCH_LINE bytes
 *
 * Return: its length, 0 if there are no more rows
 */
int bench_line(const struct bench *b, u32 nr, char *buf, size_t size)
{
	const struct bench_row *row = &b->rows[nr];

	if (nr >= b->nr_rows)
		return 0;
	return scnprintf(buf, size, "%s|%u|%s|%llu|%s|%llu|%u\n", row->name,
			 row->objects, row->unit,
			 (unsigned long long)row->value, row->peer,
			 (unsigned long long)row->control, row->bar);
}

/**
 * bench_free - free what bench_new() made
 * @b: that
 */
void bench_free(struct bench *b)
{
	kvfree(b->out);
	kvfree(b->next);
	kvfree(b->dst);
	kvfree(b->src);
	kfree(b);
}
