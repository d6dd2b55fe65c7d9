// SPDX-License-Identifier: GPL-2.0-only
/*
 * KSTATE: damage what is handed over, for tests.
 *
 * Everything that the next kernel reads is written at the last moment, so
 * nothing but the kernel itself can damage it in a way that can be repeated.
 * Write what to damage and at which offset in bytes to debugfs, like
 * "stream 100"; the next hand-over then arrives with one bit of that byte
 * changed. The offset is taken modulo the size of the root and of a node,
 * index or stream page. For "phys", which is any preserved memory, it is the
 * address.
 *
 * Also declares a description that lib/test_kstate_must.c has objects of: a
 * module's own is not in the kernel's image.
 */
#include <linux/array_size.h>
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/io.h>
#include <linux/kstate.h>
#include <linux/kstate_abi.h>
#include <linux/kstrtox.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "kstate_internal.h"
#include "../mm/kstate_map.h"

struct kstate_must {
	u32 value;
};

static const struct kstate_field must_fields[] = {
	KSTATE_SIMPLE(struct kstate_must, value,
		      .check = KSTATE_MIN_MAX(0, 100)),
	KSTATE_END()
};

static const struct kstate_description must_desc = {
	.name	= "test_kstate.must",
	.size	= sizeof(struct kstate_must),
	.fields	= must_fields,
};

KSTATE_DECLARE(must_desc);

enum kstate_fault {
	KSTATE_FAULT_NONE,
	KSTATE_FAULT_ROOT,
	KSTATE_FAULT_MAP,
	KSTATE_FAULT_LEAF,
	KSTATE_FAULT_INDEX,
	KSTATE_FAULT_INDEX_END,
	KSTATE_FAULT_STREAM,
	KSTATE_FAULT_PHYS,
};

static const char * const fault_names[] = {
	[KSTATE_FAULT_NONE]		= "none",
	[KSTATE_FAULT_ROOT]		= "root",
	[KSTATE_FAULT_MAP]		= "map",
	[KSTATE_FAULT_LEAF]		= "leaf",
	[KSTATE_FAULT_INDEX]		= "index",
	[KSTATE_FAULT_INDEX_END]	= "index_end",
	[KSTATE_FAULT_STREAM]		= "stream",
	[KSTATE_FAULT_PHYS]		= "phys",
};

static enum kstate_fault fault_what;
static u64 fault_offset;

/* The first node of a level */
static void *map_node(const struct kstate_abi_root *root, u32 level)
{
	struct kstate_abi_node *node = phys_to_virt(le64_to_cpu(root->map));
	u32 at = le32_to_cpu(root->map_levels);

	while (--at > level)
		node = kstate_node_child(node, 0);
	return node;
}

static void *index_end(struct kstate_abi_index *index)
{
	while (index->next)
		index = phys_to_virt(le64_to_cpu(index->next));
	return index;
}

static void *stream_page(const struct kstate_abi_index *index)
{
	u64 nr = min(fault_offset / PAGE_SIZE, le32_to_cpu(index->count) - 1);

	return phys_to_virt(le64_to_cpu(index->pages[nr]));
}

/**
 * kstate_fault_commit - damage a hand-over, if a test wants it
 * @root: the root page, with everything it points to complete
 *
 * Context: right before the jump: one CPU, interrupts off.
 */
void kstate_fault_commit(struct kstate_abi_root *root)
{
	struct kstate_abi_index *index = phys_to_virt(le64_to_cpu(root->index));
	u32 offset = fault_offset % PAGE_SIZE;
	u8 *page;

	switch (fault_what) {
	case KSTATE_FAULT_ROOT:
		page = (u8 *)root;
		offset = fault_offset % sizeof(*root);
		break;
	case KSTATE_FAULT_MAP:
		page = map_node(root, le32_to_cpu(root->map_levels) - 1);
		break;
	case KSTATE_FAULT_LEAF:
		page = map_node(root, 0);
		break;
	case KSTATE_FAULT_INDEX:
		page = (u8 *)index;
		break;
	case KSTATE_FAULT_INDEX_END:
		page = index_end(index);
		break;
	case KSTATE_FAULT_STREAM:
		page = stream_page(index);
		break;
	case KSTATE_FAULT_PHYS:
		if (!kstate_range_preserved(fault_offset - offset, PAGE_SIZE))
			return;
		page = phys_to_virt(fault_offset - offset);
		break;
	default:
		return;
	}
	page[offset] ^= 0x10;
}

static ssize_t damage_write(struct file *file, const char __user *from,
			    size_t len, loff_t *pos)
{
	char text[32] = "", *name, *rest;
	u64 offset = 0;
	int what, err;

	if (len >= sizeof(text))
		return -EINVAL;
	if (copy_from_user(text, from, len))
		return -EFAULT;
	rest = strim(text);
	name = strsep(&rest, " ");
	what = match_string(fault_names, ARRAY_SIZE(fault_names), name);
	if (what < 0)
		return what;
	if (rest) {
		err = kstrtou64(rest, 0, &offset);
		if (err)
			return err;
	}
	fault_what = what;
	fault_offset = offset;
	return len;
}

static const struct file_operations damage_fops = {
	.owner	= THIS_MODULE,
	.write	= damage_write,
};

static int __init kstate_fault_init(void)
{
	debugfs_create_file("kstate_damage", 0200, NULL, NULL, &damage_fops);
	return 0;
}
late_initcall(kstate_fault_init);
