// SPDX-License-Identifier: GPL-2.0
/*
 * Where fields lie, and how to say so to the code under test.
 */
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/xarray.h>

#include "model.h"
#include "model_custom.h"

/* ---- Subsections: a byte of the object says whether one is needed ---- */

#define NEEDED(n) \
	static bool needed_##n(const void *obj) { return ((const u8 *)obj)[n]; }

NEEDED(0) NEEDED(1) NEEDED(2) NEEDED(3) NEEDED(4) NEEDED(5) NEEDED(6) NEEDED(7)
NEEDED(8) NEEDED(9) NEEDED(10) NEEDED(11) NEEDED(12) NEEDED(13) NEEDED(14)
NEEDED(15)

static bool (* const needed[MODEL_NEEDED])(const void *obj) = {
	needed_0, needed_1, needed_2, needed_3, needed_4, needed_5, needed_6,
	needed_7, needed_8, needed_9, needed_10, needed_11, needed_12,
	needed_13, needed_14, needed_15,
};

static bool always_needed(const void *obj)
{
	return true;
}

/* ---- Places ---- */

struct space {
	unsigned int size;
	unsigned int nr_needed;
};

static unsigned int place(struct space *s, unsigned int size,
			  unsigned int align)
{
	unsigned int at;

	s->size += model_random(3);
	at = (s->size + align - 1) / align * align;
	s->size = at + size;
	return at;
}

static unsigned int element_size(const struct mfield *f)
{
	if (f->sub)
		return f->sub->size;
	if (f->type == KST_RANGE)
		return sizeof(struct kstate_range);
	return f->width ?: sizeof(void *);
}

static unsigned int field_size(const struct mfield *f)
{
	switch (f->kind) {
	case KS_CUSTOM:
		return sizeof(struct mcustom);
	case KS_SIMPLE:
	case KS_STRUCT:
		return element_size(f) * f->count;
	case KS_UNION:
		return f->sub->size;
	case KS_BITMAP:
		return f->count_width ? sizeof(void *) :
		       BITS_TO_LONGS(f->count) * sizeof(long);
	case KS_LIST:
		return sizeof(struct list_head);
	case KS_XARRAY:
		return sizeof(struct xarray);
	default:
		return sizeof(void *);
	}
}

static void place_fields(struct mdesc *d, struct space *s);

static void place_field(struct mfield *f, struct space *s)
{
	if (f->kind == KS_UNUSED)
		return;
	if (f->kind == KS_SUBSECTION) {
		f->needed = s->nr_needed < MODEL_NEEDED ? s->nr_needed++ : -1;
		place_fields(f->sub, s);
		return;
	}
	if (f->sub)
		mdesc_layout(f->sub);
	f->offset = place(s, field_size(f), 8);
	if (f->count_width)
		f->count_offset = place(s, f->count_width, f->count_width);
}

/* In an order of its own: the one in the table does not matter. */
static void place_fields(struct mdesc *d, struct space *s)
{
	unsigned int i, first = model_random(d->nr);

	for (i = 0; i < d->nr; i++)
		place_field(&d->fields[(first + i) % d->nr], s);
}

static void place_arms(struct mdesc *d, struct space *s)
{
	struct space arm;
	unsigned int i;

	for (i = 0; i < d->nr; i++) {
		arm = (struct space){ };
		place_field(&d->fields[i], &arm);
		s->size = max(s->size, arm.size);
	}
}

/* ---- For the code under test ---- */

static void say_check(struct mfield *f)
{
	unsigned int i;

	f->kcheck = (struct kstate_check){ };
	if (f->check == CHECK_BOUNDS) {
		f->kcheck.min = (s64)f->checks[0];
		f->kcheck.max = (s64)f->checks[1];
		return;
	}
	for (i = 0; i < f->nr_check; i++)
		f->kvalues[i] = (s64)f->checks[i];
	f->kcheck.values = f->kvalues;
	f->kcheck.nr_values = f->nr_check;
}

static struct kstate_field say(struct mfield *f)
{
	struct kstate_field k = {
		.name = f->name, .alias = f->alias[0] ? f->alias : NULL,
		.kind = f->kind, .type = f->type, .flags = f->flags,
		.offset = f->offset, .size = element_size(f),
		.count = f->count, .count_offset = f->count_offset,
		.count_size = f->count_width, .since = f->since,
		.value = f->value, .desc = f->sub ? &f->sub->kdesc : NULL,
	};

	say_check(f);
	if (f->check)
		k.check = &f->kcheck;
	if (f->kind == KS_CUSTOM)
		k.ops = &model_custom_ops;
	if (f->kind == KS_BITMAP)
		k.size = field_size(f);
	if (f->type == KST_REF)
		k.target = &model_target_descs[f->target].kdesc;
	if (mfield_is_list(f))
		k.node = f->sub->node;
	if (f->kind == KS_UNION || f->kind == KS_SUBSECTION)
		k.count = 1;
	if (f->kind == KS_SUBSECTION)
		k.needed = f->needed < 0 ? always_needed : needed[f->needed];
	return k;
}

/* Subsections are of the same struct. */
static void say_all(struct mdesc *d, unsigned int size, unsigned int node)
{
	struct mfield *f;
	unsigned int i;

	d->size = size;
	d->node = node;
	for (i = 0; i < d->nr; i++) {
		f = &d->fields[i];
		if (f->kind == KS_SUBSECTION)
			say_all(f->sub, size, node);
		f->since = min(f->since, d->version);
		d->kfields[i] = say(f);
	}
	d->kfields[d->nr] = (struct kstate_field)KSTATE_END();
	d->kdesc = (struct kstate_description){
		.name = d->name, .alias = d->alias[0] ? d->alias : NULL,
		.version = d->version, .min_version = d->min_version,
		.size = size, .flags = d->arms ? KSTATE_ARMS : 0,
		.fields = d->kfields,
	};
}

static bool has_subsections(const struct mdesc *d)
{
	unsigned int i;

	for (i = 0; i < d->nr; i++) {
		if (d->fields[i].kind == KS_SUBSECTION)
			return true;
	}
	return false;
}

void mdesc_layout(struct mdesc *d)
{
	struct space s = { };
	unsigned int node = 0;

	if (d->arms) {
		place_arms(d, &s);
	} else {
		s.size = has_subsections(d) ? MODEL_NEEDED : 0;
		place_fields(d, &s);
		node = place(&s, sizeof(struct list_head), 8);
	}
	say_all(d, (s.size + 7) / 8 * 8, node);
}
