// SPDX-License-Identifier: GPL-2.0-only
/*
 * KSTATE: would these bytes be read? Asked where the reader's objects are not:
 * before the jump, and by tools.
 *
 * What a schema alone decides is decided by kstate_resolve.c; here it is about
 * the values. What depends on the object that will be read into, like the
 * length of an array that it has already, is not known here.
 */
#include <kunit/visibility.h>
#include <linux/export.h>
#include <linux/kstate.h>
#include <linux/minmax.h>
#include <linux/unaligned.h>

#include "kstate_input.h"

/* Does a value, @sign: below zero if its top bit is set, fit the type of @to? */
static bool fits_type(const struct kstate_abi_field *to, u64 value, bool sign)
{
	unsigned int bits = le32_to_cpu(to->width) * 8;
	bool negative = sign && (s64)value < 0;

	switch (le16_to_cpu(to->type)) {
	case KSTATE_ABI_BOOL:
		return value <= 1;
	case KSTATE_ABI_SINT:
		if (negative)
			return (s64)value >= S64_MIN >> (64 - bits);
		return value <= (u64)S64_MAX >> (64 - bits);
	default:
		return !negative && value <= U64_MAX >> (64 - bits);
	}
}

static bool is_legal(const struct kstate_op *op, u64 value)
{
	bool sign = le16_to_cpu(op->to->type) == KSTATE_ABI_SINT;
	u32 i;

	if (op->has_min &&
	    (sign ? (s64)value < (s64)op->min : value < op->min))
		return false;
	if (op->has_max &&
	    (sign ? (s64)value > (s64)op->max : value > op->max))
		return false;
	for (i = 0; i < op->nr_values; i++) {
		if (get_unaligned_le64(op->values + i * sizeof(u64)) == value)
			return true;
	}
	return !op->values;
}

/**
 * kstate_value_fits - may a number be read into the reader's field?
 * @op: which has the reader's field
 * @value: the number
 * @sign: it is negative if its top bit is set
 *
 * Return: true if it fits the type and is legal
 */
bool kstate_value_fits(const struct kstate_op *op, u64 value, bool sign)
{
	return fits_type(op->to, value, sign) && is_legal(op, value);
}

static int verify_struct(struct kstate_input *in,
			 const struct kstate_program *prog);

static int verify_numbers(struct kstate_input *in, const struct kstate_op *op,
			  u32 nr)
{
	bool sign = le16_to_cpu(op->from->type) == KSTATE_ABI_SINT;
	u32 width = le32_to_cpu(op->from->width), i;
	const u8 *bytes = kstate_input_take(in, (size_t)width * nr);

	if (!bytes)
		return kstate_input_short(in);
	for (i = 0; !op->copy && i < nr; i++, bytes += width) {
		if (!kstate_value_fits(op, kstate_input_number(bytes, width,
							       sign), sign))
			return kstate_input_fail(in,
						 "has a value that does not fit",
						 -ERANGE);
	}
	return 0;
}

/* A count, or the selector of a union that has no arm in use */
static int verify_count(struct kstate_input *in, const struct kstate_op *op,
			u64 count)
{
	if (op->count_bits && count > U64_MAX >> (64 - op->count_bits))
		return kstate_input_fail(in, "has a count that does not fit",
					 -ERANGE);
	return 0;
}

static int verify_text(struct kstate_input *in, const struct kstate_op *op)
{
	bool room = le16_to_cpu(op->to->type) == KSTATE_ABI_TEXT;
	const u8 *text;
	u32 len;
	int err;

	err = kstate_input_text(in, &text, &len);
	if (err || !room)
		return err;
	if (!text)
		return kstate_input_fail(in, "was saved as NULL", -ENODATA);
	if (len >= le32_to_cpu(op->to->width))
		return kstate_input_fail(in, "has a string that is too long",
					 -ERANGE);
	return 0;
}

static int verify_range(struct kstate_input *in)
{
	u64 start, size;

	return kstate_input_range(in, &start, &size);
}

static int verify_some(struct kstate_input *in,
		       const struct kstate_program *prog,
		       const struct kstate_op *op, u32 nr)
{
	int err = 0;
	u32 i;

	switch (le16_to_cpu(op->from->type)) {
	case KSTATE_ABI_BOOL:
	case KSTATE_ABI_UINT:
	case KSTATE_ABI_SINT:
	case KSTATE_ABI_BYTE:
		return verify_numbers(in, op, nr);
	case KSTATE_ABI_STRING:
	case KSTATE_ABI_TEXT:
		for (i = 0; !err && i < nr; i++)
			err = verify_text(in, op);
		return err;
	case KSTATE_ABI_RANGE:
		for (i = 0; !err && i < nr; i++)
			err = verify_range(in);
		return err;
	default:
		if (!op->sub)
			return kstate_skip_elements(in, prog->from, op->from,
						    nr, false);
		for (i = 0; !err && i < nr; i++)
			err = verify_struct(in, op->sub);
		return err;
	}
}

/* Elements into elements, by the rule of the reader's field */
static int verify_elements(struct kstate_input *in,
			   const struct kstate_program *prog,
			   const struct kstate_op *op, u32 nr)
{
	u32 flags = le32_to_cpu(op->to->flags);
	u32 room = le32_to_cpu(op->to->count) ?: nr;
	u32 most = min(nr, room);

	if ((nr < room && !(flags & KSTATE_ABI_FIELD_GROW)) ||
	    (nr > room && !(flags & KSTATE_ABI_FIELD_SHRINK)))
		return kstate_input_fail(in,
				"was saved with another number of elements",
				-EMSGSIZE);
	return verify_some(in, prog, op, most) ?:
	       kstate_skip_elements(in, prog->from, op->from, nr - most, true);
}

static int verify_embedded(struct kstate_input *in,
			   const struct kstate_program *prog,
			   const struct kstate_op *op)
{
	int present = 1, err;
	u32 nr;

	if (le16_to_cpu(op->from->kind) == KSTATE_ABI_POINTER)
		present = kstate_input_present(in);
	if (present < 0)
		return present;
	if (!present)
		return le16_to_cpu(op->to->kind) == KSTATE_ABI_POINTER ? 0 :
		       kstate_input_fail(in, "was saved as NULL", -ENODATA);
	err = kstate_input_count(in, prog->from, op->from, &nr);
	return err ?: verify_count(in, op, nr) ?:
		      verify_elements(in, prog, op, nr);
}

static int verify_pointers(struct kstate_input *in,
			   const struct kstate_program *prog,
			   const struct kstate_op *op)
{
	int present = kstate_input_present(in), err;
	u32 nr, i;

	if (present <= 0)
		return present;
	err = kstate_input_count(in, prog->from, op->from, &nr) ?:
	      verify_count(in, op, nr);
	for (i = 0; !err && i < nr; i++) {
		present = kstate_input_present(in);
		err = present > 0 ? verify_struct(in, op->sub) : present;
	}
	return err;
}

static int verify_collection(struct kstate_input *in,
			     const struct kstate_program *prog,
			     const struct kstate_op *op, bool indexed)
{
	u64 index = 0;
	u32 nr, i;
	int err;

	err = kstate_input_count(in, prog->from, op->from, &nr);
	for (i = 0; !err && i < nr; i++) {
		err = indexed ? kstate_input_index(in, i, &index) : 0;
		err = err ?: verify_struct(in, op->sub);
	}
	return err;
}

static int verify_bitmap(struct kstate_input *in, const struct kstate_op *op)
{
	u32 room = le32_to_cpu(op->to->count), nr;
	const u8 *bits;
	int err;

	err = kstate_input_bits(in, &bits, &nr);
	if (err || !room)
		return err ?: verify_count(in, op, nr);
	if (!bits)
		return kstate_input_fail(in, "was saved as NULL", -ENODATA);
	if (nr > room && !kstate_bits_clear(bits, room, nr))
		return kstate_input_fail(in, "has bits that do not fit",
					 -ERANGE);
	return 0;
}

static int verify_field(struct kstate_input *in,
			const struct kstate_program *prog,
			const struct kstate_op *op);

/* Does the reader have an arm for what the writer has nothing for? */
static bool selects_arm(const struct kstate_schema *arms, u64 selector)
{
	struct kstate_attr attr;
	u32 i, pos;

	for (i = 0; i < arms->nr_fields; i++) {
		pos = 0;
		while (kstate_schema_attr(arms, arms->fields[i].attrs, &pos,
					  &attr)) {
			if (attr.tag == KSTATE_ABI_ATTR_ARM &&
			    get_unaligned_le64(attr.data) == selector)
				return true;
		}
	}
	return false;
}

static int verify_no_arm(struct kstate_input *in, const struct kstate_op *op)
{
	u64 selector;
	int err;

	err = kstate_input_u64(in, &selector) ?:
	      verify_count(in, op, selector);
	if (!err && selects_arm(op->sub->to, selector))
		err = kstate_input_fail(in, "was saved with nothing in an arm",
					-EPROTO);
	return err;
}

static int verify_union(struct kstate_input *in, const struct kstate_op *op)
{
	const struct kstate_op *arm;
	u32 nr;
	int err;

	err = kstate_input_arm(in, op->sub->from, &nr);
	if (err)
		return err;
	if (nr == KSTATE_ABI_NO_ARM)
		return verify_no_arm(in, op);
	arm = &op->sub->ops[nr];
	if (!arm->to)
		return kstate_input_fail(in,
				"has an arm in use that is not known", -EPROTO);
	return verify_field(in, op->sub, arm);
}

static int verify_field(struct kstate_input *in,
			const struct kstate_program *prog,
			const struct kstate_op *op)
{
	int present;

	switch (le16_to_cpu(op->from->kind)) {
	case KSTATE_ABI_ARRAY_OF_POINTER:
		return verify_pointers(in, prog, op);
	case KSTATE_ABI_LIST:
	case KSTATE_ABI_HLIST:
		return verify_collection(in, prog, op, false);
	case KSTATE_ABI_XARRAY:
		return verify_collection(in, prog, op, true);
	case KSTATE_ABI_BITMAP:
		return verify_bitmap(in, op);
	case KSTATE_ABI_UNION:
		return verify_union(in, op);
	case KSTATE_ABI_SUBSECTION:
		present = kstate_input_present(in);
		return present > 0 ? verify_struct(in, op->sub) : present;
	case KSTATE_ABI_CUSTOM:
		return kstate_skip_field(in, prog->from, op);
	default:
		return verify_embedded(in, prog, op);
	}
}

static int verify_struct(struct kstate_input *in,
			 const struct kstate_program *prog)
{
	const char *outer = in->desc;
	const struct kstate_op *op;
	int err;

	for (op = prog->ops; op < prog->ops + prog->nr_ops; op++) {
		if (!op->from)
			continue;
		in->desc = prog->to->name;
		in->field = kstate_schema_str(prog->from, op->from->name);
		if (op->to)
			err = verify_field(in, prog, op);
		else
			err = kstate_skip_field(in, prog->from, op);
		if (err)
			return err;
	}
	in->desc = outer;
	return 0;
}

/**
 * kstate_verify - would an object's bytes be read?
 * @prog: how
 * @data: the bytes, of @prog's writer's schema
 * @len: how many
 * @report: where to tell what is wrong
 *
 * Context: any. Calls itself for nested structs, at most KSTATE_ABI_MAX_DEPTH
 * deep.
 * Return: 0, or the errno that kstate_load() would return for the bytes:
 * -EBADMSG, -ERANGE, -EMSGSIZE, -ENODATA or -EPROTO. After 0 it may still find
 * that the object has something else, or that what the bytes refer to is not
 * there: -EINVAL, -EEXIST, -ENOENT or -ESTALE; -EMSGSIZE or -ERANGE if an array
 * or bitmap that the object has is too short; -ENOMEM; and the errno of a hook.
 */
int kstate_verify(const struct kstate_program *prog, const void *data,
		  size_t len, struct kstate_report *report)
{
	struct kstate_input in = {
		.s = { .in = data, .size = len, .report = report },
		.desc = prog->to->name,
	};
	int err = verify_struct(&in, prog);

	in.field = NULL;
	if (!err && kstate_read_left(&in.s))
		err = kstate_input_fail(&in,
					"was saved with bytes that mean nothing",
					-EBADMSG);
	return err;
}
EXPORT_SYMBOL_IF_KUNIT(kstate_verify);
