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
 * Those others may hand the page over, too, and it should not become two pages by
 * that. So what is shared since a fork is not pinned, see kmho_cow.c.
 */
#include <linux/bitmap.h>
#include <linux/mm.h>
#include <linux/mm_inline.h>
#include <linux/sched/coredump.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/swap.h>
#include <linux/xarray.h>

#include "internal.h"
#include "kmho_scan.h"

/* Read only: a write would fill holes. Areas may have no permissions at all. */
#define PIN_FLAGS	(FOLL_LONGTERM | FOLL_FORCE | FOLL_HWPOISON)

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

/* ---- What is noted ---- */

/**
 * kmho_grow - have room for one more entry of an array that doubles
 * @array: the array, or NULL
 * @nr: how many entries it has
 * @room: how many there is room for; is changed
 * @size: bytes of an entry
 *
 * Context: may sleep.
 *
 * Return: the array, which may have moved; NULL: there is no memory, and the array
 * is as it was.
 */
void *kmho_grow(void *array, u32 nr, u32 *room, size_t size)
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

static int add_area(struct kmho_scan *s, struct vm_area_struct *vma,
		    unsigned long start, unsigned long end)
{
	struct kmho_memory *mem = s->mem;
	struct kmho_area *area;
	unsigned int i;
	int file = 0, family = 0;

	/* Private memory may be of /dev/zero. */
	if (vma_is_anonymous(vma))
		family = kmho_cow_family(vma);
	else
		file = kmho_file_number(s, vma->vm_file);
	if (file < 0 || family < 0)
		return -ENOMEM;
	area = kmho_grow(mem->areas, mem->nr_areas, &s->room_areas, sizeof(*area));
	if (!area)
		return -ENOMEM;
	mem->areas = area;
	area += mem->nr_areas++;
	*area = (struct kmho_area){
		.start = start, .length = end - start, .file = file,
		.family = family,
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

/*
 * Does a folio go on where the last extent ends? @kind is what the low bits of an
 * extent's address say.
 */
static bool extends(const struct kmho_scan *s, u64 addr, struct folio *folio,
		    unsigned int kind)
{
	const struct kmho_extent *last;

	if (s->apart)
		return false;
	last = &s->mem->extents[s->mem->nr_extents - 1];
	return (last->addr & ~PAGE_MASK) == kind &&
	       extent_folios(last) < KMHO_EXTENT_MAX &&
	       extent_addr(last) + extent_size(last) == addr &&
	       extent_phys(last) + extent_size(last) ==
	       PFN_PHYS(folio_pfn(folio));
}

/* Folios in a row. Returns how many of them are noted, or -ENOMEM. */
static int add_folios(struct kmho_scan *s, u64 addr, struct folio *folio,
		      unsigned int nr, unsigned int flags)
{
	unsigned int kind = folio_order(folio) | flags;
	struct kmho_memory *mem = s->mem;
	struct kmho_extent *e;

	if (!extends(s, addr, folio, kind)) {
		e = kmho_grow(mem->extents, mem->nr_extents, &s->room_extents,
			      sizeof(*e));
		if (!e)
			return -ENOMEM;
		mem->extents = e;
		e += mem->nr_extents++;
		e->addr = addr | kind;
		e->phys = PFN_PHYS(folio_pfn(folio));
		s->apart = false;
	}
	e = &mem->extents[mem->nr_extents - 1];
	nr = min(nr, KMHO_EXTENT_MAX - extent_folios(e));
	e->phys += nr;
	return nr;
}

static int add_folio(struct kmho_scan *s, u64 addr, struct folio *folio)
{
	return min(add_folios(s, addr, folio, 1, 0), 0);
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

/**
 * kmho_split - make pages of a folio that is not all in one place folios
 * @folio: the folio, with one reference of the caller's
 *
 * So every folio belongs to one key, and comes back as it was.
 *
 * Context: may sleep.
 *
 * Return: 0, also when it is split already; -EBUSY: somebody else holds it.
 */
int kmho_split(struct folio *folio)
{
	int tries, err = -EAGAIN;

	for (tries = 0; err == -EAGAIN && tries < KMHO_TRIES; tries++) {
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
static long keep_pages(struct kmho_scan *s, unsigned long addr, unsigned long nr)
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
		err = kmho_split(folio);
	folio_put(folio);
	/* What is done counts; the error comes again. */
	return i ?: err;
}

/* What protection keys keep from the process, the process does not hand over. */
static long pin_pages(struct kmho_scan *s, unsigned long addr, unsigned long nr)
{
	if (s->mm == current->mm)
		return pin_user_pages(addr, nr, PIN_FLAGS, s->pages);
	return pin_user_pages_remote(s->mm, addr, nr, PIN_FLAGS, s->pages, NULL);
}

/* Pages in a row that are there; returns how many of them are done */
static long pin_run(struct kmho_scan *s, unsigned long addr, unsigned long nr)
{
	unsigned int at = kmho_chunk_page(s, addr);
	long got, done;
	int err;

	got = pin_pages(s, addr, nr);
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

/**
 * kmho_keep_folio - charge and note a folio that is pinned once
 * @s: the scan
 * @addr: its address, or its place in shared memory
 * @folio: the folio; it is not pinned any more if this fails
 *
 * Context: may sleep.
 *
 * Return: 0; -EDQUOT: the limit would be exceeded; -ENOMEM.
 */
int kmho_keep_folio(struct kmho_scan *s, u64 addr, struct folio *folio)
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

static bool is_mapped_huge(struct mm_struct *mm, unsigned long addr,
			   struct folio *folio)
{
	pmd_t *pmd = mm_find_pmd(mm, addr);
	pmd_t entry = pmd ? pmdp_get_lockless(pmd) : __pmd(0);

	return pmd_present(entry) && pmd_trans_huge(entry) &&
	       pmd_page(entry) == &folio->page;
}

/*
 * A huge page is pinned by its first page. It may be gone since it was seen, but
 * where it is mapped when it is pinned, all of it is there, and stays. Returns how
 * many pages are done, none if it has to be done page by page.
 */
static long pin_huge(struct kmho_scan *s)
{
	struct folio *folio;

	if (pin_pages(s, s->chunk, 1) != 1)
		return 0;
	folio = page_folio(s->pages[0]);
	if (folio_order(folio) != HPAGE_PMD_ORDER ||
	    folio_contain_hwpoisoned_page(folio) ||
	    !is_mapped_huge(s->mm, s->chunk, folio)) {
		unpin_folio(folio);
		return 0;
	}
	return kmho_keep_folio(s, s->chunk, folio) ?: KMHO_CHUNK_PAGES;
}

/* How many of the folios that were looked at lie in a row in memory? */
static unsigned int in_a_row(const struct kmho_scan *s, unsigned int first,
			     unsigned int end)
{
	unsigned long pfn = folio_pfn(s->folios[first]);
	unsigned int at = first;

	do {
		at++;
		pfn++;
	} while (at < end && folio_pfn(s->folios[at]) == pfn);
	return at - first;
}

/**
 * kmho_keep_folios - charge and note small folios in a row
 * @s: the scan
 * @addr: address of the first, or its place in shared memory
 * @nr: how many
 * @which: the scan's own or cow, with a bit for each; those that are noted are cleared
 *
 * Context: may sleep.
 *
 * Return: @nr; -EDQUOT: the limit would be exceeded, and none is noted; -ENOMEM.
 */
long kmho_keep_folios(struct kmho_scan *s, unsigned long addr, unsigned long nr,
		      unsigned long *which)
{
	unsigned int at = kmho_chunk_page(s, addr), end = at + nr;
	unsigned int flags = which == s->cow ? KMHO_EXTENT_COW : 0;
	int added, err = kmho_charge(s->mem, nr);

	if (err)
		return err;
	for (; at < end; at += added, addr += added * PAGE_SIZE) {
		added = add_folios(s, addr, s->folios[at], in_a_row(s, at, end),
				   flags);
		if (added < 0) {
			kmho_uncharge(s->mem, end - at);
			return added;
		}
		bitmap_clear(which, at, added);
	}
	return nr;
}

/*
 * Where does it end that pages are there, and are, or are not, in any of these? And
 * either all of them replace something, or none does.
 */
static unsigned int end_of_run(const struct kmho_scan *s, unsigned int first,
			       const unsigned long *which)
{
	unsigned int last = KMHO_CHUNK_PAGES;

	last = test_bit(first, s->held) ? find_next_zero_bit(s->held, last, first) :
	       find_next_bit(s->held, last, first);
	if (which)
		return find_next_zero_bit(which, last, first);
	last = find_next_zero_bit(s->there, last, first);
	last = find_next_bit(s->own, last, first);
	return find_next_bit(s->cow, last, first);
}

/*
 * What replaces something may take the user over the limit, as long as both are
 * counted. Returns the limit, for set_limit().
 */
static unsigned long lift_limit(struct kmho_scan *s, bool replaces)
{
	unsigned long limit = s->mem->limit;

	if (replaces)
		s->mem->limit = ULONG_MAX;
	return limit;
}

static void set_limit(struct kmho_scan *s, unsigned long limit, bool replaces, long done)
{
	s->mem->limit = limit;
	if (replaces && done > 0 && limit != ULONG_MAX)
		s->mem->limit += done;
}

/* Pages from bit @first to bit @end; returns how many of them are done */
static long keep_run(struct kmho_scan *s, unsigned int first, unsigned int end,
		     unsigned long *which)
{
	unsigned long start = s->chunk + ((unsigned long)first << PAGE_SHIFT);
	bool replaces = test_bit(first, s->held);
	unsigned long limit = lift_limit(s, replaces);
	unsigned int nr = end - first;
	long done;

	done = which ? kmho_keep_folios(s, start, nr, which) : pin_run(s, start, nr);
	set_limit(s, limit, replaces, done);
	return done;
}

/* When it is too late for an error, the rest is looked at nevertheless. */
static bool goes_on(struct kmho_scan *s, int err)
{
	if (!s->of || err == -EINTR || err == -ENOMEM)
		return false;
	s->lost = s->lost ?: err;
	return true;
}

/*
 * What is there from @start on. Returns 0; 1: what is there has changed, and has to
 * be looked at again from @start on; or an error.
 */
static int keep_chunk(struct kmho_scan *s, unsigned long *start)
{
	unsigned int first, end, last = KMHO_CHUNK_PAGES;
	unsigned long *which;
	long done;

	for (first = find_first_bit(s->there, last); first < last;
	     first = find_next_bit(s->there, last, end)) {
		which = test_bit(first, s->own) ? s->own :
			test_bit(first, s->cow) ? s->cow : NULL;
		end = end_of_run(s, first, which);
		done = keep_run(s, first, end, which);
		if (done < 0) {
			if (!goes_on(s, done))
				return done;
			/* One page is broken, or all are too many. */
			end = done == -EDQUOT ? end : first + 1;
			continue;
		}
		*start = s->chunk + (first + done) * PAGE_SIZE;
		/* something was split, or less than asked for was there */
		if (done < end - first)
			return 1;
	}
	return 0;
}

/* A huge page; where it is too much, part of it may not be. */
static long keep_huge(struct kmho_scan *s)
{
	bool replaces = bitmap_full(s->held, KMHO_CHUNK_PAGES);
	unsigned long limit = lift_limit(s, replaces);
	long done = pin_huge(s);

	set_limit(s, limit, replaces, done);
	return done == -EDQUOT && s->of ? 0 : done;
}

/* Part of an area, in one page table */
static int pin_chunk(struct kmho_scan *s, unsigned long start, unsigned long end)
{
	long done;
	int err;

	s->chunk = ALIGN_DOWN(start, KMHO_CHUNK_SIZE);
	s->unsplit = false;
	s->fetched = false;
	s->tries = KMHO_TRIES;
	s->waits = KMHO_WAITS;
	do {
		err = kmho_look_at_chunk(s, start, end);
		done = !err && s->huge ? keep_huge(s) : 0;
		if (done)
			return min(done, 0L);
		if (!err)
			err = keep_chunk(s, &start);
		kmho_put_folios(s);
	} while (err > 0 && start < end);
	return min(err, 0);
}

/* Where nothing is, there may be terabytes of it. Returns @addr if something is. */
static unsigned long skip_empty(struct mm_struct *mm, unsigned long addr,
				unsigned long end)
{
	pgd_t *pgd = pgd_offset(mm, addr);
	p4d_t *p4d;
	pud_t *pud;
	pmd_t *pmd;

	if (pgd_none(*pgd))
		return pgd_addr_end(addr, end);
	p4d = p4d_offset(pgd, addr);
	if (p4d_none(*p4d))
		return p4d_addr_end(addr, end);
	pud = pud_offset(p4d, addr);
	if (pud_none(*pud))
		return pud_addr_end(addr, end);
	pmd = pmd_offset(pud, addr);
	return pmd_none(*pmd) ? pmd_addr_end(addr, end) : addr;
}

/**
 * kmho_pin_area - pin what is there of a mapping
 * @s: the scan
 * @start: address of the first page
 * @end: that of the first one after it
 *
 * Context: process context, may sleep; mmap_lock is held.
 *
 * Return: 0, or an error as for kmho_pin().
 */
int kmho_pin_area(struct kmho_scan *s, unsigned long start, unsigned long end)
{
	unsigned long next;
	int err;

	for (; start < end; start = next) {
		if (fatal_signal_pending(current))
			return -EINTR;
		next = skip_empty(s->mm, start, end);
		if (next > start)
			continue;
		next = min(ALIGN(start + 1, KMHO_CHUNK_SIZE), end);
		err = pin_chunk(s, start, next);
		if (err)
			return err;
		cond_resched();
	}
	return 0;
}

/* ---- All of it ---- */

/**
 * kmho_is_private - is it private anonymous memory, and nothing that would get lost?
 * @vma: the mapping
 *
 * Context: mmap_lock is held.
 *
 * Return: true if it can be handed over as such.
 */
bool kmho_is_private(struct vm_area_struct *vma)
{
	return vma_is_anonymous(vma) && !(vma->vm_flags & ~KMHO_VM_FLAGS);
}

static int pin_range(struct kmho_scan *s, const struct kmho_range *range)
{
	unsigned long at = range->base, end = at + range->length, next;
	struct vm_area_struct *vma;
	int err;

	for (; at < end; at = next) {
		vma = vma_lookup(s->mm, at);
		if (!vma)
			return -EFAULT;
		if (!kmho_is_private(vma) && !kmho_is_shared(vma))
			return -EOPNOTSUPP;
		next = min(vma->vm_end, end);
		err = add_area(s, vma, at, next);
		if (!err && vma_is_anonymous(vma))
			err = kmho_pin_area(s, at, next);
		if (err)
			return err;
	}
	return 0;
}

/**
 * kmho_scan_new - begin to look for memory
 * @mem: what is to be filled
 * @of: what was handed over before, and may be replaced; or NULL
 * @mm: whose memory it is
 *
 * Context: may sleep.
 *
 * Return: the scan, for kmho_scan_free(); NULL: no memory.
 */
struct kmho_scan *kmho_scan_new(struct kmho_memory *mem, const struct kmho_memory *of,
				struct mm_struct *mm)
{
	struct kmho_scan *s = kzalloc(sizeof(*s), GFP_KERNEL);

	if (!s)
		return NULL;
	s->mem = mem;
	s->of = of;
	s->mm = mm;
	/* so that fork() knows */
	set_bit(MMF_HAS_PINNED, &mm->flags);
	s->apart = true;
	INIT_LIST_HEAD(&s->movable);
	xa_init(&s->seen);
	s->pages = kvmalloc_array(KMHO_CHUNK_PAGES, sizeof(*s->pages), GFP_KERNEL);
	s->folios = kvmalloc_array(KMHO_CHUNK_PAGES, sizeof(*s->folios), GFP_KERNEL);
	s->old = kvmalloc_array(of && of->nr_cow ? KMHO_CHUNK_PAGES : 0,
				sizeof(*s->old), GFP_KERNEL);
	if (s->pages && s->folios && s->old)
		return s;
	kmho_scan_free(s);
	return NULL;
}

/**
 * kmho_scan_free - have done with looking
 * @s: the scan; what it filled stays as it is
 *
 * Context: any.
 */
void kmho_scan_free(struct kmho_scan *s)
{
	xa_destroy(&s->seen);
	kvfree(s->old);
	kvfree(s->folios);
	kvfree(s->pages);
	kfree(s);
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
 * is pinned, or has a reference if others have it, too, also when it fails.
 */
int kmho_pin(struct kmho_memory *mem, u64 *swapped)
{
	struct mm_struct *mm = current->mm;
	struct kmho_scan *s;
	int err = -EINTR;
	u32 i;

	s = kmho_scan_new(mem, NULL, mm);
	if (!s)
		return -ENOMEM;
	if (mmap_read_lock_killable(mm))
		goto out;
	for (i = 0, err = 0; i < mem->nr_ranges && !err; i++)
		err = pin_range(s, &mem->ranges[i]);
	err = err ?: kmho_pin_files(s);
	/* The mappings have the files open only while the lock is held. */
	for (i = 0; i < mem->nr_files; i++)
		mem->files[i].file = NULL;
	mmap_read_unlock(mm);
	*swapped = s->swapped;
out:
	kmho_scan_free(s);
	return err;
}
