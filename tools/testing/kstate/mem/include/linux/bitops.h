/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KSTATE_MEM_LINUX_BITOPS_H
#define _KSTATE_MEM_LINUX_BITOPS_H

#include_next <linux/bitops.h>
#include <linux/kernel.h>
#include <linux/types.h>

#define __ffs64(word)	__ffs(word)

/* Words of a bitmap are those of the machine, which is little-endian. */
#define test_bit_le(bit, bits)	\
	test_bit(bit, (const unsigned long *)(bits))
#define BITOP_LE_SWIZZLE	0

/* There is one thread. */
#define test_and_clear_bit(bit, bits)	__test_and_clear_bit(bit, bits)

static inline void le64_add_cpu(__le64 *at, u64 value)
{
	*at = cpu_to_le64(le64_to_cpu(*at) + value);
}

#endif /* _KSTATE_MEM_LINUX_BITOPS_H */
