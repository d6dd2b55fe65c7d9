// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmho(2): finding and pinning the memory that a process hands over.
 *
 * Only what is there is pinned. Asking get_user_pages() for a whole range would
 * fill its holes, so the page tables are looked at first, 2 MiB at a time: holes
 * and zero pages are left out, what is swapped out is brought in by pinning it.
 *
 * FOLL_LONGTERM moves pages out of memory that has to stay movable, and gives
 * the process a page of its own where one is shared with others. From then on
 * the page stays the process's, whatever it does: it is not moved, merged or
 * swapped out, and fork() copies it for the child. So what is stored later is
 * stored in what was handed over.
 *
 * Shared memory is what the page cache of a file without a name has. It is looked
 * for there, since two mappings can be of the same memory, and what is there need
 * not be mapped.
 */
#include <linux/bitmap.h>
#include <linux/fcntl.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/mm_inline.h>
#include <linux/pagewalk.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/shmem_fs.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/swap.h>
#include <linux/swapops.h>
#include <linux/xarray.h>

#include "internal.h"
#include "kmho.h"

/* Read only: a write would fill holes. Areas may have no permissions at all. */
#define PIN_FLAGS	(FOLL_LONGTERM | FOLL_FORCE | FOLL_HWPOISON)

/* How often a folio that others hold for a moment is tried to be split */
#define SPLIT_TRIES	3

/* All flags of mappings that are known here; with any other one it is refused. */
#define KNOWN_VM_FLAGS							\
	(VM_READ | VM_WRITE | VM_EXEC | VM_MAYREAD | VM_MAYWRITE |	\
	 VM_MAYEXEC | VM_GROWSDOWN | VM_LOCKED | VM_LOCKONFAULT |	\
	 VM_SEQ_READ | VM_RAND_READ | VM_DONTCOPY | VM_ACCOUNT |	\
	 VM_NORESERVE | VM_WIPEONFORK | VM_DONTDUMP | VM_SOFTDIRTY |	\
	 VM_HUGEPAGE | VM_NOHUGEPAGE | VM_MERGEABLE)

#define KNOWN_SHARED_FLAGS	(KNOWN_VM_FLAGS | VM_SHARED | VM_MAYSHARE)

static const struct {
	vm_flags_t vm;
	u32 area;
} flag_names[] = {
	{ VM_READ, KMHO_AREA_READ },
	{ VM_WRITE, KMHO_AREA_WRITE },
	{ VM_EXEC, KMHO_AREA_EXEC },
	{ VM_LOCKED, KMHO_AREA_LOCKED },
	{ VM_LOCKONFAULT, KMHO_AREA_LOCKONFAULT },
	{ VM_NORESERVE, KMHO_AREA_NORESERVE },
	{ VM_HUGEPAGE, KMHO_AREA_HUGEPAGE },
	{ VM_NOHUGEPAGE, KMHO_AREA_NOHUGEPAGE },
	{ VM_DONTCOPY, KMHO_AREA_DONTCOPY },
	{ VM_WIPEONFORK, KMHO_AREA_WIPEONFORK },
	{ VM_DONTDUMP, KMHO_AREA_DONTDUMP },
	{ VM_SEQ_READ, KMHO_AREA_SEQ_READ },
	{ VM_RAND_READ, KMHO_AREA_RAND_READ },
};

/* Pages that page tables of the lowest level map */
#define CHUNK_PAGES	PTRS_PER_PTE
#define CHUNK_SIZE	PMD_SIZE

/**
 * struct scan - finding and pinning under way
 * @mem: what is filled
 * @room_areas: entries that there is room for in @mem->areas
 * @room_extents: likewise
 * @room_files: likewise
 * @seen: numbers of files, by inode
 * @apart: the next extent is in another area than the last one
 * @chunk: address that bit 0 of the bitmaps stands for
 * @there: pages of the chunk that are there or swapped out
 * @out: those that are swapped out
 * @huge: all of the chunk is one huge page
 * @pages: room for a chunk's pages
 * @swapped: pages that were brought in
 */
struct scan {
	struct kmho_memory *mem;
	u32 room_areas;
	u32 room_extents;
	u32 room_files;
	struct xarray seen;
	bool apart;
	unsigned long chunk;
	DECLARE_BITMAP(there, CHUNK_PAGES);
	DECLARE_BITMAP(out, CHUNK_PAGES);
	bool huge;
	struct page **pages;
	u64 swapped;
};

/* ---- What is there ---- */

static unsigned int chunk_page(const struct scan *s, unsigned long addr)
{
	return (addr - s->chunk) >> PAGE_SHIFT;
}

/* What is neither page nor swap is for pinning to judge. */
static int look_at_pte(pte_t *ptep, unsigned long addr, unsigned long next,
		       struct mm_walk *walk)
{
	struct scan *s = walk->private;
	pte_t pte = ptep_get(ptep);

	if (pte_none(pte))
		return 0;
	if (pte_present(pte) && is_zero_pfn(pte_pfn(pte)))
		return 0;
	__set_bit(chunk_page(s, addr), s->there);
	if (!pte_present(pte) && !non_swap_entry(pte_to_swp_entry(pte)))
		__set_bit(chunk_page(s, addr), s->out);
	return 0;
}

static int look_at_pmd(pmd_t *pmd, unsigned long addr, unsigned long next,
		       struct mm_walk *walk)
{
	struct scan *s = walk->private;
	spinlock_t *ptl = pmd_lock(walk->mm, pmd);
	pmd_t entry = *pmd;

	spin_unlock(ptl);
	/* What migrates is not present; pinning waits for it. */
	if (!pmd_trans_huge(entry) && !is_swap_pmd(entry))
		return 0;
	walk->action = ACTION_CONTINUE;
	if (is_huge_zero_pmd(entry))
		return 0;
	s->huge = next - addr == CHUNK_SIZE;
	bitmap_set(s->there, chunk_page(s, addr), (next - addr) >> PAGE_SHIFT);
	return 0;
}

static const struct mm_walk_ops look_ops = {
	.pmd_entry	= look_at_pmd,
	.pte_entry	= look_at_pte,
	.walk_lock	= PGWALK_RDLOCK,
};

/* ---- What is noted ---- */

/* Room for one more entry of an array that doubles, NULL if there is none. */
static void *grow(void *array, u32 nr, u32 *room, size_t size)
{
	u32 more = max(2 * *room, 16U);

	if (nr < *room)
		return array;
	if (more <= nr)
		return NULL;
	array = kvrealloc(array, array_size(more, size),
			  GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (array)
		*room = more;
	return array;
}

static int add_file(struct scan *s, struct file *file)
{
	struct kmho_memory *mem = s->mem;
	struct inode *inode = file_inode(file);
	struct kmho_file *f;

	f = grow(mem->files, mem->nr_files, &s->room_files, sizeof(*f));
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

/* From 1 on */
static int file_number(struct scan *s, struct file *file)
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

static int add_area(struct scan *s, struct vm_area_struct *vma,
		    unsigned long start, unsigned long end)
{
	struct kmho_memory *mem = s->mem;
	struct kmho_area *area;
	unsigned int i;
	int file = 0;

	if (vma->vm_file) {
		file = file_number(s, vma->vm_file);
		if (file < 0)
			return file;
	}
	area = grow(mem->areas, mem->nr_areas, &s->room_areas, sizeof(*area));
	if (!area)
		return -ENOMEM;
	mem->areas = area;
	area += mem->nr_areas++;
	*area = (struct kmho_area){
		.start = start, .length = end - start, .file = file,
	};
	if (file)
		area->offset = start - vma->vm_start +
			       ((u64)vma->vm_pgoff << PAGE_SHIFT);
	for (i = 0; i < ARRAY_SIZE(flag_names); i++) {
		if (vma->vm_flags & flag_names[i].vm)
			area->flags |= flag_names[i].area;
	}
	s->apart = true;
	return 0;
}

/* Does a folio go on where the last extent ends? */
static bool extends(const struct scan *s, u64 addr, struct folio *folio)
{
	const struct kmho_extent *last;

	if (s->apart)
		return false;
	last = &s->mem->extents[s->mem->nr_extents - 1];
	return extent_order(last) == folio_order(folio) &&
	       extent_folios(last) < KMHO_EXTENT_MAX &&
	       extent_addr(last) + extent_size(last) == addr &&
	       extent_phys(last) + extent_size(last) ==
	       PFN_PHYS(folio_pfn(folio));
}

static int add_folio(struct scan *s, u64 addr, struct folio *folio)
{
	struct kmho_memory *mem = s->mem;
	struct kmho_extent *e;

	if (extends(s, addr, folio)) {
		mem->extents[mem->nr_extents - 1].phys++;
		return 0;
	}
	e = grow(mem->extents, mem->nr_extents, &s->room_extents, sizeof(*e));
	if (!e)
		return -ENOMEM;
	mem->extents = e;
	e += mem->nr_extents++;
	e->addr = addr | folio_order(folio);
	e->phys = PFN_PHYS(folio_pfn(folio)) | 1;
	s->apart = false;
	return 0;
}

/* ---- Pinning ---- */

/* How many of the pages are this folio, all of it in a row; 0: not all of it */
static unsigned long whole_folio(struct folio *folio, unsigned long addr,
				 struct page **pages, unsigned long nr)
{
	unsigned long i, want = folio_nr_pages(folio);

	if (want > nr || !IS_ALIGNED(addr, folio_size(folio)))
		return 0;
	for (i = 0; i < want; i++)
		if (pages[i] != folio_page(folio, i))
			return 0;
	return want;
}

/*
 * Pages of a folio that is not all in one place are made folios of their own. So
 * every folio belongs to one key, and comes back as it was.
 */
static int split(struct folio *folio)
{
	int tries, err = -EAGAIN;

	for (tries = 0; err == -EAGAIN && tries < SPLIT_TRIES; tries++) {
		if (tries)
			lru_add_drain_all();
		folio_lock(folio);
		err = folio_test_large(folio) ? split_folio(folio) : 0;
		folio_unlock(folio);
	}
	return err ? -EBUSY : 0;
}

/*
 * One pin for each folio is kept. Returns how many of the pages are done, less
 * than all if a folio was split and has to be pinned anew.
 */
static long keep_pages(struct scan *s, unsigned long addr, unsigned long nr)
{
	struct page **pages = s->pages;
	unsigned long i, n;
	struct folio *folio;
	int err = 0;

	for (i = 0; i < nr && !err; i += n, addr += n << PAGE_SHIFT) {
		folio = page_folio(pages[i]);
		n = whole_folio(folio, addr, pages + i, nr - i);
		if (!n)
			break;
		err = folio_test_hwpoison(folio) ? -EHWPOISON :
		      add_folio(s, addr, folio);
		if (!err)
			unpin_user_pages(pages + i + 1, n - 1);
		else
			n = 0;
	}
	if (i == nr)
		return nr;
	folio_get(folio);
	unpin_user_pages(pages + i, nr - i);
	if (!err)
		err = split(folio);
	folio_put(folio);
	return err ?: i;
}

/* Pages in a row that are there; returns how many of them are done */
static long pin_run(struct scan *s, unsigned long addr, unsigned long nr)
{
	unsigned int at = chunk_page(s, addr);
	long got, done;
	int err;

	got = pin_user_pages(addr, nr, PIN_FLAGS, s->pages);
	if (got <= 0)
		return got ?: -EFAULT;
	err = kmho_charge(s->mem, got);
	if (err) {
		unpin_user_pages(s->pages, got);
		return err;
	}
	done = keep_pages(s, addr, got);
	kmho_uncharge(s->mem, got - max(done, 0L));
	for (nr = at + max(done, 0L); at < nr; at++)
		s->swapped += test_bit(at, s->out);
	return done;
}

/* A folio that is pinned once is charged and noted, or it is not pinned any more. */
static int keep_folio(struct scan *s, u64 addr, struct folio *folio)
{
	unsigned long nr = folio_nr_pages(folio);
	int err = kmho_charge(s->mem, nr);

	if (!err) {
		err = add_folio(s, addr, folio);
		if (err)
			kmho_uncharge(s->mem, nr);
	}
	if (err)
		unpin_folio(folio);
	return err;
}

static bool is_mapped_huge(unsigned long addr, struct folio *folio)
{
	pmd_t *pmd = mm_find_pmd(current->mm, addr);
	pmd_t entry = pmd ? pmdp_get_lockless(pmd) : __pmd(0);

	return pmd_present(entry) && pmd_trans_huge(entry) &&
	       pmd_page(entry) == &folio->page;
}

/*
 * A huge page is pinned by its first page. It may be gone since it was seen, but
 * where it is mapped when it is pinned, all of it is there, and stays. Returns how
 * many pages are done, none if it has to be done page by page.
 */
static long pin_huge(struct scan *s)
{
	struct folio *folio;

	if (pin_user_pages(s->chunk, 1, PIN_FLAGS, s->pages) != 1)
		return 0;
	folio = page_folio(s->pages[0]);
	if (folio_order(folio) != HPAGE_PMD_ORDER ||
	    folio_contain_hwpoisoned_page(folio) ||
	    !is_mapped_huge(s->chunk, folio)) {
		unpin_folio(folio);
		return 0;
	}
	return keep_folio(s, s->chunk, folio) ?: CHUNK_PAGES;
}

/* Part of an area, in one page table */
static int pin_chunk(struct scan *s, unsigned long start, unsigned long end)
{
	unsigned int first, nr, last = CHUNK_PAGES;
	long done = 0;
	int err;

	s->chunk = ALIGN_DOWN(start, CHUNK_SIZE);
	while (start < end) {
		bitmap_zero(s->there, CHUNK_PAGES);
		bitmap_zero(s->out, CHUNK_PAGES);
		s->huge = false;
		err = walk_page_range(current->mm, start, end, &look_ops, s);
		if (err)
			return err;
		done = s->huge ? pin_huge(s) : 0;
		if (done)
			return min(done, 0L);
		first = find_first_bit(s->there, last);
		while (first < last) {
			nr = find_next_zero_bit(s->there, last, first) - first;
			start = s->chunk + ((unsigned long)first << PAGE_SHIFT);
			done = pin_run(s, start, nr);
			if (done < 0)
				return done;
			start += done << PAGE_SHIFT;
			if (done < nr)
				break;
			first = find_next_bit(s->there, last, first + nr);
		}
		/* else something was split, or less than asked for was there */
		if (first >= last)
			break;
	}
	return 0;
}

static int pin_area(struct scan *s, unsigned long start, unsigned long end)
{
	unsigned long next;
	int err;

	for (; start < end; start = next) {
		next = min(ALIGN(start + 1, CHUNK_SIZE), end);
		if (fatal_signal_pending(current))
			return -EINTR;
		err = pin_chunk(s, start, next);
		if (err)
			return err;
		cond_resched();
	}
	return 0;
}

/* ---- Shared memory ---- */

/* Part of a file, in pages */
struct span {
	u32 file;
	pgoff_t start;
	pgoff_t end;
};

/*
 * One folio is pinned. It is read first, for it may be swapped out, or be there
 * for fallocate() only. Returns -EAGAIN if it was split, so that others are there
 * now.
 */
static int pin_folio(struct scan *s, const struct span *span, pgoff_t *index)
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
	if (folio->index < span->start || folio_next_index(folio) > span->end) {
		folio_get(folio);
		unpin_folio(folio);
		err = split(folio) ?: -EAGAIN;
		folio_put(folio);
		return err;
	}
	*index = folio_next_index(folio);
	if (!folio_contain_hwpoisoned_page(folio))
		return keep_folio(s, (u64)folio->index << PAGE_SHIFT, folio);
	unpin_folio(folio);
	return -EHWPOISON;
}

static int pin_span(struct scan *s, const struct span *span)
{
	struct address_space *mapping = s->mem->files[span->file].file->f_mapping;
	pgoff_t index = span->start;
	void *entry;
	int err;

	while (index < span->end) {
		entry = xa_find(&mapping->i_pages, &index, span->end - 1,
				XA_PRESENT);
		if (!entry)
			break;
		if (fatal_signal_pending(current))
			return -EINTR;
		err = pin_folio(s, span, &index);
		if (err && err != -EAGAIN)
			return err;
		s->swapped += !err && xa_is_value(entry);
		cond_resched();
	}
	return 0;
}

static int compare_spans(const void *a, const void *b)
{
	const struct span *left = a, *right = b;

	if (left->file != right->file)
		return left->file < right->file ? -1 : 1;
	return left->start < right->start ? -1 : left->start > right->start;
}

/* What the areas have of files, sorted, each page once */
static u32 find_spans(const struct kmho_memory *mem, struct span *spans)
{
	const struct kmho_area *area;
	struct span *last = NULL;
	u32 i, nr = 0;

	for (area = mem->areas; area < mem->areas + mem->nr_areas; area++) {
		if (!area->file)
			continue;
		spans[nr++] = (struct span){
			.file = area->file - 1,
			.start = area->offset >> PAGE_SHIFT,
			.end = (area->offset + area->length) >> PAGE_SHIFT,
		};
	}
	sort(spans, nr, sizeof(*spans), compare_spans, NULL);
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

static int pin_files(struct scan *s)
{
	struct kmho_memory *mem = s->mem;
	struct kmho_file *f;
	struct span *spans;
	u32 i, nr, before;
	int err = 0;

	if (!mem->nr_files)
		return 0;
	spans = kvmalloc_array(mem->nr_areas, sizeof(*spans), GFP_KERNEL);
	if (!spans)
		return -ENOMEM;
	nr = find_spans(mem, spans);
	for (i = 0; i < nr && !err; i++) {
		f = &mem->files[spans[i].file];
		before = mem->nr_extents;
		spans[i].end = min(spans[i].end,
				   DIV_ROUND_UP(f->size, PAGE_SIZE));
		s->apart = true;
		err = pin_span(s, &spans[i]);
		f->nr_extents += mem->nr_extents - before;
	}
	kvfree(spans);
	return err;
}

/* ---- All of it ---- */

/* Private anonymous memory, and nothing about it that would get lost */
static bool is_private(struct vm_area_struct *vma)
{
	return vma_is_anonymous(vma) && !(vma->vm_flags & ~KNOWN_VM_FLAGS);
}

/*
 * Anonymous, or of a memfd, and not on a file system that is mounted. A mapping
 * that may still write where new ones may not could not be made again.
 */
static bool is_shared(struct vm_area_struct *vma)
{
	struct inode *inode;

	if (!vma_is_anon_shmem(vma) || !(vma->vm_flags & VM_SHARED) ||
	    vma->vm_flags & ~KNOWN_SHARED_FLAGS)
		return false;
	inode = file_inode(vma->vm_file);
	return (inode->i_sb->s_flags & SB_KERNMOUNT) &&
	       !(vma->vm_flags & VM_MAYWRITE &&
		 SHMEM_I(inode)->seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE));
}

static int pin_range(struct scan *s, const struct kmho_range *range)
{
	unsigned long at = range->base, end = at + range->length, next;
	struct vm_area_struct *vma;
	int err;

	for (; at < end; at = next) {
		vma = vma_lookup(current->mm, at);
		if (!vma)
			return -EFAULT;
		if (!is_private(vma) && !is_shared(vma))
			return -EOPNOTSUPP;
		next = min(vma->vm_end, end);
		err = add_area(s, vma, at, next);
		if (!err && !vma->vm_file)
			err = pin_area(s, at, next);
		if (err)
			return err;
	}
	return 0;
}

/**
 * kmho_pin - pin what is there of the ranges of the calling process
 * @mem: has its ranges and an account, and nothing else
 * @swapped: returns how many pages were brought in from swap
 *
 * Context: process context, may sleep.
 *
 * Return: 0; -EFAULT: not all of it is mapped; -EOPNOTSUPP: not all of it is
 * anonymous memory or a memfd's, or it is of a kind that is not known; -EDQUOT:
 * RLIMIT_MEMLOCK would be exceeded; -EBUSY: somebody else holds a folio that is
 * to be split; -EHWPOISON: the memory is broken; -EINTR; -ENOMEM. What is in @mem
 * is pinned, also when it fails.
 */
int kmho_pin(struct kmho_memory *mem, u64 *swapped)
{
	struct mm_struct *mm = current->mm;
	struct scan *s;
	int err = -ENOMEM;
	u32 i;

	s = kzalloc(sizeof(*s), GFP_KERNEL);
	if (!s)
		return -ENOMEM;
	s->mem = mem;
	xa_init(&s->seen);
	s->pages = kvmalloc_array(CHUNK_PAGES, sizeof(*s->pages), GFP_KERNEL);
	if (!s->pages)
		goto out;
	err = -EINTR;
	if (mmap_read_lock_killable(mm))
		goto out;
	for (i = 0, err = 0; i < mem->nr_ranges && !err; i++)
		err = pin_range(s, &mem->ranges[i]);
	err = err ?: pin_files(s);
	/* The mappings have the files open only while the lock is held. */
	for (i = 0; i < mem->nr_files; i++)
		mem->files[i].file = NULL;
	mmap_read_unlock(mm);
	*swapped = s->swapped;
out:
	xa_destroy(&s->seen);
	kvfree(s->pages);
	kfree(s);
	return err;
}
