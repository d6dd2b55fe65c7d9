// SPDX-License-Identifier: GPL-2.0
/*
 * A round: a description and an object are made up, saved, and restored by a
 * description that has changed, into an object that is empty and one that is
 * not. All that comes out is held against the model.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/kernel.h>

#include "hop.h"
#include "model.h"
#include "shim_mem.h"
#include "tap.h"

#define INSTANCE	0x1122334455667788ULL
#define MAX_STREAM	0x100000

static u8 expected[MAX_STREAM];

/* An object in memory that ends where it ends */
static void *store(const struct mobj *o)
{
	void *mem = calloc(1, o->desc->size);

	mobj_store(o, mem);
	return mem;
}

static bool holds(const void *mem, const struct mobj *want)
{
	struct mobj *got = mobj_fetch(want->desc, mem);
	bool same = mobj_same(got, want);

	mobj_free(got);
	return same;
}

static void drop(const struct mdesc *d, void *mem)
{
	mobj_release(d, mem);
	free(mem);
}

/* ---- Saving ---- */

static bool write_random(const struct mobj *src, struct stream *out)
{
	void *mem = store(src);
	size_t len;
	bool ok;

	shim_mem_reset();
	ok = CHECK_EQ(hop_write(&src->desc->kdesc, mem, INSTANCE, out), 0);
	CHECK(holds(mem, src));
	drop(src->desc, mem);
	if (!ok)
		return false;
	len = mobj_encode(src, INSTANCE, expected, sizeof(expected));
	CHECK_EQ(out->len, len);
	CHECK(out->len == len && !memcmp(out->data, expected, len));
	return true;
}

/* ---- Restoring ---- */

/* @initial: what the reader's object has before */
static bool read_random(const struct stream *in, const struct mobj *src,
			struct mobj *initial)
{
	struct mobj *want = mobj_clone(initial);
	void *mem = store(initial);
	unsigned int errors;
	int err;

	errors = mdesc_errors(src->desc, initial->desc) ?:
		 mobj_convert(src, want);
	err = hop_read(in, &initial->desc->kdesc, mem, INSTANCE);
	if (errors) {
		tap_check(merr_has(errors, err), __FILE__, __LINE__,
			  "error %d, may be one of %#x", err, errors);
		CHECK(holds(mem, initial));
	} else {
		CHECK_EQ(err, 0);
		CHECK(holds(mem, want));
	}
	drop(initial->desc, mem);
	mobj_free(want);
	mobj_free(initial);
	return !errors;
}

/*
 * Memory runs out, at the @nth allocation of saving and then of restoring. False
 * if it did not come to that.
 */
static bool starve_save(const struct mobj *src, unsigned long nth)
{
	struct stream out = { };
	void *mem = store(src);
	long before;
	int err;

	shim_mem_reset();
	before = shim_allocated();
	shim_fail_alloc(nth);
	err = hop_write(&src->desc->kdesc, mem, INSTANCE, &out);
	shim_fail_alloc(0);
	CHECK_EQ(err, shim_failed() ? -ENOMEM : 0);
	CHECK_EQ(shim_allocated(), before);
	CHECK(holds(mem, src));
	drop(src->desc, mem);
	stream_free(&out);
	return err;
}

static bool starve_load(const struct stream *in, struct mobj *initial,
			unsigned long nth)
{
	void *mem = store(initial);
	long before;
	int err;

	before = shim_allocated();
	shim_fail_alloc(nth);
	err = hop_read(in, &initial->desc->kdesc, mem, INSTANCE);
	shim_fail_alloc(0);
	if (shim_failed()) {
		/* only making the report may go without memory */
		CHECK(err);
		CHECK_EQ(shim_allocated(), before);
		CHECK(holds(mem, initial));
	}
	drop(initial->desc, mem);
	return shim_failed();
}

void model_starve(void)
{
	struct mdesc *desc = mdesc_random(1 + model_random(MODEL_MAX_DEPTH));
	struct stream in = { };
	struct mobj *src, *initial;
	unsigned long nth;

	mdesc_layout(desc);
	shim_mem_reset();
	src = mobj_random(desc, true);
	initial = model_chance(50) ? mobj_zero(desc) : mobj_random(desc, false);
	for (nth = 1; starve_save(src, nth); nth++)
		;
	if (write_random(src, &in)) {
		for (nth = 1; starve_load(&in, initial, nth); nth++)
			;
	}
	stream_free(&in);
	mobj_free(src);
	mobj_free(initial);
	mdesc_free(desc);
}

static struct mdesc *changed(const struct mdesc *d, unsigned int changes)
{
	struct mdesc *copy = mdesc_clone(d);

	while (changes--)
		mdesc_mutate(copy);
	mdesc_layout(copy);
	return copy;
}

unsigned int model_round(unsigned int changes)
{
	bool failed_before = tap_failed();
	unsigned int restored = 0;
	struct stream in = { };
	struct mdesc *writer, *reader;
	struct mobj *src;

	writer = mdesc_random(1 + model_random(MODEL_MAX_DEPTH));
	mdesc_layout(writer);
	shim_mem_reset();
	src = mobj_random(writer, true);
	reader = changed(writer, changes);
	if (write_random(src, &in))
		restored = read_random(&in, src, mobj_zero(reader)) +
			   read_random(&in, src, mobj_random(reader, model_chance(20)));
	if (tap_failed() && !failed_before) {
		printf("# written by\n");
		mdesc_print(writer, 2);
		printf("# and read by\n");
		mdesc_print(reader, 2);
	}
	stream_free(&in);
	mobj_free(src);
	mdesc_free(writer);
	mdesc_free(reader);
	return restored;
}
