/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of kmho_mem share.
 */
#ifndef _KSTATE_KMHO_MEM_H
#define _KSTATE_KMHO_MEM_H

#include <stdbool.h>

#define FIRST		0x100000000000UL
#define DISTANCE	0x100000000UL
#define SHIFT		0x10000000000UL
#define PAGE		4096UL
#define HUGE		(2UL << 20)
#define MOST		16

enum kind {
	SMALL, THP, CUT, SPARSE, ZERO, MIXED, LOCKED, HOLE, LATE, GONE, DEVZERO,
	SHARED, SHTHP, MEMFD, TWIN, SHLATE, KINDS
};

/* Where in the memfd the piece begins, and how much longer it is */
#define BEFORE		(2 * PAGE)
#define AFTER		HUGE

/*
 * What is mapped, what of it is handed over, and where it is now. Contents are
 * made from addresses, those of a twin from the other's.
 */
struct piece {
	enum kind kind;
	unsigned long map;
	unsigned long first;
	unsigned long size;
	unsigned long base;
	unsigned long length;
	unsigned long at;
};

/* As they are told on the command line */
struct options {
	unsigned long key, seed, uid, gen, other;
	bool swap, collapse, share, fork, kill, unmap, wait, bench;
	bool any, shift, all, one, apart, again;
};

extern const char * const kinds[KINDS];
extern struct options opt;

void result(bool is, const char *what, const char *kind);
void die(const char *what);

bool is_filled(const struct piece *p, unsigned long page);
bool is_shared(const struct piece *p);
bool is_right(const struct piece *p);

void look(const struct piece *p);
void look_at_layout(const struct piece *p);

#endif /* _KSTATE_KMHO_MEM_H */
