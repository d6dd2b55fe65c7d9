/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What test programs share.
 */
#ifndef _KSTATE_PROGRAM_H
#define _KSTATE_PROGRAM_H

#include <stdint.h>

/* splitmix64 (Steele, Lea, Flood 2014): what differs little comes out far apart. */
static inline uint64_t mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15ull;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ x >> 27) * 0x94d049bb133111ebull;
	return x ^ x >> 31;
}

/* The value of a call that returns -1 when it fails; the program has a die(). */
#define must(call) ({							\
	typeof(call) _ret = (call);					\
	if (_ret == (typeof(call))-1)					\
		die(#call);						\
	_ret; })

#endif /* _KSTATE_PROGRAM_H */
