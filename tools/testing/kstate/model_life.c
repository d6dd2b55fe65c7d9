// SPDX-License-Identifier: GPL-2.0
/*
 * A hand-over of several objects of a few descriptions. They are registered in
 * any order, some are saved late, some leave while it is under way; the next
 * kernel asks for them in any order, and for more than there is.
 */
#include <errno.h>
#include <stdlib.h>

#include <linux/kernel.h>

#include "hop.h"
#include "model.h"
#include "shim_mem.h"
#include "tap.h"

#define MAX_DESCS	3
#define MAX_OBJECTS	12

struct member {
	struct mdesc *desc;
	struct mobj *value;
	void *mem;
	u64 instance;
	bool gone;
};

static struct mdesc *descs[MAX_DESCS];
static struct member members[MAX_OBJECTS];
static unsigned int nr_members;
static u8 *bytes;

static void make_descs(void)
{
	unsigned int i;

	for (i = 0; i < MAX_DESCS; i++) {
		descs[i] = mdesc_random(1 + model_random(3), false, false);
		mdesc_layout(descs[i]);
		descs[i]->kdesc.flags = model_chance(40) ? KSTATE_LATE : 0;
	}
}

static void make_members(void)
{
	struct member *m;

	nr_members = model_random(MAX_OBJECTS + 1);
	for (m = members; m < members + nr_members; m++) {
		m->desc = descs[model_random(MAX_DESCS)];
		m->value = mobj_random(m->desc, FILL_SOURCE);
		m->mem = calloc(1, m->desc->size);
		mobj_store(m->value, m->mem);
		/* far apart, and not in the order of their numbers */
		m->instance = (u64)(m - members) * 0x9e3779b97f4a7c15ULL;
		m->gone = false;
	}
}

static void register_all(void)
{
	unsigned int i, first = model_random(nr_members + 1);
	struct member *m;

	for (i = 0; i < nr_members; i++) {
		m = &members[(first + i) % nr_members];
		CHECK_EQ(kstate_register(&m->desc->kdesc, m->mem, m->instance),
			 0);
		CHECK_EQ(kstate_register(&m->desc->kdesc, m->mem, m->instance),
			 -EEXIST);
	}
	CHECK_EQ(kstate_have_objects(), nr_members > 0);
	model_registered = MODEL_ALL_TARGETS;
	model_register_targets(&kstate_core, model_registered);
}

static int grow(struct kstate_stream *s, size_t size)
{
	bytes = realloc(bytes, size);
	s->data = bytes;
	s->size = size;
	return 0;
}

static void leave(struct member *m)
{
	kstate_unregister(&m->desc->kdesc, m->instance);
	m->gone = true;
}

/* Save, and maybe think better of it a few times */
static void save_all(void)
{
	unsigned int tries = 1 + model_random(3), i;

	while (tries--) {
		CHECK_EQ(kstate_core_save(&kstate_core, NULL, 0, grow, NULL),
			 0);
		CHECK_EQ(kstate_core_save(&kstate_core, NULL, 0, grow, NULL),
			 -EBUSY);
		if (!tries)
			break;
		kstate_core_abort(&kstate_core);
		for (i = 0; i < SHIM_FOLIOS; i++)
			CHECK(!shim_folios[i].page.preserved);
	}
	for (i = 0; i < nr_members; i++) {
		if (model_chance(15))
			leave(&members[i]);
	}
	kstate_core_late(&kstate_core);
}

static void restore_member(struct kstate_core *core, struct member *m)
{
	const struct kstate_description *desc = &m->desc->kdesc;
	void *mem = calloc(1, m->desc->size);
	struct mobj *want, *zero, *got;
	unsigned int errors;

	want = mobj_zero(m->desc);
	errors = m->gone ? MERR_NOENT : mobj_convert(m->value, want, false);
	CHECK_EQ(kstate_core_pending(core, desc, m->instance), !m->gone);
	model_check_error(errors,
			  kstate_core_restore(core, desc, mem, m->instance),
			  "restored");
	CHECK_EQ(kstate_core_restore(core, desc, mem, m->instance),
		 m->gone ? -ENOENT : -EALREADY);
	CHECK_EQ(kstate_core_restore(core, desc, mem, m->instance + 1),
		 -ENOENT);
	zero = mobj_zero(m->desc);
	got = mobj_fetch(m->desc, mem);
	CHECK(mobj_same(got, errors ? zero : want));
	mobj_free(zero);
	mobj_free(want);
	mobj_free(got);
	mobj_release(m->desc, mem);
	free(mem);
}

/* The global core is the next kernel's as well. */
static void restore_all(size_t len)
{
	unsigned int i, first = model_random(nr_members + 1);

	CHECK_EQ(kstate_in_open(bytes, len), 0);
	CHECK_EQ(kstate_in_open(bytes, len), -EBUSY);
	for (i = 0; i < nr_members; i++) {
		if (model_chance(90))
			restore_member(&kstate_core,
				       &members[(first + i) % nr_members]);
	}
	CHECK_EQ(kstate_core_finish(&kstate_core), 0);
}

static void free_all(void)
{
	struct member *m;
	unsigned int i;

	for (m = members; m < members + nr_members; m++) {
		if (!m->gone)
			kstate_unregister(&m->desc->kdesc, m->instance);
		mobj_release(m->desc, m->mem);
		mobj_free(m->value);
		free(m->mem);
	}
	model_unregister_targets(&kstate_core);
	CHECK(!kstate_have_objects());
	for (i = 0; i < MAX_DESCS; i++)
		mdesc_free(descs[i]);
	free(bytes);
	bytes = NULL;
}

void model_life(void)
{
	bool preserved[SHIM_FOLIOS];
	unsigned int i;
	size_t len;

	make_descs();
	shim_mem_reset();
	make_members();
	shim_mem_reset();
	register_all();
	save_all();
	len = le64_to_cpu(((struct kstate_abi_stream *)bytes)->length);

	for (i = 0; i < SHIM_FOLIOS; i++)
		preserved[i] = shim_folios[i].page.preserved;
	kstate_core_abort(&kstate_core);
	for (i = 0; i < SHIM_FOLIOS; i++) {
		CHECK(!shim_folios[i].page.preserved);
		CHECK_EQ(shim_folios[i].page.refs, 1);
		shim_folios[i].page.preserved = preserved[i];
	}
	restore_all(len);
	free_all();
}
