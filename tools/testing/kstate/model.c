// SPDX-License-Identifier: GPL-2.0
/*
 * Random descriptions, and random changes of them.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <linux/kernel.h>
#include <linux/string.h>

#include "model.h"
#include "model_custom.h"

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

static void random_scalar(struct mfield *f)
{
	f->type = KST_BOOL + model_random(4);
	f->width = f->type == KST_BOOL || f->type == KST_BYTE ?
		   1 : 1 << model_random(4);
}

static void random_element(struct mfield *f, unsigned int depth)
{
	if (f->kind == KS_STRUCT || f->kind == KS_ARRAY_OF_POINTER ||
	    (f->kind == KS_POINTER && depth > 1 && model_chance(40)))
		f->sub = mdesc_random(depth - 1);
	else
		random_scalar(f);
}

static void random_count(struct mfield *f)
{
	if (f->kind == KS_ARRAY_OF_POINTER ||
	    (f->kind == KS_POINTER && model_chance(50)))
		f->count_width = 1 << model_random(4);
	else
		f->count = model_chance(50) ? 1 : 1 + model_random(4);
}

static enum kstate_kind random_kind(unsigned int depth)
{
	static const enum kstate_kind kinds[] = {
		KS_SIMPLE, KS_SIMPLE, KS_POINTER, KS_CUSTOM, KS_FOLIO,
		/* from here on there are structs */
		KS_STRUCT, KS_ARRAY_OF_POINTER,
	};

	return kinds[model_random(depth > 1 ? 7 : 5)];
}

static void new_name(char *name, char prefix)
{
	snprintf(name, MODEL_NAME, "%c%u", prefix, nr_names++);
}

static void random_field(struct mfield *f, unsigned int depth)
{
	memset(f, 0, sizeof(*f));
	new_name(f->name, 'f');
	f->kind = random_kind(depth);
	f->mandatory = model_chance(10);
	if (f->kind == KS_CUSTOM || f->kind == KS_FOLIO) {
		f->count = 1;
		return;
	}
	random_element(f, depth);
	random_count(f);
}

struct mdesc *mdesc_random(unsigned int depth)
{
	struct mdesc *d = calloc(1, sizeof(*d));
	unsigned int i;

	new_name(d->name, 'd');
	d->version = model_random(5);
	d->min_version = model_random(d->version + 1);
	d->nr = 1 + model_random(MODEL_MAX_FIELDS / 2);
	for (i = 0; i < d->nr; i++)
		random_field(&d->fields[i], depth);
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

/* ---- Where fields lie, and how to say so to the code under test ---- */

static unsigned int place(struct mdesc *d, unsigned int size,
			  unsigned int align)
{
	unsigned int at;

	d->size += model_random(3);
	at = (d->size + align - 1) / align * align;
	d->size = at + size;
	return at;
}

static unsigned int element_size(const struct mfield *f)
{
	return f->sub ? f->sub->size : f->width;
}

static void place_field(struct mdesc *d, struct mfield *f)
{
	if (f->sub)
		mdesc_layout(f->sub);
	switch (f->kind) {
	case KS_CUSTOM:
		f->offset = place(d, MODEL_CUSTOM_MAX + 1, 1);
		break;
	case KS_SIMPLE:
		f->offset = place(d, f->width * f->count, f->width);
		break;
	case KS_STRUCT:
		f->offset = place(d, f->sub->size * f->count, 8);
		break;
	default:
		f->offset = place(d, sizeof(void *), sizeof(void *));
	}
	if (f->count_width)
		f->count_offset = place(d, f->count_width, f->count_width);
}

static struct kstate_field say(const struct mfield *f)
{
	struct kstate_field k = {
		.name = f->name, .alias = f->alias[0] ? f->alias : NULL,
		.kind = f->kind, .type = f->type,
		.flags = f->mandatory ? KSTATE_FIELD_MANDATORY : 0,
		.offset = f->offset, .size = element_size(f),
		.count = f->count, .count_offset = f->count_offset,
		.count_size = f->count_width,
		.desc = f->sub ? &f->sub->kdesc : NULL,
	};

	if (f->kind == KS_FOLIO)
		k.size = sizeof(void *);
	if (f->kind == KS_CUSTOM)
		k.ops = &model_custom_ops;
	return k;
}

/* In an order of its own: the one in the table does not matter. */
void mdesc_layout(struct mdesc *d)
{
	unsigned int i, first = model_random(d->nr);

	d->size = 0;
	for (i = 0; i < d->nr; i++)
		place_field(d, &d->fields[(first + i) % d->nr]);
	d->size = (d->size + 7) / 8 * 8;
	for (i = 0; i < d->nr; i++)
		d->kfields[i] = say(&d->fields[i]);
	d->kfields[d->nr] = (struct kstate_field)KSTATE_END();
	d->kdesc = (struct kstate_description){
		.name = d->name, .version = d->version,
		.min_version = d->min_version, .size = d->size,
		.fields = d->kfields,
	};
}

/* ---- Changing them, as developers do ---- */

static void remove_field(struct mdesc *d, unsigned int i)
{
	if (d->nr == 1)
		return;
	if (d->fields[i].sub)
		mdesc_free(d->fields[i].sub);
	memmove(&d->fields[i], &d->fields[i + 1],
		(d->nr - i - 1) * sizeof(d->fields[0]));
	d->nr--;
}

static void add_field(struct mdesc *d)
{
	if (d->nr < MODEL_MAX_FIELDS)
		random_field(&d->fields[d->nr++], 2);
}

static void swap_fields(struct mdesc *d, unsigned int i)
{
	struct mfield keep = d->fields[i];
	unsigned int other = model_random(d->nr);

	d->fields[i] = d->fields[other];
	d->fields[other] = keep;
}

static void rename_field(struct mfield *f)
{
	strscpy(f->alias, f->name, MODEL_NAME);
	new_name(f->name, 'f');
}

/* One field takes the place of another, whose name it knows as its alias. */
static void merge_fields(struct mdesc *d, unsigned int i)
{
	unsigned int other = model_random(d->nr);

	if (other == i || d->fields[i].alias[0])
		return;
	strscpy(d->fields[i].alias, d->fields[other].name, MODEL_NAME);
	remove_field(d, other);
}

static bool is_number(const struct mfield *f)
{
	return f->type == KST_UINT || f->type == KST_SINT ||
	       f->type == KST_BOOL;
}

static void change_number(struct mfield *f)
{
	if (!is_number(f))
		return;
	f->type = KST_BOOL + model_random(3);
	f->width = f->type == KST_BOOL ? 1 : 1 << model_random(4);
}

static void change_count(struct mfield *f)
{
	if (f->kind == KS_CUSTOM || f->kind == KS_FOLIO)
		return;
	if (f->count_width && (f->kind == KS_ARRAY_OF_POINTER ||
			       model_chance(80))) {
		f->count_width = 1 << model_random(4);
		return;
	}
	f->count = 1 + model_random(4);
	f->count_width = 0;
}

static void change_meaning(struct mdesc *d)
{
	d->version = model_random(6);
	d->min_version = model_random(d->version + 1);
}

/* Something quite different under the same name */
static void replace_field(struct mfield *f)
{
	struct mfield old = *f;

	random_field(f, 2);
	strscpy(f->name, old.name, MODEL_NAME);
	strscpy(f->alias, old.alias, MODEL_NAME);
	if (old.sub)
		mdesc_free(old.sub);
}

void mdesc_mutate(struct mdesc *d)
{
	unsigned int i = model_random(d->nr);
	struct mfield *f = &d->fields[i];

	if (f->sub && model_chance(60)) {
		mdesc_mutate(f->sub);
		return;
	}
	switch (model_random(20)) {
	case 0 ... 2:
		remove_field(d, i);
		break;
	case 3 ... 5:
		add_field(d);
		break;
	case 6 ... 7:
		rename_field(f);
		break;
	case 8:
		merge_fields(d, i);
		break;
	case 9 ... 12:
		change_number(f);
		break;
	case 13 ... 15:
		change_count(f);
		break;
	case 16:
		change_meaning(d);
		break;
	case 17:
		f->mandatory = !f->mandatory;
		break;
	case 18:
		replace_field(f);
		break;
	default:
		swap_fields(d, i);
	}
}

/* ---- To look at when a test has failed ---- */

void mdesc_print(const struct mdesc *d, unsigned int indent)
{
	const struct mfield *f;

	printf("# %*s%s version %u min %u size %u\n", indent, "", d->name,
	       d->version, d->min_version, d->size);
	for (f = d->fields; f < d->fields + d->nr; f++) {
		printf("# %*s  %s (%s) kind %u type %u width %u count %u/%u%s\n",
		       indent, "", f->name, f->alias, f->kind, f->type,
		       f->width, f->count, f->count_width,
		       f->mandatory ? " mandatory" : "");
		if (f->sub)
			mdesc_print(f->sub, indent + 4);
	}
}
