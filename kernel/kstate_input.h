/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KSTATE: the bytes of an object that is being read or verified.
 */
#ifndef _KERNEL_KSTATE_INPUT_H
#define _KERNEL_KSTATE_INPUT_H

#include <linux/unaligned.h>

#include "kstate_codec.h"

/**
 * struct kstate_input - where in an object's bytes reading has come to
 * @s: the bytes
 * @desc: name of the description being read, for errors
 * @field: name of the field being read, or NULL
 */
struct kstate_input {
	struct kstate_stream s;
	const char *desc;
	const char *field;
};

/**
 * kstate_input_number - a number as the stream has it
 * @in: its bytes
 * @width: how many: 1, 2, 4 or 8
 * @sign: it is signed
 *
 * Return: its value, sign-extended if @sign
 */
static inline u64 kstate_input_number(const u8 *in, u32 width, bool sign)
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

int kstate_input_fail(struct kstate_input *in, const char *why, int err);
int kstate_input_short(struct kstate_input *in);
const u8 *kstate_input_take(struct kstate_input *in, size_t len);
int kstate_input_u32(struct kstate_input *in, u32 *value);
int kstate_input_u64(struct kstate_input *in, u64 *value);
int kstate_input_present(struct kstate_input *in);
int kstate_input_count(struct kstate_input *in, const struct kstate_schema *s,
		       const struct kstate_abi_field *from, u32 *nr);
int kstate_input_text(struct kstate_input *in, const u8 **text, u32 *len);
int kstate_input_bits(struct kstate_input *in, const u8 **bits, u32 *nr);
int kstate_input_arm(struct kstate_input *in, const struct kstate_schema *arms,
		     u32 *arm);
int kstate_input_index(struct kstate_input *in, u32 nr, u64 *index);
int kstate_input_range(struct kstate_input *in, u64 *start, u64 *size);
bool kstate_bits_clear(const u8 *bits, u32 from, u32 to);

int kstate_skip_elements(struct kstate_input *in, const struct kstate_schema *s,
			 const struct kstate_abi_field *from, u32 nr,
			 bool zero);
int kstate_skip_field(struct kstate_input *in, const struct kstate_schema *s,
		      const struct kstate_op *op);

#endif /* _KERNEL_KSTATE_INPUT_H */
