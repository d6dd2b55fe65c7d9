// SPDX-License-Identifier: GPL-2.0
/*
 * Samples of elements that are no numbers, and of what a schema can say.
 */
#include <errno.h>
#include <stdio.h>

#include <linux/kernel.h>
#include <linux/kstate.h>
#include <linux/slab.h>

#include "../../../kernel/kstate_internal.h"
#include "samples_kinds.h"
#include "shim_mem.h"

/* ---- Strings and texts; those that the object has it keeps ---- */

struct strings {
	const char *name;
	char *none;
	char *row[3];
	char **list;
	u8 nr_list;
	char text[8];
	char full[4];
};

static const struct kstate_field strings_fields[] = {
	KSTATE_STRING(struct strings, name),
	KSTATE_STRING(struct strings, none),
	KSTATE_STRING_ARRAY(struct strings, row),
	KSTATE_STRING_VARRAY(struct strings, list, nr_list),
	KSTATE_TEXT(struct strings, text),
	KSTATE_TEXT(struct strings, full),
	KSTATE_END()
};

const struct kstate_description strings_desc =
	DESC("sample.strings", struct strings, strings_fields);

void strings_fill(void *obj, unsigned int seed, bool source)
{
	struct strings *s = obj;

	strscpy(s->text, seed & 1 ? "odd" : "even", sizeof(s->text));
	strscpy(s->full, seed & 1 ? "abc" : "xyz", sizeof(s->full));
	if (!source)
		return;
	s->name = sample_text("name", seed);
	s->row[0] = sample_text("", seed);
	s->row[2] = sample_alloc(1, 1);
	s->nr_list = 2;
	s->list = sample_alloc(s->nr_list, sizeof(*s->list));
	s->list[1] = sample_text("list", seed);
}

bool strings_same(const void *a, const void *b)
{
	const struct strings *x = a, *y = b;
	unsigned int i;

	for (i = 0; i < 3; i++) {
		if (!sample_same_text(x->row[i], y->row[i]))
			return false;
	}
	if (x->nr_list != y->nr_list || !x->list != !y->list)
		return false;
	for (i = 0; x->list && i < x->nr_list; i++) {
		if (!sample_same_text(x->list[i], y->list[i]))
			return false;
	}
	return sample_same_text(x->name, y->name) &&
	       sample_same_text(x->none, y->none) &&
	       sample_same_bytes(x->text, y->text, sizeof(x->text)) &&
	       sample_same_bytes(x->full, y->full, sizeof(x->full));
}

void strings_release(void *obj)
{
	struct strings *s = obj;
	unsigned int i;

	kvfree(s->name);
	kvfree(s->none);
	for (i = 0; i < 3; i++)
		kvfree(s->row[i]);
	for (i = 0; s->list && i < s->nr_list; i++)
		kvfree(s->list[i]);
	kvfree(s->list);
	memset(s, 0, sizeof(*s));
}

/* ---- References; what they are to is registered in both kernels ---- */

struct target {
	u8 nr;
};

struct refs {
	struct target *one;
	struct target *none;
	struct target *row[2];
	struct target **list;
	u32 nr_list;
};

static const struct kstate_field target_fields[] = {
	KSTATE_SIMPLE(struct target, nr),
	KSTATE_END()
};

static const struct kstate_description target_desc =
	DESC("sample.target", struct target, target_fields);

static struct target targets[] = { { 0 }, { 1 } };

static const struct kstate_field refs_fields[] = {
	KSTATE_REF(struct refs, one, struct target, &target_desc),
	KSTATE_REF(struct refs, none, struct target, &target_desc),
	KSTATE_REF_ARRAY(struct refs, row, struct target, &target_desc),
	KSTATE_REF_VARRAY(struct refs, list, nr_list, struct target,
			  &target_desc),
	KSTATE_END()
};

const struct kstate_description refs_desc =
	DESC("sample.refs", struct refs, refs_fields);

void sample_unregister_targets(struct kstate_core *core)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(targets); i++)
		kstate_core_unregister(core, &target_desc, i);
}

int sample_register_targets(struct kstate_core *core,
			    const struct kstate_description *desc)
{
	unsigned int i;
	int ret;

	for (i = 0; desc == &refs_desc && i < ARRAY_SIZE(targets); i++) {
		ret = kstate_core_register(core, &target_desc, &targets[i], i);
		if (ret < 0) {
			sample_unregister_targets(core);
			return ret;
		}
	}
	return 0;
}

void refs_fill(void *obj, unsigned int seed, bool source)
{
	struct refs *s = obj;

	/* the object may have already what it is going to have */
	s->one = &targets[1];
	if (!source)
		return;
	s->row[seed % 2] = &targets[0];
	s->nr_list = 3;
	s->list = sample_alloc(s->nr_list, sizeof(*s->list));
	s->list[0] = &targets[seed % 2];
	s->list[2] = &targets[0];
}

bool refs_same(const void *a, const void *b)
{
	const struct refs *x = a, *y = b;

	return x->one == y->one && x->none == y->none &&
	       x->row[0] == y->row[0] && x->row[1] == y->row[1] &&
	       x->nr_list == y->nr_list &&
	       sample_same_bytes(x->list, y->list,
				 x->nr_list * sizeof(*x->list));
}

void refs_release(void *obj)
{
	struct refs *s = obj;

	kvfree(s->list);
	memset(s, 0, sizeof(*s));
}

/* ---- Memory that stays in place, several of it ---- */

struct ranges {
	struct kstate_range one;
	struct kstate_range row[2];
	struct kstate_range *list;
	u8 nr_list;
	struct folio *folio_row[2];
	struct folio **folio_list;
	u16 nr_folio_list;
	u8 after;
};

static const struct kstate_field ranges_fields[] = {
	KSTATE_RANGE(struct ranges, one),
	KSTATE_RANGE_ARRAY(struct ranges, row),
	KSTATE_RANGE_VARRAY(struct ranges, list, nr_list),
	KSTATE_FOLIO_ARRAY(struct ranges, folio_row),
	KSTATE_FOLIO_VARRAY(struct ranges, folio_list, nr_folio_list),
	KSTATE_SIMPLE(struct ranges, after),
	KSTATE_END()
};

const struct kstate_description ranges_desc =
	DESC("sample.ranges", struct ranges, ranges_fields);

static struct kstate_range range_of(unsigned int i)
{
	return (struct kstate_range){
		.start = PFN_PHYS((i + 1) << (20 - PAGE_SHIFT)),
		.size = PAGE_SIZE << i,
	};
}

void ranges_fill(void *obj, unsigned int seed, bool source)
{
	struct ranges *s = obj;

	s->after = seed;
	if (!source)
		return;
	s->one = range_of(1);
	s->row[1] = range_of(2);
	s->nr_list = 2;
	s->list = sample_alloc(s->nr_list, sizeof(*s->list));
	s->list[0] = range_of(4);
	s->folio_row[0] = &shim_folios[5];
	s->nr_folio_list = 2;
	s->folio_list = sample_alloc(s->nr_folio_list, sizeof(void *));
	s->folio_list[1] = &shim_folios[6];
}

bool ranges_same(const void *a, const void *b)
{
	const struct ranges *x = a, *y = b;

	return sample_same_bytes(&x->one, &y->one, sizeof(x->one)) &&
	       sample_same_bytes(x->row, y->row, sizeof(x->row)) &&
	       x->nr_list == y->nr_list &&
	       sample_same_bytes(x->list, y->list,
				 x->nr_list * sizeof(*x->list)) &&
	       sample_same_bytes(x->folio_row, y->folio_row,
				 sizeof(x->folio_row)) &&
	       x->nr_folio_list == y->nr_folio_list &&
	       sample_same_bytes(x->folio_list, y->folio_list,
				 x->nr_folio_list * sizeof(void *)) &&
	       x->after == y->after;
}

void ranges_release(void *obj)
{
	struct ranges *s = obj;

	kvfree(s->list);
	kvfree(s->folio_list);
	memset(s, 0, sizeof(*s));
}

/* ---- All that a schema can say of a field, and of a description ---- */

struct rules {
	u32 renamed;
	u8 constant;
	s16 bounded;
	u64 listed;
	u32 later;
	u8 grown[2];
	u16 *shrunk;
	u32 nr_shrunk;
	struct target *ref;
	u32 preset;
};

static const struct kstate_field rules_fields[] = {
	KSTATE_SIMPLE(struct rules, renamed, .alias = "older,oldest"),
	KSTATE_UNUSED("gone"),
	KSTATE_CONST(struct rules, constant),
	KSTATE_SIMPLE(struct rules, bounded, .check = KSTATE_MIN_MAX(-5, 5)),
	KSTATE_SIMPLE(struct rules, listed, .check = KSTATE_ONE_OF(0, 3, 4)),
	KSTATE_SIMPLE(struct rules, later, .since = 3,
		      .flags = KSTATE_FIELD_MANDATORY),
	KSTATE_ARRAY(struct rules, grown, .flags = KSTATE_FIELD_GROW),
	KSTATE_VARRAY(struct rules, shrunk, nr_shrunk,
		      .flags = KSTATE_FIELD_SHRINK),
	KSTATE_REF(struct rules, ref, struct target, &target_desc,
		   .alias = "link"),
	KSTATE_SIMPLE(struct rules, preset, .flags = KSTATE_FIELD_DEFAULT,
		      .value = 77, .alias = "a", .since = 2,
		      .check = KSTATE_MIN_MAX(0, 1000)),
	KSTATE_END()
};

const struct kstate_description rules_desc =
	DESC("sample.rules", struct rules, rules_fields, .version = 4,
	     .min_version = 2, .flags = KSTATE_MANDATORY,
	     .alias = "sample.laws,sample.customs");

void rules_fill(void *obj, unsigned int seed, bool source)
{
	struct rules *s = obj;

	s->renamed = seed;
	s->bounded = -3 - seed;
	s->listed = 2 + seed;
	s->later = 1000 + seed;
	s->grown[1] = seed;
	s->nr_shrunk = 2;
	s->shrunk = sample_alloc(s->nr_shrunk, sizeof(*s->shrunk));
	s->shrunk[0] = 500 + seed;
	s->preset = 10 * seed;
}

bool rules_same(const void *a, const void *b)
{
	const struct rules *x = a, *y = b;

	return x->renamed == y->renamed && x->constant == y->constant &&
	       x->bounded == y->bounded && x->listed == y->listed &&
	       x->later == y->later && x->ref == y->ref &&
	       sample_same_bytes(x->grown, y->grown, sizeof(x->grown)) &&
	       x->nr_shrunk == y->nr_shrunk &&
	       sample_same_bytes(x->shrunk, y->shrunk,
				 x->nr_shrunk * sizeof(*x->shrunk)) &&
	       x->preset == y->preset;
}

void rules_release(void *obj)
{
	struct rules *s = obj;

	kvfree(s->shrunk);
	memset(s, 0, sizeof(*s));
}
