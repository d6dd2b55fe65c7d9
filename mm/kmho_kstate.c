// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmho(2): what goes to the next kernel, and what came from the previous one.
 *
 * There is one object, and only while there is a key. It has no folio fields,
 * whose 16 bytes for each folio would be too much: extents are numbers, and their
 * memory is preserved and claimed here. It is preserved from the system call on,
 * not only when a hand-over is prepared.
 *
 * What arrives is claimed at boot. It goes on to the kernel after this one unless
 * somebody takes it over or gives it up.
 */
#define pr_fmt(fmt) "kmho: " fmt

#include <linux/cleanup.h>
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/kstate.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/user_namespace.h>

#include "internal.h"
#include "kmho.h"

/* Taken before KSTATE's lock, which is taken before kmho_lock */
static DEFINE_MUTEX(kmho_register_lock);

/* ---- What it looks like ---- */

static const struct kstate_field range_fields[] = {
	KSTATE_SIMPLE(struct kmho_range, base),
	KSTATE_SIMPLE(struct kmho_range, length),
	KSTATE_END()
};

static const struct kstate_description range_desc = {
	.name	= "mm.kmho.range",
	.size	= sizeof(struct kmho_range),
	.fields	= range_fields,
};

static const struct kstate_field area_fields[] = {
	KSTATE_SIMPLE(struct kmho_area, start),
	KSTATE_SIMPLE(struct kmho_area, length),
	KSTATE_SIMPLE(struct kmho_area, flags),
	KSTATE_SIMPLE(struct kmho_area, file),
	KSTATE_SIMPLE(struct kmho_area, offset),
	KSTATE_SIMPLE(struct kmho_area, family),
	KSTATE_END()
};

static const struct kstate_description area_desc = {
	.name	= "mm.kmho.area",
	.size	= sizeof(struct kmho_area),
	.fields	= area_fields,
};

static const struct kstate_field extent_fields[] = {
	KSTATE_SIMPLE(struct kmho_extent, addr),
	KSTATE_SIMPLE(struct kmho_extent, phys),
	KSTATE_END()
};

static const struct kstate_description extent_desc = {
	.name	= "mm.kmho.extent",
	.size	= sizeof(struct kmho_extent),
	.fields	= extent_fields,
};

static const struct kstate_field file_fields[] = {
	KSTATE_SIMPLE(struct kmho_file, size, .flags = KSTATE_FIELD_MANDATORY),
	KSTATE_SIMPLE(struct kmho_file, flags, .flags = KSTATE_FIELD_MANDATORY),
	KSTATE_SIMPLE(struct kmho_file, seals, .flags = KSTATE_FIELD_MANDATORY),
	KSTATE_SIMPLE(struct kmho_file, mode, .flags = KSTATE_FIELD_MANDATORY),
	KSTATE_STRING(struct kmho_file, name),
	KSTATE_SIMPLE(struct kmho_file, nr_extents,
		      .flags = KSTATE_FIELD_MANDATORY),
	KSTATE_END()
};

static const struct kstate_description file_desc = {
	.name	= "mm.kmho.file",
	.size	= sizeof(struct kmho_file),
	.fields	= file_fields,
};

static const struct kstate_field shared_fields[] = {
	KSTATE_STRUCT_VARRAY(struct kmho_memory, files, nr_files,
			     struct kmho_file, &file_desc,
			     .flags = KSTATE_FIELD_MANDATORY),
	KSTATE_END()
};

/* Who does not know it would take shared memory for private. */
static const struct kstate_description shared_desc = {
	.name	= "mm.kmho.shared",
	.size	= sizeof(struct kmho_memory),
	.fields	= shared_fields,
};

static bool shares_memory(const void *obj)
{
	const struct kmho_memory *mem = obj;

	return mem->nr_files;
}

static const struct kstate_field cow_fields[] = {
	KSTATE_SIMPLE(struct kmho_memory, nr_cow,
		      .flags = KSTATE_FIELD_MANDATORY),
	KSTATE_END()
};

/* Who does not know it would take the extents for nonsense. */
static const struct kstate_description cow_desc = {
	.name	= "mm.kmho.cow",
	.size	= sizeof(struct kmho_memory),
	.fields	= cow_fields,
};

static bool has_in_common(const void *obj)
{
	const struct kmho_memory *mem = obj;

	return mem->nr_cow;
}

static const struct kstate_field memory_fields[] = {
	KSTATE_SIMPLE(struct kmho_memory, key),
	KSTATE_SIMPLE(struct kmho_memory, uid),
	KSTATE_STRUCT_VARRAY(struct kmho_memory, ranges, nr_ranges,
			     struct kmho_range, &range_desc),
	KSTATE_STRUCT_VARRAY(struct kmho_memory, areas, nr_areas,
			     struct kmho_area, &area_desc),
	KSTATE_STRUCT_VARRAY(struct kmho_memory, extents, nr_extents,
			     struct kmho_extent, &extent_desc),
	KSTATE_SUBSECTION("shared", &shared_desc, shares_memory,
			  .flags = KSTATE_FIELD_MANDATORY),
	KSTATE_SUBSECTION("cow", &cow_desc, has_in_common,
			  .flags = KSTATE_FIELD_MANDATORY),
	KSTATE_END()
};

static const struct kstate_description memory_desc = {
	.name	= "mm.kmho.memory",
	.size	= sizeof(struct kmho_memory),
	.fields	= memory_fields,
};

static const struct kstate_field kmho_fields[] = {
	KSTATE_LIST(struct kmho, memories, struct kmho_memory, node,
		    &memory_desc),
	KSTATE_END()
};

/* ---- Memory stays in place ---- */

/**
 * kmho_unpreserve - have memory no longer stay in place
 * @e: the first of its extents
 * @end: after the last of them
 *
 * Context: process context, may sleep.
 *
 * Return: how many pages they have.
 */
unsigned long kmho_unpreserve(const struct kmho_extent *e,
			      const struct kmho_extent *end)
{
	unsigned long nr = 0;

	for (; e < end; e++) {
		if (extent_is_cow(e))
			kmho_cow_unpreserve(e);
		else
			kstate_unpreserve_range(extent_phys(e), extent_size(e));
		nr += PHYS_PFN(extent_size(e));
	}
	return nr;
}

/**
 * kmho_preserve_extent - have folios stay in place across the next kexec
 * @e: the folios; references are held
 *
 * Context: process context, may sleep.
 *
 * Return: as kmho_preserve(); none of it is preserved then.
 */
int kmho_preserve_extent(const struct kmho_extent *e)
{
	int err = extent_is_cow(e) ? kmho_cow_preserve(e) :
		  kstate_preserve_range(extent_phys(e), extent_size(e));

	return err == -EINVAL || err == -ERANGE ? -EADDRNOTAVAIL : err;
}

/**
 * kmho_preserve - have memory stay in place across the next kexec
 * @mem: the memory; references to its folios are held
 *
 * Context: process context, may sleep.
 *
 * Return: 0; -EBUSY: some of it is preserved already, or it is too late;
 * -EADDRNOTAVAIL: the next kernel would not know it as RAM; -ENOMEM.
 */
int kmho_preserve(const struct kmho_memory *mem)
{
	const struct kmho_extent *e;
	int err;

	for (e = mem->extents; e < mem->extents + mem->nr_extents; e++) {
		err = kmho_preserve_extent(e);
		if (err) {
			kmho_unpreserve(mem->extents, e);
			return err;
		}
		cond_resched();
	}
	return 0;
}

/* ---- The old kernel ---- */

static int catch_up_all(bool final)
{
	struct kmho_memory *mem;
	int err;

	list_for_each_entry(mem, &kmho.memories, node) {
		err = mem->mm ? kmho_catch_up(mem, final) : 0;
		if (err)
			return err;
	}
	return 0;
}

/*
 * First it has to be known who has what; then who has it alone gets it, also if the
 * other one stores to it meanwhile. There is an end to that.
 */
static int kmho_prepare(void *obj)
{
	unsigned long before;
	int err, tries = 0;

	guard(mutex)(&kmho_lock);
	err = catch_up_all(false);
	do {
		before = kmho_cow_left_alone();
		err = err ?: catch_up_all(true);
	} while (!err && kmho_cow_left_alone() != before && ++tries < 3);
	if (!err)
		kmho_frozen = true;
	return err;
}

static void kmho_abort(void *obj)
{
	struct kmho_memory *mem, *next;

	guard(mutex)(&kmho_lock);
	kmho_thaw();
	list_for_each_entry_safe(mem, next, &kmho_taken, node)
		if (!mem->busy)
			list_move(&mem->node, &kmho.memories);
}

static int kmho_post_load(void *obj, u32 version);

static const struct kstate_description kmho_desc = {
	.name		= "mm.kmho",
	.size		= sizeof(struct kmho),
	.fields		= kmho_fields,
	.prepare	= kmho_prepare,
	.abort		= kmho_abort,
	.post_load	= kmho_post_load,
};

KSTATE_DECLARE(kmho_desc);

static bool ranges_overlap(const struct kmho_memory *a,
			   const struct kmho_memory *b)
{
	u32 i = 0, j = 0;

	while (i < a->nr_ranges && j < b->nr_ranges) {
		if (a->ranges[i].base + a->ranges[i].length <= b->ranges[j].base)
			i++;
		else if (b->ranges[j].base + b->ranges[j].length <=
			 a->ranges[i].base)
			j++;
		else
			return true;
	}
	return false;
}

static bool same_place(const struct kmho_memory *a, const struct kmho_memory *b)
{
	return a->mm == b->mm && ranges_overlap(a, b);
}

/*
 * What is stored where several keys have holes can be only one key's. The other one
 * can do without it, but not if it is to get what the process stores elsewhere.
 */
static int follow_instead(const struct kmho_memory *mem)
{
	struct kmho_memory *other;

	list_for_each_entry(other, &kmho.memories, node)
		if (other->nr_cow && same_place(other, mem))
			return -EBUSY;
	list_for_each_entry(other, &kmho.memories, node)
		if (same_place(other, mem))
			other->mm = NULL;
	return 0;
}

static int insert(struct kmho_memory *mem)
{
	int err;

	guard(mutex)(&kmho_lock);
	if (kmho_frozen)
		return -EBUSY;
	if (kmho_find(mem->uid, mem->key))
		return -EEXIST;
	err = follow_instead(mem);
	if (!err)
		list_add_tail(&mem->node, &kmho.memories);
	return err;
}

static bool nothing_there(void)
{
	guard(mutex)(&kmho_lock);
	return list_empty(&kmho.memories) && list_empty(&kmho_taken);
}

/**
 * kmho_publish - have a key go to the next kernel
 * @mem: what it stands for, preserved
 *
 * Context: process context, may sleep.
 *
 * Return: 0; -EEXIST: the user has that key already; -EBUSY: a hand-over is
 * prepared; -ENOMEM.
 */
int kmho_publish(struct kmho_memory *mem)
{
	int err = 0;

	guard(mutex)(&kmho_register_lock);
	if (nothing_there())
		err = kstate_register(&kmho_desc, &kmho, 0);
	if (err < 0)
		return err;
	err = insert(mem);
	if (nothing_there())
		kstate_unregister(&kmho_desc, 0);
	return err;
}

/**
 * kmho_withdraw - undo kmho_publish()
 * @mem: was acquired by the caller, so that no hand-over knows it
 *
 * Context: process context, may sleep.
 */
void kmho_withdraw(struct kmho_memory *mem)
{
	guard(mutex)(&kmho_register_lock);
	scoped_guard(mutex, &kmho_lock)
		list_del(&mem->node);
	if (nothing_there())
		kstate_unregister(&kmho_desc, 0);
}

/* ---- The new kernel ---- */

static bool is_sorted(u64 *last, u64 start, u64 length)
{
	u64 end;

	if (!length || !PAGE_ALIGNED(start | length) || start < *last ||
	    check_add_overflow(start, length, &end))
		return false;
	*last = end;
	return true;
}

/* Pages in common with others are small, and others can be told. */
static bool cow_is_sane(const struct kmho_extent *e, const struct kmho_area *area)
{
	return !extent_is_cow(e) || (!extent_order(e) && area->family);
}

/* The areas are the ranges, cut into pieces. */
static bool areas_are_sane(const struct kmho_memory *mem)
{
	u64 at = 0, end = 0, last = 0;
	u32 i, range = 0;

	for (i = 0; i < mem->nr_areas; i++) {
		const struct kmho_area *area = &mem->areas[i];

		if (at == end) {
			if (range == mem->nr_ranges ||
			    !is_sorted(&last, mem->ranges[range].base,
				       mem->ranges[range].length))
				return false;
			at = mem->ranges[range++].base;
			end = last;
		}
		if (area->start != at || !area->length ||
		    !PAGE_ALIGNED(area->length) || area->length > end - at ||
		    area->family > KMHO_FAMILIES)
			return false;
		at += area->length;
	}
	return mem->nr_ranges && range == mem->nr_ranges && at == end;
}

static bool extent_is_sane(const struct kmho_extent *e, bool shared)
{
	unsigned int order = extent_order(e);
	u64 size = PAGE_SIZE << order;

	/* Anonymous memory has no folios of two pages. */
	return order <= HPAGE_PMD_ORDER && (order != 1 || shared) &&
	       extent_folios(e) && !(extent_is_cow(e) && shared) &&
	       !(e->addr & ~PAGE_MASK & ~(KMHO_EXTENT_ORDER | KMHO_EXTENT_COW)) &&
	       IS_ALIGNED(extent_addr(e) | extent_phys(e), size);
}

static bool extents_are_sane(const struct kmho_extent *e,
			     const struct kmho_extent *end, bool shared)
{
	u64 last = 0, phys_end;

	for (; e < end; e++) {
		if (!extent_is_sane(e, shared) ||
		    !is_sorted(&last, extent_addr(e), extent_size(e)) ||
		    check_add_overflow(extent_phys(e), extent_size(e), &phys_end))
			return false;
	}
	return true;
}

/* Each extent of private memory lies in one area. */
static bool private_is_sane(const struct kmho_memory *mem)
{
	const struct kmho_extent *e, *end = mem->extents + kmho_nr_private(mem);
	const struct kmho_area *area = mem->areas;

	if (!extents_are_sane(mem->extents, end, false))
		return false;
	for (e = mem->extents; e < end; e++) {
		while (area < mem->areas + mem->nr_areas &&
		       area->start + area->length <= extent_addr(e))
			area++;
		if (area == mem->areas + mem->nr_areas || area->file ||
		    !cow_is_sane(e, area) ||
		    extent_addr(e) < area->start ||
		    extent_addr(e) + extent_size(e) > area->start + area->length)
			return false;
	}
	return mem->nr_cow == kmho_count_cow(mem);
}

static bool area_of_file_is_sane(const struct kmho_memory *mem,
				 const struct kmho_area *area)
{
	u64 end;

	if (!area->file)
		return !area->offset;
	return area->file <= mem->nr_files && PAGE_ALIGNED(area->offset) &&
	       !check_add_overflow(area->offset, area->length, &end) &&
	       end <= MAX_LFS_FILESIZE;
}

static bool file_is_sane(const struct kmho_memory *mem,
			 const struct kmho_file *f)
{
	const struct kmho_extent *e = mem->extents + f->first;

	return f->size <= MAX_LFS_FILESIZE && !(f->mode & ~S_IALLUGO) &&
	       extents_are_sane(e, e + f->nr_extents, true);
}

/* Comes before anybody asks how many extents private memory has. */
static bool files_are_sane(struct kmho_memory *mem)
{
	u64 nr = 0;
	u32 i;

	for (i = 0; i < mem->nr_files; i++)
		nr += mem->files[i].nr_extents;
	if (nr > mem->nr_extents)
		return false;
	kmho_find_files(mem);
	for (i = 0; i < mem->nr_files; i++)
		if (!file_is_sane(mem, &mem->files[i]))
			return false;
	for (i = 0; i < mem->nr_areas; i++)
		if (!area_of_file_is_sane(mem, &mem->areas[i]))
			return false;
	return true;
}

/* Claimed folios up to @nr of this extent are given back. */
static void unclaim_extent(const struct kmho_extent *e, unsigned int nr)
{
	while (nr--)
		folio_put(extent_folio(e, nr));
}

static struct folio *claim_folio(const struct kmho_extent *e, unsigned int i,
				 u32 family)
{
	unsigned long at = (PAGE_SIZE << extent_order(e)) * i;

	if (extent_is_cow(e))
		return kmho_cow_claim(extent_phys(e) + at, extent_addr(e) + at,
				      family);
	return kstate_restore_folio(extent_phys(e) + at, extent_order(e));
}

/* Before a folio is claimed, there may be no struct page where it would be. */
static bool claim_extent(const struct kmho_extent *e, u32 family)
{
	unsigned int i, order = extent_order(e);
	struct folio *folio;

	for (i = 0; i < extent_folios(e); i++) {
		folio = claim_folio(e, i, family);
		if (!folio) {
			unclaim_extent(e, i);
			return false;
		}
		if (order)
			folio_set_large_rmappable(folio);
		__folio_mark_uptodate(folio);
	}
	return true;
}

static int claim_and_preserve(const struct kmho_extent *e, u32 family)
{
	int err;

	if (!claim_extent(e, family))
		return -ENOENT;
	/* From now on other keys may find that they have it, too. */
	err = kmho_preserve_extent(e);
	if (err)
		unclaim_extent(e, extent_folios(e));
	return err;
}

/* Others may have each page, also if there is no memory for the next one. */
static int claim_cow(struct kmho_memory *mem, struct kmho_extent *e, u32 family)
{
	unsigned int i, nr = extent_folios(e);
	struct kmho_extent page = { .addr = e->addr, .phys = extent_phys(e) | 1 };
	int err = 0;

	for (i = 0; i < nr; i++) {
		err = claim_and_preserve(&page, family);
		if (err)
			break;
		page.addr += PAGE_SIZE;
		page.phys += PAGE_SIZE;
	}
	if (err && i) {
		e->phys = extent_phys(e) | i;
		mem->nr_extents++;
	}
	return err;
}

/* The areas are as sorted as private extents, which come first. */
static int claim(struct kmho_memory *mem)
{
	const struct kmho_area *area = mem->areas;
	u32 nr = mem->nr_extents;
	int err;

	for (mem->nr_extents = 0; mem->nr_extents < nr; mem->nr_extents++) {
		struct kmho_extent *e = &mem->extents[mem->nr_extents];

		while (extent_is_cow(e) &&
		       area->start + area->length <= extent_addr(e))
			area++;
		err = extent_is_cow(e) ? claim_cow(mem, e, area->family) :
		      claim_and_preserve(e, 0);
		if (err)
			return err;
		cond_resched();
	}
	return 0;
}

/* It is there, whatever the limit of this kernel is. */
static void charge_arrived(struct kmho_memory *mem)
{
	u32 i;

	mem->charged = kmho_own_pages(mem);
	for (i = 0; i < mem->nr_extents; i++)
		mem->charged += PHYS_PFN(extent_size(&mem->extents[i]));
	inc_rlimit_ucounts(mem->ucounts, UCOUNT_RLIMIT_MEMLOCK, mem->charged);
}

static int adopt(struct kmho_memory *mem)
{
	u32 nr = mem->nr_extents;
	int err;

	mem->arrived = true;
	/* nothing is claimed yet, should it be freed */
	mem->nr_extents = 0;
	mem->ucounts = alloc_ucounts(&init_user_ns,
				     make_kuid(&init_user_ns, mem->uid));
	if (!mem->ucounts)
		return -ENOMEM;
	mem->nr_extents = nr;
	if (!areas_are_sane(mem) || !files_are_sane(mem) ||
	    !private_is_sane(mem)) {
		mem->nr_extents = 0;
		return -EBADMSG;
	}
	err = claim(mem);
	if (!err)
		charge_arrived(mem);
	return err;
}

/*
 * One key that is not in order does not keep the others from their users. What it has
 * in common with them is there until all of them have looked for it.
 */
static int kmho_post_load(void *obj, u32 version)
{
	struct kmho_memory *mem, *next;
	LIST_HEAD(lost);
	int err;

	list_for_each_entry_safe(mem, next, &kmho.memories, node) {
		err = adopt(mem);
		if (!err)
			continue;
		pr_err("key %llu of user %u is lost: %pe\n", mem->key, mem->uid,
		       ERR_PTR(err));
		list_move(&mem->node, &lost);
	}
	list_for_each_entry_safe(mem, next, &lost, node) {
		kmho_unpreserve(mem->extents, mem->extents + mem->nr_extents);
		kmho_free(mem);
	}
	return 0;
}

static int __init kmho_init(void)
{
	guard(mutex)(&kmho_register_lock);
	if (kstate_pending(&kmho_desc, 0))
		kstate_register(&kmho_desc, &kmho, 0);
	/* Nobody would ask for it again, and expect what is there to change. */
	kstate_discard(&kmho_desc, 0);
	if (nothing_there())
		kstate_unregister(&kmho_desc, 0);
	return 0;
}
late_initcall(kmho_init);
