// SPDX-License-Identifier: GPL-2.0
/*
 * Random numbers, and descriptions made up with them.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <linux/kernel.h>
#include <linux/string.h>

#include "model.h"

static u64 state = 1;
static const u8 *food;
static size_t food_left;
static unsigned int nr_names;

void model_seed(u64 seed)
{
	state = seed * 0x9e3779b97f4a7c15ULL + 1;
	nr_names = 0;
	food = NULL;
}

void model_feed(const u8 *bytes, size_t len)
{
	model_seed(0);
	food = bytes;
	food_left = len;
}

/* As few bytes as will do, so that a fuzzer's changes are small ones */
static u32 feed(u32 below)
{
	u32 value = 0, most;

	for (most = 1; most < below && food_left; most = most << 8 ?: U32_MAX) {
		value = value << 8 | *food++;
		food_left--;
	}
	return value % below;
}

u32 model_random(u32 below)
{
	if (food)
		return feed(below);
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (u32)((state * 0x2545f4914f6cdd1dULL) >> 32) % below;
}

bool model_chance(u32 percent)
{
	/* false when a fuzzer's input has come to its end, which keeps it small */
	return model_random(100) >= 100 - percent;
}

/* ---- Making descriptions up ---- */

bool mfield_is_number(const struct mfield *f)
{
	return f->type >= KST_BOOL && f->type <= KST_BYTE;
}

bool mfield_has_elements(const struct mfield *f)
{
	return f->kind == KS_SIMPLE || f->kind == KS_STRUCT ||
	       f->kind == KS_POINTER;
}

bool mfield_is_list(const struct mfield *f)
{
	return f->kind == KS_LIST || f->kind == KS_HLIST ||
	       f->kind == KS_XARRAY;
}

void model_new_name(char *name, char prefix)
{
	snprintf(name, MODEL_NAME, "%c%u", prefix, nr_names++);
}

static void random_number(struct mfield *f)
{
	f->type = KST_BOOL + model_random(4);
	f->width = f->type == KST_BOOL || f->type == KST_BYTE ?
		   1 : 1 << model_random(4);
}

static void random_element(struct mfield *f)
{
	switch (model_random(12)) {
	case 1:
		f->type = KST_FOLIO;
		break;
	case 2:
		f->type = KST_RANGE;
		break;
	case 3:
		f->type = KST_REF;
		f->target = model_random(MODEL_TARGETS);
		break;
	case 4:
		f->type = KST_STRING;
		break;
	case 5:
		f->type = KST_TEXT;
		f->width = 1 + model_random(MODEL_TEXT);
		break;
	default:
		random_number(f);
	}
}

static bool of_structs(struct mfield *f, unsigned int depth)
{
	switch (f->kind) {
	case KS_STRUCT:
	case KS_ARRAY_OF_POINTER:
	case KS_LIST:
	case KS_HLIST:
	case KS_XARRAY:
	case KS_UNION:
	case KS_SUBSECTION:
		return true;
	case KS_POINTER:
		return depth > 1 && model_chance(40);
	default:
		return false;
	}
}

/* What an embedded struct must not have, the one around it must not have. */
static void random_sub(struct mdesc *d, struct mfield *f, unsigned int depth)
{
	bool embedded = f->kind == KS_STRUCT || f->kind == KS_SUBSECTION;

	f->sub = mdesc_random(depth - 1, f->kind == KS_UNION,
			      f->kind == KS_UNION ||
			      (embedded && (d->plain || d->arms)));
}

static bool has_count(const struct mdesc *d, const struct mfield *f)
{
	switch (f->kind) {
	case KS_ARRAY_OF_POINTER:
	case KS_UNION:
		return true;
	case KS_POINTER:
	case KS_BITMAP:
		return !d->arms && model_chance(50);
	default:
		return false;
	}
}

static void random_count(const struct mdesc *d, struct mfield *f)
{
	if (has_count(d, f))
		f->count_width = 1 << model_random(4);
	else if (f->kind == KS_BITMAP)
		f->count = 1 + model_random(MODEL_MAX_BITS);
	else if (mfield_has_elements(f))
		f->count = model_chance(50) ? 1 : 1 + model_random(4);
}

static enum kstate_kind random_kind(const struct mdesc *d, unsigned int depth)
{
	static const enum kstate_kind kinds[] = {
		KS_SIMPLE, KS_SIMPLE, KS_POINTER,
		/* from here on they are no arms */
		KS_SIMPLE, KS_SIMPLE, KS_POINTER, KS_CUSTOM, KS_BITMAP,
		KS_UNUSED,
		/* from here on there are structs */
		KS_STRUCT, KS_ARRAY_OF_POINTER, KS_LIST, KS_HLIST, KS_UNION,
		KS_SUBSECTION,
		/* not in a union */
		KS_XARRAY,
	};

	if (d->arms)
		return depth > 1 && model_chance(30) ? KS_STRUCT :
						       kinds[model_random(3)];
	return kinds[model_random(depth < 2 ? 9 : d->plain ? 15 : 16)];
}

static void random_check(struct mfield *f)
{
	unsigned int i;

	f->check = model_chance(50) ? CHECK_BOUNDS : CHECK_LIST;
	f->nr_check = f->check == CHECK_BOUNDS ?
		      2 : 1 + model_random(MODEL_MAX_CHECK);
	for (i = 0; i < f->nr_check; i++)
		f->checks[i] = model_random(3);
	if (f->check == CHECK_LIST)
		return;
	f->checks[0] -= f->type == KST_SINT ? model_random(3) * 64 : 0;
	f->checks[1] += model_random(3) * 100;
}

void mfield_random_rules(struct mfield *f)
{
	f->flags = 0;
	f->check = CHECK_NONE;
	if (model_chance(10))
		f->flags |= KSTATE_FIELD_MANDATORY;
	if (model_chance(30))
		f->flags |= KSTATE_FIELD_GROW;
	if (model_chance(30))
		f->flags |= KSTATE_FIELD_SHRINK;
	if (model_chance(15))
		f->flags |= KSTATE_FIELD_DEFAULT;
	if (model_chance(5))
		f->flags |= KSTATE_FIELD_EQUAL;
	if (model_chance(10))
		random_check(f);
	f->since = model_chance(10) ? model_random(6) : 0;
}

void mfield_tidy(const struct mdesc *d, struct mfield *f)
{
	if (f->type == KST_TEXT && f->kind != KS_SIMPLE)
		f->type = KST_STRING;
	if (!mfield_is_number(f) && f->type != KST_TEXT)
		f->width = 0;
	if (!mfield_is_number(f))
		f->check = CHECK_NONE;
	if (!mfield_is_number(f) || f->kind != KS_SIMPLE)
		f->flags &= ~(KSTATE_FIELD_DEFAULT | KSTATE_FIELD_EQUAL);
	if (f->kind != KS_SIMPLE && f->kind != KS_STRUCT &&
	    f->kind != KS_POINTER)
		f->flags &= ~(KSTATE_FIELD_GROW | KSTATE_FIELD_SHRINK);
	if (d->arms)
		f->flags &= ~KSTATE_FIELD_DEFAULT;
	else
		f->value %= f->type == KST_BOOL ? 2 : 128;
}

static bool value_taken(const struct mdesc *d, const struct mfield *f)
{
	const struct mfield *g;

	for (g = d->fields; d->arms && g < d->fields + d->nr; g++) {
		if (g != f && g->value == f->value)
			return true;
	}
	return false;
}

void mfield_random(struct mdesc *d, struct mfield *f, unsigned int depth)
{
	memset(f, 0, sizeof(*f));
	model_new_name(f->name, 'f');
	f->kind = random_kind(d, depth);
	if (f->kind == KS_UNUSED)
		return;
	mfield_random_rules(f);
	f->value = model_random(d->arms ? 4 : 128);
	while (value_taken(d, f))
		f->value++;
	if (of_structs(f, depth))
		random_sub(d, f, depth);
	else if (mfield_has_elements(f))
		random_element(f);
	random_count(d, f);
	mfield_tidy(d, f);
}

static void random_fields(struct mdesc *d, unsigned int depth)
{
	unsigned int nr = 1 + model_random(MODEL_MAX_FIELDS / 2);

	for (d->nr = 0; d->nr < nr; d->nr++)
		mfield_random(d, &d->fields[d->nr], depth);
	/* not only names that nobody uses */
	while (d->fields[0].kind == KS_UNUSED)
		mfield_random(d, &d->fields[0], depth);
}

struct mdesc *mdesc_random(unsigned int depth, bool arms, bool plain)
{
	struct mdesc *d = calloc(1, sizeof(*d));

	model_new_name(d->name, 'd');
	d->version = model_random(5);
	d->min_version = model_random(d->version + 1);
	d->arms = arms;
	d->plain = plain;
	random_fields(d, depth);
	return d;
}

struct mdesc *mdesc_clone(const struct mdesc *d)
{
	struct mdesc *copy = malloc(sizeof(*copy));
	unsigned int i;

	*copy = *d;
	for (i = 0; i < d->nr; i++) {
		if (d->fields[i].sub)
			copy->fields[i].sub = mdesc_clone(d->fields[i].sub);
	}
	return copy;
}

void mdesc_free(struct mdesc *d)
{
	unsigned int i;

	for (i = 0; i < d->nr; i++) {
		if (d->fields[i].sub)
			mdesc_free(d->fields[i].sub);
	}
	free(d);
}

/* ---- To look at when a test has failed ---- */

static void print_check(const struct mfield *f)
{
	unsigned int i;

	for (i = 0; f->check && i < f->nr_check; i++)
		printf("%s%d", i ? "," : f->check == CHECK_LIST ?
		       " one of " : " in ", f->checks[i]);
}

void mdesc_print(const struct mdesc *d, unsigned int indent)
{
	const struct mfield *f;

	printf("# %*s%s (%s) version %u min %u size %u%s\n", indent, "",
	       d->name, d->alias, d->version, d->min_version, d->size,
	       d->arms ? " union" : "");
	for (f = d->fields; f < d->fields + d->nr; f++) {
		printf("# %*s  %s (%s) kind %u type %u width %u count %u/%u",
		       indent, "", f->name, f->alias, f->kind, f->type,
		       f->width, f->count, f->count_width);
		printf(" flags %#x since %u value %u target %u at %u", f->flags,
		       f->since, f->value, f->target, f->offset);
		print_check(f);
		putchar('\n');
		if (f->sub)
			mdesc_print(f->sub, indent + 4);
	}
}
