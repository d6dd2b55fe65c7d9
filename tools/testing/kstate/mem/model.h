/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What should be preserved: one bit for each page from MEM_FIRST on.
 */
#ifndef _KSTATE_MEM_MODEL_H
#define _KSTATE_MEM_MODEL_H

#include <linux/bitops.h>
#include <linux/types.h>

struct kstate_abi_root;

struct mem_model {
	unsigned long *bits;
	unsigned long nr_bits;
	unsigned long pages;
	unsigned long extents;
};

extern struct mem_model model;

u64 model_random(void);
unsigned long model_below(unsigned long limit);

/* A machine with nothing preserved whose memory has @pages after MEM_FIRST */
void model_start(unsigned long pages, bool scattered);
void model_stop(void);

/* Whatever is or is not preserved there; checks what comes back. */
bool model_preserve(unsigned long at, unsigned long nr);
bool model_unpreserve(unsigned long at, unsigned long nr);

/* The end of the stretch that @at is in */
unsigned long model_stretch(unsigned long at, bool *set);

/* The map is what it should be, and costs no more. */
bool model_check(void);
bool model_check_cost(void);

/* The early list of a root page is as promised. */
bool model_check_list(const struct kstate_abi_root *root);

/* mem_jump() did what it should. */
bool model_check_boot(const struct kstate_abi_root *root);

#endif /* _KSTATE_MEM_MODEL_H */
