// SPDX-License-Identifier: GPL-2.0-only
/*
 * KSTATE: the journal, which makes restoring an object one step.
 *
 * It lists what is to be changed once nothing can be wrong with the bytes any
 * more, and by then has all the memory that it takes. Changes are made in the
 * order: memory, lists, folios, hooks; they are taken back in the reverse order.
 */
#include <linux/align.h>
#include <linux/bits.h>
#include <linux/kstate.h>
#include <linux/list.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/xarray.h>

#include "kstate_journal.h"

/* Least size of a piece of memory for the journal */
#define KSTATE_ARENA_SIZE	2048

struct kstate_arena {
	struct kstate_arena *next;
	size_t used;
	size_t size;
	u8 bytes[] __aligned(8);
};

static void *arena_alloc(struct kstate_journal *j, size_t len)
{
	struct kstate_arena *a = j->arena;
	void *bytes;
	size_t size;

	len = ALIGN(len, 8);
	if (!a || a->size - a->used < len) {
		size = max_t(size_t, len, KSTATE_ARENA_SIZE);
		a = kvmalloc(struct_size(a, bytes, size),
			     GFP_KERNEL | __GFP_NOWARN);
		if (!a)
			return NULL;
		a->next = j->arena;
		a->used = 0;
		a->size = size;
		j->arena = a;
	}
	bytes = a->bytes + a->used;
	a->used += len;
	return bytes;
}

/**
 * kstate_journal_add - note a change
 * @j: the journal
 * @kind: what it is
 * @at: where
 *
 * Context: may sleep.
 * Return: the entry, to be filled in further, or NULL for want of memory
 */
struct kstate_change *kstate_journal_add(struct kstate_journal *j,
					 enum kstate_change_kind kind,
					 void *at)
{
	struct kstate_change *c;

	c = arena_alloc(j, sizeof(*c));
	if (!c)
		return NULL;
	memset(c, 0, sizeof(*c));
	c->kind = kind;
	c->at = at;
	c->desc_name = j->in.desc;
	c->field_name = j->in.field;
	list_add_tail(&c->list, &j->changes);
	j->kinds |= BIT(kind);
	return c;
}

/**
 * kstate_journal_target - where to put bytes that belong into the object
 * @j: the journal
 * @at: where they belong
 * @len: how many
 *
 * Context: may sleep.
 * Return: memory for them, or NULL for want of it
 */
void *kstate_journal_target(struct kstate_journal *j, void *at, size_t len)
{
	struct kstate_change *c;

	c = kstate_journal_add(j, KSTATE_CHANGE_SWAP, at);
	if (!c)
		return NULL;
	c->bytes = arena_alloc(j, len);
	if (!c->bytes)
		return NULL;
	c->len = len;
	return c->bytes;
}

/**
 * kstate_journal_alloc - memory that becomes the object's, zeroed
 * @j: the journal
 * @nr: elements
 * @size: bytes of one
 *
 * Context: may sleep.
 * Return: the memory, or NULL for want of it
 */
void *kstate_journal_alloc(struct kstate_journal *j, size_t nr, size_t size)
{
	struct kstate_change *c;

	c = kstate_journal_add(j, KSTATE_CHANGE_ALLOC, NULL);
	if (!c)
		return NULL;
	c->at = kvcalloc(nr, size, GFP_KERNEL | __GFP_NOWARN);
	return c->at;
}

static void swap_bytes(u8 *a, u8 *b, size_t len)
{
	u8 keep[64];
	size_t n;

	for (; len; len -= n, a += n, b += n) {
		n = min(len, sizeof(keep));
		memcpy(keep, a, n);
		memcpy(a, b, n);
		memcpy(b, keep, n);
	}
}

static int fail(struct kstate_journal *j, const char *why, int err)
{
	return kstate_input_fail(&j->in, why, err);
}

static int run_custom(struct kstate_journal *j, struct kstate_change *c)
{
	struct kstate_stream s = {
		.in = c->bytes, .size = c->len, .report = j->in.s.report,
	};
	int err;

	err = c->field->ops->load(&s, c->at, c->field);
	return err ? fail(j, "was refused by its load hook", err) : 0;
}

static int claim_folio(struct kstate_journal *j, struct kstate_change *c)
{
	void *folio = j->in.s.mem->claim(c->phys, c->order);

	if (!folio)
		return fail(j, "has a folio that cannot be claimed", -ESTALE);
	*(void **)c->at = folio;
	return 0;
}

static int claim_range(struct kstate_journal *j, struct kstate_change *c)
{
	struct kstate_range *range = c->at;
	int err = j->in.s.mem->claim_range(c->phys, c->len);

	if (err)
		return fail(j, "has memory that cannot be claimed", err);
	c->old_start = range->start;
	range->start = c->phys;
	range->size = c->len;
	return 0;
}

static void put_list(struct kstate_change *c)
{
	c->old = *(struct list_head *)c->at;
	INIT_LIST_HEAD(c->at);
	list_splice_init(&c->head, c->at);
}

/* The index is reserved, so there is memory for it. */
static int put_element(struct kstate_journal *j, struct kstate_change *c)
{
	int err = xa_err(xa_store(c->at, c->phys, c->bytes, GFP_KERNEL));

	return err ? fail(j, "has an element that cannot be stored", err) : 0;
}

static int make_change(struct kstate_journal *j, struct kstate_change *c)
{
	int err = 0;

	j->in.desc = c->desc_name;
	j->in.field = c->field_name;
	switch (c->kind) {
	case KSTATE_CHANGE_SWAP:
		swap_bytes(c->at, c->bytes, c->len);
		break;
	case KSTATE_CHANGE_LIST:
		put_list(c);
		break;
	case KSTATE_CHANGE_HLIST:
		hlist_move_list(&c->hlist, c->at);
		break;
	case KSTATE_CHANGE_XARRAY:
		return put_element(j, c);
	case KSTATE_CHANGE_CLAIM:
		err = claim_folio(j, c);
		break;
	case KSTATE_CHANGE_RANGE:
		err = claim_range(j, c);
		break;
	case KSTATE_CHANGE_CUSTOM:
		err = run_custom(j, c);
		break;
	case KSTATE_CHANGE_ALLOC:
		break;
	}
	c->done = !err;
	return err;
}

static void give_up_range(struct kstate_journal *j, struct kstate_change *c)
{
	struct kstate_range *range = c->at;

	j->in.s.mem->release_range(c->phys, c->len);
	range->start = c->old_start;
	range->size = 0;
}

/*
 * Memory whose claim is taken back waits for the hand-over to be finished as if
 * nobody had claimed it: it may be too early to free it, and its contents are
 * nobody's business.
 */
static void undo_change(struct kstate_journal *j, struct kstate_change *c)
{
	switch (c->kind) {
	case KSTATE_CHANGE_SWAP:
		swap_bytes(c->at, c->bytes, c->len);
		break;
	case KSTATE_CHANGE_LIST:
		*(struct list_head *)c->at = c->old;
		break;
	case KSTATE_CHANGE_HLIST:
		INIT_HLIST_HEAD((struct hlist_head *)c->at);
		break;
	case KSTATE_CHANGE_XARRAY:
		/* it was empty */
		xa_destroy(c->at);
		break;
	case KSTATE_CHANGE_CLAIM:
		j->in.s.mem->release(*(void **)c->at);
		*(void **)c->at = NULL;
		break;
	case KSTATE_CHANGE_RANGE:
		give_up_range(j, c);
		break;
	case KSTATE_CHANGE_CUSTOM:
		if (c->field->ops->undo)
			c->field->ops->undo(c->at, c->field);
		break;
	case KSTATE_CHANGE_ALLOC:
		break;
	}
	c->done = false;
}

static int commit_kind(struct kstate_journal *j, enum kstate_change_kind kind)
{
	struct kstate_change *c;
	int err;

	if (!(j->kinds & BIT(kind)))
		return 0;
	list_for_each_entry(c, &j->changes, list) {
		if (c->kind != kind)
			continue;
		err = make_change(j, c);
		if (err)
			return err;
	}
	return 0;
}

static void undo_kind(struct kstate_journal *j, enum kstate_change_kind kind)
{
	struct kstate_change *c;

	if (!(j->kinds & BIT(kind)))
		return;
	list_for_each_entry_reverse(c, &j->changes, list) {
		if (c->kind == kind && c->done)
			undo_change(j, c);
	}
}

static int hook_result(struct kstate_journal *j, const char *desc,
		       const char *why, int err)
{
	j->in.desc = desc;
	j->in.field = NULL;
	/* hooks return errors; anything else would look like success */
	return err ? fail(j, why, min(err, -1)) : 0;
}

static int run_pre_load(struct kstate_journal *j,
			const struct kstate_program *prog, void *obj)
{
	const struct kstate_description *desc = prog->desc;
	int err = desc->pre_load ? desc->pre_load(obj, prog->from->version) : 0;

	return hook_result(j, desc->name, "was refused by its pre_load hook",
			   err);
}

static int run_validate(struct kstate_journal *j,
			const struct kstate_program *prog, void *obj)
{
	const struct kstate_description *desc = prog->desc;
	int err = desc->validate ? desc->validate(obj, prog->from->version) : 0;

	return hook_result(j, desc->name, "was refused by its validate hook",
			   err);
}

static int run_post_load(struct kstate_journal *j,
			 const struct kstate_program *prog, void *obj)
{
	const struct kstate_description *desc = prog->desc;
	int err = desc->post_load ?
		  desc->post_load(obj, prog->from->version) : 0;

	return hook_result(j, desc->name, "was refused by its post_load hook",
			   err);
}

/**
 * kstate_journal_commit - make all changes and run the description's hooks
 * @j: the journal
 * @prog: how the object was read
 * @obj: the object
 *
 * Context: may sleep.
 * Return: 0; -ESTALE or the errno of claiming if memory cannot be claimed, or
 * the errno of a hook, and then kstate_journal_undo() is to follow.
 */
int kstate_journal_commit(struct kstate_journal *j,
			  const struct kstate_program *prog, void *obj)
{
	return run_pre_load(j, prog, obj) ?:
	       commit_kind(j, KSTATE_CHANGE_SWAP) ?:
	       commit_kind(j, KSTATE_CHANGE_LIST) ?:
	       commit_kind(j, KSTATE_CHANGE_HLIST) ?:
	       commit_kind(j, KSTATE_CHANGE_XARRAY) ?:
	       run_validate(j, prog, obj) ?:
	       commit_kind(j, KSTATE_CHANGE_CLAIM) ?:
	       commit_kind(j, KSTATE_CHANGE_RANGE) ?:
	       commit_kind(j, KSTATE_CHANGE_CUSTOM) ?:
	       run_post_load(j, prog, obj);
}

/**
 * kstate_journal_undo - take back what was changed, and free what was new
 * @j: the journal
 *
 * Context: may sleep.
 */
void kstate_journal_undo(struct kstate_journal *j)
{
	struct kstate_change *c;

	undo_kind(j, KSTATE_CHANGE_CUSTOM);
	undo_kind(j, KSTATE_CHANGE_RANGE);
	undo_kind(j, KSTATE_CHANGE_CLAIM);
	undo_kind(j, KSTATE_CHANGE_XARRAY);
	undo_kind(j, KSTATE_CHANGE_HLIST);
	undo_kind(j, KSTATE_CHANGE_LIST);
	undo_kind(j, KSTATE_CHANGE_SWAP);
	list_for_each_entry(c, &j->changes, list) {
		if (c->kind == KSTATE_CHANGE_ALLOC)
			kvfree(c->at);
	}
}

/**
 * kstate_journal_free - free the journal's own memory
 * @j: the journal
 */
void kstate_journal_free(struct kstate_journal *j)
{
	struct kstate_arena *a;

	while (j->arena) {
		a = j->arena;
		j->arena = a->next;
		kvfree(a);
	}
}
