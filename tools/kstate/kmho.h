/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kmho(2) for programs: the system call, which no C library knows, and its
 * usual uses in one line each. All functions return -1 and set errno when they
 * fail, with ENOSYS where there is no kmho().
 */
#ifndef _KMHO_H
#define _KMHO_H

#include <errno.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/kmho.h>

#if !defined(__NR_kmho) && defined(__x86_64__) && !defined(__ILP32__)
#define __NR_kmho	600
#endif

static inline int kmho(unsigned int opcode, void *op)
{
#ifdef __NR_kmho
	return syscall(__NR_kmho, opcode, op);
#else
	(void)opcode;
	(void)op;
	errno = ENOSYS;
	return -1;
#endif
}

/* Leave ranges to the next kernel. */
static inline int kmho_handover(uint64_t key, const struct kmho_range *ranges,
				uint32_t nr)
{
	struct kmho_handover op = {
		.size = sizeof(op), .key = key,
		.ranges = (uintptr_t)ranges, .num_ranges = nr,
	};

	return kmho(KMHO_HANDOVER, &op);
}

/* Get ranges that the previous kernel left; none: all, where they were. */
static inline int kmho_takeover(uint64_t key, struct kmho_map *maps,
				uint32_t nr)
{
	struct kmho_takeover op = {
		.size = sizeof(op), .key = key,
		.maps = (uintptr_t)maps, .num_maps = nr,
	};

	return kmho(KMHO_TAKEOVER, &op);
}

/* The ranges of a key, as many as fit; returns how many there are. */
static inline int kmho_ranges(uint64_t key, struct kmho_range *ranges,
			      uint32_t room)
{
	struct kmho_query op = {
		.size = sizeof(op), .flags = KMHO_QUERY_RANGES, .key = key,
		.items = (uintptr_t)ranges, .num = room,
	};

	return kmho(KMHO_QUERY, &op) ? -1 : (int)op.num;
}

/* The user's keys, as many as fit; returns how many there are. */
static inline int kmho_keys(struct kmho_info *infos, uint32_t room)
{
	struct kmho_query op = {
		.size = sizeof(op), .items = (uintptr_t)infos, .num = room,
	};

	return kmho(KMHO_QUERY, &op) ? -1 : (int)op.num;
}

/* Give up what a key stands for. */
static inline int kmho_cancel(uint64_t key)
{
	struct kmho_cancel op = { .size = sizeof(op), .key = key };

	return kmho(KMHO_CANCEL, &op);
}

#endif /* _KMHO_H */
