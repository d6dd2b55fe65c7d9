// SPDX-License-Identifier: GPL-2.0
/*
 * Random changes of descriptions, as developers make them.
 */
#include <stdio.h>
#include <stdlib.h>

#include <linux/kernel.h>
#include <linux/string.h>

#include "model.h"

static bool is_last(const struct mdesc *d, unsigned int i)
{
	unsigned int other;

	for (other = 0; other < d->nr; other++) {
		if (other != i && d->fields[other].kind != KS_UNUSED)
			return false;
	}
	return true;
}

static void remove_field(struct mdesc *d, unsigned int i)
{
	if (is_last(d, i))
		return;
	if (d->fields[i].sub)
		mdesc_free(d->fields[i].sub);
	memmove(&d->fields[i], &d->fields[i + 1],
		(d->nr - i - 1) * sizeof(d->fields[0]));
	d->nr--;
}

/* Its name stays. */
static void retire_field(struct mdesc *d, unsigned int i)
{
	struct mfield *f = &d->fields[i];
	struct mfield unused = { .kind = KS_UNUSED };

	if (is_last(d, i) || d->arms)
		return;
	if (f->sub)
		mdesc_free(f->sub);
	strscpy(unused.name, f->name, MODEL_NAME);
	*f = unused;
}

static void add_field(struct mdesc *d)
{
	if (d->nr == MODEL_MAX_FIELDS)
		return;
	mfield_random(d, &d->fields[d->nr], 2);
	d->nr++;
}

static void swap_fields(struct mdesc *d, unsigned int i)
{
	struct mfield keep = d->fields[i];
	unsigned int other = model_random(d->nr);

	d->fields[i] = d->fields[other];
	d->fields[other] = keep;
}

/* Put a name before the others. */
static void add_alias(char *aliases, const char *name)
{
	char list[MODEL_ALIASES + MODEL_NAME];

	snprintf(list, sizeof(list), "%s%s%s", name, aliases[0] ? "," : "",
		 aliases);
	if (strlen(list) < MODEL_ALIASES)
		strscpy(aliases, list, MODEL_ALIASES);
	else
		strscpy(aliases, name, MODEL_ALIASES);
}

static void rename_field(struct mfield *f)
{
	if (f->kind == KS_UNUSED)
		return;
	add_alias(f->alias, f->name);
	model_new_name(f->name, 'f');
}

static void rename_desc(struct mdesc *d)
{
	add_alias(d->alias, d->name);
	model_new_name(d->name, 'd');
}

/* One field takes the place of another, whose name it knows as its alias. */
static void merge_fields(struct mdesc *d, unsigned int i)
{
	unsigned int other = model_random(d->nr);
	char *aliases = d->fields[i].alias;

	if (other == i || d->fields[i].kind == KS_UNUSED)
		return;
	if (model_chance(50) && aliases[0] &&
	    strlen(aliases) + MODEL_NAME < MODEL_ALIASES) {
		strcat(aliases, ",");
		strcat(aliases, d->fields[other].name);
	} else {
		add_alias(aliases, d->fields[other].name);
	}
	remove_field(d, other);
}

static void change_number(struct mfield *f)
{
	if (f->type == KST_TEXT)
		f->width = 1 + model_random(MODEL_TEXT);
	if (f->type != KST_UINT && f->type != KST_SINT && f->type != KST_BOOL)
		return;
	f->type = KST_BOOL + model_random(3);
	f->width = f->type == KST_BOOL ? 1 : 1 << model_random(4);
}

static void change_count(const struct mdesc *d, struct mfield *f)
{
	bool counts = f->kind == KS_POINTER || f->kind == KS_BITMAP;

	if (f->count_width && (!counts || model_chance(60))) {
		f->count_width = 1 << model_random(4);
	} else if (counts && f->count && !d->arms && model_chance(40)) {
		f->count = 0;
		f->count_width = 1 << model_random(4);
	} else if (counts || mfield_has_elements(f)) {
		f->count = 1 + model_random(f->kind == KS_BITMAP ?
					    MODEL_MAX_BITS : 4);
		f->count_width = 0;
	}
}

/* Into another kind that reads the same */
static void change_kind(const struct mdesc *d, struct mfield *f)
{
	if (f->kind == KS_LIST || f->kind == KS_HLIST) {
		f->kind = f->kind == KS_LIST ? KS_HLIST : KS_LIST;
	} else if (f->kind == KS_POINTER) {
		/* there may be an XArray in it */
		if (f->sub && (d->plain || d->arms) && !f->sub->plain)
			return;
		f->kind = f->sub ? KS_STRUCT : KS_SIMPLE;
		if (!f->count)
			f->count = 1 + model_random(4);
		f->count_width = 0;
	} else if (mfield_has_elements(f)) {
		f->kind = KS_POINTER;
	}
}

static void change_type(struct mfield *f)
{
	switch (f->type) {
	case KST_STRING:
		f->type = KST_TEXT;
		f->width = 1 + model_random(MODEL_TEXT);
		break;
	case KST_TEXT:
		f->type = KST_STRING;
		break;
	case KST_REF:
		f->target = model_random(MODEL_TARGETS);
		break;
	default:
		change_number(f);
	}
}

static void change_meaning(struct mdesc *d)
{
	d->version = model_random(6);
	d->min_version = model_random(d->version + 1);
}

static void renumber_arms(struct mdesc *d)
{
	unsigned int i, shift = 1 + model_random(3);

	for (i = 0; d->arms && i < d->nr; i++)
		d->fields[i].value += shift;
}

/* Something quite different under the same name */
static void replace_field(struct mdesc *d, struct mfield *f)
{
	struct mfield old = *f;

	if (is_last(d, f - d->fields))
		return;
	mfield_random(d, f, 2);
	strscpy(f->name, old.name, MODEL_NAME);
	if (f->kind != KS_UNUSED)
		strscpy(f->alias, old.alias, MODEL_ALIASES);
	if (old.sub)
		mdesc_free(old.sub);
}

static void change_field(struct mdesc *d, struct mfield *f)
{
	switch (model_random(7)) {
	case 0 ... 1:
		change_number(f);
		break;
	case 2 ... 3:
		change_count(d, f);
		break;
	case 4:
		change_kind(d, f);
		break;
	case 5:
		change_type(f);
		break;
	default:
		if (f->kind != KS_UNUSED)
			mfield_random_rules(f);
	}
	mfield_tidy(d, f);
}

void mdesc_mutate(struct mdesc *d)
{
	unsigned int i = model_random(d->nr);
	struct mfield *f = &d->fields[i];

	if (f->sub && model_chance(60)) {
		mdesc_mutate(f->sub);
		return;
	}
	switch (model_random(24)) {
	case 0 ... 2:
		remove_field(d, i);
		break;
	case 3:
		retire_field(d, i);
		break;
	case 4 ... 6:
		add_field(d);
		break;
	case 7 ... 8:
		rename_field(f);
		break;
	case 9:
		merge_fields(d, i);
		break;
	case 10:
		change_meaning(d);
		break;
	case 11:
		replace_field(d, f);
		break;
	case 12:
		renumber_arms(d);
		break;
	case 13:
		rename_desc(d);
		break;
	case 14:
		swap_fields(d, i);
		break;
	default:
		change_field(d, f);
	}
}
