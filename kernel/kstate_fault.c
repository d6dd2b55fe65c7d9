// SPDX-License-Identifier: GPL-2.0-only
/*
 * KSTATE: damage what is handed over, for tests.
 *
 * Everything that the next kernel reads is written at the last moment, so
 * nothing but the kernel itself can damage it in a way that can be repeated.
 * Write what to damage to debugfs, at which offset in bytes, and how, like
 * "stream 100 ones mended"; the next hand-over then arrives so:
 *
 * bit		one bit of that byte is changed; so it is if nothing is said
 * zero, ones	the 8 bytes around it are
 * swap		the stream's page with it and the one after it are exchanged
 * old		the stream's page with it is that of the stream that this kernel
 *		was given, unless it is finished with that
 * cut		the stream ends there
 * far		numbers in objects that are addresses of preserved memory become
 *		addresses that no machine has
 * value	numbers of 4 bytes in objects that are the offset become ~0
 * mended	after that the checksums within the stream are made to fit
 *
 * The offset is taken modulo the size of the root, the stream, and of a node or
 * index page. For "phys", which is any preserved memory, it is the address.
 *
 * Also declares a description that lib/test_kstate_must.c has objects of: a
 * module's own is not in the kernel's image.
 */
#include <linux/align.h>
#include <linux/array_size.h>
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/io.h>
#include <linux/kstate.h>
#include <linux/kstate_abi.h>
#include <linux/kstrtox.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/unaligned.h>

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

enum kstate_fault_how {
	KSTATE_FAULT_BIT,
	KSTATE_FAULT_ZERO,
	KSTATE_FAULT_ONES,
	KSTATE_FAULT_SWAP,
	KSTATE_FAULT_OLD,
	KSTATE_FAULT_CUT,
	KSTATE_FAULT_FAR,
	KSTATE_FAULT_VALUE,
	KSTATE_FAULT_MENDED,
};

static const char * const how_names[] = {
	[KSTATE_FAULT_BIT]	= "bit",
	[KSTATE_FAULT_ZERO]	= "zero",
	[KSTATE_FAULT_ONES]	= "ones",
	[KSTATE_FAULT_SWAP]	= "swap",
	[KSTATE_FAULT_OLD]	= "old",
	[KSTATE_FAULT_CUT]	= "cut",
	[KSTATE_FAULT_FAR]	= "far",
	[KSTATE_FAULT_VALUE]	= "value",
	[KSTATE_FAULT_MENDED]	= "mended",
};

static struct {
	enum kstate_fault what;
	u64 offset;
	enum kstate_fault_how how;
	bool mended;
} fault;

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

/* The page at @at and what there is of the next one */
static void swap_page(u8 *data, u64 len, u64 at)
{
	u64 i;

	for (i = at; i < at + PAGE_SIZE && i + PAGE_SIZE < len; i++)
		swap(data[i], data[i + PAGE_SIZE]);
}

static void old_page(u8 *data, u64 len, u64 at)
{
	u64 end = min3(len, kstate_core.in_len, at + PAGE_SIZE);

	if (kstate_core.opened && at < end)
		memcpy(data + at, kstate_core.in + at, end - at);
}

/* @len is a multiple of 8 */
static void damage(u8 *data, u64 len)
{
	u64 at = fault.offset % len;
	u8 *word = data + ALIGN_DOWN(at, sizeof(u64));

	switch (fault.how) {
	case KSTATE_FAULT_ZERO:
		memset(word, 0, sizeof(u64));
		break;
	case KSTATE_FAULT_ONES:
		memset(word, 0xff, sizeof(u64));
		break;
	case KSTATE_FAULT_BIT:
		data[at] ^= 0x10;
		break;
	default:
		/* is for streams only */
		break;
	}
}

/* The section at @at, which goes on to the next; NULL: none can be told there */
static struct kstate_abi_section *next_section(void *data, u64 len, u64 *at)
{
	struct kstate_abi_section *sect = data + *at;
	u64 span, left = len - *at;

	if (*at % 8 || *at > len || left < sizeof(*sect))
		return NULL;
	span = le64_to_cpu(sect->span);
	if (span < sizeof(*sect) || span > left ||
	    le64_to_cpu(sect->length) > span - sizeof(*sect))
		return NULL;
	*at += span;
	return sect;
}

static void mend(void *data, u64 len)
{
	struct kstate_abi_stream *head = data;
	u64 at = le32_to_cpu(head->header_size);
	struct kstate_abi_section *sect;

	head->crc = cpu_to_le32(kstate_crc(head, offsetof(typeof(*head), crc)));
	while ((sect = next_section(data, len, &at))) {
		sect->payload_crc = cpu_to_le32(kstate_crc(sect + 1,
							   le64_to_cpu(sect->length)));
		sect->crc = cpu_to_le32(kstate_crc(sect, offsetof(typeof(*sect),
								  crc)));
	}
}

/* Where a number is preserved memory; lesser ones are lengths and more as well. */
static bool is_address(u64 number)
{
	return number >= SZ_16M &&
	       kstate_range_preserved(ALIGN_DOWN(number, PAGE_SIZE), PAGE_SIZE);
}

/* Returns how far to go on. Numbers of an object need not be aligned. */
static unsigned int change_number(u8 *at, u64 left)
{
	if (fault.how == KSTATE_FAULT_FAR && left >= sizeof(u64) &&
	    is_address(get_unaligned_le64(at))) {
		at[sizeof(u64) - 1] ^= 0x10;
		return sizeof(u64);
	}
	if (fault.how == KSTATE_FAULT_VALUE && left >= sizeof(u32) &&
	    get_unaligned_le32(at) == fault.offset) {
		memset(at, 0xff, sizeof(u32));
		return sizeof(u32);
	}
	return 1;
}

static void change_object(u8 *data, u64 len)
{
	u64 i;

	for (i = 0; i < len; i += change_number(data + i, len - i))
		;
}

static void change_group(u8 *data, u64 len)
{
	struct kstate_abi_record *rec;
	u64 at, next;

	for (at = 0; at + sizeof(*rec) <= len; at = next) {
		rec = (void *)data + at;
		next = at + sizeof(*rec) + le32_to_cpu(rec->length);
		if (next > len)
			break;
		change_object((u8 *)(rec + 1), le32_to_cpu(rec->length));
	}
}

static void change_section(struct kstate_abi_section *sect)
{
	u64 len = le64_to_cpu(sect->length);

	switch (le32_to_cpu(sect->type)) {
	case KSTATE_ABI_SECT_OBJECT:
		change_object((u8 *)(sect + 1), len);
		break;
	case KSTATE_ABI_SECT_GROUP:
		change_group((u8 *)(sect + 1), len);
		break;
	}
}

static void change_numbers(void *data, u64 len)
{
	struct kstate_abi_stream *head = data;
	u64 at = le32_to_cpu(head->header_size);
	struct kstate_abi_section *sect;

	while ((sect = next_section(data, len, &at)))
		change_section(sect);
}

static void damage_stream(struct kstate_abi_root *root)
{
	/* nothing else uses it any more */
	u8 *data = kstate_core.writer.s.data;
	u64 len = ALIGN_DOWN(le64_to_cpu(root->length), sizeof(u64));
	u64 at = fault.offset % len;

	switch (fault.how) {
	case KSTATE_FAULT_SWAP:
		swap_page(data, len, ALIGN_DOWN(at, PAGE_SIZE));
		break;
	case KSTATE_FAULT_OLD:
		old_page(data, len, ALIGN_DOWN(at, PAGE_SIZE));
		break;
	case KSTATE_FAULT_CUT:
		root->length = cpu_to_le64(at);
		root->crc = 0;
		root->crc = cpu_to_le32(kstate_crc(root, sizeof(*root)));
		break;
	case KSTATE_FAULT_FAR:
	case KSTATE_FAULT_VALUE:
		change_numbers(data, len);
		break;
	default:
		damage(data, len);
	}
	if (fault.mended)
		mend(data, len);
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
	u64 page = ALIGN_DOWN(fault.offset, PAGE_SIZE);

	switch (fault.what) {
	case KSTATE_FAULT_ROOT:
		damage((u8 *)root, sizeof(*root));
		break;
	case KSTATE_FAULT_MAP:
		damage(map_node(root, le32_to_cpu(root->map_levels) - 1),
		       PAGE_SIZE);
		break;
	case KSTATE_FAULT_LEAF:
		damage(map_node(root, 0), PAGE_SIZE);
		break;
	case KSTATE_FAULT_INDEX:
		damage((u8 *)index, PAGE_SIZE);
		break;
	case KSTATE_FAULT_INDEX_END:
		damage(index_end(index), PAGE_SIZE);
		break;
	case KSTATE_FAULT_STREAM:
		damage_stream(root);
		break;
	case KSTATE_FAULT_PHYS:
		if (kstate_range_preserved(page, PAGE_SIZE))
			damage(phys_to_virt(page), PAGE_SIZE);
		break;
	default:
		return;
	}
}

/* The words after the offset */
static int set_how(char *rest)
{
	char *word;
	int how;

	while (rest && (word = strsep(&rest, " "))) {
		how = match_string(how_names, ARRAY_SIZE(how_names), word);
		if (how < 0)
			return how;
		if (how == KSTATE_FAULT_MENDED)
			fault.mended = true;
		else
			fault.how = how;
	}
	return 0;
}

static ssize_t damage_write(struct file *file, const char __user *from,
			    size_t len, loff_t *pos)
{
	char text[64] = "", *rest, *offset;
	int what, err = 0;

	if (len >= sizeof(text))
		return -EINVAL;
	if (copy_from_user(text, from, len))
		return -EFAULT;
	rest = strim(text);
	what = match_string(fault_names, ARRAY_SIZE(fault_names),
			    strsep(&rest, " "));
	if (what < 0)
		return what;
	memset(&fault, 0, sizeof(fault));
	offset = strsep(&rest, " ");
	if (offset)
		err = kstrtou64(offset, 0, &fault.offset);
	if (!err)
		err = set_how(rest);
	if (err)
		return err;
	fault.what = what;
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
