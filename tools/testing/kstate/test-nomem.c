// SPDX-License-Identifier: GPL-2.0
/*
 * Memory runs out at every point of saving and of restoring: the error is
 * -ENOMEM, nothing is changed, nothing is left behind, and the next try works.
 */
#include <errno.h>

#include <linux/kernel.h>
#include <linux/slab.h>

#include "hop.h"
#include "samples.h"
#include "shim_mem.h"
#include "tap.h"

#define INSTANCE	7

static void check_folios(bool preserved)
{
	unsigned int i;

	for (i = 0; i < SHIM_FOLIOS; i++) {
		CHECK_EQ(shim_folios[i].page.refs, 1);
		CHECK(!shim_folios[i].page.claimed);
		if (!preserved)
			CHECK(!shim_folios[i].page.preserved);
	}
}

static bool same_as_seed(const struct sample *s, const void *obj,
			 unsigned int seed, bool source)
{
	union sample_obj want = { };
	bool ret;

	s->fill(&want, seed, source);
	ret = s->same(obj, &want);
	s->release(&want);
	return ret;
}

/* ---- Saving ---- */

static void save_sample(const struct sample *s)
{
	union sample_obj src = { };
	struct stream out = { };
	unsigned long nth;
	long before;
	int err;

	shim_mem_reset();
	s->fill(&src, 1, true);
	before = shim_allocated();
	for (nth = 1; ; nth++) {
		shim_fail_alloc(nth);
		err = hop_write(s->desc, &src, INSTANCE, &out);
		if (!shim_failed())
			break;
		CHECK_EQ(err, -ENOMEM);
		CHECK_EQ(shim_allocated(), before);
		CHECK_EQ(kstate_core.phase, KSTATE_IDLE);
		CHECK_EQ(kstate_core.nr_objects, 0);
		check_folios(false);
	}
	shim_fail_alloc(0);
	CHECK_EQ(err, 0);
	CHECK(nth > 3);
	CHECK(same_as_seed(s, &src, 1, true));
	check_folios(false);
	stream_free(&out);
	s->release(&src);
}

static void saving_one(void)
{
	const struct sample *s;

	for (s = samples; s < samples + nr_samples; s++)
		save_sample(s);
}

static void saving_all(void)
{
	union sample_obj src[16] = { };
	struct stream out = { };
	unsigned long nth;
	unsigned int i;
	int err;

	shim_mem_reset();
	for (i = 0; i < nr_samples; i++) {
		samples[i].fill(&src[i], 1, true);
		CHECK_EQ(sample_register_targets(&kstate_core, samples[i].desc),
			 0);
		CHECK_EQ(kstate_register(samples[i].desc, &src[i], i), 0);
	}
	for (nth = 1; ; nth++) {
		shim_fail_alloc(nth);
		err = hop_save(&out);
		if (!shim_failed())
			break;
		CHECK_EQ(err, -ENOMEM);
		check_folios(false);
	}
	shim_fail_alloc(0);
	CHECK_EQ(err, 0);
	stream_free(&out);
	sample_unregister_targets(&kstate_core);
	for (i = 0; i < nr_samples; i++) {
		kstate_unregister(samples[i].desc, i);
		CHECK(same_as_seed(&samples[i], &src[i], 1, true));
		samples[i].release(&src[i]);
	}
}

/* ---- An object that grows between prepare and save ---- */

struct growing {
	u64 *list;
	u32 nr;
};

#define SMALL	10
#define LARGE	2000

static int growing_pre_save(void *obj)
{
	((struct growing *)obj)->nr = LARGE;
	return 0;
}

static int growing_prepare(void *obj)
{
	((struct growing *)obj)->nr = SMALL;
	return 0;
}

static const struct kstate_field growing_fields[] = {
	KSTATE_VARRAY(struct growing, list, nr),
	KSTATE_END()
};

static const struct kstate_description growing_desc = {
	.name = "a.growing", .size = sizeof(struct growing),
	.fields = growing_fields, .prepare = growing_prepare,
	.pre_save = growing_pre_save,
};

/* What is behind it in the stream: a schema, an object, room for a late one */
static void register_behind(const struct kstate_description *late,
			    union sample_obj *obj)
{
	CHECK_EQ(kstate_register(samples[0].desc, &obj[0], 1), 0);
	CHECK_EQ(kstate_register(samples[1].desc, &obj[1], 1), 0);
	CHECK_EQ(kstate_register(late, &obj[2], 1), 0);
}

static void saving_more_than_prepared(void)
{
	struct kstate_description late = *samples[1].desc;
	static u64 list[LARGE] = { 1, 2, 3, [LARGE - 1] = 4 };
	struct growing src = { list }, dst = { };
	union sample_obj behind[3] = { };
	struct stream out = { };
	unsigned long nth;
	int err;

	late.name = "z.late";
	late.flags = KSTATE_LATE;
	CHECK_EQ(kstate_register(&growing_desc, &src, INSTANCE), 0);
	register_behind(&late, behind);
	for (nth = 1; ; nth++) {
		shim_fail_alloc(nth);
		err = hop_save(&out);
		if (!shim_failed())
			break;
		CHECK_EQ(err, -ENOMEM);
		CHECK_EQ(kstate_core.phase, KSTATE_IDLE);
	}
	shim_fail_alloc(0);
	CHECK_EQ(err, 0);
	CHECK_EQ(hop_read(&out, &growing_desc, &dst, INSTANCE), 0);
	CHECK_EQ(dst.nr, LARGE);
	CHECK(dst.list && !memcmp(dst.list, list, sizeof(list)));
	CHECK_EQ(hop_read(&out, &late, &behind[2], 1), 0);
	kvfree(dst.list);
	kstate_unregister(&growing_desc, INSTANCE);
	kstate_unregister(samples[0].desc, 1);
	kstate_unregister(samples[1].desc, 1);
	kstate_unregister(&late, 1);
	stream_free(&out);
}

/* ---- Restoring ---- */

static void restore_sample(const struct sample *s, bool into_memory)
{
	union sample_obj src = { }, dst = { }, zero = { };
	struct stream in;
	unsigned long nth;
	long before;
	int err;

	shim_mem_reset();
	s->fill(&src, 1, true);
	CHECK_EQ(hop_write(s->desc, &src, INSTANCE, &in), 0);
	if (into_memory)
		s->fill(&dst, 2, false);
	before = shim_allocated();
	for (nth = 1; ; nth++) {
		shim_fail_alloc(nth);
		err = hop_read(&in, s->desc, &dst, INSTANCE);
		if (!shim_failed())
			break;
		CHECK_EQ(err, -ENOMEM);
		CHECK_EQ(shim_allocated(), before);
		shim_fail_alloc(0);
		CHECK(into_memory ? same_as_seed(s, &dst, 2, false) :
				    !memcmp(&dst, &zero, sizeof(dst)));
		check_folios(true);
	}
	shim_fail_alloc(0);
	CHECK_EQ(err, 0);
	CHECK(nth > 3);
	CHECK(s->same(&src, &dst));
	stream_free(&in);
	s->release(&src);
	s->release(&dst);
}

static void restoring_into_nothing(void)
{
	const struct sample *s;

	for (s = samples; s < samples + nr_samples; s++)
		restore_sample(s, false);
}

static void restoring_into_memory(void)
{
	const struct sample *s;

	for (s = samples; s < samples + nr_samples; s++)
		restore_sample(s, true);
}

/* What there was no memory for is restored by another try. */
static void registering(void)
{
	const struct sample *s = &samples[2];
	union sample_obj src = { }, dst = { };
	struct kstate_core core;
	struct stream in;
	unsigned long nth;
	int err;

	s->fill(&src, 1, true);
	CHECK_EQ(hop_write(s->desc, &src, INSTANCE, &in), 0);
	for (nth = 1; ; nth++) {
		kstate_core_init(&core, kstate_core.mem);
		CHECK_EQ(kstate_core_open(&core, in.data, in.len), 0);
		shim_fail_alloc(nth);
		err = kstate_core_register(&core, s->desc, &dst, INSTANCE);
		if (!shim_failed())
			break;
		shim_fail_alloc(0);
		CHECK_EQ(err, -ENOMEM);
		CHECK_EQ(core.nr_objects, 0);
		CHECK_EQ(kstate_core_register(&core, s->desc, &dst, INSTANCE),
			 KSTATE_RESTORED);
		CHECK(s->same(&src, &dst));
		kstate_core_unregister(&core, s->desc, INSTANCE);
		s->release(&dst);
		kstate_core_close(&core);
	}
	shim_fail_alloc(0);
	CHECK_EQ(err, KSTATE_RESTORED);
	CHECK(s->same(&src, &dst));
	kstate_core_unregister(&core, s->desc, INSTANCE);
	kstate_core_close(&core);
	stream_free(&in);
	s->release(&src);
	s->release(&dst);
}

int main(void)
{
	static const struct tap_test tests[] = {
		TAP_TEST(saving_one),
		TAP_TEST(saving_all),
		TAP_TEST(saving_more_than_prepared),
		TAP_TEST(restoring_into_nothing),
		TAP_TEST(restoring_into_memory),
		TAP_TEST(registering),
	};

	return tap_run(tests, ARRAY_SIZE(tests));
}
