/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KSTATE_SHIM_LINUX_BITMAP_H
#define _KSTATE_SHIM_LINUX_BITMAP_H

#include_next <linux/bitmap.h>

#include <linux/bitops.h>
#include <linux/kernel.h>
#include <linux/string.h>

/* The tools have no more than they need themselves. */
static inline void bitmap_set(unsigned long *map, unsigned int start,
			      unsigned int nr)
{
	while (nr--)
		__set_bit(start++, map);
}

static inline void bitmap_copy(unsigned long *to, const unsigned long *from,
			       unsigned int nbits)
{
	memcpy(to, from, BITS_TO_LONGS(nbits) * sizeof(long));
}

static inline void bitmap_clear_tail(unsigned long *map, unsigned int nbits)
{
	if (nbits % BITS_PER_LONG)
		map[nbits / BITS_PER_LONG] &= ~(~0UL << nbits % BITS_PER_LONG);
}

/* Longs have 64 bits and the stream's byte order here. */
static inline void bitmap_from_arr64(unsigned long *map, const u64 *buf,
				     unsigned int nbits)
{
	memcpy(map, buf, BITS_TO_LONGS(nbits) * sizeof(long));
	bitmap_clear_tail(map, nbits);
}

static inline void bitmap_to_arr64(u64 *buf, const unsigned long *map,
				   unsigned int nbits)
{
	bitmap_from_arr64((unsigned long *)buf, (const u64 *)map, nbits);
}

#endif /* _KSTATE_SHIM_LINUX_BITMAP_H */
