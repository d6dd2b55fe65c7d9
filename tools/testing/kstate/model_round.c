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

#include <linux/err.h>
#include <linux/kernel.h>

#include "hop.h"
#include "model.h"
#include "shim_mem.h"
#include "tap.h"

#define INSTANCE	0x1122334455667788ULL
#define MAX_STREAM	0x100000

static u8 expected[MAX_STREAM];
static u8 schemas[MAX_STREAM] __aligned(8);

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

/* ---- What references point to ---- */

static const struct kstate_description *target_desc(unsigned int i)
{
	return &model_target_descs[i / MODEL_OBJECTS].kdesc;
}

void model_register_targets(struct kstate_core *core, unsigned int which)
{
	unsigned int i, n;
	void *obj;
	int ret;

	for (i = 0; i < MODEL_TARGETS * MODEL_OBJECTS; i++) {
		if (!(which >> i & 1))
			continue;
		n = i % MODEL_OBJECTS;
		obj = &model_targets[i / MODEL_OBJECTS][n];
		ret = kstate_core_register(core, target_desc(i), obj, n);
		CHECK(ret >= 0);
	}
}

void model_unregister_targets(struct kstate_core *core)
{
	unsigned int i;

	for (i = 0; i < MODEL_TARGETS * MODEL_OBJECTS; i++)
		kstate_core_unregister(core, target_desc(i), i % MODEL_OBJECTS);
}

/* The objects of a hand-over in its order: @o, then all targets */
static size_t encode(struct mobj *o)
{
	struct mobj *all[1 + MODEL_TARGETS * MODEL_OBJECTS] = { o };
	u64 instances[ARRAY_SIZE(all)] = { INSTANCE };
	unsigned int i;
	size_t len;

	for (i = 1; i < ARRAY_SIZE(all); i++) {
		all[i] = mobj_zero(&model_target_descs[(i - 1) / MODEL_OBJECTS]);
		instances[i] = (i - 1) % MODEL_OBJECTS;
	}
	len = mobj_encode(all, instances, ARRAY_SIZE(all), expected,
			  sizeof(expected));
	for (i = 1; i < ARRAY_SIZE(all); i++)
		mobj_free(all[i]);
	return len;
}

/* ---- Saving ---- */

/* An object in memory gives the bytes that the model gives. */
static bool write_memory(struct mobj *o, void *mem, struct stream *out)
{
	size_t len;
	bool ok;

	shim_mem_reset();
	model_register_targets(&kstate_core, MODEL_ALL_TARGETS);
	ok = CHECK_EQ(hop_write(&o->desc->kdesc, mem, INSTANCE, out), 0);
	model_unregister_targets(&kstate_core);
	if (!ok)
		return false;
	len = encode(o);
	CHECK_EQ(out->len, len);
	CHECK(out->len == len && !memcmp(out->data, expected, len));
	return true;
}

static bool write_random(struct mobj *src, struct stream *out)
{
	void *mem = store(src);
	bool ok = write_memory(src, mem, out);

	CHECK(holds(mem, src));
	drop(src->desc, mem);
	return ok;
}

/* ---- What will be ---- */

static int open_schemas(const struct mdesc *d, struct kstate_reader *r)
{
	struct kstate_report report = { };
	struct kstate_writer w = {
		.s = {
			.data = schemas, .size = sizeof(schemas),
			.report = &report,
		},
	};

	CHECK_EQ(kstate_writer_begin(&w), 0);
	CHECK(kstate_writer_schema(&w, &d->kdesc) >= 0);
	CHECK_EQ(kstate_writer_end(&w), 0);
	kstate_writer_free(&w);
	return kstate_reader_open(r, schemas, w.s.pos);
}

/* From the schemas and the bytes alone */
static int foretell(const struct kstate_in_object *in,
		    const struct kstate_schema *to)
{
	struct kstate_report report = { };
	struct kstate_resolution *res;
	int err;

	res = kstate_resolve_schemas(in->schema, to, &report);
	if (IS_ERR(res))
		return PTR_ERR(res);
	err = kstate_verify(res->top, in->data, in->len, &report);
	kstate_resolution_free(res);
	CHECK_EQ(report.err, err);
	return err;
}

void model_check_error(unsigned int errors, int err, const char *who)
{
	if (errors)
		tap_check(merr_has(errors, err), __FILE__, __LINE__,
			  "%s: error %d, may be one of %#x", who, err, errors);
	else
		tap_check(!err, __FILE__, __LINE__, "%s: error %d", who, err);
}

static void check_foretold(const struct stream *in, const struct mobj *src,
			   const struct mdesc *reader)
{
	struct mobj *nothing = mobj_zero(reader);
	struct kstate_in_object *object;
	struct kstate_reader stream, own;
	unsigned int errors;
	int err;

	errors = mdesc_errors(src->desc, reader) ?:
		 mobj_convert(src, nothing, true);
	if (CHECK_EQ(kstate_reader_open(&stream, in->data, in->len), 0) &&
	    CHECK_EQ(open_schemas(reader, &own), 0)) {
		object = kstate_reader_find(&stream, src->desc->name, INSTANCE);
		err = foretell(object, &own.schemas[own.nr_schemas - 1]);
		model_check_error(errors, err, "foretold");
		kstate_reader_free(&own);
	}
	kstate_reader_free(&stream);
	mobj_free(nothing);
}

/* ---- Restoring ---- */

static bool knows_name(const struct mdesc *d, const char *name)
{
	const char *found = strstr(d->alias, name);
	size_t len = strlen(name);

	if (!strcmp(d->name, name))
		return true;
	while (found && ((found > d->alias && found[-1] != ',') ||
			 (found[len] && found[len] != ',')))
		found = strstr(found + 1, name);
	return found;
}

static int restore(const struct stream *in, const struct mdesc *d, void *mem)
{
	struct kstate_core core;
	int err;

	err = hop_open(&core, in);
	if (CHECK_EQ(err, 0)) {
		model_register_targets(&core, model_registered);
		err = kstate_core_restore(&core, &d->kdesc, mem, INSTANCE);
		model_unregister_targets(&core);
	}
	kstate_core_close(&core);
	return err;
}

static int refuse_validate(const void *obj, u32 version)
{
	return -EIO;
}

static int refuse_post_load(void *obj, u32 version)
{
	return -EIO;
}

/* Now and then a hook has it all taken back. */
static unsigned int random_hooks(struct mdesc *reader)
{
	bool refuse = model_chance(15), late = model_chance(70);

	reader->kdesc.validate = refuse && !late ? refuse_validate : NULL;
	reader->kdesc.post_load = refuse && late ? refuse_post_load : NULL;
	return refuse ? MERR_HOOK : 0;
}

/* @initial: what the object of @reader has before */
static bool read_random(const struct stream *in, const struct mobj *src,
			struct mdesc *reader, struct mobj *initial)
{
	struct mobj *want = mobj_clone(initial);
	void *mem = store(initial);
	struct stream again = { };
	unsigned int errors, refused;

	model_registered = model_chance(80) ? MODEL_ALL_TARGETS :
					      model_random(MODEL_ALL_TARGETS + 1);
	refused = random_hooks(reader);
	errors = !knows_name(reader, src->desc->name) ? MERR_NOENT :
		 mdesc_errors(src->desc, reader) ?:
		 mobj_convert(src, want, false) ?: refused;
	model_check_error(errors, restore(in, reader, mem), "restored");
	CHECK(holds(mem, errors ? initial : want));
	/* what came out of it can be saved */
	if (!errors && !tap_failed())
		write_memory(want, mem, &again);
	stream_free(&again);
	drop(reader, mem);
	mobj_free(want);
	mobj_free(initial);
	return !errors;
}

/* ---- No memory ---- */

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
	model_register_targets(&kstate_core, MODEL_ALL_TARGETS);
	before = shim_allocated();
	shim_fail_alloc(nth);
	err = hop_write(&src->desc->kdesc, mem, INSTANCE, &out);
	shim_fail_alloc(0);
	CHECK_EQ(err, shim_failed() ? -ENOMEM : 0);
	CHECK_EQ(shim_allocated(), before);
	CHECK(holds(mem, src));
	model_unregister_targets(&kstate_core);
	drop(src->desc, mem);
	stream_free(&out);
	return err;
}

static bool starve_load(const struct stream *in, struct mobj *initial,
			unsigned long nth)
{
	void *mem = store(initial);
	struct kstate_core core;
	bool failed;
	int err;

	CHECK_EQ(hop_open(&core, in), 0);
	model_register_targets(&core, MODEL_ALL_TARGETS);
	shim_fail_alloc(nth);
	err = kstate_core_restore(&core, &initial->desc->kdesc, mem, INSTANCE);
	shim_fail_alloc(0);
	failed = shim_failed();
	if (failed) {
		/* only making the report may go without memory */
		CHECK(err);
		CHECK(holds(mem, initial));
	}
	model_unregister_targets(&core);
	kstate_core_close(&core);
	drop(initial->desc, mem);
	return failed;
}

void model_starve(void)
{
	struct mdesc *desc;
	struct stream in = { };
	struct mobj *src, *initial;
	unsigned long nth;

	desc = mdesc_random(1 + model_random(MODEL_MAX_DEPTH), false, false);
	mdesc_layout(desc);
	shim_mem_reset();
	src = mobj_random(desc, FILL_SOURCE);
	initial = model_chance(50) ? mobj_zero(desc) :
				     mobj_random(desc, FILL_READER);
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

/* ---- A round ---- */

static struct mdesc *changed(const struct mdesc *d, unsigned int changes)
{
	struct mdesc *copy = mdesc_clone(d);

	while (changes--)
		mdesc_mutate(copy);
	mdesc_layout(copy);
	return copy;
}

static void print_pair(const struct mdesc *writer, const struct mdesc *reader)
{
	printf("# written by\n");
	mdesc_print(writer, 2);
	printf("# and read by\n");
	mdesc_print(reader, 2);
}

unsigned int model_round(unsigned int changes)
{
	bool failed_before = tap_failed();
	unsigned int restored = 0;
	struct stream in = { };
	struct mdesc *writer, *reader;
	struct mobj *src, *initial;

	writer = mdesc_random(1 + model_random(MODEL_MAX_DEPTH), false, false);
	mdesc_layout(writer);
	shim_mem_reset();
	src = mobj_random(writer, FILL_SOURCE);
	reader = changed(writer, changes);
	if (write_random(src, &in)) {
		check_foretold(&in, src, reader);
		initial = mobj_zero(reader);
		restored = read_random(&in, src, reader, initial);
		initial = mobj_random(reader, FILL_READER);
		restored += read_random(&in, src, reader, initial);
	}
	if (tap_failed() && !failed_before)
		print_pair(writer, reader);
	stream_free(&in);
	mobj_free(src);
	mdesc_free(writer);
	mdesc_free(reader);
	return restored;
}
