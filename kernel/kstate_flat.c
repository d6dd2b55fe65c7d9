// SPDX-License-Identifier: GPL-2.0-only
/*
 * KSTATE: the short way for structs that are numbers only.
 *
 * Such a struct always takes as many bytes. It is written with a few copies;
 * and it is read without a journal, since nothing can go wrong any more once
 * its length and its values are found right. What is written and read is the
 * same as by the long way.
 */
#include <linux/err.h>
#include <linux/kstate.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "kstate_flat.h"

static const bool host_le = cpu_to_le64(1) == (__force __le64)1ULL;

/* ---- Writing ---- */

static bool is_number(const struct kstate_field *f)
{
	return f->kind == KS_SIMPLE && kstate_is_number(f->type);
}

/* Runs of bytes in @desc, added to @flat or, without room for them, counted. */
static bool add_runs(struct kstate_flat *flat, u32 room,
		     const struct kstate_description *desc, u32 base)
{
	const struct kstate_field *f;
	struct kstate_run *last;
	u32 len, at, i;

	for (f = desc->fields; f->kind != KS_END; f++) {
		at = base + f->offset;
		len = f->size * f->count;
		if (f->kind == KS_STRUCT) {
			for (i = 0; i < f->count; i++, at += f->size) {
				if (!add_runs(flat, room, f->desc, at))
					return false;
			}
			continue;
		}
		if (f->kind == KS_UNUSED)
			continue;
		if (!is_number(f))
			return false;
		last = flat->nr_runs ? &flat->runs[flat->nr_runs - 1] : NULL;
		flat->size += len;
		if (last && last->offset + last->len == at) {
			last->len += len;
			continue;
		}
		if (flat->nr_runs == room)
			return false;
		flat->nr_runs++;
		flat->runs[flat->nr_runs - 1] = (struct kstate_run){ at, len };
	}
	return true;
}

/**
 * kstate_flat_make - how to write structs of a description, if they are flat
 * @desc: a description that kstate_check_description() found right
 *
 * Context: may sleep.
 * Return: to be freed with kfree(); NULL if they are not flat or have more runs
 * than is worth it, and then there is the long way; or ERR_PTR(-ENOMEM)
 */
struct kstate_flat *kstate_flat_make(const struct kstate_description *desc)
{
	struct kstate_flat *flat;

	if (!host_le)
		return NULL;
	flat = kzalloc(struct_size(flat, runs, KSTATE_FLAT_RUNS), GFP_KERNEL);
	if (!flat)
		return ERR_PTR(-ENOMEM);
	if (add_runs(flat, KSTATE_FLAT_RUNS, desc, 0))
		return flat;
	kfree(flat);
	return NULL;
}

/**
 * kstate_flat_write - write a flat struct
 * @s: the stream
 * @flat: how
 * @obj: the struct
 *
 * Context: may sleep if @s can grow.
 * Return: 0 or the errno of kstate_stream_room()
 */
int kstate_flat_write(struct kstate_stream *s, const struct kstate_flat *flat,
		      const void *obj)
{
	const struct kstate_run *run;
	int err;
	u8 *to;

	err = kstate_stream_room(s, flat->size);
	if (err)
		return err;
	to = s->counting ? NULL : s->data + s->pos;
	for (run = flat->runs; to && run < flat->runs + flat->nr_runs; run++) {
		memcpy(to, obj + run->offset, run->len);
		to += run->len;
	}
	s->pos += flat->size;
	return 0;
}

/* ---- Reading ---- */

static bool wire_number(const struct kstate_abi_field *f)
{
	return le16_to_cpu(f->kind) == KSTATE_ABI_SIMPLE &&
	       kstate_is_number(le16_to_cpu(f->type));
}

/* Bytes of the field in the stream; 0 if the short way cannot read it. */
static u64 op_size(const struct kstate_op *op)
{
	u32 count = le32_to_cpu(op->from->count);

	if (op->refuse || (op->to && !op->field))
		return 0;
	if (op->to && op->field->count != count)
		return 0;
	if (op->sub)
		return op->field->kind == KS_STRUCT &&
		       le16_to_cpu(op->from->kind) == KSTATE_ABI_STRUCT ?
		       op->sub->flat_size * count : 0;
	if (!wire_number(op->from))
		return 0;
	if (op->to && (!is_number(op->field) ||
		       op->field->flags & KSTATE_FIELD_EQUAL))
		return 0;
	return (u64)le32_to_cpu(op->from->width) * count;
}

static bool any_legal(const struct kstate_op *op)
{
	return !op->has_min && !op->has_max && !op->values;
}

/* Are all values that the stream can have there right? */
static bool always_fits(const struct kstate_op *op)
{
	bool from_sign = le16_to_cpu(op->from->type) == KSTATE_ABI_SINT;
	bool to_sign = le16_to_cpu(op->to->type) == KSTATE_ABI_SINT;
	u32 from = le32_to_cpu(op->from->width);
	u32 to = le32_to_cpu(op->to->width);

	if (op->sub)
		return !op->sub->moves->nr_checks;
	if (!any_legal(op) || le16_to_cpu(op->to->type) == KSTATE_ABI_BOOL)
		return false;
	if (from_sign != to_sign)
		return to_sign && from < to;
	return from <= to;
}

/* Bytes to copy, 0: they have to be converted. What fits is the same there. */
static u32 copied_bytes(const struct kstate_op *op)
{
	const struct kstate_field *f = op->field;

	if (!host_le || !op->from || op->sub ||
	    le32_to_cpu(op->from->width) != f->size)
		return 0;
	return f->size * f->count;
}

/* Neighbours in the stream and in the object become one move. */
static void add_move(struct kstate_moves *moves, const struct kstate_op *op,
		     u32 at)
{
	struct kstate_move *last = &moves->moves[moves->nr_moves];
	u32 offset = op->field->offset, len = copied_bytes(op);

	if (len && moves->nr_moves && last[-1].len &&
	    last[-1].at + last[-1].len == at &&
	    last[-1].offset + last[-1].len == offset) {
		last[-1].len += len;
		return;
	}
	*last = (struct kstate_move){ op, at, offset, len };
	moves->nr_moves++;
}

/* Bytes of the stream that are right if they are 0 or 1; 0: that is not all */
static u32 bool_bytes(const struct kstate_op *op)
{
	if (op->sub || !any_legal(op) || le32_to_cpu(op->from->width) != 1 ||
	    le16_to_cpu(op->to->type) != KSTATE_ABI_BOOL)
		return 0;
	return op->field->count;
}

static void add_check(struct kstate_moves *moves, const struct kstate_op *op,
		      u32 at)
{
	if (!always_fits(op))
		moves->checks[moves->nr_checks++] = (struct kstate_move){
			.op = op, .at = at, .len = bool_bytes(op),
		};
}

/* Bytes of the stream that @moves read; 0 if the short way cannot be gone */
static u64 add_moves(struct kstate_moves *moves,
		     const struct kstate_program *prog)
{
	const struct kstate_op *op;
	u64 at = 0, size;

	for (op = prog->ops; op < prog->ops + prog->nr_ops; op++) {
		size = 0;
		if (op->from &&
		    le16_to_cpu(op->from->kind) != KSTATE_ABI_UNUSED) {
			size = op_size(op);
			if (!size || at + size > U32_MAX)
				return 0;
		}
		if (op->to)
			add_move(moves, op, at);
		if (op->to && op->from)
			add_check(moves, op, at);
		at += size;
	}
	return at;
}

/**
 * kstate_flat_resolve - find out whether a program can go the short way
 * @prog: the program; those of its structs are done
 *
 * Sets its moves and its flat_size, which is 0 if it cannot.
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM
 */
int kstate_flat_resolve(struct kstate_program *prog)
{
	struct kstate_moves *moves;

	if (!prog->desc)
		return 0;
	moves = kvzalloc(struct_size(moves, moves, size_mul(prog->nr_ops, 2)),
			 GFP_KERNEL);
	if (!moves)
		return -ENOMEM;
	moves->checks = moves->moves + prog->nr_ops;
	prog->moves = moves;
	prog->flat_size = add_moves(moves, prog);
	return 0;
}

static bool bools_fit(const u8 *in, u32 nr)
{
	while (nr--) {
		if (*in++ > 1)
			return false;
	}
	return true;
}

static noinline bool numbers_fit(const struct kstate_op *op, const u8 *in)
{
	bool sign = le16_to_cpu(op->from->type) == KSTATE_ABI_SINT;
	u32 width = le32_to_cpu(op->from->width), i;

	for (i = 0; i < op->field->count; i++, in += width) {
		if (!kstate_value_fits(op, kstate_input_number(in, width, sign),
				       sign))
			return false;
	}
	return true;
}

static noinline bool structs_fit(const struct kstate_op *op, const u8 *in)
{
	u32 i;

	for (i = 0; i < op->field->count; i++, in += op->sub->flat_size) {
		if (!kstate_flat_fits(op->sub, in))
			return false;
	}
	return true;
}

/**
 * kstate_flat_fits - are all values of a flat struct right?
 * @prog: how it is read, with a flat_size
 * @in: as many bytes
 *
 * Return: true if nothing is wrong with them
 */
bool kstate_flat_fits(const struct kstate_program *prog, const u8 *in)
{
	const struct kstate_move *check = prog->moves->checks;
	const struct kstate_move *end = check + prog->moves->nr_checks;
	bool fits = true;

	for (; fits && check < end; check++) {
		if (check->len)
			fits = bools_fit(in + check->at, check->len);
		else if (check->op->sub)
			fits = structs_fit(check->op, in + check->at);
		else
			fits = numbers_fit(check->op, in + check->at);
	}
	return fits;
}

static void convert_numbers(const struct kstate_op *op, const u8 *in, u8 *out)
{
	bool sign = le16_to_cpu(op->from->type) == KSTATE_ABI_SINT;
	u32 width = le32_to_cpu(op->from->width), i;

	for (i = 0; i < op->field->count; i++, in += width) {
		kstate_put_native(out, op->field->size,
				  kstate_input_number(in, width, sign));
		out += op->field->size;
	}
}

/* What cannot be copied */
static noinline void read_op(const struct kstate_op *op, const u8 *in, u8 *out)
{
	const struct kstate_field *f = op->field;
	u32 i;

	if (!op->from) {
		for (i = 0; i < f->count; i++)
			kstate_put_native(out + i * f->size, f->size, f->value);
	} else if (op->sub) {
		for (i = 0; i < f->count; i++)
			kstate_flat_read(op->sub, in + i * op->sub->flat_size,
					 out + i * f->size);
	} else {
		convert_numbers(op, in, out);
	}
}

/**
 * kstate_flat_read - read a flat struct
 * @prog: how it is read, with a flat_size
 * @in: as many bytes, which kstate_flat_fits()
 * @obj: the struct
 */
void kstate_flat_read(const struct kstate_program *prog, const u8 *in,
		      void *obj)
{
	const struct kstate_move *m = prog->moves->moves;
	const struct kstate_move *end = m + prog->moves->nr_moves;

	for (; m < end; m++) {
		if (m->len)
			memcpy(obj + m->offset, in + m->at, m->len);
		else
			read_op(m->op, in + m->at, obj + m->offset);
	}
}
