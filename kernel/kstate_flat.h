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

struct kstate_flat *kstate_flat_make(const struct kstate_description *desc);
int kstate_flat_write(struct kstate_stream *s, const struct kstate_flat *flat,
		      const void *obj);

void kstate_flat_resolve(struct kstate_program *prog);
bool kstate_flat_fits(const struct kstate_program *prog, const u8 *in);
void kstate_flat_read(const struct kstate_program *prog, const u8 *in,
		      void *obj);

#endif /* _KERNEL_KSTATE_FLAT_H */
