/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What KSTATE's own files share.
 */
#ifndef _KERNEL_KSTATE_INTERNAL_H
#define _KERNEL_KSTATE_INTERNAL_H

#include <linux/kstate.h>
#include <linux/kstate_abi.h>
#include <linux/list.h>

struct kimage;
struct page;

/*
 * ---- The life cycle, kernel/kstate.c ----
 *
 * Called by kernel/kstate_kexec.c around the jump. The sequence is
 * kstate_out_save() and then either kstate_out_abort() or, with all other CPUs
 * stopped and interrupts off, kstate_out_late().
 */
struct kstate_buf;

int kstate_out_save(struct kstate_buf *buf);
void kstate_out_late(struct kstate_buf *buf);
void kstate_out_abort(void);

/* A new kernel found @len bytes of stream at @data, mapped for good. */
int kstate_in_open(const void *data, size_t len);

/*
 * Record that @nr pages from @pfn were preserved or are no longer. Between
 * kstate_out_save() and kstate_out_abort() the core undoes what was recorded
 * and not taken back. Called by mm/kstate_mem.c.
 */
void kstate_note_preserved(unsigned long pfn, unsigned long nr);
void kstate_note_unpreserved(unsigned long pfn, unsigned long nr);

/*
 * ---- Hand-over, kernel/kstate_kexec.c ----
 */

/**
 * struct kstate_buf - the stream's memory: scattered pages, mapped in a row
 * @vaddr: where the pages are mapped, writable; changes when it grows
 * @size: bytes there, a multiple of PAGE_SIZE
 * @pages: the pages, @size / PAGE_SIZE of them
 */
struct kstate_buf {
	void *vaddr;
	size_t size;
	struct page **pages;
};

/*
 * Make room for at least @size bytes; keeps the contents, never shrinks. May
 * sleep. 0 or -ENOMEM, and then @buf is as it was.
 */
int kstate_buf_grow(struct kstate_buf *buf, size_t size);

/* What sysfs shows of the hand-over itself, kernel/kstate_kexec.c */
u32 kstate_generation(void);
int kstate_finish(void);

/*
 * ---- Memory, mm/kstate_mem.c ----
 */

/*
 * True if the folio of @order at @phys is preserved by the previous kernel and
 * nobody has claimed it: kstate_restore_folio() will succeed. For restoring in
 * two steps, under KSTATE's lock.
 */
bool kstate_folio_claimable(phys_addr_t phys, unsigned int order);

/* True if this kernel has preserved all of it: a late save checks this. */
bool kstate_range_preserved(phys_addr_t start, phys_addr_t size);

#endif /* _KERNEL_KSTATE_INTERNAL_H */
