// SPDX-License-Identifier: GPL-2.0
/*
 * Objects in the model.
 */
#include <stdlib.h>
#include <string.h>

#include <linux/kernel.h>

#include "model.h"
#include "shim_mem.h"

/* Random structs of an object; more than these have no more than they must. */
#define MAX_STRUCTS	200

static unsigned int nr_structs, depth;

static bool is_pointer(const struct mfield *f)
{
	return f->kind == KS_POINTER || f->kind == KS_ARRAY_OF_POINTER ||
	       (f->kind == KS_BITMAP && f->count_width);
}

struct mval mval_new(bool present, unsigned int nr)
{
	return (struct mval){
		.present = present, .nr = nr, .arm = -1,
		.elem = calloc(nr + 1, sizeof(struct melem)),
	};
}

void mval_free(struct mval *v)
{
	unsigned int i;

	for (i = 0; v->elem && i < v->nr; i++)
		mobj_free(v->elem[i].sub);
	free(v->elem);
	v->elem = NULL;
}

static struct mval no_val(unsigned int nr)
{
	return (struct mval){ .nr = nr, .arm = -1 };
}

static struct mobj *new_obj(const struct mdesc *d)
{
	struct mobj *o = calloc(1, sizeof(*o));

	o->desc = d;
	return o;
}

int mdesc_arm(const struct mdesc *d, mnum selector)
{
	unsigned int i;

	for (i = 0; i < d->nr; i++) {
		if (d->fields[i].value == selector)
			return i;
	}
	return -1;
}

static struct mval union_val(const struct mfield *f, mnum selector)
{
	int arm = mdesc_arm(f->sub, selector);
	struct mval v = mval_new(true, arm >= 0);

	v.arm = arm;
	v.selector = selector;
	if (arm >= 0)
		v.elem[0].sub = mobj_arm(f->sub, arm);
	return v;
}

/* ---- Nothing ---- */

struct mval mval_zero(const struct mfield *f)
{
	struct mval v;
	unsigned int i;

	if (is_pointer(f))
		return no_val(f->count);
	if (f->kind == KS_UNION)
		return union_val(f, 0);
	if (f->kind == KS_SUBSECTION) {
		v = mval_new(f->needed < 0, 1);
		v.elem[0].sub = mobj_zero(f->sub);
		return v;
	}
	v = mval_new(true, f->count);
	for (i = 0; f->kind == KS_STRUCT && i < v.nr; i++)
		v.elem[i].sub = mobj_zero(f->sub);
	for (i = 0; f->type == KST_TEXT && i < v.nr; i++)
		v.elem[i].present = true;
	return v;
}

struct mobj *mobj_zero(const struct mdesc *d)
{
	struct mobj *o = new_obj(d);
	unsigned int i;

	for (i = 0; i < d->nr; i++)
		o->val[i] = mval_zero(&d->fields[i]);
	return o;
}

struct mobj *mobj_arm(const struct mdesc *d, unsigned int arm)
{
	struct mobj *o = new_obj(d);
	unsigned int i;

	for (i = 0; i < d->nr; i++)
		o->val[i] = i == arm ? mval_zero(&d->fields[i]) : no_val(0);
	return o;
}

/* ---- Anything ---- */

static mnum random_num(const struct mfield *f)
{
	unsigned int bits = f->width * 8;
	bool sign = f->type == KST_SINT;
	mnum low = sign ? -((mnum)1 << (bits - 1)) : 0;
	mnum high = ((mnum)1 << (bits - sign)) - 1;
	mnum any = (mnum)model_random(U32_MAX) << 32 | model_random(U32_MAX);

	if (f->type == KST_BOOL || (f->flags & KSTATE_FIELD_EQUAL))
		return model_random(2);
	switch (model_random(7)) {
	case 0:
		return low;
	case 1:
		return high;
	case 2:
		return low + any % (high - low + 1);
	case 3:
		return sign ? -(mnum)model_random(128) : model_random(2);
	case 4:
		return 0;
	default:
		return model_random(128);
	}
}

static void random_text(struct melem *e, unsigned int room)
{
	unsigned int len = model_chance(40) ? 0 : model_random(room);

	e->present = true;
	memset(e->text, 'a' + model_random(2), len);
}

/* A folio or range is in one place only; a reader has them just to be refused. */
static void random_memory(struct melem *e, enum mfill fill)
{
	unsigned int i = model_random(SHIM_FOLIOS);

	if (fill == FILL_BARE || shim_folios[i].page.claimed ||
	    !model_chance(fill == FILL_SOURCE ? 60 : 10))
		return;
	shim_folios[i].page.claimed = fill == FILL_SOURCE;
	e->present = true;
	e->num = i;
}

static void random_element(const struct mfield *f, struct melem *e,
			   enum mfill fill)
{
	switch (f->type) {
	case KST_NONE:
		if (f->kind != KS_ARRAY_OF_POINTER || model_chance(70))
			e->sub = mobj_random(f->sub, fill);
		break;
	case KST_FOLIO:
	case KST_RANGE:
		random_memory(e, fill);
		break;
	case KST_REF:
		e->present = model_chance(fill == FILL_SOURCE ? 70 : 20);
		e->num = e->present ? model_random(MODEL_OBJECTS) : 0;
		break;
	case KST_STRING:
		if (fill != FILL_BARE &&
		    model_chance(fill == FILL_SOURCE ? 70 : 20))
			random_text(e, MODEL_TEXT);
		break;
	case KST_TEXT:
		random_text(e, f->width);
		break;
	default:
		e->num = random_num(f);
	}
}

static unsigned int random_nr(const struct mfield *f)
{
	if (f->count)
		return f->count;
	if (f->sub)
		return nr_structs < MAX_STRUCTS ? model_random(4) : 0;
	return f->count_width > 1 && model_chance(10) ?
	       256 + model_random(10) : model_random(4);
}

static struct mval random_elements(const struct mfield *f, enum mfill fill)
{
	bool pointer = is_pointer(f);
	struct mval v;
	unsigned int i;

	if (pointer && (fill == FILL_BARE || !model_chance(70)))
		return no_val(f->count);
	v = mval_new(true, random_nr(f));
	for (i = 0; i < v.nr; i++)
		random_element(f, &v.elem[i], fill);
	return v;
}

static struct mval random_bits(const struct mfield *f, enum mfill fill)
{
	bool few = model_chance(30);
	struct mval v;
	unsigned int i;

	if (is_pointer(f) && (fill == FILL_BARE || !model_chance(70)))
		return no_val(0);
	v = mval_new(true, f->count ?: model_random(MODEL_MAX_BITS + 1));
	for (i = 0; i < v.nr; i++)
		v.elem[i].num = few ? i < 2 : model_random(2);
	return v;
}

static struct mval random_list(const struct mfield *f, enum mfill fill)
{
	bool empty = fill == FILL_BARE ||
		     (fill == FILL_READER && !model_chance(10));
	struct mval v = mval_new(true, empty ? 0 : random_nr(f));
	u64 index = 0;
	unsigned int i;

	for (i = 0; i < v.nr; i++) {
		v.elem[i].sub = mobj_random(f->sub, fill);
		if (f->kind != KS_XARRAY)
			continue;
		index += model_random(3) + !!i;
		if (model_chance(20))
			index += 1ULL << model_random(60);
		v.elem[i].index = index;
	}
	return v;
}

/* What another arm than that of the stream has would be lost: no memory. */
static struct mval random_union(const struct mfield *f, enum mfill fill)
{
	struct mval v = union_val(f, model_random(6));
	struct mobj *o;

	if (v.arm < 0)
		return v;
	o = mobj_random(f->sub, fill == FILL_SOURCE ? fill : FILL_BARE);
	mval_free(&v.elem[0].sub->val[v.arm]);
	v.elem[0].sub->val[v.arm] = o->val[v.arm];
	o->val[v.arm] = no_val(0);
	mobj_free(o);
	return v;
}

static struct mval random_val(const struct mfield *f, enum mfill fill)
{
	struct mval v;
	unsigned int i;

	switch (f->kind) {
	case KS_UNUSED:
		return mval_new(true, 0);
	case KS_CUSTOM:
		v = mval_new(true, model_random(MODEL_CUSTOM_MAX + 1));
		for (i = 0; i < v.nr; i++)
			v.elem[i].num = model_random(256);
		return v;
	case KS_BITMAP:
		return random_bits(f, fill);
	case KS_LIST:
	case KS_HLIST:
	case KS_XARRAY:
		return random_list(f, fill);
	case KS_UNION:
		return random_union(f, fill);
	case KS_SUBSECTION:
		v = mval_new(f->needed < 0 || model_chance(50), 1);
		v.elem[0].sub = mobj_random(f->sub, fill);
		return v;
	default:
		return random_elements(f, fill);
	}
}

struct mobj *mobj_random(const struct mdesc *d, enum mfill fill)
{
	struct mobj *o = new_obj(d);
	unsigned int i;

	nr_structs = depth++ ? nr_structs + 1 : 0;
	for (i = 0; i < d->nr; i++)
		o->val[i] = random_val(&d->fields[i], fill);
	depth--;
	return o;
}

/* ---- The same once more ---- */

struct mobj *mobj_clone(const struct mobj *o)
{
	struct mobj *copy = new_obj(o->desc);
	const struct mval *from;
	struct mval *to;
	unsigned int i, n;

	for (i = 0; i < o->desc->nr; i++) {
		from = &o->val[i];
		to = &copy->val[i];
		*to = *from;
		if (!from->elem)
			continue;
		to->elem = calloc(from->nr + 1, sizeof(*to->elem));
		for (n = 0; n < from->nr; n++) {
			to->elem[n] = from->elem[n];
			if (from->elem[n].sub)
				to->elem[n].sub = mobj_clone(from->elem[n].sub);
		}
	}
	return copy;
}

static bool same_elem(const struct melem *a, const struct melem *b)
{
	return a->present == b->present && a->num == b->num &&
	       a->index == b->index && !strcmp(a->text, b->text) &&
	       !a->sub == !b->sub && (!a->sub || mobj_same(a->sub, b->sub));
}

static bool same_val(const struct mval *a, const struct mval *b)
{
	unsigned int i;

	if (a->present != b->present || a->nr != b->nr || a->arm != b->arm ||
	    a->selector != b->selector || !a->elem != !b->elem)
		return false;
	for (i = 0; a->elem && i < a->nr; i++) {
		if (!same_elem(&a->elem[i], &b->elem[i]))
			return false;
	}
	return true;
}

bool mobj_same(const struct mobj *a, const struct mobj *b)
{
	unsigned int i;

	for (i = 0; i < a->desc->nr; i++) {
		if (!same_val(&a->val[i], &b->val[i]))
			return false;
	}
	return true;
}

void mobj_free(struct mobj *o)
{
	unsigned int i;

	for (i = 0; o && i < o->desc->nr; i++)
		mval_free(&o->val[i]);
	free(o);
}
