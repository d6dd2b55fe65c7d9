// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmho(2): what a process stores after the call in pages that it did not have then.
 *
 * What a process had to itself at the time of the call is pinned, so stores to it
 * need no attention. Not so where it had nothing, or pages that others have, too,
 * which get out of its sight when it stores to them. Such places are looked at
 * once more when the process ends, or at the jump if it is still there, and what
 * is in them by then is kept instead. Only mappings that were there at the call
 * count, which VM_KMHO tells: another one may have taken their place.
 *
 * A process that ends cannot be told of an error, and a user must not be able to
 * keep a host from a jump. So what cannot be pinned is lost, with a line in the
 * log; what there was at the call is not touched by it.
 */
#define pr_fmt(fmt) "kmho: " fmt

#include <linux/container_of.h>
#include <linux/delay.h>
#include <linux/kmho.h>
#include <linux/kstate.h>
#include <linux/limits.h>
#include <linux/list.h>
#include <linux/lockdep.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/printk.h>
#include <linux/sched/coredump.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "internal.h"
#include "kmho_scan.h"
#include "../kernel/kstate_internal.h"

/* ---- Which mappings ---- */

static int mark_range(struct mm_struct *mm, unsigned long start,
		      unsigned long end)
{
	VMA_ITERATOR(vmi, mm, start);
	struct vm_area_struct *vma, *prev;

	vma = vma_iter_load(&vmi);
	prev = vma_prev(&vmi);
	if (vma && start > vma->vm_start)
		prev = vma;
	for_each_vma_range(vmi, vma, end) {
		if (kmho_is_private(vma) || kmho_is_shared(vma)) {
			vma = vma_modify_flags(&vmi, prev, vma,
					       max(vma->vm_start, start),
					       min(vma->vm_end, end),
					       vma->vm_flags | VM_KMHO);
			if (IS_ERR(vma))
				return PTR_ERR(vma);
			vm_flags_set(vma, VM_KMHO);
		}
		prev = vma;
	}
	return 0;
}

/**
 * kmho_mark - remember the mappings that the calling process hands over
 * @mem: has its ranges
 *
 * It does not matter if the call fails later.
 *
 * Context: process context, may sleep.
 *
 * Return: 0; -EINTR; -ENOMEM: also when there would be too many mappings.
 */
int kmho_mark(struct kmho_memory *mem)
{
	struct mm_struct *mm = current->mm;
	int err = 0;
	u32 i;

	if (mmap_write_lock_killable(mm))
		return -EINTR;
	for (i = 0; i < mem->nr_ranges && !err; i++)
		err = mark_range(mm, mem->ranges[i].base,
				 mem->ranges[i].base + mem->ranges[i].length);
	mmap_write_unlock(mm);
	set_bit(MMF_KMHO, &mm->flags);
	mem->mm = mm;
	return err;
}

/* ---- What is there now ---- */

static int pin_private(struct kmho_scan *s, unsigned long start,
		       unsigned long end)
{
	VMA_ITERATOR(vmi, s->mm, start);
	struct vm_area_struct *vma;
	int err = 0;

	if (start >= end)
		return 0;
	for_each_vma_range(vmi, vma, end) {
		if (!(vma->vm_flags & VM_KMHO) || !kmho_is_private(vma))
			continue;
		s->apart = true;
		err = kmho_pin_area(s, max(vma->vm_start, start),
				    min(vma->vm_end, end));
		if (err)
			break;
	}
	return err;
}

static int look_into_areas(struct kmho_scan *s, const struct kmho_memory *mem)
{
	const struct kmho_extent *e = mem->extents;
	const struct kmho_extent *last = e + kmho_nr_private(mem);
	const struct kmho_area *area;
	unsigned long at, end;
	int err = 0;

	for (area = mem->areas; area < mem->areas + mem->nr_areas; area++) {
		if (area->file)
			continue;
		at = area->start;
		end = at + area->length;
		for (; !err && e < last && extent_addr(e) < end; e++) {
			if (extent_is_cow(e))
				continue;
			err = pin_private(s, at, extent_addr(e));
			at = extent_addr(e) + extent_size(e);
		}
		err = err ?: pin_private(s, at, end);
		if (err)
			break;
	}
	return err;
}

/* Files that are still mapped where they were */
static void find_files(struct kmho_scan *s, const struct kmho_memory *mem)
{
	const struct kmho_area *area;
	struct vm_area_struct *vma;

	for (area = mem->areas; area < mem->areas + mem->nr_areas; area++) {
		if (!area->file)
			continue;
		vma = vma_lookup(s->mm, area->start);
		if (vma && (vma->vm_flags & VM_KMHO) && kmho_is_shared(vma))
			s->mem->files[area->file - 1].file = vma->vm_file;
	}
}

static int look_into_span(struct kmho_scan *s, const struct kmho_memory *mem,
			  struct kmho_span span)
{
	const struct kmho_file *f = &mem->files[span.file];
	const struct kmho_extent *e = mem->extents + f->first;
	const struct kmho_extent *last = e + f->nr_extents;
	u32 before = s->mem->nr_extents;
	pgoff_t end = span.end;
	int err = 0;

	for (; e < last && !err; e++) {
		span.end = min(extent_addr(e) >> PAGE_SHIFT, end);
		s->apart = true;
		err = kmho_pin_span(s, &span);
		span.start = max(span.start, (extent_addr(e) + extent_size(e)) >>
					     PAGE_SHIFT);
	}
	span.end = end;
	s->apart = true;
	err = err ?: kmho_pin_span(s, &span);
	s->mem->files[span.file].nr_extents += s->mem->nr_extents - before;
	return err;
}

static int look_into_files(struct kmho_scan *s, const struct kmho_memory *mem)
{
	struct kmho_span *spans;
	int err = 0;
	u32 i, nr;

	if (!mem->nr_files)
		return 0;
	spans = kmho_find_spans(mem, &nr);
	if (!spans)
		return -ENOMEM;
	find_files(s, mem);
	for (i = 0; i < nr && !err; i++)
		if (s->mem->files[spans[i].file].file)
			err = look_into_span(s, mem, spans[i]);
	for (i = 0; i < mem->nr_files; i++)
		s->mem->files[i].file = NULL;
	kvfree(spans);
	return err;
}

/* ---- Adding it ---- */

/* There is something else now where the first pages of an extent were. */
static void drop(struct kmho_memory *mem, struct kmho_extent e, unsigned int nr)
{
	e.phys = extent_phys(&e) | nr;
	kmho_uncharge(mem, kmho_unpreserve(&e, &e + 1));
	kmho_put_extent(mem, &e);
}

/**
 * struct rest - extents of which some were looked at
 * @e: the next one
 * @nr: how many there are, with it
 * @head: what is left of it
 */
struct rest {
	const struct kmho_extent *e;
	u32 nr;
	struct kmho_extent head;
};

static struct rest rest_of(const struct kmho_extent *e, u32 nr)
{
	return (struct rest){
		.e = e, .nr = nr, .head = nr ? *e : (struct kmho_extent){ },
	};
}

/* @nr folios of the first one are done. */
static void advance(struct rest *r, unsigned int nr)
{
	u64 size = (u64)nr << (PAGE_SHIFT + extent_order(&r->head));

	if (nr == extent_folios(&r->head)) {
		*r = rest_of(r->e + 1, r->nr - 1);
		return;
	}
	r->head.addr += size;
	r->head.phys += size - nr;
}

/* How many of the first extent's folios begin before @addr? */
static unsigned int folios_before(const struct rest *r, u64 addr)
{
	const struct kmho_extent *e = &r->head;

	if (extent_addr(e) + extent_size(e) <= addr)
		return extent_folios(e);
	return (addr - extent_addr(e)) >> (PAGE_SHIFT + extent_order(e));
}

/*
 * Extents of @mem and others become one sorted list. The others are where @mem has
 * nothing, or pages that it had in common, which they replace.
 */
static struct kmho_extent *merge(struct kmho_memory *mem, struct kmho_extent *to,
				 struct rest a, const struct kmho_extent *b, u32 nr_b)
{
	unsigned int n;
	u64 end;

	while (a.nr || nr_b) {
		if (!nr_b || (a.nr && extent_addr(&a.head) < extent_addr(b))) {
			n = nr_b ? folios_before(&a, extent_addr(b)) :
			    extent_folios(&a.head);
			*to = a.head;
			to->phys = extent_phys(to) | n;
			to++;
			advance(&a, n);
			continue;
		}
		*to++ = *b;
		end = extent_addr(b) + extent_size(b);
		while (a.nr && extent_addr(&a.head) < end) {
			n = folios_before(&a, end);
			drop(mem, a.head, n);
			advance(&a, n);
		}
		b++;
		nr_b--;
	}
	return to;
}

/* All of @more becomes @mem's. */
static int add(struct kmho_memory *mem, struct kmho_memory *more)
{
	long own = kmho_own_pages(mem);
	struct kmho_extent *all, *to;
	u32 i;

	/* Each of the new ones can cut an old one in two. */
	all = kvmalloc_array(mem->nr_extents + 2 * (size_t)more->nr_extents,
			     sizeof(*all), GFP_KERNEL_ACCOUNT);
	if (!all)
		return -ENOMEM;
	kmho_find_files(more);
	to = merge(mem, all, rest_of(mem->extents, kmho_nr_private(mem)),
		   more->extents, kmho_nr_private(more));
	for (i = 0; i < mem->nr_files; i++) {
		struct kmho_file *f = &mem->files[i], *g = &more->files[i];

		to = merge(mem, to, rest_of(mem->extents + f->first, f->nr_extents),
			   more->extents + g->first, g->nr_extents);
		f->nr_extents += g->nr_extents;
	}
	kvfree(mem->extents);
	mem->extents = all;
	mem->nr_extents = to - all;
	mem->nr_cow = kmho_count_cow(mem);
	more->nr_extents = 0;
	/* Up to the limit was pinned, and this comes on top. */
	more->limit = ULONG_MAX;
	own = kmho_own_pages(mem) - own;
	kmho_charge(more, max(own, 0L));
	mem->charged += more->charged;
	more->charged = 0;
	kmho_uncharge(mem, -min(own, 0L));
	return 0;
}

/**
 * struct keeping - extents that are being preserved, one by one
 * @more: whose they are
 * @from: the next one
 * @to: where it goes if it can be preserved
 * @err: why another one could not
 */
struct keeping {
	struct kmho_memory *more;
	const struct kmho_extent *from;
	struct kmho_extent *to;
	int err;
};

/*
 * Of @nr extents, keep what can be preserved; returns how many that are. It is
 * preserved for longer than the hand-over that is prepared, which may be called off.
 */
static u32 keep(struct keeping *k, u32 nr)
{
	const struct kmho_extent *before = k->to;
	int err;

	for (; nr; nr--, k->from++) {
		err = kmho_preserve_extent(k->from);
		if (err) {
			k->err = err;
			kmho_put_extent(k->more, k->from);
			kmho_uncharge(k->more, PHYS_PFN(extent_size(k->from)));
			continue;
		}
		kstate_note_unpreserved(PHYS_PFN(extent_phys(k->from)),
					PHYS_PFN(extent_size(k->from)));
		*k->to++ = *k->from;
	}
	return k->to - before;
}

/* The memory may be somebody else's, too, who has handed it over already. */
static int preserve_each(struct kmho_memory *more)
{
	struct keeping k = {
		.more = more, .from = more->extents, .to = more->extents,
	};
	struct kmho_file *f;

	kmho_find_files(more);
	keep(&k, kmho_nr_private(more));
	for (f = more->files; f < more->files + more->nr_files; f++)
		f->nr_extents = keep(&k, f->nr_extents);
	more->nr_extents = k.to - more->extents;
	return k.err;
}

static int preserve_and_add(struct kmho_memory *mem, struct kmho_memory *more)
{
	int err, added;

	if (!more->nr_extents)
		return 0;
	err = preserve_each(more);
	added = add(mem, more);
	if (added)
		kmho_unpreserve(more->extents, more->extents + more->nr_extents);
	return err ?: added;
}

/* A process can have faults wait, and all that wait for its lock. */
static int lock_mm(struct mm_struct *mm)
{
	int tries;

	for (tries = 0; tries < 50; tries++) {
		if (mmap_read_trylock(mm))
			return 0;
		if (fatal_signal_pending(current))
			return -EINTR;
		msleep(20);
	}
	return -EBUSY;
}

static int look_again(struct kmho_memory *mem, struct kmho_memory *more, bool final)
{
	struct mm_struct *mm = mem->mm;
	struct kmho_scan *s;
	int err;

	s = kmho_scan_new(more, mem, mm);
	if (!s)
		return -ENOMEM;
	s->final = final;
	err = lock_mm(mm);
	if (!err) {
		kmho_find_files(mem);
		err = look_into_areas(s, mem) ?: look_into_files(s, mem) ?: s->lost;
		mmap_read_unlock(mm);
	}
	kmho_scan_free(s);
	/* its victim's memory is taken by the OOM killer first */
	return !err && test_bit(MMF_UNSTABLE, &mm->flags) ? -ENOMEM : err;
}

/* What is found is collected here, of as many files. */
static struct kmho_memory *new_more(const struct kmho_memory *mem)
{
	struct kmho_memory *more = kmho_new(mem->key, mem->uid, mem->ucounts);

	if (!more)
		return NULL;
	more->limit = mem->limit;
	if (!mem->nr_files)
		return more;
	more->files = kvcalloc(mem->nr_files, sizeof(*more->files), GFP_KERNEL);
	if (more->files) {
		more->nr_files = mem->nr_files;
		return more;
	}
	kmho_free(more);
	return NULL;
}

/**
 * kmho_catch_up - hand over what was stored in other pages since the call
 * @mem: handed over by this kernel; its process's memory is there
 * @final: the jump is near, and nobody will look again
 *
 * What was found before an error is handed over nevertheless.
 *
 * Context: process context, may sleep; kmho_lock is held, nothing is frozen.
 *
 * Return: 0, also if something was lost, which the log says then; -EINTR: the
 * calling task is to die.
 */
int kmho_catch_up(struct kmho_memory *mem, bool final)
{
	struct kmho_memory *more = new_more(mem);
	int err = -ENOMEM, added;

	lockdep_assert_held(&kmho_lock);
	if (more) {
		err = look_again(mem, more, final);
		added = preserve_and_add(mem, more);
		err = err ?: added;
		kmho_free(more);
	}
	if (err == -EINTR)
		return err;
	if (err)
		pr_warn_ratelimited("key %llu of user %u: not all that was stored since it was handed over is kept: %pe\n",
				    mem->key, mem->uid, ERR_PTR(err));
	return 0;
}

static DECLARE_WAIT_QUEUE_HEAD(kmho_thawed);

/**
 * kmho_thaw - what a prepared hand-over kept from changing may change again
 *
 * Context: kmho_lock is held.
 */
void kmho_thaw(void)
{
	lockdep_assert_held(&kmho_lock);
	WRITE_ONCE(kmho_frozen, false);
	wake_up_all(&kmho_thawed);
}

/* Either the hand-over is called off, or there is a jump and nobody waits. */
static void lock_thawed(void)
{
	mutex_lock(&kmho_lock);
	while (kmho_frozen) {
		mutex_unlock(&kmho_lock);
		wait_event(kmho_thawed, !READ_ONCE(kmho_frozen));
		mutex_lock(&kmho_lock);
	}
}

static void keep_all(struct mm_struct *mm)
{
	struct kmho_memory *mem;

	lock_thawed();
	list_for_each_entry(mem, &kmho.memories, node) {
		if (mem->mm != mm)
			continue;
		if (kmho_catch_up(mem, false))
			pr_warn_ratelimited("key %llu of user %u: what was stored since it was handed over is lost\n",
					    mem->key, mem->uid);
		mem->mm = NULL;
	}
	list_for_each_entry(mem, &kmho_taken, node)
		if (mem->mm == mm)
			mem->mm = NULL;
	mutex_unlock(&kmho_lock);
}

struct ending {
	struct work_struct work;
	struct mm_struct *mm;
};

static void end(struct work_struct *work)
{
	keep_all(container_of(work, struct ending, work)->mm);
}

/**
 * __kmho_exit - keep what a process stored in memory that it handed over
 * @mm: its memory, which nobody uses any more and which is still there
 *
 * Whoever is to be killed cannot look at pages.
 *
 * Context: process context, may sleep.
 */
void __kmho_exit(struct mm_struct *mm)
{
	struct ending ending = { .mm = mm };

	if (!fatal_signal_pending(current)) {
		keep_all(mm);
		return;
	}
	INIT_WORK_ONSTACK(&ending.work, end);
	queue_work(system_unbound_wq, &ending.work);
	flush_work(&ending.work);
	destroy_work_on_stack(&ending.work);
}
