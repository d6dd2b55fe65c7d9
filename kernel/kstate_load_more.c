// SPDX-License-Identifier: GPL-2.0-only
/*
 * KSTATE: reading what is more than numbers, structs and pointers to them.
 */
#include <linux/bitmap.h>
#include <linux/kstate.h>
#include <linux/list.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/unaligned.h>
#include <linux/xarray.h>

#include "kstate_journal.h"

static int fail(struct kstate_journal *j, const char *why, int err)
{
	return kstate_input_fail(&j->in, why, err);
}

static struct kstate_change *add(struct kstate_journal *j,
				 enum kstate_change_kind kind, void *at)
{
	struct kstate_change *c = kstate_journal_add(j, kind, at);

	if (!c)
		fail(j, "no memory", -ENOMEM);
	return c;
}

static struct kstate_place member(struct kstate_place obj,
				  const struct kstate_field *f)
{
	obj.at += f->offset;
	return obj;
}

/* ---- Elements ---- */

/**
 * kstate_load_folio - read a folio that stayed in place
 * @j: the journal
 * @slot: place of the pointer to it
 *
 * Context: may sleep.
 * Return: 0, -EBADMSG, -EEXIST, -ESTALE or -ENOMEM, as kstate_load()
 */
int kstate_load_folio(struct kstate_journal *j, struct kstate_place slot)
{
	int present = kstate_input_present(&j->in);
	struct kstate_change *c;
	const u8 *in;

	if (present < 0)
		return present;
	/* neither is a folio that is there already replaced */
	if (kstate_load_pointer(slot))
		return fail(j, "is not NULL here", -EEXIST);
	if (!present)
		return 0;

	in = kstate_input_take(&j->in, sizeof(u64) + sizeof(u32));
	if (!in)
		return kstate_input_short(&j->in);
	c = add(j, KSTATE_CHANGE_CLAIM, slot.at);
	if (!c)
		return -ENOMEM;
	c->phys = get_unaligned_le64(in);
	c->order = get_unaligned_le32(in + sizeof(u64));
	if (!j->in.s.mem->claimable(c->phys, c->order))
		return fail(j, "has a folio that is not there to be claimed",
			    -ESTALE);
	return 0;
}

/**
 * kstate_load_range - read a range of memory that stayed in place
 * @j: the journal
 * @to: place of the struct kstate_range
 *
 * Context: may sleep.
 * Return: 0, -EBADMSG, -EEXIST or -ENOMEM, as kstate_load()
 */
int kstate_load_range(struct kstate_journal *j, struct kstate_place to)
{
	struct kstate_range *range = to.at;
	struct kstate_change *c;
	u64 start, size;
	int err;

	err = kstate_input_range(&j->in, &start, &size);
	if (err)
		return err;
	if (!to.blank && range->size)
		return fail(j, "has memory already", -EEXIST);
	if (!size)
		return 0;
	c = add(j, KSTATE_CHANGE_RANGE, range);
	if (!c)
		return -ENOMEM;
	c->phys = start;
	c->len = size;
	return 0;
}

/**
 * kstate_load_ref - read a reference to another object
 * @j: the journal
 * @f: the field
 * @slot: place of the pointer to it
 *
 * Context: may sleep.
 * Return: 0, -EBADMSG, -EEXIST, -ENOENT or -ENOMEM, as kstate_load()
 */
int kstate_load_ref(struct kstate_journal *j, const struct kstate_field *f,
		    struct kstate_place slot)
{
	const struct kstate_refs *refs = j->in.s.refs;
	int present = kstate_input_present(&j->in), err;
	void *has = kstate_load_pointer(slot), *obj;
	u64 instance;

	if (present < 0)
		return present;
	if (!present)
		return kstate_load_null(j, slot);
	err = kstate_input_u64(&j->in, &instance);
	if (err)
		return err;
	obj = refs->object(refs->priv, f->target, instance);
	if (!obj)
		return fail(j, "refers to an object that is not registered",
			    -ENOENT);
	if (has && has != obj)
		return fail(j, "refers to something else here", -EEXIST);
	return has ? 0 : kstate_load_set_pointer(j, slot, obj);
}

/**
 * kstate_load_string - read a string that is pointed at
 * @j: the journal
 * @slot: place of the pointer
 *
 * Context: may sleep.
 * Return: 0, -EBADMSG, -EEXIST or -ENOMEM, as kstate_load()
 */
int kstate_load_string(struct kstate_journal *j, struct kstate_place slot)
{
	const char *has = kstate_load_pointer(slot);
	const u8 *text;
	char *copy;
	u32 len;
	int err;

	err = kstate_input_text(&j->in, &text, &len);
	if (err)
		return err;
	if (!text)
		return kstate_load_null(j, slot);
	if (has)
		return strlen(has) == len && !memcmp(has, text, len) ? 0 :
		       fail(j, "is another string here", -EEXIST);
	copy = kstate_load_alloc(j, (size_t)len + 1, 1);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, text, len);
	return kstate_load_set_pointer(j, slot, copy);
}

/**
 * kstate_load_text - read a string into an array of chars
 * @j: the journal
 * @f: the field
 * @to: place of the array
 *
 * Context: may sleep.
 * Return: 0, -EBADMSG, -ENODATA, -ERANGE or -ENOMEM, as kstate_load()
 */
int kstate_load_text(struct kstate_journal *j, const struct kstate_field *f,
		     struct kstate_place to)
{
	const u8 *text;
	char *out;
	u32 len;
	int err;

	err = kstate_input_text(&j->in, &text, &len);
	if (err)
		return err;
	if (!text)
		return fail(j, "was saved as NULL", -ENODATA);
	if (len >= f->size)
		return fail(j, "has a string that is too long", -ERANGE);
	out = kstate_load_target(j, to, f->size);
	if (!out)
		return -ENOMEM;
	memcpy(out, text, len);
	memset(out + len, 0, f->size - len);
	return 0;
}

/* ---- Bitmaps ---- */

static void fill_bits(unsigned long *map, u32 longs, const u8 *bits, u32 nr)
{
	u64 i;

	memset(map, 0, (size_t)longs * sizeof(*map));
	for (i = 0; i < nr; i += 8)
		map[i / BITS_PER_LONG] |= (unsigned long)bits[i / 8] <<
					  (i % BITS_PER_LONG);
}

/* Bits of the stream into a map of @room bits */
static int read_bits(struct kstate_journal *j, struct kstate_place to, u32 room,
		     const u8 *bits, u32 nr)
{
	u32 longs = BITS_TO_LONGS((u64)room);
	unsigned long *map;

	if (nr > room && !kstate_bits_clear(bits, room, nr))
		return fail(j, "has bits that do not fit", -ERANGE);
	map = kstate_load_target(j, to, longs * sizeof(*map));
	if (!map)
		return -ENOMEM;
	fill_bits(map, longs, bits, min(nr, room));
	return 0;
}

static int read_bitmap_pointer(struct kstate_journal *j,
			       const struct kstate_field *f,
			       struct kstate_place obj, const u8 *bits, u32 nr)
{
	struct kstate_place slot = member(obj, f), to;
	u64 room = nr;
	int err;

	if (!bits)
		return kstate_load_null(j, slot) ?:
		       kstate_load_set_count(j, f, obj, 0);
	err = kstate_load_check_count(j, f, nr);
	if (err)
		return err;
	if (kstate_load_pointer(slot))
		room = kstate_get_native(obj.at + f->count_offset,
					 f->count_size);
	err = kstate_load_pointee(j, slot, BITS_TO_LONGS((u64)nr),
				  sizeof(unsigned long), NULL, &to);
	if (!err && to.fresh)
		err = kstate_load_set_count(j, f, obj, nr);
	return err ?: read_bits(j, to, min_t(u64, room, U32_MAX), bits, nr);
}

/**
 * kstate_load_bitmap - read a bitmap
 * @j: the journal
 * @f: the field
 * @obj: place of the object
 *
 * Context: may sleep.
 * Return: 0, -EBADMSG, -EEXIST, -ENODATA, -ERANGE or -ENOMEM, as kstate_load()
 */
int kstate_load_bitmap(struct kstate_journal *j, const struct kstate_field *f,
		       struct kstate_place obj)
{
	const u8 *bits;
	u32 nr;
	int err;

	err = kstate_input_bits(&j->in, &bits, &nr);
	if (err)
		return err;
	if (f->count_size)
		return read_bitmap_pointer(j, f, obj, bits, nr);
	if (!bits)
		return fail(j, "was saved as NULL", -ENODATA);
	return read_bits(j, member(obj, f), f->count, bits, nr);
}

/* ---- Collections ---- */

/**
 * kstate_load_init - make empty lists and XArrays of new memory
 * @desc: the description of what is new, or NULL if that is no struct
 * @at: its memory, zeroed
 * @nr: how many of it there are
 *
 * The stream may know nothing of them, and then nobody else does it.
 *
 * Context: any. Calls itself for nested structs.
 */
void kstate_load_init(const struct kstate_description *desc, void *at, u32 nr)
{
	const struct kstate_field *f;

	for (; desc && nr; nr--, at += desc->size) {
		for (f = desc->fields; f->kind != KS_END; f++) {
			if (f->kind == KS_LIST)
				INIT_LIST_HEAD(at + f->offset);
			else if (f->kind == KS_XARRAY)
				xa_init(at + f->offset);
			else if (f->kind == KS_STRUCT ||
				 f->kind == KS_SUBSECTION)
				kstate_load_init(f->desc, at + f->offset,
						 f->count);
		}
	}
}

/* A new element, read */
static void *new_element(struct kstate_journal *j, const struct kstate_op *op)
{
	struct kstate_place to = { .fresh = true };

	to.at = kstate_load_alloc(j, 1, op->field->size);
	if (!to.at)
		return NULL;
	kstate_load_init(op->field->desc, to.at, 1);
	return kstate_load_struct(j, op->sub, to) ? NULL : to.at;
}

static int read_hlist(struct kstate_journal *j, const struct kstate_op *op,
		      struct hlist_head *head, u32 nr)
{
	struct hlist_node *last = NULL, *node;
	void *element;
	u32 i;

	for (i = 0; i < nr; i++, last = node) {
		element = new_element(j, op);
		if (!element)
			return j->in.s.report->err;
		node = element + op->field->node;
		if (last)
			hlist_add_behind(node, last);
		else
			hlist_add_head(node, head);
	}
	return 0;
}

static int read_list(struct kstate_journal *j, const struct kstate_op *op,
		     struct list_head *head, u32 nr)
{
	void *element;
	u32 i;

	for (i = 0; i < nr; i++) {
		element = new_element(j, op);
		if (!element)
			return j->in.s.report->err;
		list_add_tail(element + op->field->node, head);
	}
	return 0;
}

/* A head that is all zero was never used. */
static bool head_empty(const struct kstate_field *f, struct kstate_place to)
{
	const struct list_head *head = to.at;

	if (to.blank || !*(void **)to.at)
		return true;
	return f->kind == KS_LIST && list_empty(head);
}

/**
 * kstate_load_list - read a list
 * @j: the journal
 * @prog: how the struct is read
 * @op: how the list is
 * @obj: place of the struct
 *
 * Context: may sleep.
 * Return: 0, -EEXIST if there is something on the list, or as kstate_load()
 */
int kstate_load_list(struct kstate_journal *j,
		     const struct kstate_program *prog,
		     const struct kstate_op *op, struct kstate_place obj)
{
	struct kstate_place to = member(obj, op->field);
	bool hlist = op->field->kind == KS_HLIST;
	struct kstate_change *c;
	void *head = to.at;
	u32 nr;
	int err;

	err = kstate_input_count(&j->in, prog->from, op->from, &nr);
	if (err)
		return err;
	if (!head_empty(op->field, to))
		return fail(j, "is not empty here", -EEXIST);
	if (!to.fresh) {
		c = add(j, hlist ? KSTATE_CHANGE_HLIST : KSTATE_CHANGE_LIST,
			to.at);
		if (!c)
			return -ENOMEM;
		head = hlist ? (void *)&c->hlist : (void *)&c->head;
	}
	if (!hlist)
		INIT_LIST_HEAD(head);
	return hlist ? read_hlist(j, op, head, nr) : read_list(j, op, head, nr);
}

/* Take an index of the object's; nobody sees that until there is an entry. */
static int reserve_index(struct kstate_journal *j, struct xarray *xa,
			 u64 index, struct kstate_change **c)
{
	int err;

	if (index > ULONG_MAX)
		return fail(j, "has an index that does not fit", -ERANGE);
	*c = add(j, KSTATE_CHANGE_XARRAY, xa);
	if (!*c)
		return -ENOMEM;
	/* one that fails may leave nodes of the tree behind */
	(*c)->done = true;
	err = xa_insert(xa, index, NULL, GFP_KERNEL);
	if (err)
		return fail(j, "no memory", err);
	(*c)->phys = index;
	return 0;
}

/**
 * kstate_load_xarray - read an XArray
 * @j: the journal
 * @prog: how the struct is read
 * @op: how the XArray is
 * @obj: place of the struct
 *
 * Context: may sleep.
 * Return: 0, -EEXIST if there is something in it, or as kstate_load()
 */
int kstate_load_xarray(struct kstate_journal *j,
		       const struct kstate_program *prog,
		       const struct kstate_op *op, struct kstate_place obj)
{
	struct xarray *xa = member(obj, op->field).at;
	struct kstate_change *c;
	u64 index = 0;
	u32 nr, i;
	int err;

	err = kstate_input_count(&j->in, prog->from, op->from, &nr);
	if (!err && !xa_empty(xa))
		err = fail(j, "is not empty here", -EEXIST);
	if (!err && xa->xa_flags & (XA_FLAGS_LOCK_IRQ | XA_FLAGS_LOCK_BH))
		err = fail(j, "is locked in a way that is not known here",
			   -EINVAL);
	for (i = 0; !err && i < nr; i++) {
		err = kstate_input_index(&j->in, i, &index) ?:
		      reserve_index(j, xa, index, &c);
		if (err)
			return err;
		c->bytes = new_element(j, op);
		err = c->bytes ? 0 : j->in.s.report->err;
	}
	return err;
}

/* ---- Unions ---- */

static u64 get_selector(const struct kstate_field *f, struct kstate_place obj)
{
	return obj.blank ? 0 : kstate_get_native(obj.at + f->count_offset,
						 f->count_size);
}

/* Whatever the union has in it, it is of another arm: it counts for nothing. */
static int clear_union(struct kstate_journal *j, const struct kstate_field *f,
		       struct kstate_place *arm)
{
	void *out = kstate_load_target(j, *arm, f->size);

	if (!out)
		return -ENOMEM;
	memset(out, 0, f->size);
	arm->blank = !arm->fresh;
	return 0;
}

/* The writer had no arm in use; then neither has the reader. */
static int read_no_arm(struct kstate_journal *j, const struct kstate_field *f,
		       struct kstate_place obj)
{
	const struct kstate_field *arm;
	u64 selector;
	int err;

	err = kstate_input_u64(&j->in, &selector);
	if (err)
		return err;
	for (arm = f->desc->fields; arm->kind != KS_END; arm++) {
		if (arm->value == selector)
			return fail(j, "was saved with nothing in an arm",
				    -EPROTO);
	}
	return kstate_load_set_count(j, f, obj, selector);
}

/**
 * kstate_load_union - read a union and its selector
 * @j: the journal
 * @op: how the union is read
 * @obj: place of the struct it is in
 *
 * Context: may sleep.
 * Return: 0, -EPROTO if the arm is not known, or as kstate_load()
 */
int kstate_load_union(struct kstate_journal *j, const struct kstate_op *op,
		      struct kstate_place obj)
{
	const struct kstate_field *f = op->field;
	struct kstate_place place = member(obj, f);
	const struct kstate_op *arm;
	u32 nr;
	int err;

	err = kstate_input_arm(&j->in, op->sub->from, &nr);
	if (err)
		return err;
	if (nr == KSTATE_ABI_NO_ARM)
		return read_no_arm(j, f, obj);
	arm = &op->sub->ops[nr];
	if (!arm->to)
		return fail(j, "has an arm in use that is not known", -EPROTO);
	if (get_selector(f, obj) != arm->field->value)
		err = clear_union(j, f, &place);
	return err ?: kstate_load_set_count(j, f, obj, arm->field->value) ?:
		      kstate_load_field(j, op->sub, arm, place);
}
