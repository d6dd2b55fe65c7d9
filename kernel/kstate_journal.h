/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KSTATE: the journal of an object that is being read.
 */
#ifndef _KERNEL_KSTATE_JOURNAL_H
#define _KERNEL_KSTATE_JOURNAL_H

#include <linux/kstate.h>
#include <linux/list.h>

#include "kstate_input.h"

struct kstate_arena;

/* What an entry of the journal stands for. */
enum kstate_change_kind {
	KSTATE_CHANGE_SWAP,
	KSTATE_CHANGE_LIST,
	KSTATE_CHANGE_HLIST,
	KSTATE_CHANGE_XARRAY,
	KSTATE_CHANGE_CLAIM,
	KSTATE_CHANGE_RANGE,
	KSTATE_CHANGE_CUSTOM,
	KSTATE_CHANGE_ALLOC,
};

/**
 * struct kstate_change - one entry of the journal
 * @list: in the order of decoding
 * @kind: what it is
 * @done: there is something to be taken back on failure
 * @at: memory to swap, head of the list, XArray, pointer to the folio, range,
 *	struct of the custom field, or the new memory
 * @bytes: what to swap with, the XArray's new element, or the custom field's
 *	bytes in the stream
 * @len: how many bytes, also of the range
 * @phys: address of the folio or range, index of the XArray's element
 * @old_start: where a range was that had no size
 * @order: order of the folio
 * @field: the reader's, if it is custom
 * @head: the list's elements
 * @old: what was in the list's head
 * @hlist: likewise of one with a single head
 * @desc_name: for errors
 * @field_name: for errors
 */
struct kstate_change {
	struct list_head list;
	enum kstate_change_kind kind;
	bool done;
	void *at;
	void *bytes;
	size_t len;
	union {
		struct {
			u64 phys;
			u64 old_start;
			u32 order;
			const struct kstate_field *field;
		};
		struct {
			struct list_head head;
			struct list_head old;
		};
		struct hlist_head hlist;
	};
	const char *desc_name;
	const char *field_name;
};

/**
 * struct kstate_journal - an object that is being read
 * @in: the object's bytes
 * @changes: list of &struct kstate_change
 * @kinds: bits of the kinds that are on it
 * @arena: where these and the bytes to swap are
 */
struct kstate_journal {
	struct kstate_input in;
	struct list_head changes;
	u32 kinds;
	struct kstate_arena *arena;
};

struct kstate_change *kstate_journal_add(struct kstate_journal *j,
					 enum kstate_change_kind kind,
					 void *at);
void *kstate_journal_target(struct kstate_journal *j, void *at, size_t len);
void *kstate_journal_alloc(struct kstate_journal *j, size_t nr, size_t size);
int kstate_journal_commit(struct kstate_journal *j,
			  const struct kstate_program *prog, void *obj);
void kstate_journal_undo(struct kstate_journal *j);
void kstate_journal_free(struct kstate_journal *j);

/**
 * struct kstate_place - where something is read to
 * @at: its memory
 * @fresh: it is new and zeroed; nobody sees it yet
 * @blank: it is the object's, and what is in it counts for nothing
 */
struct kstate_place {
	void *at;
	bool fresh;
	bool blank;
};

/* ---- kstate_load.c ---- */
void *kstate_load_target(struct kstate_journal *j, struct kstate_place to,
			 size_t len);
void *kstate_load_pointer(struct kstate_place slot);
int kstate_load_set_pointer(struct kstate_journal *j, struct kstate_place slot,
			    void *p);
int kstate_load_check_count(struct kstate_journal *j,
			    const struct kstate_field *f, u64 value);
int kstate_load_set_count(struct kstate_journal *j,
			  const struct kstate_field *f,
			  struct kstate_place obj, u64 value);
void *kstate_load_alloc(struct kstate_journal *j, size_t nr, size_t size);
int kstate_load_null(struct kstate_journal *j, struct kstate_place slot);
int kstate_load_pointee(struct kstate_journal *j, struct kstate_place slot,
			u32 nr, size_t size,
			const struct kstate_description *desc,
			struct kstate_place *to);
int kstate_load_field(struct kstate_journal *j,
		      const struct kstate_program *prog,
		      const struct kstate_op *op, struct kstate_place obj);
int kstate_load_struct(struct kstate_journal *j,
		       const struct kstate_program *prog,
		       struct kstate_place to);

/* ---- kstate_load_more.c ---- */
int kstate_load_folio(struct kstate_journal *j, struct kstate_place slot);
int kstate_load_range(struct kstate_journal *j, struct kstate_place to);
int kstate_load_ref(struct kstate_journal *j, const struct kstate_field *f,
		    struct kstate_place slot);
int kstate_load_string(struct kstate_journal *j, struct kstate_place slot);
int kstate_load_text(struct kstate_journal *j, const struct kstate_field *f,
		     struct kstate_place to);
int kstate_load_bitmap(struct kstate_journal *j, const struct kstate_field *f,
		       struct kstate_place obj);
void kstate_load_init(const struct kstate_description *desc, void *at, u32 nr);
int kstate_load_list(struct kstate_journal *j,
		     const struct kstate_program *prog,
		     const struct kstate_op *op, struct kstate_place obj);
int kstate_load_xarray(struct kstate_journal *j,
		       const struct kstate_program *prog,
		       const struct kstate_op *op, struct kstate_place obj);
int kstate_load_union(struct kstate_journal *j, const struct kstate_op *op,
		      struct kstate_place obj);

#endif /* _KERNEL_KSTATE_JOURNAL_H */
