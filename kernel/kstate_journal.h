/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KSTATE: the journal of an object that is being read.
 */
#ifndef _KERNEL_KSTATE_JOURNAL_H
#define _KERNEL_KSTATE_JOURNAL_H

#include <linux/kstate.h>
#include <linux/list.h>

#include "kstate_internal.h"

struct kstate_arena;

/* What an entry of the journal stands for. */
enum kstate_change_kind {
	KSTATE_CHANGE_SWAP,
	KSTATE_CHANGE_CLAIM,
	KSTATE_CHANGE_CUSTOM,
	KSTATE_CHANGE_ALLOC,
};

/**
 * struct kstate_change - one entry of the journal
 * @list: in the order of decoding
 * @kind: what it is
 * @done: it has been made, and is to be taken back on failure
 * @at: memory to swap, pointer to the folio, struct of the custom field, or
 *	the new memory
 * @bytes: what to swap with, or the custom field's bytes in the stream
 * @len: how many
 * @phys: address of the folio
 * @order: its order
 * @field: the reader's
 * @desc: the reader's
 */
struct kstate_change {
	struct list_head list;
	enum kstate_change_kind kind;
	bool done;
	void *at;
	void *bytes;
	size_t len;
	u64 phys;
	u32 order;
	const struct kstate_field *field;
	const struct kstate_description *desc;
};

/**
 * struct kstate_journal - an object that is being read
 * @s: the object's bytes
 * @changes: list of &struct kstate_change
 * @arena: where these and the bytes to swap are
 * @desc: the description being read, for errors
 * @field: the field being read, likewise
 */
struct kstate_journal {
	struct kstate_stream s;
	struct list_head changes;
	struct kstate_arena *arena;
	const struct kstate_description *desc;
	const struct kstate_field *field;
};

int kstate_journal_fail(struct kstate_journal *j, const char *why, int err);
struct kstate_change *kstate_journal_add(struct kstate_journal *j,
					 enum kstate_change_kind kind,
					 void *at);
void *kstate_journal_target(struct kstate_journal *j, void *at, size_t len);
void *kstate_journal_alloc(struct kstate_journal *j, size_t nr, size_t size);
int kstate_journal_commit(struct kstate_journal *j,
			  const struct kstate_program *prog, void *obj);
void kstate_journal_undo(struct kstate_journal *j);
void kstate_journal_free(struct kstate_journal *j);

#endif /* _KERNEL_KSTATE_JOURNAL_H */
