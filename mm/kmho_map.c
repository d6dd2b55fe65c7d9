// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmho(2): mapping memory that came from the previous kernel.
 *
 * In two steps, under the process's mmap_lock. First everything that can fail:
 * the mappings are made, as mmap(2) makes them, the page tables are allocated, the
 * memory is charged. If anything is refused, the mappings go and the memory is as
 * it was. Then the folios are put into the page tables, which cannot fail, and
 * with them goes the reference that was held.
 */
#include <linux/bitmap.h>
#include <linux/kstate.h>
#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/mm_inline.h>
#include <linux/mman.h>
#include <linux/pagevec.h>
#include <linux/pgalloc.h>
#include <linux/pgtable.h>
#include <linux/rmap.h>
#include <linux/sched/mm.h>
#include <linux/security.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/swap.h>
#include <linux/userfaultfd_k.h>

#include <asm/tlbflush.h>

#include "internal.h"
#include "kmho.h"

/* Flags of mappings that mmap() has no word for */
static const struct {
	u32 area;
	vm_flags_t vm;
} madvised[] = {
	{ KMHO_AREA_LOCKONFAULT, VM_LOCKONFAULT },
	{ KMHO_AREA_HUGEPAGE, VM_HUGEPAGE },
	{ KMHO_AREA_NOHUGEPAGE, VM_NOHUGEPAGE },
	{ KMHO_AREA_DONTCOPY, VM_DONTCOPY },
	{ KMHO_AREA_WIPEONFORK, VM_WIPEONFORK },
	{ KMHO_AREA_DONTDUMP, VM_DONTDUMP },
	{ KMHO_AREA_SEQ_READ, VM_SEQ_READ },
	{ KMHO_AREA_RAND_READ, VM_RAND_READ },
};

/**
 * struct part - a range on its way into the process
 * @range: its number
 * @base: where it was
 * @end: and where it ended
 * @to: where it is to be
 * @extent: the first of its extents
 * @extent_end: after the last of them
 * @area: the first of its areas
 * @area_end: after the last of them
 * @mapped: those before this one are mapped
 */
struct part {
	u32 range;
	unsigned long base;
	unsigned long end;
	unsigned long to;
	struct kmho_extent *extent;
	struct kmho_extent *extent_end;
	struct kmho_area *area;
	struct kmho_area *area_end;
	const struct kmho_area *mapped;
};

/**
 * struct taking - a takeover under way
 * @mem: what it is from
 * @parts: the ranges
 * @nr: how many
 * @tables: page tables to be deposited, one for each huge folio
 * @files: which files are taken over
 */
struct taking {
	struct kmho_memory *mem;
	struct part *parts;
	u32 nr;
	struct kmho_tables tables;
	unsigned long *files;
};

static unsigned long new_place(const struct part *part, unsigned long addr)
{
	return part->to + (addr - part->base);
}

/* ---- Which ranges ---- */

static struct kmho_area *find_area(const struct kmho_memory *mem, u64 addr)
{
	return mem->areas + kmho_lower_bound(mem->areas, mem->nr_areas,
					     sizeof(*mem->areas), addr);
}

static bool part_find(const struct kmho_memory *mem, const struct kmho_map *map,
		      struct part *part)
{
	const struct kmho_range *range;

	part->range = kmho_lower_bound(mem->ranges, mem->nr_ranges, sizeof(*range),
				       map->base);
	range = &mem->ranges[part->range];
	if (part->range == mem->nr_ranges || range->base != map->base ||
	    range->length != map->length)
		return false;
	part->base = map->base;
	part->end = map->base + map->length;
	part->to = map->remap_addr;
	part->extent = kmho_find_extent(mem, part->base);
	part->extent_end = kmho_find_extent(mem, part->end);
	part->area = find_area(mem, part->base);
	part->area_end = find_area(mem, part->end);
	part->mapped = part->area;
	return true;
}

static int parts_find(struct taking *t, const struct kmho_map *maps)
{
	unsigned long *found = bitmap_zalloc(t->mem->nr_ranges, GFP_KERNEL);
	int err = 0;
	u32 i;

	if (!found)
		return -ENOMEM;
	for (i = 0; i < t->nr && !err; i++) {
		if (!part_find(t->mem, &maps[i], &t->parts[i]))
			err = -ENOENT;
		else if (__test_and_set_bit(t->parts[i].range, found))
			err = -EINVAL;
	}
	bitmap_free(found);
	return err;
}

/* ---- Files ---- */

/* Who takes one of the areas that share memory has to take all of them. */
static int files_find(struct taking *t)
{
	u32 *left = kvcalloc(t->mem->nr_files, sizeof(*left), GFP_KERNEL);
	const struct kmho_area *area;
	int err = 0;
	u32 i;

	if (!left)
		return -ENOMEM;
	for (i = 0; i < t->mem->nr_areas; i++)
		if (t->mem->areas[i].file)
			left[t->mem->areas[i].file - 1]++;
	for (i = 0; i < t->nr; i++) {
		for (area = t->parts[i].area; area < t->parts[i].area_end; area++) {
			if (!area->file)
				continue;
			left[area->file - 1]--;
			__set_bit(area->file - 1, t->files);
		}
	}
	for_each_set_bit(i, t->files, t->mem->nr_files)
		if (left[i])
			err = -EINVAL;
	kvfree(left);
	return err;
}

static void undo_files(struct taking *t)
{
	u32 i;

	for_each_set_bit(i, t->files, t->mem->nr_files)
		if (t->mem->files[i].file)
			kmho_undo_file(t->mem, &t->mem->files[i]);
}

static int open_files(struct taking *t)
{
	int err;
	u32 i;

	for_each_set_bit(i, t->files, t->mem->nr_files) {
		err = kmho_open_file(t->mem, &t->mem->files[i]);
		if (err) {
			undo_files(t);
			return err;
		}
	}
	return 0;
}

static struct file *file_of(const struct taking *t, const struct kmho_area *area)
{
	return area->file ? t->mem->files[area->file - 1].file : NULL;
}

/* ---- What it is charged to ---- */

static int charge_folio(struct folio *folio)
{
	return mem_cgroup_charge(folio, current->mm, KMHO_CHARGE_GFP);
}

/**
 * kmho_charge_folios - charge small folios to who takes them over
 * @batch: the folios, or none
 *
 * Where there is little room, more is reclaimed for one at a time.
 *
 * Context: process context, may sleep.
 *
 * Return: 0; -ENOMEM, and some may be charged, for kmho_leave_cgroup().
 */
int kmho_charge_folios(struct folio_batch *batch)
{
	unsigned int i;
	int err = 0;

	if (!folio_batch_count(batch) ||
	    !mem_cgroup_charge_folios(batch, current->mm, KMHO_CHARGE_GFP))
		return 0;
	for (i = 0; i < folio_batch_count(batch) && !err; i++)
		err = charge_folio(batch->folios[i]);
	return err;
}

static int charge_batch(struct folio_batch *batch)
{
	int err = kmho_charge_folios(batch);

	folio_batch_reinit(batch);
	return err;
}

/* What is in common with others is charged to the first who maps it. */
static int charge_extent(const struct kmho_extent *e, struct folio_batch *batch)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < extent_folios(e) && !err; i++) {
		if (extent_in_common(e, i))
			continue;
		if (extent_order(e))
			err = charge_folio(extent_folio(e, i));
		else if (!folio_batch_add(batch, extent_folio(e, i)))
			err = charge_batch(batch);
	}
	return err;
}

static int charge(const struct part *part)
{
	const struct kmho_extent *e;
	struct folio_batch batch;
	int err;

	folio_batch_init(&batch);
	for (e = part->extent; e < part->extent_end; e++) {
		err = charge_extent(e, &batch);
		if (err)
			return err;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return charge_batch(&batch);
}

/* ---- Mappings ---- */

/* Huge folios are mapped as such, so they have to lie as they did. */
static unsigned long alignment(const struct part *part)
{
	const struct kmho_extent *e;
	unsigned long size = PAGE_SIZE;

	for (e = part->extent; e < part->extent_end; e++)
		size = max(size, PAGE_SIZE << extent_order(e));
	return size;
}

static int find_place(struct part *part)
{
	unsigned long addr, size = alignment(part);

	if (part->to)
		return (part->to - part->base) % size ? -EINVAL : 0;
	/* Shared memory need not lie as it did, but had better. */
	if (part->end - part->base >= PMD_SIZE)
		size = PMD_SIZE;
	addr = get_unmapped_area(NULL, 0, part->end - part->base + size, 0,
				 MAP_PRIVATE | MAP_ANONYMOUS);
	if (IS_ERR_VALUE(addr))
		return addr;
	part->to = addr + ((part->base - addr) & (size - 1));
	return 0;
}

static unsigned long area_prot(const struct kmho_area *area)
{
	return (area->flags & KMHO_AREA_READ ? PROT_READ : 0) |
	       (area->flags & KMHO_AREA_WRITE ? PROT_WRITE : 0) |
	       (area->flags & KMHO_AREA_EXEC ? PROT_EXEC : 0);
}

static unsigned long area_mmap(const struct kmho_area *area)
{
	return MAP_FIXED_NOREPLACE |
	       (area->file ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS) |
	       (area->flags & KMHO_AREA_LOCKED ? MAP_LOCKED : 0) |
	       (area->flags & KMHO_AREA_NORESERVE ? MAP_NORESERVE : 0);
}

/* Security modules may take locks that come before mmap_lock. */
static int check_areas(const struct taking *t, const struct part *part)
{
	const struct kmho_area *area;
	int err = 0;

	for (area = part->area; area < part->area_end && !err; area++)
		err = security_mmap_file(file_of(t, area), area_prot(area),
					 area_mmap(area));
	return err;
}

static int map_area(const struct taking *t, const struct part *part,
		    const struct kmho_area *area)
{
	unsigned long addr, populate;
	vm_flags_t vm_flags = 0;
	unsigned int i;
	LIST_HEAD(uf);

	for (i = 0; i < ARRAY_SIZE(madvised); i++) {
		if (area->flags & madvised[i].area)
			vm_flags |= madvised[i].vm;
	}
	addr = do_mmap(file_of(t, area), new_place(part, area->start),
		       area->length, area_prot(area), area_mmap(area), vm_flags,
		       area->offset >> PAGE_SHIFT, &populate, &uf);
	return IS_ERR_VALUE(addr) ? addr : 0;
}

static void unmap_areas(const struct part *part)
{
	const struct kmho_area *area;

	for (area = part->area; area < part->mapped; area++)
		do_munmap(current->mm, new_place(part, area->start),
			  area->length, NULL);
}

static int map_areas(const struct taking *t, struct part *part)
{
	int err;

	for (; part->mapped < part->area_end; part->mapped++) {
		err = map_area(t, part, part->mapped);
		if (err)
			return err;
	}
	return 0;
}

/* ---- Page tables ---- */

static pmd_t *make_pmd(struct mm_struct *mm, unsigned long addr)
{
	p4d_t *p4d = p4d_alloc(mm, pgd_offset(mm, addr), addr);
	pud_t *pud = p4d ? pud_alloc(mm, p4d, addr) : NULL;

	return pud ? pmd_alloc(mm, pud, addr) : NULL;
}

static int make_huge_table(struct taking *t, struct mm_struct *mm, pmd_t *pmd)
{
	pgtable_t table;

	/* A new mapping has none, unless somebody's page table was left there. */
	if (!pmd_none(*pmd))
		return -EBUSY;
	table = pte_alloc_one(mm);
	if (!table)
		return -ENOMEM;
	t->tables.free[t->tables.nr++] = table;
	return 0;
}

static int make_tables(struct taking *t, const struct part *part,
		       const struct kmho_extent *e)
{
	unsigned long addr = new_place(part, extent_addr(e));
	unsigned long end = addr + extent_size(e);
	struct mm_struct *mm = current->mm;
	int err;
	pmd_t *pmd;

	for (; addr < end; addr = ALIGN(addr + 1, PMD_SIZE)) {
		pmd = make_pmd(mm, addr);
		if (!pmd)
			return -ENOMEM;
		if (extent_order(e) == HPAGE_PMD_ORDER)
			err = make_huge_table(t, mm, pmd);
		else
			err = pte_alloc(mm, pmd) ? -ENOMEM : 0;
		if (err)
			return err;
	}
	return 0;
}

static void free_tables(struct taking *t)
{
	while (t->tables.nr)
		pte_free(current->mm, t->tables.free[--t->tables.nr]);
}

static int prepare_areas(const struct taking *t, const struct part *part)
{
	const struct kmho_area *area;
	struct vm_area_struct *vma;

	for (area = part->area; area < part->area_end; area++) {
		vma = vma_lookup(current->mm, new_place(part, area->start));
		if (!area->file && kmho_cow_join(vma, t->mem, area))
			return -ENOMEM;
	}
	return 0;
}

static int prepare(struct taking *t, struct part *part)
{
	const struct kmho_extent *e;
	int err = find_place(part) ?: map_areas(t, part) ?:
		  prepare_areas(t, part);

	for (e = part->extent; !err && e < part->extent_end; e++) {
		err = make_tables(t, part, e);
		if (!err && extent_is_cow(e))
			err = kmho_cow_map(e, new_place(part, extent_addr(e)));
	}
	return err;
}

/* ---- All of it ---- */

static int prepare_all(struct taking *t)
{
	u32 i;
	int err = 0;

	for (i = 0; i < t->nr && !err; i++)
		err = prepare(t, &t->parts[i]);
	if (!err)
		return 0;
	while (i--)
		unmap_areas(&t->parts[i]);
	free_tables(t);
	return err;
}

static void install_all(struct taking *t)
{
	struct kmho_install in = { .tables = &t->tables };
	const struct kmho_extent *e;
	const struct part *part;

	folio_batch_init(&in.batch);
	for (part = t->parts; part < t->parts + t->nr; part++)
		for (e = part->extent; e < part->extent_end; e++)
			kmho_install_extent(&in, e,
					    new_place(part, extent_addr(e)));
	kmho_install_flush(&in);
}

/* As mlock() would have, also where there were holes */
static void populate_all(const struct taking *t)
{
	const struct kmho_area *area;
	u32 i;

	for (i = 0; i < t->nr; i++)
		for (area = t->parts[i].area; area < t->parts[i].area_end; area++)
			if ((area->flags & KMHO_AREA_LOCKED) &&
			    !(area->flags & KMHO_AREA_LOCKONFAULT))
				mm_populate(new_place(&t->parts[i], area->start),
					    area->length);
}

static void clear_part(struct kmho_memory *mem, const struct part *part)
{
	memset(part->extent, 0, (part->extent_end - part->extent) *
				sizeof(*part->extent));
	memset(part->area, 0, (part->area_end - part->area) *
			      sizeof(*part->area));
	mem->ranges[part->range].length = 0;
}

static void clear_file(struct kmho_memory *mem, struct kmho_file *f)
{
	memset(mem->extents + f->first, 0,
	       f->nr_extents * sizeof(*mem->extents));
	f->nr_extents = 0;
	kvfree(f->name);
	f->name = NULL;
}

static unsigned long let_go(const struct kmho_extent *e)
{
	if (!extent_is_cow(e))
		return kmho_unpreserve(e, e + 1);
	kmho_cow_settle(e);
	return extent_folios(e);
}

/* What is the process's now is nobody else's any more. */
static void give_up(struct taking *t)
{
	const struct kmho_extent *e;
	unsigned long nr = 0;
	u32 i;

	for (i = 0; i < t->nr; i++) {
		for (e = t->parts[i].extent; e < t->parts[i].extent_end; e++) {
			nr += let_go(e);
			cond_resched();
		}
		clear_part(t->mem, &t->parts[i]);
	}
	for_each_set_bit(i, t->files, t->mem->nr_files) {
		e = t->mem->extents + t->mem->files[i].first;
		nr += kmho_unpreserve(e, e + t->mem->files[i].nr_extents);
		clear_file(t->mem, &t->mem->files[i]);
	}
	kmho_forget(t->mem);
	kmho_uncharge(t->mem, nr);
}

static unsigned long count_huge(const struct taking *t)
{
	const struct kmho_extent *e;
	unsigned long nr = 0;
	u32 i;

	for (i = 0; i < t->nr; i++)
		for (e = t->parts[i].extent; e < t->parts[i].extent_end; e++)
			if (extent_order(e) == HPAGE_PMD_ORDER)
				nr += extent_folios(e);
	return nr;
}

static int map_all(struct taking *t)
{
	struct mm_struct *mm = current->mm;
	int err;

	if (mmap_write_lock_killable(mm))
		return -EINTR;
	err = prepare_all(t);
	if (!err)
		install_all(t);
	mmap_write_unlock(mm);
	return err;
}

static int charge_and_map(struct taking *t)
{
	int err = open_files(t);
	u32 i;

	if (err)
		return err;
	for (i = 0; i < t->nr && !err; i++)
		err = check_areas(t, &t->parts[i]) ?: charge(&t->parts[i]);
	if (!err)
		err = map_all(t);
	if (!err)
		return 0;
	for (i = 0; i < t->nr; i++)
		kmho_leave_cgroup(t->parts[i].extent, t->parts[i].extent_end);
	undo_files(t);
	return err;
}

static int take(struct taking *t, struct kmho_map *maps)
{
	int err = parts_find(t, maps) ?: files_find(t);
	u32 i;

	if (err)
		return err;
	t->tables.free = kvmalloc_array(count_huge(t), sizeof(pgtable_t), GFP_KERNEL);
	if (!t->tables.free)
		return -ENOMEM;
	err = charge_and_map(t);
	kvfree(t->tables.free);
	if (err)
		return err;
	for (i = 0; i < t->nr; i++)
		maps[i].remap_addr = t->parts[i].to;
	for_each_set_bit(i, t->files, t->mem->nr_files)
		kmho_settle_file(t->mem, &t->mem->files[i]);
	/* Before anything is cleared that says where the memory is */
	populate_all(t);
	give_up(t);
	return 0;
}

/**
 * kmho_map - map memory that arrived into the calling process
 * @mem: the memory; the caller has it to itself
 * @maps: which ranges, and where; returns where
 * @nr: how many
 *
 * All of them are mapped, or none. What is mapped is taken out of @mem.
 *
 * Context: process context, may sleep.
 *
 * Return: 0; -ENOENT: one is no range of @mem's; -EINVAL: one is there twice, or
 * its new address is not aligned as its huge pages need it, or it shares memory
 * with one that is not there; -EEXIST: something
 * is mapped there; -EAGAIN, -EPERM: it is locked memory, and the process may not
 * lock as much, or any; -EBUSY: a page table is in the way; -EHWPOISON: a page that
 * was to be copied cannot be read; -EINTR; -ENOMEM; or what else mmap(2) may fail
 * with.
 */
int kmho_map(struct kmho_memory *mem, struct kmho_map *maps, u32 nr)
{
	struct taking t = { .mem = mem, .nr = nr };
	int err;

	t.parts = kvcalloc(nr, sizeof(*t.parts), GFP_KERNEL_ACCOUNT);
	t.files = bitmap_zalloc(mem->nr_files, GFP_KERNEL);
	err = t.parts && t.files ? take(&t, maps) : -ENOMEM;
	bitmap_free(t.files);
	kvfree(t.parts);
	return err;
}
