/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Is there enough left for the next kernel to boot in?
 */
#ifndef _MM_KSTATE_ROOM_H
#define _MM_KSTATE_ROOM_H

struct kstate_needs;

/**
 * struct kstate_extent - a run of pages
 * @first: number of the first page
 * @last: number of the last one
 */
struct kstate_extent {
	unsigned long first;
	unsigned long last;
};

const char *kstate_room_lacks(const struct kstate_extent *kept,
			      unsigned int nr, unsigned long nr_pages,
			      const struct kstate_needs *needs);

#endif /* _MM_KSTATE_ROOM_H */
