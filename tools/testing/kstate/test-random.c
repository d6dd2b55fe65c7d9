// SPDX-License-Identifier: GPL-2.0
/*
 * Random descriptions with random contents, read by the same description and by
 * one that has changed in random ways, and held against the model.
 *
 * usage: test-random [FIRST [ROUNDS]]
 *
 * A round depends on its number alone, so that one that failed can be repeated.
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
#define ROUNDS		2000

static unsigned long first = 1, rounds = ROUNDS;
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

static unsigned int nr_ok, nr_refused;

/* @initial: what the reader's object has before */
static void read_random(const struct stream *in, const struct mobj *src,
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
		nr_refused++;
	} else {
		CHECK_EQ(err, 0);
		CHECK(holds(mem, want));
		nr_ok++;
	}
	drop(initial->desc, mem);
	mobj_free(want);
	mobj_free(initial);
}

static void read_with(const struct stream *in, const struct mobj *src,
		      const struct mdesc *reader)
{
	read_random(in, src, mobj_zero(reader));
	read_random(in, src, mobj_random(reader, false));
}

static struct mdesc *changed(const struct mdesc *d, unsigned int changes)
{
	struct mdesc *copy = mdesc_clone(d);

	while (changes--)
		mdesc_mutate(copy);
	mdesc_layout(copy);
	return copy;
}

static void one_round(unsigned long nr, unsigned int changes)
{
	bool failed_before = tap_failed();
	struct stream in = { };
	struct mdesc *writer, *reader;
	struct mobj *src;

	model_seed(nr);
	writer = mdesc_random(1 + model_random(MODEL_MAX_DEPTH));
	mdesc_layout(writer);
	shim_mem_reset();
	src = mobj_random(writer, true);
	reader = changed(writer, changes);
	if (write_random(src, &in))
		read_with(&in, src, reader);
	if (tap_failed() && !failed_before) {
		printf("# round %lu, %u changes; written by\n", nr, changes);
		mdesc_print(writer, 2);
		printf("# and read by\n");
		mdesc_print(reader, 2);
	}
	stream_free(&in);
	mobj_free(src);
	mdesc_free(writer);
	mdesc_free(reader);
}

static void all_rounds(unsigned int changes)
{
	unsigned long nr;

	nr_ok = 0;
	nr_refused = 0;
	for (nr = first; nr < first + rounds; nr++)
		one_round(nr, changes);
	printf("# %u restored, %u refused\n", nr_ok, nr_refused);
}

static void same_description(void)
{
	all_rounds(0);
}

static void one_change(void)
{
	all_rounds(1);
}

static void many_changes(void)
{
	all_rounds(5);
}

int main(int argc, char **argv)
{
	static const struct tap_test tests[] = {
		TAP_TEST(same_description),
		TAP_TEST(one_change),
		TAP_TEST(many_changes),
	};

	if (argc > 1)
		first = strtoul(argv[1], NULL, 0);
	if (argc > 2)
		rounds = strtoul(argv[2], NULL, 0);
	return tap_run(tests, ARRAY_SIZE(tests));
}
