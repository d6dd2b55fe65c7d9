// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmho(2): finding and pinning the shared memory that a process hands over.
 *
 * Shared memory is what the page cache of a file without a name has. It is looked
 * for there, since two mappings can be of the same memory, and what is there need
 * not be mapped.
 */
#include <linux/bitmap.h>
#include <linux/fcntl.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/pagevec.h>
#include <linux/sched/signal.h>
#include <linux/shmem_fs.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/string.h>
#include <linux/swap.h>
#include <linux/xarray.h>

#include "internal.h"
#include "kmho_scan.h"

#define SHARED_VM_FLAGS	(KMHO_VM_FLAGS | VM_SHARED | VM_MAYSHARE)

static int add_file(struct kmho_scan *s, struct file *file)
{
	struct kmho_memory *mem = s->mem;
	struct inode *inode = file_inode(file);
	struct kmho_file *f;

	f = kmho_grow(mem->files, mem->nr_files, &s->room_files, sizeof(*f));
	if (!f)
		return -ENOMEM;
	mem->files = f;
	f += mem->nr_files++;
	*f = (struct kmho_file){
		.size = i_size_read(inode),
		.flags = SHMEM_I(inode)->flags & VM_NORESERVE ?
			 KMHO_FILE_NORESERVE : 0,
		.seals = SHMEM_I(inode)->seals,
		.mode = inode->i_mode & S_IALLUGO,
		.file = file,
	};
	/* Security modules do not look at anonymous memory. */
	if (IS_PRIVATE(inode))
		return 0;
	f->name = kstrdup(file->f_path.dentry->d_name.name, GFP_KERNEL_ACCOUNT);
	return f->name ? 0 : -ENOMEM;
}

/**
 * kmho_file_number - the number of a file that is mapped, for an area
 * @s: the scan
 * @file: the file
 *
 * Context: may sleep; mmap_lock is held.
 *
 * Return: a number from 1 on, the same for each file of an inode; -ENOMEM.
 */
int kmho_file_number(struct kmho_scan *s, struct file *file)
{
	unsigned long inode = (unsigned long)file_inode(file);
	void *number = xa_load(&s->seen, inode);
	int err;

	if (number)
		return xa_to_value(number);
	err = add_file(s, file) ?:
	      xa_err(xa_store(&s->seen, inode, xa_mk_value(s->mem->nr_files),
			      GFP_KERNEL));
	return err ?: s->mem->nr_files;
}

/**
 * kmho_is_shared - is it shared memory that can be handed over?
 * @vma: the mapping
 *
 * Anonymous, or of a memfd, and not on a file system that is mounted. A mapping
 * that may still write where new ones may not could not be made again.
 *
 * Context: mmap_lock is held.
 *
 * Return: true if it is.
 */
bool kmho_is_shared(struct vm_area_struct *vma)
{
	struct inode *inode;

	if (!vma_is_anon_shmem(vma) || !(vma->vm_flags & VM_SHARED) ||
	    vma->vm_flags & ~SHARED_VM_FLAGS)
		return false;
	inode = file_inode(vma->vm_file);
	return (inode->i_sb->s_flags & SB_KERNMOUNT) &&
	       !(vma->vm_flags & VM_MAYWRITE &&
		 SHMEM_I(inode)->seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE));
}

/* Was it replaced before it was pinned? Who does that has it locked meanwhile. */
static bool is_gone(struct folio *folio, const struct address_space *mapping)
{
	bool gone;

	folio_lock(folio);
	gone = folio->mapping != mapping;
	folio_unlock(folio);
	return gone;
}

/*
 * One folio is pinned. It is read first, for it may be swapped out, or be there
 * for fallocate() only. Returns -EAGAIN if there is another one now, also as it was
 * split.
 */
static int pin_folio(struct kmho_scan *s, const struct kmho_span *span, pgoff_t *index)
{
	struct file *file = s->mem->files[span->file].file;
	loff_t pos = (loff_t)*index << PAGE_SHIFT;
	struct folio *folio;
	pgoff_t offset;
	long got;
	int err;

	folio = shmem_read_folio(file->f_mapping, *index);
	if (IS_ERR(folio))
		return PTR_ERR(folio);
	folio_put(folio);
	got = memfd_pin_folios(file, pos, pos, &folio, 1, &offset);
	if (got != 1)
		return got ?: -EFAULT;
	if (is_gone(folio, file->f_mapping)) {
		unpin_folio(folio);
		return -EAGAIN;
	}
	if (folio->index < span->start || folio_next_index(folio) > span->end) {
		folio_get(folio);
		unpin_folio(folio);
		err = kmho_split(folio) ?: -EAGAIN;
		folio_put(folio);
		return err;
	}
	*index = folio_next_index(folio);
	if (!folio_contain_hwpoisoned_page(folio))
		return kmho_keep_folio(s, (u64)folio->index << PAGE_SHIFT, folio);
	unpin_folio(folio);
	return -EHWPOISON;
}

/* The folio is locked: so nobody makes part of a large one of it meanwhile. */
static bool is_simple(struct kmho_scan *s, struct folio *folio,
		      const struct address_space *mapping, pgoff_t index)
{
	return !folio_test_large(folio) && folio_test_uptodate(folio) &&
	       !folio_test_hwpoison(folio) && folio->mapping == mapping &&
	       folio->index == index && kmho_can_stay(s, folio);
}

/* Small folios that need nothing done are locked; returns how many. */
static unsigned int lock_simple(struct kmho_scan *s, struct folio_batch *batch,
				const struct address_space *mapping, pgoff_t index)
{
	struct folio *folio;
	unsigned int nr;

	for (nr = 0; nr < folio_batch_count(batch); nr++) {
		folio = batch->folios[nr];
		if (!folio_trylock(folio))
			break;
		if (!is_simple(s, folio, mapping, index + nr)) {
			folio_unlock(folio);
			break;
		}
		s->folios[nr] = folio;
	}
	return nr;
}

/*
 * Many at a time. Returns how many are pinned and noted; 0: it has to be done one by
 * one, with what there is to wait for.
 */
static long pin_batch(struct kmho_scan *s, struct address_space *mapping, pgoff_t index,
		      pgoff_t end)
{
	struct folio_batch batch;
	pgoff_t next = index;
	unsigned int i, nr;
	long done = 0;

	folio_batch_init(&batch);
	filemap_get_folios_contig(mapping, &next, end - 1, &batch);
	s->chunk = (u64)index << PAGE_SHIFT;
	s->block = ULONG_MAX;
	nr = lock_simple(s, &batch, mapping, index);
	pin_small_folios(s->folios, nr);
	for (i = 0; i < nr; i++)
		folio_unlock(s->folios[i]);
	folios_put(&batch);
	if (nr) {
		bitmap_set(s->own, 0, nr);
		done = kmho_keep_folios(s, s->chunk, nr, s->own);
		kmho_put_folios(s);
	}
	return done == -EDQUOT ? 0 : done;
}

/**
 * kmho_pin_span - pin what is there of a file
 * @s: the scan; the file is among those of what it fills
 * @span: which part of it
 *
 * Context: process context, may sleep; somebody has the file open.
 *
 * Return: 0, or an error as for kmho_pin().
 */
int kmho_pin_span(struct kmho_scan *s, const struct kmho_span *span)
{
	struct address_space *mapping = s->mem->files[span->file].file->f_mapping;
	pgoff_t index = span->start;
	void *entry;
	long done;
	int err;

	while (index < span->end) {
		entry = xa_find(&mapping->i_pages, &index, span->end - 1,
				XA_PRESENT);
		if (!entry)
			break;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
		done = pin_batch(s, mapping, index, span->end);
		if (done < 0)
			return done;
		index += done;
		if (done)
			continue;
		err = pin_folio(s, span, &index);
		if (err && err != -EAGAIN)
			return err;
		s->swapped += !err && xa_is_value(entry);
	}
	return 0;
}

static int compare_spans(const void *a, const void *b)
{
	const struct kmho_span *left = a, *right = b;

	if (left->file != right->file)
		return left->file < right->file ? -1 : 1;
	return left->start < right->start ? -1 : left->start > right->start;
}

/* Those that touch become one. Returns how many are left. */
static u32 join_spans(struct kmho_span *spans, u32 nr)
{
	struct kmho_span *last = NULL;
	u32 i;

	for (i = 0; i < nr; i++) {
		if (last && last->file == spans[i].file &&
		    last->end >= spans[i].start) {
			last->end = max(last->end, spans[i].end);
		} else {
			last = last ? last + 1 : spans;
			*last = spans[i];
		}
	}
	return last ? last - spans + 1 : 0;
}

/**
 * kmho_find_spans - what do the areas have of files?
 * @mem: the memory
 * @nr_spans: returns how many parts
 *
 * Context: may sleep.
 *
 * Return: the parts, sorted, with each page once and none beyond the end of its
 * file, to be freed by kvfree(); NULL: no memory.
 */
struct kmho_span *kmho_find_spans(const struct kmho_memory *mem, u32 *nr_spans)
{
	const struct kmho_area *area;
	struct kmho_span *spans;
	u32 i, nr = 0;

	spans = kvmalloc_array(mem->nr_areas, sizeof(*spans), GFP_KERNEL);
	if (!spans)
		return NULL;
	for (area = mem->areas; area < mem->areas + mem->nr_areas; area++) {
		if (!area->file)
			continue;
		spans[nr++] = (struct kmho_span){
			.file = area->file - 1,
			.start = area->offset >> PAGE_SHIFT,
			.end = (area->offset + area->length) >> PAGE_SHIFT,
		};
	}
	sort(spans, nr, sizeof(*spans), compare_spans, NULL);
	nr = join_spans(spans, nr);
	for (i = 0; i < nr; i++)
		spans[i].end = min(spans[i].end,
				   DIV_ROUND_UP(mem->files[spans[i].file].size,
						PAGE_SIZE));
	*nr_spans = nr;
	return spans;
}

/**
 * kmho_pin_files - pin what is there of the files that areas share
 * @s: the scan; the areas are noted, and each file is open
 *
 * Context: process context, may sleep; mmap_lock is held.
 *
 * Return: 0, or an error as for kmho_pin().
 */
int kmho_pin_files(struct kmho_scan *s)
{
	struct kmho_memory *mem = s->mem;
	struct kmho_span *spans;
	u32 i, nr, before;
	int err = 0;

	if (!mem->nr_files)
		return 0;
	spans = kmho_find_spans(mem, &nr);
	if (!spans)
		return -ENOMEM;
	for (i = 0; i < nr && !err; i++) {
		before = mem->nr_extents;
		s->apart = true;
		err = kmho_pin_span(s, &spans[i]);
		mem->files[spans[i].file].nr_extents += mem->nr_extents - before;
	}
	kvfree(spans);
	return err;
}
