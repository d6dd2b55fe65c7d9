// SPDX-License-Identifier: GPL-2.0
/*
 * Samples of what is more than numbers, structs and pointers to them.
 */
#include <errno.h>
#include <stdio.h>

#include <linux/bitops.h>
#include <linux/kstate.h>
#include <linux/list.h>
#include <linux/slab.h>
#include <linux/xarray.h>

#include "../../../kernel/kstate_internal.h"
#include "samples_kinds.h"
#include "shim_mem.h"

/* ---- Lists and an XArray; the object to be restored has none ---- */

struct item {
	u32 key;
	struct list_head node;
	struct hlist_node hnode;
	u8 *more;
};

struct lists {
	struct list_head items;
	struct list_head none;
	struct hlist_head chain;
	struct xarray slots;
	u8 after;
};

static const struct kstate_field item_fields[] = {
	KSTATE_SIMPLE(struct item, key),
	KSTATE_POINTER(struct item, more),
	KSTATE_END()
};

static const struct kstate_description item_desc =
	DESC("sample.item", struct item, item_fields);

static const struct kstate_field lists_fields[] = {
	KSTATE_LIST(struct lists, items, struct item, node, &item_desc),
	KSTATE_LIST(struct lists, none, struct item, node, &item_desc),
	KSTATE_HLIST(struct lists, chain, struct item, hnode, &item_desc),
	KSTATE_XARRAY(struct lists, slots, struct item, &item_desc),
	KSTATE_SIMPLE(struct lists, after),
	KSTATE_END()
};

const struct kstate_description lists_desc =
	DESC("sample.lists", struct lists, lists_fields);

/* Far apart, so that storing takes several nodes */
static const unsigned long slots[] = { 0, 17, 1UL << 40, ULONG_MAX };

static struct item *new_item(u32 key)
{
	struct item *item = sample_alloc(1, sizeof(*item));

	item->key = key;
	if (key % 2) {
		item->more = sample_alloc(1, 1);
		*item->more = key;
	}
	return item;
}

static void free_item(struct item *item)
{
	kvfree(item->more);
	kvfree(item);
}

/* The XArray's own memory may run out, but not here. */
static void store_slot(struct xarray *xa, unsigned long index, void *item)
{
	while (xa_err(xa_store(xa, index, item, GFP_KERNEL)))
		;
}

void lists_fill(void *obj, unsigned int seed, bool source)
{
	struct lists *s = obj;
	unsigned int i;

	INIT_LIST_HEAD(&s->items);
	INIT_LIST_HEAD(&s->none);
	xa_init(&s->slots);
	s->after = seed;
	for (i = 0; source && i < 3; i++) {
		list_add_tail(&new_item(seed + i)->node, &s->items);
		hlist_add_head(&new_item(seed + 10 + i)->hnode, &s->chain);
	}
	for (i = 0; source && i < ARRAY_SIZE(slots); i++)
		store_slot(&s->slots, slots[i], new_item(seed + 20 + i));
}

static bool same_item(const struct item *x, const struct item *y)
{
	return x && y && x->key == y->key &&
	       sample_same_bytes(x->more, y->more, 1);
}

/* A head that is all zero was never used. */
static struct list_head *first(const struct list_head *head)
{
	return head->next && head->next != head ? head->next : NULL;
}

static bool same_list(const struct list_head *a, const struct list_head *b)
{
	const struct list_head *x = first(a), *y = first(b);

	while (x && y) {
		if (!same_item(list_entry(x, struct item, node),
			       list_entry(y, struct item, node)))
			return false;
		x = x->next == a ? NULL : x->next;
		y = y->next == b ? NULL : y->next;
	}
	return !x && !y;
}

static bool same_chain(const struct hlist_head *a, const struct hlist_head *b)
{
	const struct hlist_node *x = a->first, *y = b->first;

	for (; x && y; x = x->next, y = y->next) {
		if (!same_item(hlist_entry(x, struct item, hnode),
			       hlist_entry(y, struct item, hnode)))
			return false;
	}
	return !x && !y;
}

static bool same_slots(const struct xarray *a, const struct xarray *b)
{
	struct xarray *x = (struct xarray *)a, *y = (struct xarray *)b;
	unsigned int nr = 0;
	unsigned long index;
	struct item *item;

	xa_for_each(x, index, item) {
		if (!same_item(item, xa_load(y, index)))
			return false;
		nr++;
	}
	xa_for_each(y, index, item)
		nr--;
	return !nr;
}

bool lists_same(const void *a, const void *b)
{
	const struct lists *x = a, *y = b;

	return same_list(&x->items, &y->items) && same_list(&x->none, &y->none) &&
	       same_chain(&x->chain, &y->chain) &&
	       same_slots(&x->slots, &y->slots) && x->after == y->after;
}

static void release_list(struct list_head *head)
{
	struct item *item, *next;

	if (!head->next)
		return;
	list_for_each_entry_safe(item, next, head, node)
		free_item(item);
}

void lists_release(void *obj)
{
	struct lists *s = obj;
	struct hlist_node *next;
	struct item *item;
	unsigned long index;

	release_list(&s->items);
	release_list(&s->none);
	hlist_for_each_entry_safe(item, next, &s->chain, hnode)
		free_item(item);
	xa_for_each(&s->slots, index, item)
		free_item(item);
	xa_destroy(&s->slots);
	memset(s, 0, sizeof(*s));
}

/* ---- Bitmaps ---- */

struct bitmaps {
	unsigned long map[2];
	unsigned long *beside;
	u16 nr_beside;
	unsigned long *none;
	u8 nr_none;
};

static const struct kstate_field bitmaps_fields[] = {
	KSTATE_BITMAP(struct bitmaps, map, 70),
	KSTATE_BITMAP_POINTER(struct bitmaps, beside, nr_beside),
	KSTATE_BITMAP_POINTER(struct bitmaps, none, nr_none),
	KSTATE_END()
};

const struct kstate_description bitmaps_desc =
	DESC("sample.bitmaps", struct bitmaps, bitmaps_fields);

void bitmaps_fill(void *obj, unsigned int seed, bool source)
{
	struct bitmaps *s = obj;

	s->map[0] = 0x8000000000000001UL << seed;
	s->map[1] = 0x20 | seed;
	s->nr_beside = 131;
	s->beside = sample_alloc(3, sizeof(long));
	s->beside[1] = 0x0123456789abcdefUL;
	s->beside[2] = seed;
}

bool bitmaps_same(const void *a, const void *b)
{
	const struct bitmaps *x = a, *y = b;

	return x->map[0] == y->map[0] && x->map[1] == y->map[1] &&
	       x->nr_beside == y->nr_beside && x->nr_none == y->nr_none &&
	       sample_same_bytes(x->beside, y->beside,
				 BITS_TO_LONGS(x->nr_beside) * sizeof(long)) &&
	       sample_same_bytes(x->none, y->none,
				 BITS_TO_LONGS(x->nr_none) * sizeof(long));
}

void bitmaps_release(void *obj)
{
	struct bitmaps *s = obj;

	kvfree(s->beside);
	kvfree(s->none);
	memset(s, 0, sizeof(*s));
}

/* ---- Unions: of which one arm is in use, another one, none ---- */

struct pair {
	u16 left;
	s16 right;
};

union body {
	u64 number;
	struct pair pair;
	char *label;
	u32 *beside;
};

struct unions {
	u8 kind;
	union body body;
	u32 other_kind;
	union body other;
	u64 no_kind;
	union body none;
	u8 after;
};

static const struct kstate_field pair_fields[] = {
	KSTATE_SIMPLE(struct pair, left),
	KSTATE_SIMPLE(struct pair, right),
	KSTATE_END()
};

static const struct kstate_description pair_desc =
	DESC("sample.pair", struct pair, pair_fields);

static const struct kstate_field body_fields[] = {
	KSTATE_SIMPLE(union body, number, .value = 1),
	KSTATE_STRUCT(union body, pair, struct pair, &pair_desc, .value = 2),
	KSTATE_STRING(union body, label, .value = 3),
	KSTATE_POINTER(union body, beside, .value = 4),
	KSTATE_END()
};

static const struct kstate_description body_desc =
	DESC("sample.body", union body, body_fields, .flags = KSTATE_ARMS);

static const struct kstate_field unions_fields[] = {
	KSTATE_UNION(struct unions, body, kind, &body_desc),
	KSTATE_UNION(struct unions, other, other_kind, &body_desc),
	KSTATE_UNION(struct unions, none, no_kind, &body_desc),
	KSTATE_SIMPLE(struct unions, after),
	KSTATE_END()
};

const struct kstate_description unions_desc =
	DESC("sample.unions", struct unions, unions_fields);

/* What another arm has in it already would be lost: it has no memory. */
void unions_fill(void *obj, unsigned int seed, bool source)
{
	struct unions *s = obj;

	s->kind = source ? 3 : 1;
	if (source)
		s->body.label = sample_text("label", seed);
	else
		s->body.number = U64_MAX - seed;
	s->other_kind = 2;
	s->other.pair.left = 60000 + seed;
	s->other.pair.right = -2;
	s->no_kind = 0x100000000ULL + seed;
	s->after = seed;
}

static bool same_body(u64 kind, const union body *x, const union body *y)
{
	switch (kind) {
	case 1:
		return x->number == y->number;
	case 2:
		return x->pair.left == y->pair.left &&
		       x->pair.right == y->pair.right;
	case 3:
		return sample_same_text(x->label, y->label);
	case 4:
		return sample_same_bytes(x->beside, y->beside, sizeof(u32));
	default:
		return true;
	}
}

bool unions_same(const void *a, const void *b)
{
	const struct unions *x = a, *y = b;

	return x->kind == y->kind && x->other_kind == y->other_kind &&
	       x->no_kind == y->no_kind && x->after == y->after &&
	       same_body(x->kind, &x->body, &y->body) &&
	       same_body(x->other_kind, &x->other, &y->other) &&
	       same_body(x->no_kind, &x->none, &y->none);
}

static void release_body(u64 kind, union body *body)
{
	if (kind == 3)
		kvfree(body->label);
	if (kind == 4)
		kvfree(body->beside);
}

void unions_release(void *obj)
{
	struct unions *s = obj;

	release_body(s->kind, &s->body);
	release_body(s->other_kind, &s->other);
	release_body(s->no_kind, &s->none);
	memset(s, 0, sizeof(*s));
}

/* ---- Subsections: one that is needed, and what is in it; one that is not ---- */

struct subsections {
	u32 base;
	u32 quirk;
	u8 *table;
	u16 deep;
	u32 spare;
};

static bool quirk_needed(const void *obj)
{
	const struct subsections *s = obj;

	return s->quirk || s->table || s->deep;
}

static bool deep_needed(const void *obj)
{
	const struct subsections *s = obj;

	return s->deep;
}

static bool spare_needed(const void *obj)
{
	const struct subsections *s = obj;

	return s->spare;
}

static const struct kstate_field deep_fields[] = {
	KSTATE_SIMPLE(struct subsections, deep),
	KSTATE_END()
};

static const struct kstate_description deep_desc =
	DESC("sample.deep", struct subsections, deep_fields);

static const struct kstate_field quirk_fields[] = {
	KSTATE_SIMPLE(struct subsections, quirk),
	KSTATE_POINTER(struct subsections, table),
	KSTATE_SUBSECTION("deep", &deep_desc, deep_needed),
	KSTATE_END()
};

static const struct kstate_description quirk_desc =
	DESC("sample.quirk", struct subsections, quirk_fields);

static const struct kstate_field spare_fields[] = {
	KSTATE_SIMPLE(struct subsections, spare),
	KSTATE_END()
};

static const struct kstate_description spare_desc =
	DESC("sample.spare", struct subsections, spare_fields);

static const struct kstate_field subsections_fields[] = {
	KSTATE_SIMPLE(struct subsections, base),
	KSTATE_SUBSECTION("quirk", &quirk_desc, quirk_needed),
	KSTATE_SUBSECTION("spare", &spare_desc, spare_needed,
			  .flags = KSTATE_FIELD_MANDATORY),
	KSTATE_END()
};

const struct kstate_description subsections_desc =
	DESC("sample.subsections", struct subsections, subsections_fields);

void subsections_fill(void *obj, unsigned int seed, bool source)
{
	struct subsections *s = obj;

	s->base = 100 + seed;
	s->quirk = 200 + seed;
	s->table = sample_alloc(1, 1);
	*s->table = seed;
	s->deep = 300 + seed;
}

bool subsections_same(const void *a, const void *b)
{
	const struct subsections *x = a, *y = b;

	return x->base == y->base && x->quirk == y->quirk &&
	       x->deep == y->deep && x->spare == y->spare &&
	       sample_same_bytes(x->table, y->table, 1);
}

void subsections_release(void *obj)
{
	struct subsections *s = obj;

	kvfree(s->table);
	memset(s, 0, sizeof(*s));
}
