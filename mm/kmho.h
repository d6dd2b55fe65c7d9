/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kmho(2): what its parts share.
 */
#ifndef _MM_KMHO_H
#define _MM_KMHO_H

#include <linux/bits.h>
#include <linux/list.h>
#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/pagevec.h>
#include <linux/types.h>
#include <linux/uidgid.h>
#include <uapi/linux/kmho.h>

struct file;
struct mm_struct;
struct ucounts;

/*
 * What a mapping is besides its place. The numbers are in the stream and never
 * change.
 */
#define KMHO_AREA_READ		BIT(0)
#define KMHO_AREA_WRITE		BIT(1)
#define KMHO_AREA_EXEC		BIT(2)
#define KMHO_AREA_LOCKED	BIT(3)
#define KMHO_AREA_LOCKONFAULT	BIT(4)
#define KMHO_AREA_NORESERVE	BIT(5)
#define KMHO_AREA_HUGEPAGE	BIT(6)
#define KMHO_AREA_NOHUGEPAGE	BIT(7)
#define KMHO_AREA_DONTCOPY	BIT(8)
#define KMHO_AREA_WIPEONFORK	BIT(9)
#define KMHO_AREA_DONTDUMP	BIT(10)
#define KMHO_AREA_SEQ_READ	BIT(11)
#define KMHO_AREA_RAND_READ	BIT(12)

/**
 * struct kmho_area - a part of a range that is one mapping
 * @start: its address
 * @length: bytes
 * @flags: KMHO_AREA_*
 * @file: 0: private memory; else the number of what it shares, from 1 on
 * @offset: where in that it begins, in bytes
 * @family: mappings with the same number may have pages in common since a fork,
 *	from 1 on; 0: it has no such pages
 */
struct kmho_area {
	u64 start;
	u64 length;
	u32 flags;
	u32 file;
	u64 offset;
	u32 family;
};

/* How many families there are, at most */
#define KMHO_FAMILIES		256

/**
 * struct kmho_extent - folios of one order, in a row in both address spaces
 * @addr: address of the first in the process, or its place in shared memory, and
 *	the order and KMHO_EXTENT_COW in the low bits
 * @phys: its physical address, and how many there are in the low bits
 *
 * This is all the metadata that memory takes in the stream: 16 bytes for up to
 * KMHO_EXTENT_MAX folios. Each is aligned to its size in both address spaces,
 * and none of private memory lies in two areas.
 */
struct kmho_extent {
	u64 addr;
	u64 phys;
};

#define KMHO_EXTENT_MAX		(PAGE_SIZE - 1)

/* In the low bits of kmho_extent.addr; part of the stream, as the order is */
#define KMHO_EXTENT_ORDER	GENMASK(4, 0)
#define KMHO_EXTENT_COW		BIT(5)	/* pages that others may have, too */

static inline unsigned long extent_addr(const struct kmho_extent *e)
{
	return e->addr & PAGE_MASK;
}

static inline unsigned int extent_order(const struct kmho_extent *e)
{
	return e->addr & KMHO_EXTENT_ORDER;
}

static inline bool extent_is_cow(const struct kmho_extent *e)
{
	return e->addr & KMHO_EXTENT_COW;
}

static inline phys_addr_t extent_phys(const struct kmho_extent *e)
{
	return e->phys & PAGE_MASK;
}

static inline unsigned int extent_folios(const struct kmho_extent *e)
{
	return e->phys & ~PAGE_MASK;
}

static inline u64 extent_size(const struct kmho_extent *e)
{
	return (u64)extent_folios(e) << (PAGE_SHIFT + extent_order(e));
}

static inline struct folio *extent_folio(const struct kmho_extent *e,
					 unsigned int i)
{
	unsigned long pfn = PHYS_PFN(extent_phys(e));

	return pfn_folio(pfn + ((unsigned long)i << extent_order(e)));
}

/* Only what is there of it counts as committed memory. */
#define KMHO_FILE_NORESERVE	BIT(0)

/**
 * struct kmho_file - shared anonymous memory, or what memfd_create(2) made
 * @size: bytes
 * @flags: KMHO_FILE_*
 * @seals: F_SEAL_*
 * @mode: permissions
 * @name: that of a memfd, NULL if it is none
 * @nr_extents: how many of the memory's extents are its own
 * @first: which is the first of them, where the memory has arrived
 * @file: the file, while it is handed over, or a new one while it is taken over
 *
 * What was taken over is in no area, and has neither extents nor a name.
 */
struct kmho_file {
	u64 size;
	u32 flags;
	u32 seals;
	u32 mode;
	char *name;
	u32 nr_extents;
	u32 first;
	struct file *file;
};

/**
 * struct kmho_memory - what was handed over under a key
 * @node: on kmho.memories, or on kmho_taken
 * @key: the key
 * @uid: whose it is, as the initial user namespace sees users
 * @ranges: sorted, apart
 * @nr_ranges: how many
 * @areas: sorted; together they cover the ranges
 * @nr_areas: how many
 * @extents: those of private memory, sorted by address, and then those of each
 *	file, sorted by place; what they leave of the areas is holes
 * @nr_extents: how many
 * @nr_cow: how many pages are in extents with KMHO_EXTENT_COW
 * @files: what areas share
 * @nr_files: how many
 * @mm: whose memory it is, as long as that is there and holes are followed; kmho_lock
 *	protects it, and keeps the mm's page tables
 * @ucounts: the account of the user who locks memory
 * @limit: pages that this user may lock, ULONG_MAX: any number
 * @charged: pages on that account
 * @arrived: the previous kernel handed it over, and a reference to each folio is
 *	held; else this one did, and each is pinned that others do not have, too
 * @busy: a task that does not hold the lock takes it over or gives it up
 */
struct kmho_memory {
	struct list_head node;
	u64 key;
	u32 uid;
	struct kmho_range *ranges;
	u32 nr_ranges;
	struct kmho_area *areas;
	u32 nr_areas;
	struct kmho_extent *extents;
	u32 nr_extents;
	u64 nr_cow;
	struct kmho_file *files;
	u32 nr_files;

	struct mm_struct *mm;
	struct ucounts *ucounts;
	unsigned long limit;
	unsigned long charged;
	bool arrived;
	bool busy;
};

/* How many of the extents of memory that has arrived are private */
static inline u32 kmho_nr_private(const struct kmho_memory *mem)
{
	return mem->nr_files ? mem->files->first : mem->nr_extents;
}

/* The first entry of a sorted array whose first member is not below @addr */
static inline u32 kmho_lower_bound(const void *array, u32 nr, size_t size, u64 addr)
{
	u32 low = 0, high = nr, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (*(const u64 *)(array + mid * size) < addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* The first extent of private memory that does not begin before @addr */
static inline struct kmho_extent *kmho_find_extent(const struct kmho_memory *mem,
						   u64 addr)
{
	return mem->extents + kmho_lower_bound(mem->extents, kmho_nr_private(mem),
					       sizeof(*mem->extents), addr);
}

/**
 * struct kmho - all there is; an object of KSTATE's while the list has entries
 * @memories: all keys of all users
 */
struct kmho {
	struct list_head memories;
};

extern struct kmho kmho;
extern struct mutex kmho_lock;

/* What is busy, so that a hand-over need not wait for it */
extern struct list_head kmho_taken;

/* A hand-over is prepared: nothing may change. */
extern bool kmho_frozen;

struct kmho_memory *kmho_find(u32 uid, u64 key);
struct kmho_memory *kmho_new(u64 key, u32 uid, struct ucounts *ucounts);
void kmho_free(struct kmho_memory *mem);
void kmho_put_extent(const struct kmho_memory *mem,
		     const struct kmho_extent *e);
int kmho_charge(struct kmho_memory *mem, unsigned long nr);
void kmho_uncharge(struct kmho_memory *mem, unsigned long nr);
unsigned long kmho_own_pages(const struct kmho_memory *mem);

int kmho_publish(struct kmho_memory *mem);
void kmho_withdraw(struct kmho_memory *mem);

void kmho_forget(struct kmho_memory *mem);
u64 kmho_count_cow(const struct kmho_memory *mem);

int kmho_pin(struct kmho_memory *mem, u64 *swapped);

int kmho_mark(struct kmho_memory *mem);
int kmho_catch_up(struct kmho_memory *mem, bool final);
void kmho_thaw(void);

int kmho_preserve_extent(const struct kmho_extent *e);
int kmho_preserve(const struct kmho_memory *mem);
unsigned long kmho_unpreserve(const struct kmho_extent *e,
			      const struct kmho_extent *end);

void kmho_find_files(struct kmho_memory *mem);
int kmho_open_file(struct kmho_memory *mem, struct kmho_file *f);
void kmho_leave_cgroup(const struct kmho_extent *e,
		       const struct kmho_extent *end);
void kmho_undo_file(struct kmho_memory *mem, struct kmho_file *f);
void kmho_settle_file(struct kmho_memory *mem, struct kmho_file *f);

/* Where the cgroup has no room, the caller is told; nobody is killed for it. */
#define KMHO_CHARGE_GFP		(GFP_KERNEL | __GFP_RETRY_MAYFAIL)

/**
 * struct kmho_tables - page tables for huge folios, to be used when they are split
 * @free: those that are left
 * @nr: how many
 */
struct kmho_tables {
	pgtable_t *free;
	unsigned long nr;
};

/* Are two small folios in one zone, and charged to one cgroup? */
static inline bool kmho_are_alike(struct folio *a, struct folio *b)
{
	return page_zone_id(&a->page) == page_zone_id(&b->page) &&
	       folio_memcg(a) == folio_memcg(b);
}

/**
 * struct kmho_install - putting folios into page tables, under way
 * @tables: page tables for huge folios
 * @batch: small folios that are not mapped yet, of one zone and one cgroup
 * @vma: the mapping that they belong to
 * @addr: where the first of them goes; the others follow
 * @end: where the mapping ends, or what its page table maps
 */
struct kmho_install {
	struct kmho_tables *tables;
	struct folio_batch batch;
	struct vm_area_struct *vma;
	unsigned long addr;
	unsigned long end;
};

void kmho_install(struct vm_area_struct *vma, unsigned long addr,
		  struct folio *folio);
void kmho_install_extent(struct kmho_install *in, const struct kmho_extent *e,
			 unsigned long addr);
void kmho_install_flush(struct kmho_install *in);
int kmho_charge_folios(struct folio_batch *batch);
int kmho_map(struct kmho_memory *mem, struct kmho_map *maps, u32 nr);

unsigned long kmho_cow_holders(unsigned long pfn);
unsigned long kmho_cow_left_alone(void);
bool kmho_cow_in_common(struct folio *folio);

/* Of an extent, did this folio arrive under several keys? */
static inline bool extent_in_common(const struct kmho_extent *e, unsigned int i)
{
	return extent_is_cow(e) && kmho_cow_in_common(extent_folio(e, i));
}

int kmho_cow_preserve(const struct kmho_extent *e);
void kmho_cow_unpreserve(const struct kmho_extent *e);
int kmho_cow_family(struct vm_area_struct *vma);
struct folio *kmho_cow_claim(phys_addr_t phys, unsigned long addr, u32 family);
int kmho_cow_join(struct vm_area_struct *vma, const struct kmho_memory *mem,
		  const struct kmho_area *area);
int kmho_cow_map(const struct kmho_extent *e, unsigned long addr);
void kmho_cow_settle(const struct kmho_extent *e);

#endif /* _MM_KMHO_H */
