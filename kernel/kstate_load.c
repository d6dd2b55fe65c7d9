// SPDX-License-Identifier: GPL-2.0-only
/*
 * KSTATE: reading an object, all of it or nothing.
 *
 * First everything is decoded. What belongs into memory that the object has
 * goes into a journal; memory that is new is filled at once, nobody sees it
 * yet. When nothing can be wrong with the bytes any more, the journal is
 * swapped with the object's memory, folios are claimed and hooks run. If one of
 * them fails, the same journal takes it all back.
 *
 * Here are structs and what is embedded in them or pointed at; lists and the
 * like are in kstate_load_more.c.
 */
#include <linux/kstate.h>
#include <linux/list.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include "kstate_flat.h"
#include "kstate_journal.h"

static int fail(struct kstate_journal *j, const char *why, int err)
{
	return kstate_input_fail(&j->in, why, err);
}

/**
 * kstate_load_target - where to decode bytes that belong to a place
 * @j: the journal
 * @to: the place
 * @len: how many
 *
 * Context: may sleep.
 * Return: memory for them, or NULL for want of it, which is reported
 */
void *kstate_load_target(struct kstate_journal *j, struct kstate_place to,
			 size_t len)
{
	void *bytes = to.at;

	if (!to.fresh && len)
		bytes = kstate_journal_target(j, to.at, len);
	if (!bytes)
		fail(j, "no memory", -ENOMEM);
	return bytes;
}

/**
 * kstate_load_pointer - the pointer that an object has
 * @slot: its place
 *
 * Return: the pointer; NULL if what is there counts for nothing
 */
void *kstate_load_pointer(struct kstate_place slot)
{
	return slot.blank ? NULL : *(void **)slot.at;
}

/**
 * kstate_load_set_pointer - give the object a pointer
 * @j: the journal
 * @slot: the pointer's place
 * @p: the pointer
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM
 */
int kstate_load_set_pointer(struct kstate_journal *j, struct kstate_place slot,
			    void *p)
{
	void **out = kstate_load_target(j, slot, sizeof(p));

	if (!out)
		return -ENOMEM;
	*out = p;
	return 0;
}

/**
 * kstate_load_check_count - can the object have a count?
 * @j: the journal
 * @f: the field whose count it is; any can be had if it has none
 * @value: the count
 *
 * It is refused also where the object's own count will stay, as it is before
 * the jump, where nobody knows that one.
 *
 * Return: 0 or -ERANGE
 */
int kstate_load_check_count(struct kstate_journal *j,
			    const struct kstate_field *f, u64 value)
{
	if (f->count_size && value > U64_MAX >> (64 - f->count_size * 8))
		return fail(j, "has a count that does not fit", -ERANGE);
	return 0;
}

/**
 * kstate_load_set_count - give the object a count or a selector
 * @j: the journal
 * @f: the field that has it; nothing is done if it has none
 * @obj: the object
 * @value: the count
 *
 * Context: may sleep.
 * Return: 0, -ENOMEM, or -ERANGE if it does not fit
 */
int kstate_load_set_count(struct kstate_journal *j,
			  const struct kstate_field *f,
			  struct kstate_place obj, u64 value)
{
	int err = kstate_load_check_count(j, f, value);
	void *out;

	if (err || !f->count_size)
		return err;
	obj.at += f->count_offset;
	out = kstate_load_target(j, obj, f->count_size);
	if (!out)
		return -ENOMEM;
	kstate_put_native(out, f->count_size, value);
	return 0;
}

/**
 * kstate_load_alloc - new memory of the object's
 * @j: the journal
 * @nr: elements
 * @size: bytes of one
 *
 * Context: may sleep.
 * Return: the memory, zeroed, or NULL for want of it, which is reported
 */
void *kstate_load_alloc(struct kstate_journal *j, size_t nr, size_t size)
{
	void *p = kstate_journal_alloc(j, nr, size);

	if (!p)
		fail(j, "no memory", -ENOMEM);
	return p;
}

/**
 * kstate_load_null - read a NULL
 * @j: the journal
 * @slot: place of the pointer
 *
 * What an object points at is not leaked and not freed behind its back: NULL
 * is read only where NULL is.
 *
 * Return: 0 or -EEXIST
 */
int kstate_load_null(struct kstate_journal *j, struct kstate_place slot)
{
	if (kstate_load_pointer(slot))
		return fail(j, "was saved as NULL and is not NULL here",
			    -EEXIST);
	return 0;
}

/* ---- Numbers ---- */

/* The object keeps what it has. */
static int match_number(struct kstate_journal *j, const struct kstate_op *op,
			struct kstate_place to, u64 value)
{
	u32 size = op->field->size;
	u64 mask = U64_MAX >> (64 - size * 8);
	u64 has = kstate_get_native(to.at, size);

	if ((has ^ value) & mask)
		return fail(j, "is not what it has to be", -EINVAL);
	return 0;
}

static int convert_numbers(struct kstate_journal *j, const struct kstate_op *op,
			   struct kstate_place to, const u8 *in, u8 *out,
			   u32 nr)
{
	bool sign = le16_to_cpu(op->from->type) == KSTATE_ABI_SINT;
	u32 width = le32_to_cpu(op->from->width);
	u32 size = op->field->size, i;
	u64 value;
	int err;

	for (i = 0; i < nr; i++, in += width, to.at += size) {
		value = kstate_input_number(in, width, sign);
		if (!kstate_value_fits(op, value, sign))
			return fail(j, "has a value that does not fit",
				    -ERANGE);
		if (out) {
			kstate_put_native(out + (size_t)i * size, size, value);
			continue;
		}
		err = match_number(j, op, to, value);
		if (err)
			return err;
	}
	return 0;
}

static int read_numbers(struct kstate_journal *j, const struct kstate_op *op,
			struct kstate_place to, u32 nr)
{
	size_t len = (size_t)op->field->size * nr;
	const u8 *in;
	u8 *out;

	in = kstate_input_take(&j->in,
			       (size_t)le32_to_cpu(op->from->width) * nr);
	if (!in)
		return kstate_input_short(&j->in);
	/* what is new has no value yet that could be another one */
	if (op->field->flags & KSTATE_FIELD_EQUAL && !to.fresh && !to.blank)
		return convert_numbers(j, op, to, in, NULL, nr);
	out = kstate_load_target(j, to, len);
	if (!out)
		return -ENOMEM;
	if (!op->copy)
		return convert_numbers(j, op, to, in, out, nr);
	memcpy(out, in, len);
	return 0;
}

static int set_default(struct kstate_journal *j, const struct kstate_field *f,
		       struct kstate_place to)
{
	u8 *out;
	u32 i;

	to.at += f->offset;
	out = kstate_load_target(j, to, (size_t)f->size * f->count);
	if (!out)
		return -ENOMEM;
	for (i = 0; i < f->count; i++, out += f->size)
		kstate_put_native(out, f->size, f->value);
	return 0;
}

/* ---- Elements ---- */

static int read_element(struct kstate_journal *j, const struct kstate_op *op,
			struct kstate_place to)
{
	if (op->sub)
		return kstate_load_struct(j, op->sub, to);
	switch (op->field->type) {
	case KST_FOLIO:
		return kstate_load_folio(j, to);
	case KST_RANGE:
		return kstate_load_range(j, to);
	case KST_REF:
		return kstate_load_ref(j, op->field, to);
	case KST_STRING:
		return kstate_load_string(j, to);
	default:
		return kstate_load_text(j, op->field, to);
	}
}

/* @nr elements of the stream to where there is room for @room */
static int read_elements(struct kstate_journal *j,
			 const struct kstate_program *prog,
			 const struct kstate_op *op, struct kstate_place to,
			 u32 nr, u32 room)
{
	u32 most = min(nr, room), i;
	int err = 0;

	if ((nr < room && !(op->field->flags & KSTATE_FIELD_GROW)) ||
	    (nr > room && !(op->field->flags & KSTATE_FIELD_SHRINK)))
		return fail(j, "was saved with another number of elements",
			    -EMSGSIZE);
	if (kstate_is_number(op->field->type))
		err = read_numbers(j, op, to, most);
	else
		for (i = 0; !err && i < most; i++, to.at += op->field->size)
			err = read_element(j, op, to);
	return err ?: kstate_skip_elements(&j->in, prog->from, op->from,
					   nr - most, true);
}

/**
 * kstate_load_pointee - the memory that a pointer is to have
 * @j: the journal
 * @slot: the pointer's place
 * @nr: elements, if there is none and it has to be new
 * @size: bytes of one
 * @desc: their description, or NULL if they are no structs
 * @to: the memory
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM
 */
int kstate_load_pointee(struct kstate_journal *j, struct kstate_place slot,
			u32 nr, size_t size,
			const struct kstate_description *desc,
			struct kstate_place *to)
{
	*to = (struct kstate_place){ .at = kstate_load_pointer(slot) };
	if (to->at)
		return 0;
	to->fresh = true;
	to->at = kstate_load_alloc(j, nr, size);
	if (!to->at)
		return -ENOMEM;
	kstate_load_init(desc, to->at, nr);
	return kstate_load_set_pointer(j, slot, to->at);
}

/*
 * The same for an array whose count may be in the object. *@room is how many
 * elements the stream has, and becomes how many there is room for.
 */
static int get_array(struct kstate_journal *j, const struct kstate_field *f,
		     struct kstate_place obj, u32 *room, size_t size,
		     const struct kstate_description *desc,
		     struct kstate_place *to)
{
	int err = kstate_load_check_count(j, f, *room);
	struct kstate_place slot = obj;
	bool has;

	if (err)
		return err;
	slot.at += f->offset;
	has = kstate_load_pointer(slot);
	if (!f->count_size)
		*room = f->count;
	else if (has)
		*room = min_t(u64, U32_MAX,
			      kstate_get_native(obj.at + f->count_offset,
						f->count_size));
	return kstate_load_pointee(j, slot, *room, size, desc, to) ?:
	       (has ? 0 : kstate_load_set_count(j, f, obj, *room));
}

/* ---- Kinds ---- */

/* Embedded or pointed at, on either side */
static int read_simple(struct kstate_journal *j,
		       const struct kstate_program *prog,
		       const struct kstate_op *op, struct kstate_place obj)
{
	const struct kstate_field *f = op->field;
	bool pointer = f->kind == KS_POINTER;
	struct kstate_place to = obj;
	int present = 1, err;
	u32 nr, room;

	to.at += f->offset;
	if (le16_to_cpu(op->from->kind) == KSTATE_ABI_POINTER)
		present = kstate_input_present(&j->in);
	if (present < 0)
		return present;
	if (!present && !pointer)
		return fail(j, "was saved as NULL", -ENODATA);
	if (!present)
		return kstate_load_null(j, to) ?:
		       kstate_load_set_count(j, f, obj, 0);

	err = kstate_input_count(&j->in, prog->from, op->from, &nr);
	if (err)
		return err;
	room = pointer ? nr : f->count;
	if (pointer)
		err = get_array(j, f, obj, &room, f->size, f->desc, &to);
	return err ?: read_elements(j, prog, op, to, nr, room);
}

static int read_pointers(struct kstate_journal *j,
			 const struct kstate_program *prog,
			 const struct kstate_op *op, struct kstate_place obj)
{
	struct kstate_place slot = obj, to;
	int present, err;
	u32 nr, room, i;

	slot.at += op->field->offset;
	present = kstate_input_present(&j->in);
	if (present < 0)
		return present;
	if (!present)
		return kstate_load_null(j, slot) ?:
		       kstate_load_set_count(j, op->field, obj, 0);

	err = kstate_input_count(&j->in, prog->from, op->from, &nr);
	room = nr;
	err = err ?: get_array(j, op->field, obj, &room, sizeof(void *),
			       NULL, &slot);
	if (!err && room != nr)
		err = fail(j, "was saved with another number of elements",
			   -EMSGSIZE);
	for (i = 0; !err && i < nr; i++, slot.at += sizeof(void *)) {
		present = kstate_input_present(&j->in);
		if (present < 0)
			return present;
		if (present)
			err = kstate_load_pointee(j, slot, 1, op->field->size,
						  op->field->desc, &to) ?:
			      kstate_load_struct(j, op->sub, to);
		else
			err = kstate_load_null(j, slot);
	}
	return err;
}

static int read_subsection(struct kstate_journal *j, const struct kstate_op *op,
			   struct kstate_place obj)
{
	int present = kstate_input_present(&j->in);

	return present > 0 ? kstate_load_struct(j, op->sub, obj) : present;
}

static int read_custom(struct kstate_journal *j, const struct kstate_op *op,
		       struct kstate_place obj)
{
	struct kstate_change *c;
	const u8 *in;
	u32 len;
	int err;

	err = kstate_input_u32(&j->in, &len);
	if (err)
		return err;
	in = kstate_input_take(&j->in, len);
	if (!in)
		return kstate_input_short(&j->in);
	c = kstate_journal_add(j, KSTATE_CHANGE_CUSTOM, obj.at);
	if (!c)
		return fail(j, "no memory", -ENOMEM);
	c->field = op->field;
	c->bytes = (void *)in;
	c->len = len;
	return 0;
}

/**
 * kstate_load_field - read a field
 * @j: the journal
 * @prog: how the struct is read
 * @op: how this field of it is
 * @obj: the struct's place
 *
 * Context: may sleep.
 * Return: as kstate_load()
 */
int kstate_load_field(struct kstate_journal *j,
		      const struct kstate_program *prog,
		      const struct kstate_op *op, struct kstate_place obj)
{
	switch (op->field->kind) {
	case KS_ARRAY_OF_POINTER:
		return read_pointers(j, prog, op, obj);
	case KS_LIST:
	case KS_HLIST:
		return kstate_load_list(j, prog, op, obj);
	case KS_XARRAY:
		return kstate_load_xarray(j, prog, op, obj);
	case KS_BITMAP:
		return kstate_load_bitmap(j, op->field, obj);
	case KS_UNION:
		return kstate_load_union(j, op, obj);
	case KS_SUBSECTION:
		return read_subsection(j, op, obj);
	case KS_CUSTOM:
		return read_custom(j, op, obj);
	default:
		return read_simple(j, prog, op, obj);
	}
}

/* Fields that are neighbours on both sides, all at once */
static int read_run(struct kstate_journal *j, const struct kstate_op *op,
		    struct kstate_place obj)
{
	const u8 *in = kstate_input_take(&j->in, op->run);
	void *out;

	if (!in)
		return kstate_input_short(&j->in);
	obj.at += op->field->offset;
	out = kstate_load_target(j, obj, op->run);
	if (!out)
		return -ENOMEM;
	memcpy(out, in, op->run);
	return 0;
}

static int read_op(struct kstate_journal *j, const struct kstate_program *prog,
		   const struct kstate_op *op, struct kstate_place to)
{
	const struct kstate_abi_field *named = op->to ?: op->from;

	j->in.desc = prog->to->name;
	j->in.field = kstate_schema_str(op->to ? prog->to : prog->from,
					named->name);
	if (!op->from)
		return set_default(j, op->field, to);
	if (!op->to)
		return kstate_skip_field(&j->in, prog->from, op);
	return kstate_load_field(j, prog, op, to);
}

/**
 * kstate_load_struct - read a struct
 * @j: the journal
 * @prog: how
 * @to: its place
 *
 * Context: may sleep. Calls itself for nested structs, at most
 * KSTATE_ABI_MAX_DEPTH deep.
 * Return: as kstate_load()
 */
int kstate_load_struct(struct kstate_journal *j,
		       const struct kstate_program *prog,
		       struct kstate_place to)
{
	const struct kstate_op *op = prog->ops, *end = op + prog->nr_ops;
	const char *outer = j->in.desc;
	int err = 0;

	while (!err && op < end) {
		if (op->run_ops > 1) {
			err = read_run(j, op, to);
			op += op->run_ops;
		} else {
			err = read_op(j, prog, op, to);
			op++;
		}
	}
	if (!err)
		j->in.desc = outer;
	return err;
}

/* The short way, if @in can go it: 1, or as kstate_load() if it was gone */
static int load_flat(const struct kstate_program *prog,
		     const struct kstate_in_object *in, void *obj,
		     struct kstate_report *report)
{
	const struct kstate_description *desc = prog->desc;
	int err;

	if (!prog->flat_size || in->len != prog->flat_size ||
	    desc->validate || desc->post_load ||
	    !kstate_flat_fits(prog, in->data))
		return 1;
	err = desc->pre_load ? desc->pre_load(obj, prog->from->version) : 0;
	if (err)
		return kstate_fail(report, desc->name, NULL,
				   "was refused by its pre_load hook",
				   min(err, -1));
	kstate_flat_read(prog, in->data, obj);
	return 0;
}

static int load_all(const struct kstate_program *prog,
		    const struct kstate_in_object *in, void *obj,
		    const struct kstate_mem_ops *mem,
		    const struct kstate_refs *refs,
		    struct kstate_report *report)
{
	struct kstate_journal j = {
		.in = {
			.s = {
				.in = in->data, .size = in->len, .mem = mem,
				.refs = refs, .report = report,
			},
			.desc = prog->desc->name,
		},
		.changes = LIST_HEAD_INIT(j.changes),
	};
	int err;

	err = kstate_load_struct(&j, prog, (struct kstate_place){ .at = obj });
	j.in.field = NULL;
	if (!err && kstate_read_left(&j.in.s))
		err = fail(&j, "was saved with bytes that mean nothing",
			   -EBADMSG);
	if (err)
		report->untried = err == -ENOMEM || err == -ENOENT;
	else
		err = kstate_journal_commit(&j, prog, obj);
	if (err)
		kstate_journal_undo(&j);
	kstate_journal_free(&j);
	return err;
}

/**
 * kstate_load - read an object
 * @prog: how
 * @in: the object's bytes, of @prog's writer's schema
 * @obj: the object, of @prog's description; untouched on an error
 * @mem: how to treat memory that stays in place
 * @refs: how to treat references
 * @report: where to tell what is wrong
 *
 * Context: may sleep.
 * Return: 0; -EBADMSG if the bytes do not fit the schema, -ERANGE if a value
 * does not fit, -EINVAL if one must be what it is here and is not, -EMSGSIZE if
 * an array of the object has another length, -EEXIST if the object has
 * something where the stream has none, or where the stream has a folio or a
 * list, -ENODATA if the stream has NULL for something embedded, -EPROTO if there
 * is an arm of a union or a mandatory subsection that is not known, -ENOENT if
 * it refers to an object that is not registered, -ESTALE if memory cannot be
 * claimed, -ENOMEM, or the errno of a hook. &kstate_report.untried tells whether
 * another try makes sense.
 */
int kstate_load(const struct kstate_program *prog,
		const struct kstate_in_object *in, void *obj,
		const struct kstate_mem_ops *mem,
		const struct kstate_refs *refs, struct kstate_report *report)
{
	int err = load_flat(prog, in, obj, report);

	return err <= 0 ? err : load_all(prog, in, obj, mem, refs, report);
}
