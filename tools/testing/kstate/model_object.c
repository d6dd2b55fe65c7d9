// SPDX-License-Identifier: GPL-2.0
/*
 * Objects in the model, and the same in memory.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/slab.h>

#include "model.h"
#include "model_custom.h"
#include "shim_mem.h"

/* ---- Custom fields: a few bytes and their number ---- */

static ssize_t custom_size(const void *obj, const struct kstate_field *field)
{
	return MODEL_CUSTOM_MAX;
}

static int custom_save(struct kstate_stream *stream, const void *obj,
		       const struct kstate_field *field)
{
	const struct mcustom *c = obj + field->offset;

	return kstate_write(stream, c->bytes, c->len);
}

static int custom_load(struct kstate_stream *stream, void *obj,
		       const struct kstate_field *field)
{
	size_t len = kstate_read_left(stream);
	struct mcustom *c = obj + field->offset;

	if (len > MODEL_CUSTOM_MAX)
		return -EBADMSG;
	c->len = len;
	return kstate_read(stream, c->bytes, len);
}

const struct kstate_custom_ops model_custom_ops = {
	.size = custom_size, .save = custom_save, .load = custom_load,
};

/* ---- Values ---- */

static bool is_pointer(const struct mfield *f)
{
	return f->kind == KS_POINTER || f->kind == KS_ARRAY_OF_POINTER ||
	       f->kind == KS_FOLIO;
}

static struct mval new_val(const struct mfield *f, bool present,
			   unsigned int nr)
{
	struct mval v = { .present = present, .nr = nr };

	if (!present)
		return v;
	if (f->sub)
		v.sub = calloc(nr + 1, sizeof(*v.sub));
	else
		v.num = calloc(nr + 1, sizeof(*v.num));
	return v;
}

static struct mobj *new_obj(const struct mdesc *d)
{
	struct mobj *o = calloc(1, sizeof(*o));

	o->desc = d;
	return o;
}

struct mobj *mobj_zero(const struct mdesc *d)
{
	struct mobj *o = new_obj(d);
	const struct mfield *f;
	unsigned int i, n;

	for (i = 0; i < d->nr; i++) {
		f = &d->fields[i];
		n = f->kind == KS_CUSTOM ? 0 : f->count;
		o->val[i] = new_val(f, !is_pointer(f), n);
		while (f->kind == KS_STRUCT && n--)
			o->val[i].sub[n] = mobj_zero(f->sub);
	}
	return o;
}

static mnum random_num(const struct mfield *f)
{
	unsigned int bits = f->width * 8;
	bool sign = f->type == KST_SINT;
	mnum low = sign ? -((mnum)1 << (bits - 1)) : 0;
	mnum high = ((mnum)1 << (bits - sign)) - 1;
	mnum any = (mnum)model_random(U32_MAX) << 32 | model_random(U32_MAX);

	if (f->type == KST_BOOL)
		return model_random(2);
	switch (model_random(6)) {
	case 0:
		return low;
	case 1:
		return high;
	case 2:
		return low + any % (high - low + 1);
	case 3:
		return sign ? -(mnum)model_random(128) : model_random(2);
	default:
		return model_random(128);
	}
}

static void random_elements(const struct mfield *f, struct mval *v,
			    bool folios)
{
	unsigned int i;

	for (i = 0; i < v->nr; i++) {
		if (!f->sub)
			v->num[i] = random_num(f);
		else if (f->kind != KS_ARRAY_OF_POINTER || model_chance(70))
			v->sub[i] = mobj_random(f->sub, folios);
	}
}

static unsigned int random_nr(const struct mfield *f)
{
	if (f->count)
		return f->count;
	return f->count_width > 1 && !f->sub && model_chance(20) ?
	       256 + model_random(10) : model_random(4);
}

/* A folio is in one place only. */
static struct mval random_folio(const struct mfield *f, bool folios)
{
	struct mval v = new_val(f, false, 1);
	unsigned int i = model_random(SHIM_FOLIOS);

	if (folios && model_chance(70) && !shim_folios[i].page.claimed) {
		shim_folios[i].page.claimed = true;
		v = new_val(f, true, 1);
		v.num[0] = i;
	}
	return v;
}

static struct mval random_val(const struct mfield *f, bool folios)
{
	struct mval v;
	unsigned int i;

	switch (f->kind) {
	case KS_FOLIO:
		return random_folio(f, folios);
	case KS_CUSTOM:
		v = new_val(f, true, model_random(MODEL_CUSTOM_MAX + 1));
		for (i = 0; i < v.nr; i++)
			v.num[i] = model_random(256);
		return v;
	default:
		v = new_val(f, !is_pointer(f) || model_chance(70),
			    random_nr(f));
		if (v.present)
			random_elements(f, &v, folios);
		return v;
	}
}

struct mobj *mobj_random(const struct mdesc *d, bool folios)
{
	struct mobj *o = new_obj(d);
	unsigned int i;

	for (i = 0; i < d->nr; i++)
		o->val[i] = random_val(&d->fields[i], folios);
	return o;
}

struct mobj *mobj_clone(const struct mobj *o)
{
	struct mobj *copy = new_obj(o->desc);
	const struct mval *v;
	unsigned int i, n;

	for (i = 0; i < o->desc->nr; i++) {
		v = &o->val[i];
		copy->val[i] = new_val(&o->desc->fields[i], v->present, v->nr);
		for (n = 0; v->present && n < v->nr; n++) {
			if (v->num)
				copy->val[i].num[n] = v->num[n];
			else if (v->sub[n])
				copy->val[i].sub[n] = mobj_clone(v->sub[n]);
		}
	}
	return copy;
}

static bool same_val(const struct mval *a, const struct mval *b)
{
	unsigned int i;

	if (a->present != b->present || a->nr != b->nr)
		return false;
	for (i = 0; a->present && i < a->nr; i++) {
		if (a->num ? a->num[i] != b->num[i] :
			     !a->sub[i] != !b->sub[i] ||
			     (a->sub[i] && !mobj_same(a->sub[i], b->sub[i])))
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
	unsigned int i, n;

	if (!o)
		return;
	for (i = 0; i < o->desc->nr; i++) {
		for (n = 0; o->val[i].sub && n < o->val[i].nr; n++)
			mobj_free(o->val[i].sub[n]);
		free(o->val[i].sub);
		free(o->val[i].num);
	}
	free(o);
}

/* ---- In memory ---- */

/* x86 has the low bytes first. */
static mnum get(const void *mem, unsigned int width, bool sign)
{
	u64 raw = 0;

	memcpy(&raw, mem, width);
	if (sign && raw >> (width * 8 - 1))
		return (mnum)raw - ((mnum)1 << (width * 8));
	return raw;
}

static void put(void *mem, unsigned int width, mnum num)
{
	u64 raw = num;

	memcpy(mem, &raw, width);
}

static size_t stride(const struct mfield *f)
{
	if (f->kind == KS_ARRAY_OF_POINTER)
		return sizeof(void *);
	return f->sub ? f->sub->size : f->width;
}

static void *new_mem(size_t nr, size_t size)
{
	return kvcalloc(nr, size, GFP_KERNEL | __GFP_NOFAIL);
}

static void store_elements(const struct mfield *f, const struct mval *v,
			   void *mem)
{
	unsigned int i;
	void *p;

	for (i = 0; i < v->nr; i++, mem += stride(f)) {
		if (!f->sub) {
			put(mem, f->width, v->num[i]);
		} else if (f->kind != KS_ARRAY_OF_POINTER) {
			mobj_store(v->sub[i], mem);
		} else if (v->sub[i]) {
			p = new_mem(1, f->sub->size);
			mobj_store(v->sub[i], p);
			*(void **)mem = p;
		}
	}
}

static void store_custom(const struct mval *v, struct mcustom *c)
{
	unsigned int i;

	c->len = v->nr;
	for (i = 0; i < v->nr; i++)
		c->bytes[i] = v->num[i];
}

static void store_field(const struct mfield *f, const struct mval *v,
			void *mem)
{
	void *at = mem + f->offset;

	if (f->count_width)
		put(mem + f->count_offset, f->count_width, v->nr);
	if (!v->present)
		return;
	switch (f->kind) {
	case KS_FOLIO:
		*(void **)at = &shim_folios[(unsigned int)v->num[0]];
		break;
	case KS_CUSTOM:
		store_custom(v, at);
		break;
	case KS_POINTER:
	case KS_ARRAY_OF_POINTER:
		*(void **)at = new_mem(v->nr, stride(f));
		at = *(void **)at;
		fallthrough;
	default:
		store_elements(f, v, at);
	}
}

/* @mem is all zeroes. */
void mobj_store(const struct mobj *o, void *mem)
{
	unsigned int i;

	for (i = 0; i < o->desc->nr; i++)
		store_field(&o->desc->fields[i], &o->val[i], mem);
}

static void fetch_elements(const struct mfield *f, struct mval *v,
			   const void *mem)
{
	unsigned int i;
	void *p;

	for (i = 0; i < v->nr; i++, mem += stride(f)) {
		if (!f->sub) {
			v->num[i] = get(mem, f->width, f->type == KST_SINT);
		} else if (f->kind != KS_ARRAY_OF_POINTER) {
			v->sub[i] = mobj_fetch(f->sub, mem);
		} else {
			p = *(void * const *)mem;
			v->sub[i] = p ? mobj_fetch(f->sub, p) : NULL;
		}
	}
}

static struct mval fetch_custom(const struct mfield *f,
				const struct mcustom *c)
{
	struct mval v = new_val(f, true, c->len);
	unsigned int i;

	for (i = 0; i < v.nr; i++)
		v.num[i] = c->bytes[i];
	return v;
}

static struct mval fetch_folio(const struct mfield *f,
			       const struct folio *folio)
{
	struct mval v = new_val(f, folio, 1);

	if (folio)
		v.num[0] = folio - shim_folios;
	return v;
}

static struct mval fetch_field(const struct mfield *f, const void *mem)
{
	const void *at = mem + f->offset;
	unsigned int nr = f->count;
	struct mval v;

	if (f->kind == KS_CUSTOM)
		return fetch_custom(f, at);
	if (f->kind == KS_FOLIO)
		return fetch_folio(f, *(void * const *)at);
	if (f->count_width)
		nr = get(mem + f->count_offset, f->count_width, false);
	if (is_pointer(f))
		at = *(void * const *)at;
	v = new_val(f, at, nr);
	if (at)
		fetch_elements(f, &v, at);
	return v;
}

struct mobj *mobj_fetch(const struct mdesc *d, const void *mem)
{
	struct mobj *o = new_obj(d);
	unsigned int i;

	for (i = 0; i < d->nr; i++)
		o->val[i] = fetch_field(&d->fields[i], mem);
	return o;
}

static void release_field(const struct mfield *f, void *mem)
{
	void *at = mem + f->offset, *element;
	unsigned int nr = f->count;

	if (f->kind == KS_FOLIO || f->kind == KS_CUSTOM)
		return;
	if (f->count_width)
		nr = get(mem + f->count_offset, f->count_width, false);
	if (is_pointer(f))
		at = *(void **)at;
	for (element = at; at && f->sub && nr--; element += stride(f)) {
		if (f->kind != KS_ARRAY_OF_POINTER) {
			mobj_release(f->sub, element);
		} else if (*(void **)element) {
			mobj_release(f->sub, *(void **)element);
			kvfree(*(void **)element);
		}
	}
	if (is_pointer(f))
		kvfree(at);
}

void mobj_release(const struct mdesc *d, void *mem)
{
	unsigned int i;

	for (i = 0; i < d->nr; i++)
		release_field(&d->fields[i], mem);
}
