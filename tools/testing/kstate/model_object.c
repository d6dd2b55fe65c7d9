// SPDX-License-Identifier: GPL-2.0
/*
 * Objects of the model in memory.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/slab.h>
#include <linux/xarray.h>

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

/* What the last fields that were loaded had before */
static struct {
	struct mcustom *at;
	struct mcustom old;
} loaded[4096];

static unsigned int nr_loaded;

static int custom_load(struct kstate_stream *stream, void *obj,
		       const struct kstate_field *field)
{
	size_t len = kstate_read_left(stream);
	struct mcustom *c = obj + field->offset;
	unsigned int i = nr_loaded++ % ARRAY_SIZE(loaded);

	if (len > MODEL_CUSTOM_MAX)
		return -EBADMSG;
	loaded[i].at = c;
	loaded[i].old = *c;
	c->len = len;
	return kstate_read(stream, c->bytes, len);
}

static void custom_undo(void *obj, const struct kstate_field *field)
{
	struct mcustom *c = obj + field->offset;
	unsigned int i = nr_loaded;

	do {
		i--;
	} while (loaded[i % ARRAY_SIZE(loaded)].at != c);
	*c = loaded[i % ARRAY_SIZE(loaded)].old;
}

const struct kstate_custom_ops model_custom_ops = {
	.size = custom_size, .save = custom_save, .load = custom_load,
	.undo = custom_undo,
};

/* ---- What references point to ---- */

#define TARGET(_n) {							\
	.name = "target" #_n, .nr = 1, .size = 1,			\
	.fields = { {							\
		.name = "x", .kind = KS_SIMPLE, .type = KST_UINT,	\
		.width = 1, .count = 1,					\
	} },								\
	.kfields = { {							\
		.name = "x", .kind = KS_SIMPLE, .type = KST_UINT,	\
		.size = 1, .count = 1,					\
	}, KSTATE_END() },						\
	.kdesc = {							\
		.name = "target" #_n, .size = 1,			\
		.fields = model_target_descs[_n].kfields,		\
	} }

struct mdesc model_target_descs[MODEL_TARGETS] = { TARGET(0), TARGET(1) };
u8 model_targets[MODEL_TARGETS][MODEL_OBJECTS];
unsigned int model_registered;

/* ---- Memory ---- */

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

static void *get_pointer(const void *mem)
{
	return *(void * const *)mem;
}

static void *new_mem(size_t nr, size_t size)
{
	return kvcalloc(nr, size, GFP_KERNEL | __GFP_NOFAIL);
}

static bool is_pointer(const struct mfield *f)
{
	return f->kind == KS_POINTER || f->kind == KS_ARRAY_OF_POINTER ||
	       (f->kind == KS_BITMAP && f->count_width);
}

static size_t stride(const struct mfield *f)
{
	if (f->kind == KS_ARRAY_OF_POINTER)
		return sizeof(void *);
	if (f->type == KST_RANGE)
		return sizeof(struct kstate_range);
	return f->sub ? f->sub->size : f->width ?: sizeof(void *);
}

/* ---- Elements ---- */

static void store_range(const struct melem *e, struct kstate_range *range)
{
	const struct folio *folio = &shim_folios[(unsigned int)e->num];

	range->start = PFN_PHYS(folio_pfn(folio));
	range->size = folio_size(folio);
}

static void *store_struct(const struct melem *e)
{
	void *p;

	if (!e->sub)
		return NULL;
	p = new_mem(1, e->sub->desc->size);
	mobj_store(e->sub, p);
	return p;
}

static void *store_string(const struct melem *e)
{
	size_t len = strlen(e->text) + 1;

	return memcpy(new_mem(len, 1), e->text, len);
}

static void store_element(const struct mfield *f, const struct melem *e,
			  void *mem)
{
	unsigned int nr = e->num;

	if (f->kind == KS_ARRAY_OF_POINTER)
		*(void **)mem = store_struct(e);
	else if (f->sub)
		mobj_store(e->sub, mem);
	else if (mfield_is_number(f))
		put(mem, f->width, e->num);
	else if (f->type == KST_TEXT)
		memcpy(mem, e->text, strlen(e->text));
	else if (!e->present)
		return;
	else if (f->type == KST_RANGE)
		store_range(e, mem);
	else if (f->type == KST_FOLIO)
		*(void **)mem = &shim_folios[nr];
	else if (f->type == KST_REF)
		*(void **)mem = &model_targets[f->target][nr];
	else
		*(void **)mem = store_string(e);
}

static void fetch_range(struct melem *e, const struct kstate_range *range)
{
	e->present = range->size;
	if (e->present)
		e->num = pfn_folio(PHYS_PFN(range->start)) - shim_folios;
}

static void fetch_element(const struct mfield *f, struct melem *e,
			  const void *mem)
{
	void *p;

	if (mfield_is_number(f)) {
		e->num = get(mem, f->width, f->type == KST_SINT);
		return;
	}
	if (f->type == KST_TEXT || f->type == KST_RANGE) {
		e->present = true;
		if (f->type == KST_RANGE)
			fetch_range(e, mem);
		else
			strscpy(e->text, mem, min(f->width, MODEL_TEXT));
		return;
	}
	if (f->sub && f->kind != KS_ARRAY_OF_POINTER) {
		e->sub = mobj_fetch(f->sub, mem);
		return;
	}
	p = get_pointer(mem);
	if (!p)
		return;
	if (f->sub) {
		e->sub = mobj_fetch(f->sub, p);
		return;
	}
	e->present = true;
	if (f->type == KST_FOLIO)
		e->num = (struct folio *)p - shim_folios;
	else if (f->type == KST_REF)
		e->num = (u8 *)p - model_targets[f->target];
	else
		strscpy(e->text, p, MODEL_TEXT);
}

static void release_element(const struct mfield *f, void *mem)
{
	void *p;

	if (f->sub && f->kind != KS_ARRAY_OF_POINTER) {
		mobj_release(f->sub, mem);
	} else if (f->sub || f->type == KST_STRING) {
		p = get_pointer(mem);
		if (p && f->sub)
			mobj_release(f->sub, p);
		kvfree(p);
	}
}

/* ---- Lists ---- */

static void store_list(const struct mfield *f, const struct mval *v, void *at)
{
	struct hlist_node *last = NULL, *node;
	unsigned int i;
	void *p;

	if (f->kind == KS_LIST)
		INIT_LIST_HEAD(at);
	if (f->kind == KS_XARRAY)
		xa_init(at);
	for (i = 0; i < v->nr; i++, last = node) {
		p = store_struct(&v->elem[i]);
		node = p + f->sub->node;
		if (f->kind == KS_XARRAY)
			xa_store(at, v->elem[i].index, p, GFP_KERNEL);
		else if (f->kind == KS_LIST)
			list_add_tail(p + f->sub->node, at);
		else if (last)
			hlist_add_behind(node, last);
		else
			hlist_add_head(node, at);
	}
}

/* The next element after @p, or the first one after NULL */
static void *next_element(const struct mfield *f, void *at, void *p,
			  unsigned long *index)
{
	struct list_head *head = at, *node;
	struct hlist_node *hnode;

	if (f->kind == KS_XARRAY)
		return p ? xa_find_after(at, index, ULONG_MAX, XA_PRESENT) :
			   xa_find(at, index, ULONG_MAX, XA_PRESENT);
	if (f->kind == KS_HLIST) {
		hnode = p ? ((struct hlist_node *)(p + f->sub->node))->next :
			    ((struct hlist_head *)at)->first;
		return hnode ? (void *)hnode - f->sub->node : NULL;
	}
	node = p ? ((struct list_head *)(p + f->sub->node))->next : head->next;
	return node && node != head ? (void *)node - f->sub->node : NULL;
}

static struct mval fetch_list(const struct mfield *f, void *at)
{
	unsigned long index = 0;
	unsigned int nr = 0;
	struct mval v;
	void *p = NULL;

	while ((p = next_element(f, at, p, &index)))
		nr++;
	v = mval_new(true, nr);
	for (nr = 0, index = 0; nr < v.nr; nr++) {
		p = next_element(f, at, p, &index);
		v.elem[nr].sub = mobj_fetch(f->sub, p);
		v.elem[nr].index = index;
	}
	return v;
}

static void release_list(const struct mfield *f, void *at)
{
	unsigned long index = 0;
	void *p, *next;

	for (p = next_element(f, at, NULL, &index); p; p = next) {
		next = next_element(f, at, p, &index);
		mobj_release(f->sub, p);
		kvfree(p);
	}
	if (f->kind == KS_XARRAY)
		xa_destroy(at);
}

/* ---- Fields ---- */

static void store_custom(const struct mval *v, struct mcustom *c)
{
	unsigned int i;

	c->len = v->nr;
	for (i = 0; i < v->nr; i++)
		c->bytes[i] = v->elem[i].num;
}

static void store_elements(const struct mfield *f, const struct mval *v,
			   void *at)
{
	size_t size = stride(f);
	unsigned int i;

	if (is_pointer(f)) {
		if (f->kind == KS_BITMAP)
			size = 1;
		*(void **)at = new_mem(ALIGN(v->nr, f->kind == KS_BITMAP ?
					     64 : 1), size);
		at = get_pointer(at);
	}
	for (i = 0; i < v->nr; i++) {
		if (f->kind != KS_BITMAP)
			store_element(f, &v->elem[i], at + i * size);
		else if (v->elem[i].num)
			((u8 *)at)[i / 8] |= 1 << i % 8;
	}
}

static void store_field(const struct mfield *f, const struct mval *v,
			void *mem)
{
	void *at = mem + f->offset;

	if (f->count_width)
		put(mem + f->count_offset, f->count_width,
		    f->kind == KS_UNION ? v->selector : v->nr);
	switch (f->kind) {
	case KS_UNUSED:
		break;
	case KS_CUSTOM:
		store_custom(v, at);
		break;
	case KS_LIST:
	case KS_HLIST:
	case KS_XARRAY:
		store_list(f, v, at);
		break;
	case KS_UNION:
		if (v->arm >= 0)
			store_field(&f->sub->fields[v->arm],
				    &v->elem[0].sub->val[v->arm], at);
		break;
	case KS_SUBSECTION:
		if (f->needed >= 0)
			((u8 *)mem)[f->needed] = v->present;
		mobj_store(v->elem[0].sub, mem);
		break;
	default:
		if (v->present)
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

static struct mval fetch_custom(const struct mcustom *c)
{
	struct mval v = mval_new(true, c->len);
	unsigned int i;

	for (i = 0; i < v.nr; i++)
		v.elem[i].num = c->bytes[i];
	return v;
}

static struct mval fetch_field(const struct mfield *f, const void *mem);

static struct mval fetch_union(const struct mfield *f, const void *mem)
{
	mnum selector = get(mem + f->count_offset, f->count_width, false);
	int arm = mdesc_arm(f->sub, selector);
	struct mval v = mval_new(true, arm >= 0), *in;

	v.arm = arm;
	v.selector = selector;
	if (arm < 0)
		return v;
	v.elem[0].sub = mobj_arm(f->sub, arm);
	in = &v.elem[0].sub->val[arm];
	mval_free(in);
	*in = fetch_field(&f->sub->fields[arm], mem + f->offset);
	return v;
}

static struct mval fetch_elements(const struct mfield *f, const void *mem)
{
	const u8 *at = mem + f->offset;
	unsigned int nr = f->count, i;
	struct mval v;

	if (f->count_width)
		nr = get(mem + f->count_offset, f->count_width, false);
	if (is_pointer(f))
		at = get_pointer(at);
	if (!at)
		return (struct mval){ .nr = nr, .arm = -1 };
	v = mval_new(true, nr);
	for (i = 0; i < nr; i++) {
		if (f->kind == KS_BITMAP)
			v.elem[i].num = at[i / 8] >> i % 8 & 1;
		else
			fetch_element(f, &v.elem[i], at + i * stride(f));
	}
	return v;
}

static struct mval fetch_field(const struct mfield *f, const void *mem)
{
	const void *at = mem + f->offset;
	struct mval v;

	switch (f->kind) {
	case KS_UNUSED:
		return mval_new(true, 0);
	case KS_CUSTOM:
		return fetch_custom(at);
	case KS_LIST:
	case KS_HLIST:
	case KS_XARRAY:
		return fetch_list(f, (void *)at);
	case KS_UNION:
		return fetch_union(f, mem);
	case KS_SUBSECTION:
		v = mval_new(f->needed < 0 || ((u8 *)mem)[f->needed], 1);
		v.elem[0].sub = mobj_fetch(f->sub, mem);
		return v;
	default:
		return fetch_elements(f, mem);
	}
}

struct mobj *mobj_fetch(const struct mdesc *d, const void *mem)
{
	struct mobj *o = calloc(1, sizeof(*o));
	unsigned int i;

	o->desc = d;
	for (i = 0; i < d->nr; i++)
		o->val[i] = fetch_field(&d->fields[i], mem);
	return o;
}

static void release_elements(const struct mfield *f, void *mem)
{
	void *at = mem + f->offset;
	unsigned int nr = f->count, i;

	if (f->count_width)
		nr = get(mem + f->count_offset, f->count_width, false);
	if (is_pointer(f))
		at = get_pointer(at);
	for (i = 0; at && f->kind != KS_BITMAP && i < nr; i++)
		release_element(f, at + i * stride(f));
	if (is_pointer(f))
		kvfree(at);
}

static void release_field(const struct mfield *f, void *mem)
{
	int arm;

	switch (f->kind) {
	case KS_UNUSED:
	case KS_CUSTOM:
		break;
	case KS_LIST:
	case KS_HLIST:
	case KS_XARRAY:
		release_list(f, mem + f->offset);
		break;
	case KS_UNION:
		arm = mdesc_arm(f->sub, get(mem + f->count_offset,
					    f->count_width, false));
		if (arm >= 0)
			release_field(&f->sub->fields[arm], mem + f->offset);
		break;
	case KS_SUBSECTION:
		mobj_release(f->sub, mem);
		break;
	default:
		release_elements(f, mem);
	}
}

void mobj_release(const struct mdesc *d, void *mem)
{
	unsigned int i;

	for (i = 0; i < d->nr; i++)
		release_field(&d->fields[i], mem);
}
