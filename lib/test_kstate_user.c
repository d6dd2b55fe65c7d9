// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two-boot test of KSTATE: memory of every kind that user space can have.
 *
 * A process maps some, of huge pages, of a node, in high memory or wherever, and
 * writes "ADDRESS LENGTH NAME" to <debugfs>/test_kstate_user/pin: the folios are
 * pinned, filled and preserved, and outlive the process. Writing the same to
 * "movable" expects that memory which has to stay movable is refused. In the next
 * kernel the folios have to be where they were, on their node, with their order
 * and contents; huge pages go back to their pools. Besides, an area of vmalloc()
 * is handed over by its pages. Writing to "charge" charges what came, but for the
 * huge pages, to the writer.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cleanup.h>
#include <linux/debugfs.h>
#include <linux/hugetlb.h>
#include <linux/io.h>
#include <linux/kstate.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/seq_file.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "test_kstate.h"

#define VMALLOC_PAGES	300
#define MAX_LINE	80
#define NAME_LEN	16

static ulong seed = 1;
module_param(seed, ulong, 0444);
MODULE_PARM_DESC(seed, "what all contents are made from");

/**
 * struct test_area - what was preserved in one go
 * @name: for the results
 * @first: the first of its folios
 * @nr: how many there are
 * @order: of each
 * @nid: node of the first
 * @huge: pages of a pool
 */
struct test_area {
	char name[NAME_LEN];
	u32 first;
	u32 nr;
	u32 order;
	u32 nid;
	bool huge;
};

static struct test_user {
	struct folio **folios;
	u32 nr_folios;
	struct test_area *areas;
	u32 nr_areas;
	struct folio **vm_folios;
	u32 nr_vm;
	u64 reserved;
} user;

static DEFINE_MUTEX(user_lock);
static struct dentry *dir;
static int restored;
static void *vm_area;

static const struct kstate_field area_fields[] = {
	KSTATE_TEXT(struct test_area, name),
	KSTATE_SIMPLE(struct test_area, first),
	KSTATE_SIMPLE(struct test_area, nr),
	KSTATE_SIMPLE(struct test_area, order),
	KSTATE_SIMPLE(struct test_area, nid),
	KSTATE_SIMPLE(struct test_area, huge),
	KSTATE_END()
};

static const struct kstate_description area_desc = {
	.name	= "test_kstate.area",
	.size	= sizeof(struct test_area),
	.fields	= area_fields,
};

static const struct kstate_field user_fields[] = {
	KSTATE_FOLIO_VARRAY(struct test_user, folios, nr_folios),
	KSTATE_STRUCT_VARRAY(struct test_user, areas, nr_areas,
			     struct test_area, &area_desc),
	KSTATE_FOLIO_VARRAY(struct test_user, vm_folios, nr_vm),
	KSTATE_SIMPLE(struct test_user, reserved),
	KSTATE_END()
};

static const struct kstate_description user_desc = {
	.name	= "test_kstate.user",
	.size	= sizeof(struct test_user),
	.owner	= THIS_MODULE,
	.fields	= user_fields,
};

KSTATE_DECLARE(user_desc);

/* ---- Contents: a word from the seed, the folio's number and the offset ---- */

static u64 word_of(u64 nr, u64 at)
{
	return test_scatter(seed ^ (nr << 40) ^ at);
}

/* Every eighth word of @size bytes, at different places in each page */
static bool visit(u64 *at, size_t size, u64 nr, bool check)
{
	size_t i, words = size / sizeof(*at);

	for (i = nr % 8; i < words; i += 8) {
		if (!check)
			at[i] = word_of(nr, i);
		else if (at[i] != word_of(nr, i))
			return false;
		if (!(i % SZ_64K))
			cond_resched();
	}
	return true;
}

static bool visit_one(u32 nr, bool check)
{
	struct folio *folio = user.folios[nr];

	return visit(folio_address(folio), folio_size(folio), nr, check);
}

/* ---- What came ---- */

static bool folio_is_right(const struct test_area *area, u32 nr)
{
	struct folio *folio = user.folios[nr];

	if (folio_order(folio) != area->order || folio_ref_count(folio) != 1 ||
	    folio_nid(folio) != area->nid || !visit_one(nr, true))
		return false;
	return !area->huge || !hugetlb_adopt_folio(folio);
}

static void show_area(struct seq_file *m, const struct test_area *area)
{
	u32 i, good = 0;

	for (i = 0; i < area->nr; i++)
		good += folio_is_right(area, area->first + i);
	seq_printf(m, "%s - %s: %u folios of order %u on node %u\n",
		   good == area->nr ? "ok" : "not ok", area->name, area->nr,
		   area->order, area->nid);
	if (good != area->nr)
		seq_printf(m, "# %u of them right\n", good);
}

static int vmalloc_again(void)
{
	struct page **pages;
	u32 i;

	pages = kvmalloc_array(user.nr_vm, sizeof(*pages), GFP_KERNEL);
	if (!pages)
		return -ENOMEM;
	for (i = 0; i < user.nr_vm; i++)
		pages[i] = folio_page(user.vm_folios[i], 0);
	vm_area = vmap(pages, user.nr_vm, VM_MAP, PAGE_KERNEL);
	kvfree(pages);
	return vm_area ? 0 : -ENOMEM;
}

/* What reserve_mem= has for this test */
static bool visit_reserved(bool check)
{
	phys_addr_t start, size;

	if (!reserve_mem_find_by_name("kstate_test", &start, &size))
		return false;
	if (check && start != user.reserved)
		return false;
	user.reserved = start;
	return visit(phys_to_virt(start), size, U32_MAX - 1, check);
}

/* Once, since huge pages are handed to their pools. */
static int results_show(struct seq_file *m, void *v)
{
	u32 i;

	guard(mutex)(&user_lock);
	if (restored != KSTATE_RESTORED)
		return 0;
	restored = 0;
	seq_printf(m, "# %d levels of page tables\n",
		   pgtable_l5_enabled() ? 5 : 4);
	for (i = 0; i < user.nr_areas; i++)
		show_area(m, &user.areas[i]);
	seq_printf(m, "%s - vmalloc: %u pages in a row again\n",
		   !vmalloc_again() &&
		   visit(vm_area, user.nr_vm * PAGE_SIZE, U32_MAX, true) ?
		   "ok" : "not ok", user.nr_vm);
	seq_printf(m, "%s - reserve_mem: the region is where it was\n",
		   visit_reserved(true) ? "ok" : "not ok");
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(results);

/* From where the last one stopped */
static int charge_folios(void)
{
	static u32 next;
	int err;

	for (; next < user.nr_folios; next++) {
		if (folio_test_hugetlb(user.folios[next]))
			continue;
		err = kstate_charge_folio(user.folios[next], current->mm);
		if (err)
			return err;
	}
	return 0;
}

static ssize_t charge_write(struct file *file, const char __user *from,
			    size_t len, loff_t *pos)
{
	int err;

	guard(mutex)(&user_lock);
	err = charge_folios();
	return err ?: len;
}

static const struct file_operations charge_fops = {
	.owner	= THIS_MODULE,
	.write	= charge_write,
};

/* ---- What goes ---- */

static int add_folio(struct folio *folio)
{
	u32 nr = user.nr_folios;
	int err = kstate_preserve_folio(folio);

	if (err)
		return err;
	folio_get(folio);
	user.folios[nr] = folio;
	user.nr_folios++;
	visit_one(nr, false);
	return 0;
}

static int make_room(long nr_folios)
{
	struct test_area *areas;
	struct folio **folios;

	areas = kvrealloc(user.areas, (user.nr_areas + 1) * sizeof(*areas),
			  GFP_KERNEL);
	if (!areas)
		return -ENOMEM;
	user.areas = areas;
	folios = kvrealloc(user.folios,
			   (user.nr_folios + nr_folios) * sizeof(*folios),
			   GFP_KERNEL);
	if (!folios)
		return -ENOMEM;
	user.folios = folios;
	return 0;
}

static int add_area(const char *name, struct page **pages, long nr)
{
	struct folio *folio = page_folio(pages[0]);
	struct test_area area = {
		.first = user.nr_folios, .order = folio_order(folio),
		.nid = folio_nid(folio), .huge = folio_test_hugetlb(folio),
	};
	int err = make_room(nr);
	long i;

	if (err)
		return err;
	strscpy(area.name, name);
	for (i = 0; i < nr; i += folio_nr_pages(folio)) {
		folio = page_folio(pages[i]);
		if (folio_order(folio) != area.order)
			return -EDOM;
		err = add_folio(folio);
		if (err)
			return err;
		area.nr++;
	}
	user.areas[user.nr_areas++] = area;
	return 0;
}

/*
 * Not pinned for long, the pages are where they may not stay: all that are in
 * ZONE_MOVABLE, and some of the others, of a contiguous memory area.
 */
static int try_movable(struct page **pages, long nr)
{
	long i, refused = 0;
	int err;

	for (i = 0; i < nr; i++) {
		struct folio *folio = page_folio(pages[i]);

		err = kstate_preserve_folio(folio);
		if (!err)
			kstate_unpreserve_folio(folio);
		if (!err && folio_zonenum(folio) != ZONE_MOVABLE)
			continue;
		if (err != -EOPNOTSUPP)
			return err ?: -EDOM;
		refused++;
	}
	return refused ? 0 : -ENODATA;
}

static int use_memory(unsigned long addr, unsigned long len, const char *name,
		      bool movable)
{
	long nr = len >> PAGE_SHIFT, got;
	struct page **pages;
	int err;

	pages = kvmalloc_array(nr, sizeof(*pages), GFP_KERNEL);
	if (!pages)
		return -ENOMEM;
	got = pin_user_pages_fast(addr, nr, FOLL_WRITE |
				  (movable ? 0 : FOLL_LONGTERM), pages);
	if (got == nr)
		err = movable ? try_movable(pages, nr) :
				add_area(name, pages, nr);
	else
		err = got < 0 ? got : -EFAULT;
	if (got > 0)
		unpin_user_pages(pages, got);
	kvfree(pages);
	return err;
}

static ssize_t user_write(const char __user *from, size_t len, bool movable)
{
	char line[MAX_LINE], name[NAME_LEN];
	unsigned long addr, size;
	int err;

	if (len >= sizeof(line))
		return -EINVAL;
	if (copy_from_user(line, from, len))
		return -EFAULT;
	line[len] = '\0';
	if (sscanf(line, "%lx %lu %15s", &addr, &size, name) != 3)
		return -EINVAL;
	guard(mutex)(&user_lock);
	err = use_memory(addr, size, name, movable);
	return err ?: len;
}

static ssize_t pin_write(struct file *file, const char __user *from, size_t len,
			 loff_t *pos)
{
	return user_write(from, len, false);
}

static const struct file_operations pin_fops = {
	.owner	= THIS_MODULE,
	.write	= pin_write,
};

static ssize_t movable_write(struct file *file, const char __user *from,
			     size_t len, loff_t *pos)
{
	return user_write(from, len, true);
}

static const struct file_operations movable_fops = {
	.owner	= THIS_MODULE,
	.write	= movable_write,
};

static int make_vmalloc(void)
{
	u32 i;

	vm_area = vmalloc(VMALLOC_PAGES * PAGE_SIZE);
	user.vm_folios = kvmalloc_array(VMALLOC_PAGES, sizeof(*user.vm_folios),
					GFP_KERNEL);
	if (!vm_area || !user.vm_folios)
		return -ENOMEM;
	for (i = 0; i < VMALLOC_PAGES; i++)
		user.vm_folios[i] = page_folio(vmalloc_to_page(vm_area +
							       i * PAGE_SIZE));
	user.nr_vm = VMALLOC_PAGES;
	visit(vm_area, VMALLOC_PAGES * PAGE_SIZE, U32_MAX, false);
	return visit_reserved(false) ? 0 : -ENODEV;
}

/* ---- The module; what it has is only given back by a jump ---- */

static int __init test_kstate_user_init(void)
{
	int err;

	restored = kstate_register(&user_desc, &user, 0);
	if (restored < 0)
		return restored;
	err = restored == KSTATE_RESTORED ? 0 : make_vmalloc();
	if (err) {
		kstate_unregister(&user_desc, 0);
		return err;
	}
	dir = debugfs_create_dir("test_kstate_user", NULL);
	debugfs_create_file("results", 0400, dir, NULL, &results_fops);
	debugfs_create_file("pin", 0200, dir, NULL, &pin_fops);
	debugfs_create_file("charge", 0200, dir, NULL, &charge_fops);
	debugfs_create_file("movable", 0200, dir, NULL, &movable_fops);
	return 0;
}
module_init(test_kstate_user_init);

MODULE_DESCRIPTION("Two-boot test of KSTATE with memory of every kind");
MODULE_LICENSE("GPL");
