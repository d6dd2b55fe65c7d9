/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * kmho(2): user memory that stays in place across kexec.
 *
 * Every struct begins with its own size, so that it can grow: a kernel that
 * knows more takes what is missing for zero, one that knows less refuses, with
 * E2BIG, what is not zero.
 */
#ifndef _UAPI_LINUX_KMHO_H
#define _UAPI_LINUX_KMHO_H

#include <linux/types.h>

/* The first argument of kmho(2); the second one points to the struct. */
#define KMHO_HANDOVER	0	/* struct kmho_handover */
#define KMHO_TAKEOVER	1	/* struct kmho_takeover */
#define KMHO_QUERY	2	/* struct kmho_query */
#define KMHO_CANCEL	3	/* struct kmho_cancel */

/* flags of kmho_takeover, kmho_query and kmho_cancel: the key is @uid's */
#define KMHO_OTHER_USER		0x1
/* flags of kmho_query: the ranges of @key; without it, the keys */
#define KMHO_QUERY_RANGES	0x2
/* flags of kmho_query: the keys of all users that the caller may see */
#define KMHO_QUERY_ALL		0x4

/* How many ranges a key may have */
#define KMHO_MAX_RANGES		65536

/**
 * struct kmho_range - some memory of a process
 * @base: its address, a multiple of the page size
 * @length: bytes, a multiple of the page size, not 0
 */
struct kmho_range {
	__aligned_u64 base;
	__aligned_u64 length;
};

/**
 * struct kmho_handover - leave memory to the next kernel
 * @size: of this struct
 * @flags: 0
 * @key: what it is to be found by; is the caller's user's own
 * @ranges: address of struct kmho_range, @num_ranges of them
 * @num_ranges: not 0
 * @reserved: 0
 * @swapped: returns how many pages had to be brought in from swap
 */
struct kmho_handover {
	__u32 size;
	__u32 flags;
	__aligned_u64 key;
	__aligned_u64 ranges;
	__u32 num_ranges;
	__u32 reserved;
	__aligned_u64 swapped;
};

/**
 * struct kmho_map - where memory is to be
 * @base: where it was when it was handed over
 * @length: how long it was
 * @remap_addr: where it is to be, may be @base; 0: anywhere, and returns where
 */
struct kmho_map {
	__aligned_u64 base;
	__aligned_u64 length;
	__aligned_u64 remap_addr;
};

/**
 * struct kmho_takeover - get memory that the previous kernel left
 * @size: of this struct
 * @flags: KMHO_OTHER_USER or 0
 * @key: as it was handed over
 * @maps: address of struct kmho_map, @num_maps of them, each a whole range
 * @num_maps: 0: all ranges, each at its old address
 * @uid: with KMHO_OTHER_USER whose key it is, as the caller sees users
 */
struct kmho_takeover {
	__u32 size;
	__u32 flags;
	__aligned_u64 key;
	__aligned_u64 maps;
	__u32 num_maps;
	__u32 uid;
};

/* kmho_info.state */
#define KMHO_HANDED_OVER	0	/* by this kernel, for the next one */
#define KMHO_ARRIVED		1	/* from the previous one, to be taken */

/**
 * struct kmho_info - what is known of a key
 * @key: the key
 * @uid: its user, as the caller sees users
 * @state: KMHO_HANDED_OVER or KMHO_ARRIVED
 * @num_ranges: how many ranges it has
 * @num_extents: runs of memory that these are in, 16 bytes each
 * @length: bytes of the ranges
 * @bytes: bytes of memory in them
 */
struct kmho_info {
	__aligned_u64 key;
	__u32 uid;
	__u32 state;
	__u32 num_ranges;
	__u32 num_extents;
	__aligned_u64 length;
	__aligned_u64 bytes;
};

/**
 * struct kmho_query - ask what is there
 * @size: of this struct
 * @flags: KMHO_OTHER_USER, KMHO_QUERY_RANGES, KMHO_QUERY_ALL or 0
 * @key: with KMHO_QUERY_RANGES, the key
 * @items: address of struct kmho_info, with KMHO_QUERY_RANGES of struct
 *	kmho_range, @num of them
 * @num: returns how many there are, also when that is more
 * @uid: with KMHO_OTHER_USER whose keys they are
 */
struct kmho_query {
	__u32 size;
	__u32 flags;
	__aligned_u64 key;
	__aligned_u64 items;
	__u32 num;
	__u32 uid;
};

/**
 * struct kmho_cancel - give up what was handed over, or what arrived
 * @size: of this struct
 * @flags: KMHO_OTHER_USER or 0
 * @key: the key
 * @uid: with KMHO_OTHER_USER whose key it is
 * @reserved: 0
 */
struct kmho_cancel {
	__u32 size;
	__u32 flags;
	__aligned_u64 key;
	__u32 uid;
	__u32 reserved;
};

#endif /* _UAPI_LINUX_KMHO_H */
