// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmho(2): shared memory that came from the previous kernel.
 *
 * It is the page cache of a file without a name, as shared memory always is. The
 * file is made anew when it is taken over, by a process that pays for it. What
 * arrived goes into its page cache, but not onto the LRU lists: until the mappings
 * are there too, all of it can be taken out again.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/pagevec.h>
#include <linux/sched/signal.h>
#include <linux/shmem_fs.h>
#include <linux/swap.h>

#include "internal.h"
#include "kmho.h"

/**
 * kmho_find_files - find out which extents belong to which file
 * @mem: the memory; the extents of its files are the last ones, all in a row
 *
 * Context: any.
 */
void kmho_find_files(struct kmho_memory *mem)
{
	u32 i, first = mem->nr_extents;

	for (i = mem->nr_files; i--; mem->files[i].first = first)
		first -= mem->files[i].nr_extents;
}

static struct file *make_file(const struct kmho_file *f)
{
	unsigned long flags = f->flags & KMHO_FILE_NORESERVE ? VM_NORESERVE : 0;
	struct inode *inode;
	struct file *file;

	/* The name is what mmap(2) gives it. */
	if (!f->name)
		return shmem_kernel_file_setup("dev/zero", f->size, flags);
	file = shmem_file_setup(f->name, f->size, flags);
	if (IS_ERR(file))
		return file;
	file->f_mode |= FMODE_LSEEK | FMODE_PREAD | FMODE_PWRITE;
	file->f_flags |= O_LARGEFILE;
	inode = file_inode(file);
	inode->i_mode = S_IFREG | f->mode;
	SHMEM_I(inode)->seals = f->seals;
	return file;
}

/* Small folios that are not in the file yet, which follow each other there */
struct adopting {
	struct inode *inode;
	struct folio_batch batch;
	pgoff_t index;
};

static int adopt_batch(struct adopting *a)
{
	int err;

	if (!folio_batch_count(&a->batch))
		return 0;
	err = kmho_charge_folios(&a->batch) ?:
	      shmem_adopt_folios(a->inode, &a->batch, a->index);
	folio_batch_reinit(&a->batch);
	return err;
}

static int adopt_small(struct adopting *a, struct folio *folio, pgoff_t index)
{
	unsigned int nr = folio_batch_count(&a->batch);
	int err = nr && index != a->index + nr ? adopt_batch(a) : 0;

	if (err)
		return err;
	if (!folio_batch_count(&a->batch))
		a->index = index;
	return folio_batch_add(&a->batch, folio) ? 0 : adopt_batch(a);
}

static int adopt_extent(struct adopting *a, const struct kmho_extent *e)
{
	pgoff_t index = extent_addr(e) >> PAGE_SHIFT;
	unsigned int i, order = extent_order(e);
	int err = 0;

	for (i = 0; i < extent_folios(e) && !err; i++, index += 1UL << order) {
		if (order)
			err = shmem_adopt_folio(a->inode, extent_folio(e, i), index);
		else
			err = adopt_small(a, extent_folio(e, i), index);
	}
	if (!err && fatal_signal_pending(current))
		err = -EINTR;
	cond_resched();
	return err;
}

/**
 * kmho_open_file - make a file with the memory that arrived
 * @mem: the memory
 * @f: which of its files; returns the file
 *
 * Context: the process that takes the memory over, and is charged with it; may
 * sleep, mmap_lock is not held.
 *
 * Return: 0; -EINTR; -ENOMEM; or what else making a file may fail with.
 */
int kmho_open_file(struct kmho_memory *mem, struct kmho_file *f)
{
	const struct kmho_extent *e = mem->extents + f->first;
	const struct kmho_extent *end = e + f->nr_extents;
	struct file *file = make_file(f);
	struct adopting a = {};
	int err = 0;

	/* shmem has no space when there is no memory for an inode */
	if (IS_ERR(file))
		return PTR_ERR(file) == -ENOSPC ? -ENOMEM : PTR_ERR(file);
	f->file = file;
	a.inode = file_inode(file);
	folio_batch_init(&a.batch);
	for (; e < end && !err; e++)
		err = adopt_extent(&a, e);
	err = err ?: adopt_batch(&a);
	if (err)
		kmho_undo_file(mem, f);
	return err;
}

/**
 * kmho_leave_cgroup - have folios be charged to nobody
 * @e: the first of their extents
 * @end: after the last of them; some of the folios need not be charged
 *
 * What is in common with others is theirs to pay for.
 *
 * Context: may sleep; nobody uses the folios.
 */
void kmho_leave_cgroup(const struct kmho_extent *e,
		       const struct kmho_extent *end)
{
	unsigned int i;

	for (; e < end; e++) {
		for (i = 0; i < extent_folios(e); i++)
			if (!extent_in_common(e, i))
				mem_cgroup_uncharge(extent_folio(e, i));
		cond_resched();
	}
}

/**
 * kmho_undo_file - undo kmho_open_file()
 * @mem: the memory
 * @f: has a file that nobody knows
 *
 * Context: may sleep, mmap_lock is not held.
 */
void kmho_undo_file(struct kmho_memory *mem, struct kmho_file *f)
{
	const struct kmho_extent *e = mem->extents + f->first;

	shmem_truncate_range(file_inode(f->file), 0, -1);
	kmho_leave_cgroup(e, e + f->nr_extents);
	fput(f->file);
	f->file = NULL;
}

static void list_batch(struct folio_batch *batch)
{
	if (!folio_batch_count(batch))
		return;
	folio_batch_add_lru(batch);
	folios_put(batch);
}

static void settle_folio(struct folio_batch *batch, struct folio *folio)
{
	if (folio_test_large(folio)) {
		folio_add_lru(folio);
		folio_put(folio);
		return;
	}
	if (folio_batch_count(batch) && !kmho_are_alike(batch->folios[0], folio))
		list_batch(batch);
	if (!folio_batch_add(batch, folio))
		list_batch(batch);
}

/**
 * kmho_settle_file - leave the memory to the file
 * @mem: the memory
 * @f: has a file that is mapped
 *
 * The references to the folios that were held are dropped.
 *
 * Context: may sleep, mmap_lock is not held.
 */
void kmho_settle_file(struct kmho_memory *mem, struct kmho_file *f)
{
	const struct kmho_extent *e = mem->extents + f->first;
	const struct kmho_extent *end = e + f->nr_extents;
	struct folio_batch batch;
	unsigned int i;

	folio_batch_init(&batch);
	for (; e < end; e++) {
		for (i = 0; i < extent_folios(e); i++)
			settle_folio(&batch, extent_folio(e, i));
		cond_resched();
	}
	list_batch(&batch);
	fput(f->file);
	f->file = NULL;
}
