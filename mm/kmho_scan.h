/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kmho(2): finding and pinning memory, what its parts share.
 */
#ifndef _MM_KMHO_SCAN_H
#define _MM_KMHO_SCAN_H

#include <linux/bitmap.h>
#include <linux/mm.h>
#include <linux/pageblock-flags.h>
#include <linux/pgtable.h>
#include <linux/types.h>
#include <linux/xarray.h>

#include "kmho.h"

/* All flags of mappings that are known here; with any other one it is refused. */
#define KMHO_VM_FLAGS							\
	(VM_READ | VM_WRITE | VM_EXEC | VM_MAYREAD | VM_MAYWRITE |	\
	 VM_MAYEXEC | VM_GROWSDOWN | VM_LOCKED | VM_LOCKONFAULT |	\
	 VM_SEQ_READ | VM_RAND_READ | VM_DONTCOPY | VM_ACCOUNT |	\
	 VM_NORESERVE | VM_WIPEONFORK | VM_DONTDUMP | VM_SOFTDIRTY |	\
	 VM_HUGEPAGE | VM_NOHUGEPAGE | VM_MERGEABLE | VM_KMHO)

/* Pages that page tables of the lowest level map */
#define KMHO_CHUNK_PAGES	PTRS_PER_PTE
#define KMHO_CHUNK_SIZE	PMD_SIZE

/* How often a folio that others hold for a moment is tried to be split, or moved */
#define KMHO_TRIES	3

/* How often pages of a chunk are waited for that others are moving */
#define KMHO_WAITS	100

/**
 * struct kmho_scan - finding and pinning under way
 * @mem: what is filled
 * @of: what was handed over before, and is looked at once more; or NULL
 * @mm: whose memory it is, its mmap_lock held
 * @room_areas: entries that there is room for in @mem->areas
 * @room_extents: likewise
 * @room_files: likewise
 * @seen: numbers of files, by inode
 * @apart: the next extent is in another area than the last one
 * @chunk: address that bit 0 of the bitmaps stands for
 * @there: pages of the chunk that are there or swapped out
 * @out: those that are swapped out
 * @own: those that are the process's own, and are pinned already
 * @cow: those that others have, too, since a fork, of which a reference is held
 * @held: places where @of has pages that others have, too
 * @huge: all of the chunk is one huge page
 * @large: a folio of several pages that others have, too, to be split
 * @unsplit: one of the chunk cannot be split
 * @block: number of a page block in which pages may stay where they are
 * @movable: pages that others have, too, and that may not
 * @busy: somebody has one of these in hand, or on no list yet
 * @moving: ULONG_MAX, or address of a page that somebody else is moving
 * @fetched: what was swapped out of the chunk was brought in
 * @tries: how often such pages of the chunk are still moved
 * @waits: how often others are still waited for
 * @lost: the first error after which others were looked at
 * @final: what the process stores from now on is not looked for any more
 * @pages: room for a chunk's pages
 * @folios: those that belong to @own and @cow
 * @old: those that belong to @held
 * @swapped: pages that were brought in
 */
struct kmho_scan {
	struct kmho_memory *mem;
	const struct kmho_memory *of;
	struct mm_struct *mm;
	u32 room_areas;
	u32 room_extents;
	u32 room_files;
	struct xarray seen;
	bool apart;
	unsigned long chunk;
	DECLARE_BITMAP(there, KMHO_CHUNK_PAGES);
	DECLARE_BITMAP(out, KMHO_CHUNK_PAGES);
	DECLARE_BITMAP(own, KMHO_CHUNK_PAGES);
	DECLARE_BITMAP(cow, KMHO_CHUNK_PAGES);
	DECLARE_BITMAP(held, KMHO_CHUNK_PAGES);
	bool huge;
	struct folio *large;
	bool unsplit;
	unsigned long block;
	struct list_head movable;
	bool busy;
	unsigned long moving;
	bool fetched;
	unsigned int tries;
	unsigned int waits;
	int lost;
	bool final;
	struct page **pages;
	struct folio **folios;
	struct folio **old;
	u64 swapped;
};

/**
 * struct kmho_span - part of a file, in pages
 * @file: its number, from 0 on
 * @start: the first page
 * @end: the first one after it
 */
struct kmho_span {
	u32 file;
	pgoff_t start;
	pgoff_t end;
};

/* Where the bitmaps have the page at an address */
static inline unsigned int kmho_chunk_page(const struct kmho_scan *s,
					   unsigned long addr)
{
	return (addr - s->chunk) >> PAGE_SHIFT;
}

bool kmho_look_at_block(struct kmho_scan *s, struct folio *folio);

/*
 * May a page stay where it is? What is true of one page is of all of its page block,
 * or is about to change, which nothing here can know.
 */
static inline bool kmho_can_stay(struct kmho_scan *s, struct folio *folio)
{
	return folio_pfn(folio) >> pageblock_order == s->block ||
	       kmho_look_at_block(s, folio);
}

int kmho_look_at_chunk(struct kmho_scan *s, unsigned long start, unsigned long end);
void kmho_put_folios(struct kmho_scan *s);

struct kmho_scan *kmho_scan_new(struct kmho_memory *mem, const struct kmho_memory *of,
				struct mm_struct *mm);
void kmho_scan_free(struct kmho_scan *s);

void *kmho_grow(void *array, u32 nr, u32 *room, size_t size);
int kmho_split(struct folio *folio);
int kmho_keep_folio(struct kmho_scan *s, u64 addr, struct folio *folio);
long kmho_keep_folios(struct kmho_scan *s, unsigned long addr, unsigned long nr,
		      unsigned long *which);
int kmho_pin_area(struct kmho_scan *s, unsigned long start, unsigned long end);
bool kmho_is_private(struct vm_area_struct *vma);

int kmho_file_number(struct kmho_scan *s, struct file *file);
struct kmho_span *kmho_find_spans(const struct kmho_memory *mem, u32 *nr_spans);
int kmho_pin_span(struct kmho_scan *s, const struct kmho_span *span);
int kmho_pin_files(struct kmho_scan *s);
bool kmho_is_shared(struct vm_area_struct *vma);

#endif /* _MM_KMHO_SCAN_H */
