// SPDX-License-Identifier: GPL-2.0-only
/*
 * KSTATE: reading an object, all of it or nothing.
 *
 * First everything is decoded. What belongs into memory that the object has
 * goes into a journal; memory that is new is filled at once, nobody sees it
 * yet. When nothing can be wrong with the bytes any more, the journal is
 * swapped with the object's memory, folios are claimed and hooks run. If one of
 * them fails, the same journal takes it all back.
 */
#include <linux/kstate.h>
#include <linux/list.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include "kstate_journal.h"

/* Where a struct is read to: in the object, or in memory that is new. */
struct kstate_place {
	void *at;
	bool fresh;
};

static int fail(struct kstate_journal *j, const char *why, int err)
{
	return kstate_journal_fail(j, why, err);
}

static int cut_short(struct kstate_journal *j)
{
	return fail(j, "has not as many bytes as it should", -EBADMSG);
}

static int no_memory(struct kstate_journal *j)
{
	return fail(j, "no memory", -ENOMEM);
}

/* Where to decode @len bytes that belong at @at. */
static void *target(struct kstate_journal *j, void *at, size_t len, bool fresh)
{
	return fresh || !len ? at : kstate_journal_target(j, at, len);
}

/* ---- Bytes ---- */

static const u8 *take(struct kstate_journal *j, size_t len)
{
	const u8 *in = j->s.in + j->s.pos;

	if (len > kstate_read_left(&j->s))
		return NULL;
	j->s.pos += len;
	return in;
}

static int take_u32(struct kstate_journal *j, u32 *value)
{
	const u8 *in = take(j, sizeof(*value));

	if (!in)
		return cut_short(j);
	*value = get_unaligned_le32(in);
	return 0;
}

/* 0, 1, or an error */
static int take_present(struct kstate_journal *j)
{
	const u8 *in = take(j, 1);

	if (!in)
		return cut_short(j);
	if (*in > 1)
		return fail(j, "has a strange mark of presence", -EBADMSG);
	return *in;
}

/* The number of elements that follow, each of at least @least bytes. */
static int take_count(struct kstate_journal *j,
		      const struct kstate_abi_field *from, u64 least, u32 *nr)
{
	int err;

	*nr = le32_to_cpu(from->count);
	if (!*nr) {
		err = take_u32(j, nr);
		if (err)
			return err;
	}
	if (*nr > kstate_read_left(&j->s) / least)
		return cut_short(j);
	return 0;
}

/* ---- Skipping ---- */

static int skip_struct(struct kstate_journal *j, const struct kstate_schema *s);

static int skip_elements(struct kstate_journal *j,
			 const struct kstate_schema *all,
			 const struct kstate_abi_field *from, u32 nr)
{
	u32 schema = le32_to_cpu(from->schema);
	int err;
	u32 i;

	if (schema == KSTATE_ABI_NO_SCHEMA)
		return take(j, (size_t)nr * le32_to_cpu(from->width)) ?
		       0 : cut_short(j);
	for (i = 0; i < nr; i++) {
		err = skip_struct(j, &all[schema]);
		if (err)
			return err;
	}
	return 0;
}

static int skip_pointers(struct kstate_journal *j,
			 const struct kstate_schema *s,
			 const struct kstate_abi_field *from)
{
	int present;
	u32 nr, i;
	int err;

	err = take_count(j, from, 1, &nr);
	if (err)
		return err;
	for (i = 0; i < nr; i++) {
		present = take_present(j);
		if (present > 0)
			present = skip_elements(j, s->all, from, 1);
		if (present < 0)
			return present;
	}
	return 0;
}

static int skip_field(struct kstate_journal *j, const struct kstate_schema *s,
		      const struct kstate_abi_field *from)
{
	u32 kind = le16_to_cpu(from->kind);
	int present = 1, err;
	u32 nr;

	if (kind == KSTATE_ABI_POINTER || kind == KSTATE_ABI_FOLIO ||
	    kind == KSTATE_ABI_ARRAY_OF_POINTER)
		present = take_present(j);
	if (present <= 0)
		return present;

	switch (kind) {
	case KSTATE_ABI_CUSTOM:
		err = take_u32(j, &nr);
		if (!err && !take(j, nr))
			err = cut_short(j);
		return err;
	case KSTATE_ABI_FOLIO:
		return take(j, sizeof(u64) + sizeof(u32)) ? 0 : cut_short(j);
	case KSTATE_ABI_ARRAY_OF_POINTER:
		return skip_pointers(j, s, from);
	default:
		err = take_count(j, from, 1, &nr);
		return err ?: skip_elements(j, s->all, from, nr);
	}
}

/* Every field takes bytes, so the stream's length bounds the work. */
static int skip_struct(struct kstate_journal *j, const struct kstate_schema *s)
{
	int err;
	u32 i;

	for (i = 0; i < s->nr_fields; i++) {
		err = skip_field(j, s, &s->fields[i]);
		if (err)
			return err;
	}
	return 0;
}

/* ---- Reading ---- */

static int read_struct(struct kstate_journal *j,
		       const struct kstate_program *prog,
		       struct kstate_place to);

static u64 get_wire(const u8 *in, u32 width, bool sign)
{
	switch (width) {
	case 1:
		return sign ? (u64)(s8)*in : *in;
	case 2:
		return sign ? (u64)(s16)get_unaligned_le16(in) :
			      get_unaligned_le16(in);
	case 4:
		return sign ? (u64)(s32)get_unaligned_le32(in) :
			      get_unaligned_le32(in);
	default:
		return get_unaligned_le64(in);
	}
}

/* Does a value, @sign: below zero if its top bit is set, fit into @to? */
static bool fits(u64 value, bool sign, const struct kstate_field *to)
{
	unsigned int bits = to->size * 8;
	bool negative = sign && (s64)value < 0;

	switch (to->type) {
	case KST_BOOL:
		return value <= 1;
	case KST_SINT:
		if (negative)
			return (s64)value >= S64_MIN >> (64 - bits);
		return value <= (u64)S64_MAX >> (64 - bits);
	default:
		return !negative && value <= U64_MAX >> (64 - bits);
	}
}

static int read_scalars(struct kstate_journal *j, const struct kstate_op *op,
			struct kstate_place to, u32 nr)
{
	bool sign = le16_to_cpu(op->from->type) == KSTATE_ABI_SINT;
	u32 width = le32_to_cpu(op->from->width);
	u32 size = op->to->size, i;
	const u8 *in;
	u64 value;
	u8 *out;

	in = take(j, (size_t)width * nr);
	if (!in)
		return cut_short(j);
	out = target(j, to.at, (size_t)size * nr, to.fresh);
	if (!out)
		return no_memory(j);
	if (op->copy) {
		memcpy(out, in, (size_t)size * nr);
		return 0;
	}
	for (i = 0; i < nr; i++, in += width, out += size) {
		value = get_wire(in, width, sign);
		if (!fits(value, sign, op->to))
			return fail(j, "has a value that does not fit", -ERANGE);
		kstate_put_native(out, size, value);
	}
	return 0;
}

static int read_elements(struct kstate_journal *j, const struct kstate_op *op,
			 struct kstate_place to, u32 nr)
{
	int err;
	u32 i;

	if (!op->sub)
		return read_scalars(j, op, to, nr);

	for (i = 0; i < nr; i++, to.at += op->to->size) {
		err = read_struct(j, op->sub, to);
		if (err)
			return err;
	}
	return 0;
}

static int read_embedded(struct kstate_journal *j, const struct kstate_op *op,
			 struct kstate_place obj)
{
	obj.at += op->to->offset;
	return read_elements(j, op, obj, op->to->count);
}

static int put_pointer(struct kstate_journal *j, struct kstate_place slot,
		       void *p)
{
	void **out = target(j, slot.at, sizeof(p), slot.fresh);

	if (!out)
		return no_memory(j);
	*out = p;
	return 0;
}

static int put_count(struct kstate_journal *j, const struct kstate_field *to,
		     struct kstate_place obj, u32 nr)
{
	void *out;

	if (!to->count_size)
		return 0;
	if (nr > U64_MAX >> (64 - to->count_size * 8))
		return fail(j, "has a count that does not fit", -ERANGE);
	out = target(j, obj.at + to->count_offset, to->count_size, obj.fresh);
	if (!out)
		return no_memory(j);
	kstate_put_native(out, to->count_size, nr);
	return 0;
}

/*
 * The memory that the pointer at @slot is to have: that which it has, or new
 * one of @nr elements of @size bytes.
 */
static int get_pointee(struct kstate_journal *j, struct kstate_place slot,
		       u32 nr, size_t size, struct kstate_place *to)
{
	to->at = *(void **)slot.at;
	to->fresh = !to->at;
	if (to->at)
		return 0;
	to->at = kstate_journal_alloc(j, nr, size);
	if (!to->at)
		return no_memory(j);
	return put_pointer(j, slot, to->at);
}

/* The same for an array whose count is in the object. */
static int get_array(struct kstate_journal *j, const struct kstate_field *f,
		     struct kstate_place obj, u32 nr, size_t size,
		     struct kstate_place *to)
{
	struct kstate_place slot = { obj.at + f->offset, obj.fresh };
	bool has = *(void **)slot.at;

	if (has && f->count_size &&
	    kstate_get_native(obj.at + f->count_offset, f->count_size) != nr)
		return fail(j, "was saved with another number of elements",
			    -EMSGSIZE);
	return get_pointee(j, slot, nr, size, to) ?:
	       (has ? 0 : put_count(j, f, obj, nr));
}

/*
 * What an object points at is not leaked and not freed behind its back: NULL
 * is read only where NULL is.
 */
static int read_null(struct kstate_journal *j, struct kstate_place slot)
{
	if (*(void **)slot.at)
		return fail(j, "was saved as NULL and is not NULL here",
			    -EEXIST);
	return 0;
}

static u64 least_size(const struct kstate_op *op)
{
	return op->sub ? op->sub->schema->min_size :
			 le32_to_cpu(op->from->width);
}

static int read_pointer(struct kstate_journal *j, const struct kstate_op *op,
			struct kstate_place obj)
{
	struct kstate_place slot = { obj.at + op->to->offset, obj.fresh };
	struct kstate_place to;
	int err;
	u32 nr;

	err = take_present(j);
	if (err < 0)
		return err;
	if (!err)
		return read_null(j, slot) ?: put_count(j, op->to, obj, 0);

	err = take_count(j, op->from, least_size(op), &nr) ?:
	      get_array(j, op->to, obj, nr, op->to->size, &to);
	return err ?: read_elements(j, op, to, nr);
}

static int read_pointers(struct kstate_journal *j, const struct kstate_op *op,
			 struct kstate_place obj)
{
	struct kstate_place slot = { obj.at + op->to->offset, obj.fresh };
	struct kstate_place to;
	int present, err;
	u32 nr, i;

	present = take_present(j);
	if (present < 0)
		return present;
	if (!present)
		return read_null(j, slot) ?: put_count(j, op->to, obj, 0);

	err = take_count(j, op->from, sizeof(u8), &nr) ?:
	      get_array(j, op->to, obj, nr, sizeof(void *), &slot);
	for (i = 0; !err && i < nr; i++, slot.at += sizeof(void *)) {
		present = take_present(j);
		if (present < 0)
			return present;
		if (present)
			err = get_pointee(j, slot, 1, op->to->size, &to) ?:
			      read_struct(j, op->sub, to);
		else
			err = read_null(j, slot);
	}
	return err;
}

static int read_custom(struct kstate_journal *j, const struct kstate_op *op,
		       struct kstate_place obj)
{
	struct kstate_change *c;
	const u8 *in;
	u32 len;
	int err;

	err = take_u32(j, &len);
	if (err)
		return err;
	in = take(j, len);
	if (!in)
		return cut_short(j);
	c = kstate_journal_add(j, KSTATE_CHANGE_CUSTOM, obj.at);
	if (!c)
		return no_memory(j);
	c->bytes = (void *)in;
	c->len = len;
	return 0;
}

static int read_folio(struct kstate_journal *j, const struct kstate_op *op,
		      struct kstate_place obj)
{
	struct kstate_place slot = { obj.at + op->to->offset, obj.fresh };
	struct kstate_change *c;
	int present;
	const u8 *in;

	present = take_present(j);
	if (present < 0)
		return present;
	/* neither is a folio that is there already replaced */
	if (*(void **)slot.at)
		return fail(j, "is not NULL here", -EEXIST);
	if (!present)
		return 0;

	in = take(j, sizeof(u64) + sizeof(u32));
	if (!in)
		return cut_short(j);
	c = kstate_journal_add(j, KSTATE_CHANGE_CLAIM, slot.at);
	if (!c)
		return no_memory(j);
	c->phys = get_unaligned_le64(in);
	c->order = get_unaligned_le32(in + sizeof(u64));
	if (!j->s.mem->claimable(c->phys, c->order))
		return fail(j, "has a folio that is not there to be claimed",
			    -ESTALE);
	return 0;
}

typedef int read_fn(struct kstate_journal *j, const struct kstate_op *op,
		    struct kstate_place obj);

static read_fn * const read_kind[] = {
	[KS_SIMPLE]		= read_embedded,
	[KS_POINTER]		= read_pointer,
	[KS_STRUCT]		= read_embedded,
	[KS_CUSTOM]		= read_custom,
	[KS_ARRAY_OF_POINTER]	= read_pointers,
	[KS_FOLIO]		= read_folio,
};

static int read_struct(struct kstate_journal *j,
		       const struct kstate_program *prog,
		       struct kstate_place to)
{
	const struct kstate_description *outer = j->desc;
	const struct kstate_op *op;
	int err;

	j->desc = prog->desc;
	for (op = prog->ops; op < prog->ops + prog->nr_ops; op++) {
		j->field = op->to;
		if (op->to)
			err = read_kind[op->to->kind](j, op, to);
		else
			err = skip_field(j, prog->schema, op->from);
		if (err)
			return err;
	}
	j->desc = outer;
	return 0;
}

/**
 * kstate_load - read an object
 * @prog: how
 * @in: the object's bytes, of @prog's schema
 * @obj: the object, of @prog's description; untouched on an error
 * @mem: how to treat folios
 * @report: where to tell what is wrong
 *
 * Context: may sleep. Calls itself for nested structs, at most
 * KSTATE_ABI_MAX_DEPTH deep.
 * Return: 0; -EBADMSG if the bytes do not fit the schema, -ERANGE if a value
 * does not fit, -EMSGSIZE if an array of the object has another length,
 * -EEXIST if the object has something where the stream has none, or where the
 * stream has a folio, -ESTALE if a folio cannot be claimed, -ENOMEM, or the
 * errno of a hook.
 */
int kstate_load(const struct kstate_program *prog,
		const struct kstate_in_object *in, void *obj,
		const struct kstate_mem_ops *mem, struct kstate_report *report)
{
	struct kstate_journal j = {
		.s = {
			.in = in->data, .size = in->len,
			.mem = mem, .report = report,
		},
		.changes = LIST_HEAD_INIT(j.changes),
		.desc = prog->desc,
	};
	int err;

	err = read_struct(&j, prog, (struct kstate_place){ obj, false });
	j.field = NULL;
	if (!err && kstate_read_left(&j.s))
		err = fail(&j, "was saved with bytes that mean nothing",
			   -EBADMSG);
	if (!err)
		err = kstate_journal_commit(&j, prog, obj);
	if (err)
		kstate_journal_undo(&j);
	kstate_journal_free(&j);
	return err;
}
