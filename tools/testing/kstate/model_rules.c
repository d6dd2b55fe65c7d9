// SPDX-License-Identifier: GPL-2.0
/*
 * What Documentation/core-api/kstate/rules.rst promises, written down once
 * more.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/kernel.h>

#include "model.h"

/* ---- What the schemas decide ---- */

/* As if there were no such field, if it is just a name */
static int find_named(const struct mdesc *d, const char *name, size_t len)
{
	unsigned int i;

	for (i = 0; i < d->nr; i++) {
		if (strlen(d->fields[i].name) == len &&
		    !strncmp(d->fields[i].name, name, len) &&
		    d->fields[i].kind != KS_UNUSED)
			return i;
	}
	return -1;
}

/* The writer's field for a field of the reader, or -1 */
static int find_field(const struct mdesc *writer, const struct mfield *f)
{
	int i = find_named(writer, f->name, strlen(f->name));
	const char *alias = f->alias;
	size_t len;

	while (i < 0 && *alias) {
		len = strcspn(alias, ",");
		i = find_named(writer, alias, len);
		alias += len + (alias[len] == ',');
	}
	return f->kind == KS_UNUSED ? -1 : i;
}

/* The reader's field for a field of the writer, or -1 */
static int find_reader(const struct mdesc *writer, unsigned int nr,
		       const struct mdesc *reader)
{
	unsigned int i;

	for (i = 0; i < reader->nr; i++) {
		if (find_field(writer, &reader->fields[i]) == nr)
			return i;
	}
	return -1;
}

/* Does the reader know that there was a field of that name? */
static bool retired(const struct mdesc *reader, const char *name)
{
	unsigned int i;

	for (i = 0; i < reader->nr; i++) {
		if (reader->fields[i].kind == KS_UNUSED &&
		    !strcmp(reader->fields[i].name, name))
			return true;
	}
	return false;
}

/* Embedded and pointed at is the same, and so are lists. */
static int kind_of(const struct mfield *f)
{
	if (mfield_has_elements(f))
		return KS_SIMPLE;
	return f->kind == KS_HLIST ? KS_LIST : f->kind;
}

/* Structs, bytes, numbers, strings and each sort of memory are what they are. */
static int class_of(const struct mfield *f)
{
	switch (f->type) {
	case KST_BOOL:
	case KST_SINT:
		return KST_UINT;
	case KST_TEXT:
		return KST_STRING;
	default:
		return f->type;
	}
}

static unsigned int pair_errors(const struct mfield *w, const struct mfield *r)
{
	unsigned int errors = 0;

	if (kind_of(w) != kind_of(r) || class_of(w) != class_of(r))
		return MERR_PROTO;
	if (w->type == KST_REF && w->target != r->target)
		return MERR_PROTO;
	if (mfield_has_elements(w) && w->count && r->count &&
	    ((w->count < r->count && !(r->flags & KSTATE_FIELD_GROW)) ||
	     (w->count > r->count && !(r->flags & KSTATE_FIELD_SHRINK))))
		errors = MERR_SIZE;
	return errors | (w->sub ? mdesc_errors(w->sub, r->sub) : 0);
}

static unsigned int missing_errors(const struct mdesc *writer,
				   const struct mdesc *reader,
				   const struct mfield *r)
{
	if (reader->arms || r->kind == KS_SUBSECTION || r->kind == KS_UNUSED)
		return 0;
	return r->flags & KSTATE_FIELD_MANDATORY &&
	       r->since <= writer->version ? MERR_PROTO : 0;
}

static unsigned int dropped_errors(const struct mdesc *reader,
				   const struct mfield *w)
{
	if (reader->arms || w->kind == KS_SUBSECTION || w->kind == KS_UNUSED)
		return 0;
	return w->flags & KSTATE_FIELD_MANDATORY &&
	       !retired(reader, w->name) ? MERR_PROTO : 0;
}

unsigned int mdesc_errors(const struct mdesc *writer,
			  const struct mdesc *reader)
{
	unsigned int errors = 0, i;
	int at;

	if (writer->version < reader->min_version ||
	    reader->version < writer->min_version)
		errors |= MERR_VERSION;
	for (i = 0; i < reader->nr; i++) {
		at = find_field(writer, &reader->fields[i]);
		errors |= at < 0 ?
			  missing_errors(writer, reader, &reader->fields[i]) :
			  pair_errors(&writer->fields[at], &reader->fields[i]);
	}
	for (i = 0; i < writer->nr; i++) {
		if (find_reader(writer, i, reader) < 0)
			errors |= dropped_errors(reader, &writer->fields[i]);
	}
	return errors;
}

/* ---- What the values decide ---- */

/*
 * One field into another; @foretell as of mobj_convert(), @fresh: nothing that
 * is there counts
 */
struct pair {
	const struct mfield *w;
	const struct mfield *r;
	bool foretell;
	bool fresh;
};

static unsigned int convert_obj(const struct mobj *from, struct mobj *to,
				bool foretell, bool fresh);

static bool fits(mnum num, const struct mfield *f)
{
	unsigned int bits = f->width * 8;

	switch (f->type) {
	case KST_BOOL:
		return num == 0 || num == 1;
	case KST_SINT:
		return num >= -((mnum)1 << (bits - 1)) &&
		       num < (mnum)1 << (bits - 1);
	default:
		return num >= 0 && num < (mnum)1 << bits;
	}
}

static bool legal(mnum num, const struct mfield *f)
{
	unsigned int i;

	if (f->check == CHECK_BOUNDS)
		return num >= f->checks[0] && num <= f->checks[1];
	for (i = 0; f->check && i < f->nr_check; i++) {
		if (num == f->checks[i])
			return true;
	}
	return !f->check;
}

static unsigned int convert_number(const struct pair *p, mnum from, mnum *to)
{
	if (!fits(from, p->r) || !legal(from, p->r))
		return MERR_RANGE;
	if (!(p->r->flags & KSTATE_FIELD_EQUAL) || p->fresh)
		*to = from;
	return *to == from || p->foretell ? 0 : MERR_INVAL;
}

static unsigned int convert_text(const struct pair *p, const struct melem *from,
				 struct melem *to)
{
	if (p->r->type == KST_TEXT) {
		if (!from->present)
			return MERR_DATA;
		if (strlen(from->text) >= p->r->width)
			return MERR_RANGE;
	} else if (to->present) {
		return from->present && !strcmp(from->text, to->text) ?
		       0 : MERR_EXIST;
	}
	to->present = from->present;
	memcpy(to->text, from->text, sizeof(to->text));
	return 0;
}

/* Memory is taken only where there is none. */
static unsigned int convert_memory(const struct melem *from, struct melem *to)
{
	if (to->present)
		return MERR_EXIST;
	to->present = from->present;
	to->num = from->num;
	return 0;
}

static unsigned int convert_ref(const struct pair *p, const struct melem *from,
				struct melem *to)
{
	unsigned int bit = p->r->target * MODEL_OBJECTS + from->num;

	if (!from->present)
		return to->present ? MERR_EXIST : 0;
	if (!p->foretell && !(model_registered & BIT(bit)))
		return MERR_NOENT;
	if (to->present && to->num != from->num)
		return MERR_EXIST;
	to->present = true;
	to->num = from->num;
	return 0;
}

/* What is there is filled, what is not is new. */
static unsigned int convert_struct(const struct pair *p,
				   const struct melem *from, struct melem *to)
{
	bool fresh = p->fresh || !to->sub;

	if (!from->sub)
		return to->sub ? MERR_EXIST : 0;
	if (!to->sub)
		to->sub = mobj_zero(p->r->sub);
	return convert_obj(from->sub, to->sub, p->foretell, fresh);
}

static unsigned int convert_element(const struct pair *p,
				    const struct melem *from, struct melem *to)
{
	switch (p->r->type) {
	case KST_NONE:
		return convert_struct(p, from, to);
	case KST_FOLIO:
	case KST_RANGE:
		return convert_memory(from, to);
	case KST_REF:
		return convert_ref(p, from, to);
	case KST_STRING:
	case KST_TEXT:
		return convert_text(p, from, to);
	default:
		return convert_number(p, from->num, &to->num);
	}
}

/* Into as many as there is room for */
static unsigned int convert_elements(const struct pair *p,
				     const struct mval *from, struct mval *to)
{
	unsigned int errors = 0, i;

	if ((from->nr < to->nr && !(p->r->flags & KSTATE_FIELD_GROW)) ||
	    (from->nr > to->nr && !(p->r->flags & KSTATE_FIELD_SHRINK)))
		return MERR_SIZE;
	for (i = 0; i < from->nr; i++) {
		if (i < to->nr)
			errors |= convert_element(p, &from->elem[i],
						  &to->elem[i]);
		else if (!melem_zero(p->w, &from->elem[i]))
			errors |= MERR_RANGE;
	}
	return errors;
}

static bool count_fits(const struct pair *p, mnum count)
{
	return !p->r->count_width ||
	       count < (mnum)1 << p->r->count_width * 8;
}

/* New memory for @nr elements */
static void make_room(const struct pair *p, struct mval *to, unsigned int nr)
{
	unsigned int i;

	*to = mval_new(true, nr);
	for (i = 0; p->r->kind == KS_POINTER && p->r->sub && i < nr; i++)
		to->elem[i].sub = mobj_zero(p->r->sub);
}

/* The table of pointers in describing.rst */
static unsigned int convert_null(const struct pair *p, struct mval *to)
{
	if (to->present)
		return MERR_EXIST;
	if (p->r->count_width)
		to->nr = 0;
	return 0;
}

static unsigned int convert_simple(const struct pair *p,
				   const struct mval *from, struct mval *to)
{
	struct pair fresh = *p;

	if (!from->present)
		return p->r->kind == KS_POINTER ? convert_null(p, to) :
						  MERR_DATA;
	if (!count_fits(p, from->nr))
		return MERR_RANGE;
	if (!to->present) {
		make_room(p, to, p->r->count ?: from->nr);
		fresh.fresh = true;
	}
	return convert_elements(&fresh, from, to);
}

static unsigned int convert_pointers(const struct pair *p,
				     const struct mval *from, struct mval *to)
{
	unsigned int errors = 0, i;

	if (!from->present)
		return convert_null(p, to);
	if (!count_fits(p, from->nr))
		return MERR_RANGE;
	if (to->present && to->nr != from->nr)
		return MERR_SIZE;
	if (!to->present)
		make_room(p, to, from->nr);
	for (i = 0; i < from->nr; i++)
		errors |= convert_struct(p, &from->elem[i], &to->elem[i]);
	return errors;
}

static unsigned int convert_bits(const struct pair *p, const struct mval *from,
				 struct mval *to)
{
	unsigned int i;

	if (!from->present)
		return p->r->count_width ? convert_null(p, to) : MERR_DATA;
	if (!count_fits(p, from->nr))
		return MERR_RANGE;
	if (!to->present)
		make_room(p, to, from->nr);
	for (i = 0; i < from->nr || i < to->nr; i++) {
		if (i < to->nr)
			to->elem[i].num = i < from->nr ? from->elem[i].num : 0;
		else if (from->elem[i].num)
			return MERR_RANGE;
	}
	return 0;
}

static unsigned int convert_list(const struct pair *p, const struct mval *from,
				 struct mval *to)
{
	unsigned int errors = 0, i;

	if (to->nr)
		return MERR_EXIST;
	mval_free(to);
	*to = mval_new(true, from->nr);
	for (i = 0; i < from->nr; i++) {
		to->elem[i].index = from->elem[i].index;
		errors |= convert_struct(p, &from->elem[i], &to->elem[i]);
	}
	return errors;
}

static unsigned int convert_field(const struct pair *p, const struct mval *from,
				  struct mval *to);

static void set_arm(const struct pair *p, struct mval *to, int arm,
		    mnum selector)
{
	if (to->arm != arm || arm < 0) {
		mval_free(to);
		*to = mval_new(true, arm >= 0);
		if (arm >= 0)
			to->elem[0].sub = mobj_arm(p->r->sub, arm);
	}
	to->arm = arm;
	to->selector = selector;
}

static unsigned int convert_union(const struct pair *p, const struct mval *from,
				  struct mval *to)
{
	const struct mdesc *w = p->w->sub, *r = p->r->sub;
	struct pair arms = *p;
	int arm;

	if (from->arm < 0) {
		if (mdesc_arm(r, from->selector) >= 0)
			return MERR_PROTO;
		if (!count_fits(p, from->selector))
			return MERR_RANGE;
		set_arm(p, to, -1, from->selector);
		return 0;
	}
	arm = find_reader(w, from->arm, r);
	if (arm < 0)
		return MERR_PROTO;
	arms.fresh |= to->arm != arm;
	set_arm(p, to, arm, r->fields[arm].value);
	arms.w = &w->fields[from->arm];
	arms.r = &r->fields[arm];
	return convert_field(&arms, &from->elem[0].sub->val[from->arm],
			     &to->elem[0].sub->val[arm]);
}

static unsigned int convert_custom(const struct mval *from, struct mval *to)
{
	mval_free(to);
	*to = mval_new(true, from->nr);
	memcpy(to->elem, from->elem, from->nr * sizeof(*to->elem));
	return 0;
}

static unsigned int convert_field(const struct pair *p, const struct mval *from,
				  struct mval *to)
{
	switch (p->r->kind) {
	case KS_CUSTOM:
		return convert_custom(from, to);
	case KS_ARRAY_OF_POINTER:
		return convert_pointers(p, from, to);
	case KS_BITMAP:
		return convert_bits(p, from, to);
	case KS_LIST:
	case KS_HLIST:
	case KS_XARRAY:
		return convert_list(p, from, to);
	case KS_UNION:
		return convert_union(p, from, to);
	case KS_SUBSECTION:
		return from->present ? convert_struct(p, from->elem, to->elem) :
				       0;
	default:
		return convert_simple(p, from, to);
	}
}

static void set_default(const struct mfield *f, struct mval *to)
{
	unsigned int i;

	for (i = 0; f->flags & KSTATE_FIELD_DEFAULT && i < to->nr; i++)
		to->elem[i].num = f->value;
}

static unsigned int convert_obj(const struct mobj *from, struct mobj *to,
				bool foretell, bool fresh)
{
	const struct mdesc *w = from->desc, *r = to->desc;
	struct pair p = { .foretell = foretell, .fresh = fresh };
	unsigned int errors = 0, i;
	int at;

	for (i = 0; i < r->nr; i++) {
		p.r = &r->fields[i];
		at = find_field(w, p.r);
		p.w = at < 0 ? NULL : &w->fields[at];
		if (p.w)
			errors |= convert_field(&p, &from->val[at], &to->val[i]);
		else
			set_default(p.r, &to->val[i]);
	}
	for (i = 0; i < w->nr; i++) {
		p.w = &w->fields[i];
		if (p.w->kind == KS_SUBSECTION && from->val[i].present &&
		    p.w->flags & KSTATE_FIELD_MANDATORY &&
		    !retired(r, p.w->name) && find_reader(w, i, r) < 0)
			errors |= MERR_PROTO;
	}
	return errors;
}

unsigned int mobj_convert(const struct mobj *from, struct mobj *to,
			  bool foretell)
{
	return convert_obj(from, to, foretell, false);
}

bool merr_has(unsigned int errors, int err)
{
	static const int bits[] = {
		-EOPNOTSUPP, -EPROTO, -EMSGSIZE, -ERANGE, -EEXIST, -ENODATA,
		-EINVAL, -ENOENT, -EIO,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bits); i++) {
		if (bits[i] == err)
			return errors & BIT(i);
	}
	return false;
}
