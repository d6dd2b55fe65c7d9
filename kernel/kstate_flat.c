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

/**
 * kstate_flat_resolve - find out whether a program can go the short way
 * @prog: the program; those of its structs are done
 *
 * Sets its flat_size, 0 if it cannot, and where its ops are in the stream.
 */
void kstate_flat_resolve(struct kstate_program *prog)
{
	struct kstate_op *op;
	u64 at = 0, size;

	for (op = prog->ops; op < prog->ops + prog->nr_ops; op++) {
		op->at = at;
		if (!op->from ||
		    le16_to_cpu(op->from->kind) == KSTATE_ABI_UNUSED)
			continue;
		size = op_size(op);
		if (!size || at + size > U32_MAX)
			return;
		at += size;
	}
	prog->flat_size = at;
}

static bool numbers_fit(const struct kstate_op *op, const u8 *in)
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

/**
 * kstate_flat_fits - are all values of a flat struct right?
 * @prog: how it is read, with a flat_size
 * @in: as many bytes
 *
 * Return: true if nothing is wrong with them
 */
bool kstate_flat_fits(const struct kstate_program *prog, const u8 *in)
{
	const struct kstate_op *op;
	u32 i;

	for (op = prog->ops; op < prog->ops + prog->nr_ops; op++) {
		if (op->copy || !op->to || !op->from)
			continue;
		if (!op->sub && !numbers_fit(op, in + op->at))
			return false;
		for (i = 0; op->sub && i < op->field->count; i++) {
			if (!kstate_flat_fits(op->sub, in + op->at +
					      i * op->sub->flat_size))
				return false;
		}
	}
	return true;
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

static void read_op(const struct kstate_op *op, const u8 *in, u8 *obj)
{
	const struct kstate_field *f = op->field;
	u8 *out = obj + f->offset;
	u32 i;

	if (!op->from) {
		for (i = 0; i < f->count; i++)
			kstate_put_native(out + i * f->size, f->size, f->value);
	} else if (op->sub) {
		for (i = 0; i < f->count; i++)
			kstate_flat_read(op->sub,
					 in + op->at + i * op->sub->flat_size,
					 out + i * f->size);
	} else {
		convert_numbers(op, in + op->at, out);
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
	const struct kstate_op *op = prog->ops, *end = op + prog->nr_ops;

	while (op < end) {
		if (op->run_ops) {
			memcpy(obj + op->field->offset, in + op->at, op->run);
			op += op->run_ops;
			continue;
		}
		if (op->field)
			read_op(op, in, obj);
		op++;
	}
}
