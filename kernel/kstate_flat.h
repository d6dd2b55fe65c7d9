/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KSTATE: the short way for structs that are numbers only.
 */
#ifndef _KERNEL_KSTATE_FLAT_H
#define _KERNEL_KSTATE_FLAT_H

#include "kstate_input.h"

/* More runs than this and the long way is as good */
#define KSTATE_FLAT_RUNS	32

/**
 * struct kstate_run - bytes that lie next to each other
 * @offset: in the struct
 * @len: how many
 */
struct kstate_run {
	u32 offset;
	u32 len;
};

/**
 * struct kstate_flat - how a flat struct is written
 * @size: bytes in the stream
 * @nr_runs: entries of @runs
 * @runs: in the order of the stream
 */
struct kstate_flat {
	u32 size;
	u32 nr_runs;
	struct kstate_run runs[];
};

/**
 * struct kstate_move - fields of a flat struct that are read or checked at once
 * @op: the first of them
 * @at: where they are in the stream
 * @offset: where they go in the struct
 * @len: bytes to be copied, or to be checked for being bools; 0: it is @op
 *	alone, and more is to be done
 */
struct kstate_move {
	const struct kstate_op *op;
	u32 at;
	u32 offset;
	u32 len;
};

/**
 * struct kstate_moves - how a flat struct is read
 * @nr_checks: entries of @checks
 * @nr_moves: entries of @moves
 * @checks: where values may be wrong, in the room behind those of @moves
 * @moves: then they are read
 */
struct kstate_moves {
	u32 nr_checks;
	u32 nr_moves;
	struct kstate_move *checks;
	struct kstate_move moves[];
};

struct kstate_flat *kstate_flat_make(const struct kstate_description *desc);
int kstate_flat_write(struct kstate_stream *s, const struct kstate_flat *flat,
		      const void *obj);

int kstate_flat_resolve(struct kstate_program *prog);
bool kstate_flat_fits(const struct kstate_program *prog, const u8 *in);
void kstate_flat_read(const struct kstate_program *prog, const u8 *in,
		      void *obj);

#endif /* _KERNEL_KSTATE_FLAT_H */
