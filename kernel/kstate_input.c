// SPDX-License-Identifier: GPL-2.0-only
/*
 * KSTATE: taking an object's bytes apart by their schema. They are input:
 * nothing in them is believed unchecked.
 */
#include <linux/kernel.h>
#include <linux/kstate.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include "kstate_input.h"

/**
 * kstate_input_fail - tell what is wrong with the field being read
 * @in: the input
 * @why: constant text
 * @err: errno
 *
 * Return: @err
 */
int kstate_input_fail(struct kstate_input *in, const char *why, int err)
{
	return kstate_fail(in->s.report, in->desc, in->field, why, err);
}

/**
 * kstate_input_short - tell that there are fewer bytes than there should be
 * @in: the input
 *
 * Return: -EBADMSG
 */
int kstate_input_short(struct kstate_input *in)
{
	return kstate_input_fail(in, "has not as many bytes as it should",
				 -EBADMSG);
}

/**
 * kstate_input_take - the next bytes
 * @in: the input
 * @len: how many
 *
 * Return: where they are, or NULL if there are fewer and then none is taken
 */
const u8 *kstate_input_take(struct kstate_input *in, size_t len)
{
	const u8 *bytes = in->s.in + in->s.pos;

	if (len > kstate_read_left(&in->s))
		return NULL;
	in->s.pos += len;
	return bytes;
}

/**
 * kstate_input_u32 - the next number of 4 bytes
 * @in: the input
 * @value: the number
 *
 * Return: 0 or -EBADMSG
 */
int kstate_input_u32(struct kstate_input *in, u32 *value)
{
	const u8 *bytes = kstate_input_take(in, sizeof(*value));

	if (!bytes)
		return kstate_input_short(in);
	*value = get_unaligned_le32(bytes);
	return 0;
}

/**
 * kstate_input_u64 - the next number of 8 bytes
 * @in: the input
 * @value: the number
 *
 * Return: 0 or -EBADMSG
 */
int kstate_input_u64(struct kstate_input *in, u64 *value)
{
	const u8 *bytes = kstate_input_take(in, sizeof(*value));

	if (!bytes)
		return kstate_input_short(in);
	*value = get_unaligned_le64(bytes);
	return 0;
}

/**
 * kstate_input_present - the next mark of presence
 * @in: the input
 *
 * Return: 0, 1 or -EBADMSG
 */
int kstate_input_present(struct kstate_input *in)
{
	const u8 *bytes = kstate_input_take(in, 1);

	if (!bytes)
		return kstate_input_short(in);
	if (*bytes > 1)
		return kstate_input_fail(in, "has a strange mark of presence",
					 -EBADMSG);
	return *bytes;
}

/* Least bytes of an element. */
static u64 least_size(const struct kstate_schema *s,
		      const struct kstate_abi_field *from)
{
	u32 schema = le32_to_cpu(from->schema);

	if (schema != KSTATE_ABI_NO_SCHEMA &&
	    le16_to_cpu(from->kind) != KSTATE_ABI_ARRAY_OF_POINTER)
		return s->all[schema].min_size;
	switch (le16_to_cpu(from->type)) {
	case KSTATE_ABI_UINT:
	case KSTATE_ABI_SINT:
		return le32_to_cpu(from->width);
	case KSTATE_ABI_RANGE:
		return 2 * sizeof(u64);
	default:
		return sizeof(u8);
	}
}

/**
 * kstate_input_count - how many elements follow
 * @in: the input
 * @s: the schema
 * @from: its field
 * @nr: how many; as many can be there, by the bytes that are left
 *
 * Return: 0 or -EBADMSG
 */
int kstate_input_count(struct kstate_input *in, const struct kstate_schema *s,
		       const struct kstate_abi_field *from, u32 *nr)
{
	int err;

	*nr = le32_to_cpu(from->count);
	if (!*nr) {
		err = kstate_input_u32(in, nr);
		if (err)
			return err;
	}
	if (*nr > kstate_read_left(&in->s) / least_size(s, from))
		return kstate_input_short(in);
	return 0;
}

/**
 * kstate_input_text - the next string
 * @in: the input
 * @text: its bytes, without NUL, or NULL if it is not present
 * @len: how many
 *
 * Return: 0 or -EBADMSG
 */
int kstate_input_text(struct kstate_input *in, const u8 **text, u32 *len)
{
	int present = kstate_input_present(in), err;

	*text = NULL;
	*len = 0;
	if (present <= 0)
		return present;
	err = kstate_input_u32(in, len);
	if (err)
		return err;
	*text = kstate_input_take(in, *len);
	if (!*text)
		return kstate_input_short(in);
	if (memchr(*text, 0, *len))
		return kstate_input_fail(in, "has a string with a NUL in it",
					 -EBADMSG);
	return 0;
}

/**
 * kstate_bits_clear - are some bits of the stream clear?
 * @bits: the bytes with the bits
 * @from: the first bit
 * @to: the one after the last
 *
 * Return: true if all of them are
 */
bool kstate_bits_clear(const u8 *bits, u32 from, u32 to)
{
	u32 i;

	for (i = from; i < to && i % 8; i++) {
		if (bits[i / 8] & (1U << (i % 8)))
			return false;
	}
	if (i >= to)
		return true;
	/* the bits behind the last one are clear in any case */
	return !memchr_inv(bits + i / 8, 0, DIV_ROUND_UP((u64)to, 8) - i / 8);
}

/**
 * kstate_input_bits - the next bitmap
 * @in: the input
 * @bits: its bytes, or NULL if it is not present
 * @nr: how many bits it has
 *
 * Return: 0 or -EBADMSG
 */
int kstate_input_bits(struct kstate_input *in, const u8 **bits, u32 *nr)
{
	int present = kstate_input_present(in), err;

	*bits = NULL;
	*nr = 0;
	if (present <= 0)
		return present;
	err = kstate_input_u32(in, nr);
	if (err)
		return err;
	*bits = kstate_input_take(in, DIV_ROUND_UP((u64)*nr, 8));
	if (!*bits)
		return kstate_input_short(in);
	if (*nr % 8 && (*bits)[*nr / 8] >> (*nr % 8))
		return kstate_input_fail(in, "has bits behind its last one",
					 -EBADMSG);
	return 0;
}

/**
 * kstate_input_arm - which arm of a union comes next
 * @in: the input
 * @arms: the union's schema
 * @arm: number of the field, or KSTATE_ABI_NO_ARM
 *
 * Return: 0 or -EBADMSG
 */
int kstate_input_arm(struct kstate_input *in, const struct kstate_schema *arms,
		     u32 *arm)
{
	int err = kstate_input_u32(in, arm);

	if (err || *arm == KSTATE_ABI_NO_ARM)
		return err;
	if (*arm >= arms->nr_fields ||
	    le16_to_cpu(arms->fields[*arm].kind) == KSTATE_ABI_UNUSED)
		return kstate_input_fail(in, "has an arm that does not exist",
					 -EBADMSG);
	return 0;
}

/**
 * kstate_input_index - the next index of an XArray
 * @in: the input
 * @nr: how many came before it
 * @index: the last of these; becomes the next
 *
 * They ascend, so that none is there twice.
 *
 * Return: 0 or -EBADMSG
 */
int kstate_input_index(struct kstate_input *in, u32 nr, u64 *index)
{
	u64 last = *index;
	int err = kstate_input_u64(in, index);

	if (!err && nr && *index <= last)
		err = kstate_input_fail(in, "has an index twice or too late",
					-EBADMSG);
	return err;
}

/**
 * kstate_input_range - the next range of memory
 * @in: the input
 * @start: its address
 * @size: its bytes; 0: there is none, and @start says nothing
 *
 * Return: 0 or -EBADMSG
 */
int kstate_input_range(struct kstate_input *in, u64 *start, u64 *size)
{
	int err = kstate_input_u64(in, start) ?: kstate_input_u64(in, size);
	u64 end;

	if (err || !*size)
		return err;
	if (!PAGE_ALIGNED(*start) || !PAGE_ALIGNED(*size) ||
	    check_add_overflow(*start, *size, &end) || end > PHYS_ADDR_MAX)
		return kstate_input_fail(in, "has a strange range of memory",
					 -EBADMSG);
	return 0;
}

/* ---- Skipping ---- */

static int skip_bytes(struct kstate_input *in, u64 len)
{
	return kstate_input_take(in, len) ? 0 : kstate_input_short(in);
}

static int skip(struct kstate_input *in, const struct kstate_schema *s,
		const struct kstate_abi_field *from);

/* Every struct takes bytes, so the object's length bounds the work. */
static int skip_struct(struct kstate_input *in, const struct kstate_schema *s)
{
	int err = 0;
	u32 i;

	for (i = 0; !err && i < s->nr_fields; i++)
		err = skip(in, s, &s->fields[i]);
	return err;
}

static int skip_element(struct kstate_input *in, const struct kstate_schema *s,
			const struct kstate_abi_field *from)
{
	u32 schema = le32_to_cpu(from->schema), len;
	const u8 *text;
	int present;

	if (schema != KSTATE_ABI_NO_SCHEMA)
		return skip_struct(in, &s->all[schema]);

	switch (le16_to_cpu(from->type)) {
	case KSTATE_ABI_FOLIO:
		present = kstate_input_present(in);
		return present > 0 ? skip_bytes(in, sizeof(u64) + sizeof(u32)) :
				     present;
	case KSTATE_ABI_REF:
		present = kstate_input_present(in);
		return present > 0 ? skip_bytes(in, sizeof(u64)) : present;
	case KSTATE_ABI_STRING:
	case KSTATE_ABI_TEXT:
		return kstate_input_text(in, &text, &len);
	default:
		return skip_bytes(in, least_size(s, from));
	}
}

/**
 * kstate_skip_elements - go over elements that nobody reads
 * @in: the input
 * @s: the schema
 * @from: its field
 * @nr: how many
 * @zero: all their bytes must be 0
 *
 * Context: any. Calls itself for nested structs, at most KSTATE_ABI_MAX_DEPTH
 * deep.
 * Return: 0, -EBADMSG, or -ERANGE if there is something other than 0
 */
int kstate_skip_elements(struct kstate_input *in, const struct kstate_schema *s,
			 const struct kstate_abi_field *from, u32 nr, bool zero)
{
	size_t at = in->s.pos;
	int err = 0;
	u32 i;

	for (i = 0; !err && i < nr; i++)
		err = skip_element(in, s, from);
	if (!err && zero && memchr_inv(in->s.in + at, 0, in->s.pos - at))
		err = kstate_input_fail(in, "has elements that do not fit",
					-ERANGE);
	return err;
}

static int skip_pointers(struct kstate_input *in, const struct kstate_schema *s,
			 const struct kstate_abi_field *from)
{
	int present = kstate_input_present(in), err;
	u32 nr, i;

	if (present <= 0)
		return present;
	err = kstate_input_count(in, s, from, &nr);
	for (i = 0; !err && i < nr; i++) {
		present = kstate_input_present(in);
		err = present > 0 ? skip_element(in, s, from) : present;
	}
	return err;
}

static int skip_xarray(struct kstate_input *in, const struct kstate_schema *s,
		       const struct kstate_abi_field *from)
{
	u32 nr, i;
	int err;

	err = kstate_input_count(in, s, from, &nr);
	for (i = 0; !err && i < nr; i++)
		err = skip_bytes(in, sizeof(u64)) ?: skip_element(in, s, from);
	return err;
}

static int skip_union(struct kstate_input *in, const struct kstate_schema *s,
		      const struct kstate_abi_field *from)
{
	const struct kstate_schema *arms = &s->all[le32_to_cpu(from->schema)];
	u32 arm;
	int err;

	err = kstate_input_arm(in, arms, &arm);
	if (err)
		return err;
	return arm == KSTATE_ABI_NO_ARM ? skip_bytes(in, sizeof(u64)) :
					  skip(in, arms, &arms->fields[arm]);
}

static int skip_counted(struct kstate_input *in, const struct kstate_schema *s,
			const struct kstate_abi_field *from)
{
	u32 nr;

	return kstate_input_count(in, s, from, &nr) ?:
	       kstate_skip_elements(in, s, from, nr, false);
}

static int skip(struct kstate_input *in, const struct kstate_schema *s,
		const struct kstate_abi_field *from)
{
	const u8 *bytes;
	int present;
	u32 nr;

	switch (le16_to_cpu(from->kind)) {
	case KSTATE_ABI_POINTER:
	case KSTATE_ABI_SUBSECTION:
		present = kstate_input_present(in);
		return present > 0 ? skip_counted(in, s, from) : present;
	case KSTATE_ABI_ARRAY_OF_POINTER:
		return skip_pointers(in, s, from);
	case KSTATE_ABI_XARRAY:
		return skip_xarray(in, s, from);
	case KSTATE_ABI_BITMAP:
		return kstate_input_bits(in, &bytes, &nr);
	case KSTATE_ABI_UNION:
		return skip_union(in, s, from);
	case KSTATE_ABI_CUSTOM:
		return kstate_input_u32(in, &nr) ?: skip_bytes(in, nr);
	case KSTATE_ABI_UNUSED:
		return 0;
	default:
		return skip_counted(in, s, from);
	}
}

/**
 * kstate_skip_field - go over a field that nobody reads
 * @in: the input
 * @s: the schema
 * @op: of the field; may say that it must not be there
 *
 * Context: as kstate_skip_elements().
 * Return: 0, -EBADMSG, or -EPROTO if it must not be there and is
 */
int kstate_skip_field(struct kstate_input *in, const struct kstate_schema *s,
		      const struct kstate_op *op)
{
	if (op->refuse && kstate_read_left(&in->s) && in->s.in[in->s.pos])
		return kstate_input_fail(in,
				"was saved as mandatory and is not known",
				-EPROTO);
	return skip(in, s, op->from);
}
