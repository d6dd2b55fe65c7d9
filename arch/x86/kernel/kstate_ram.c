// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the next kernel knows as RAM.
 *
 * kexec_file_load() passes the memory map of this kernel's boot on, or what of it
 * fits into the boot parameters. Memory that ACPI added since is where the page
 * allocator looks first, so what is to be preserved lies there sooner or later.
 * It is passed on besides, as kexec_load(2) does: the next kernel's ACPI then
 * finds it there already. Memory that a driver manages is not, since only the
 * driver knows how to make it RAM again.
 */
#include <linux/init.h>
#include <linux/ioport.h>
#include <linux/kexec.h>
#include <linux/lockdep.h>
#include <linux/memory.h>
#include <linux/minmax.h>
#include <linux/spinlock.h>

#include <asm/bootparam.h>
#include <asm/e820/api.h>
#include <asm/kstate.h>

#include "../../../kernel/kstate_internal.h"

/* What is in more pieces is not passed on. */
#define MAX_ADDED	64

static DEFINE_SPINLOCK(added_lock);
static unsigned int nr_added;
static struct {
	u64 start;
	u64 end;
} added[MAX_ADDED];

/* How often memory came or went */
static unsigned int changes;

static unsigned int nr_boot_entries(void)
{
	return min(e820_table_kexec->nr_entries, E820_MAX_ENTRIES_ZEROPAGE);
}

/* Entries are sorted; some begin where the one before ends. */
static void boot_ram_around(u64 at, phys_addr_t *start, phys_addr_t *end)
{
	const struct e820_entry *entry = e820_table_kexec->entries;
	unsigned int i, nr = nr_boot_entries();

	*start = 0;
	*end = 0;
	for (i = 0; i < nr; i++, entry++) {
		if (entry->type != E820_TYPE_RAM)
			continue;
		if (entry->addr > *end) {
			if (entry->addr > at)
				break;
			*start = entry->addr;
		}
		*end = entry->addr + entry->size;
	}
}

/* kstate_arch_ram_around(), see mm/kstate_mem.c */
void kstate_arch_ram_around(phys_addr_t at, phys_addr_t *start,
			    phys_addr_t *end)
{
	unsigned int i;

	boot_ram_around(at, start, end);
	if (*end > at)
		return;
	spin_lock(&added_lock);
	for (i = 0; i < nr_added; i++) {
		if (at < added[i].start || at >= added[i].end)
			continue;
		*start = added[i].start;
		*end = added[i].end;
		break;
	}
	spin_unlock(&added_lock);
}

/* kstate_arch_each_ram(), see mm/kstate_room.c */
void kstate_arch_each_ram(void (*visit)(phys_addr_t start, phys_addr_t end))
{
	const struct e820_entry *entry = e820_table_kexec->entries;
	unsigned int i, nr = nr_boot_entries();

	for (i = 0; i < nr; i++, entry++)
		if (entry->type == E820_TYPE_RAM)
			visit(entry->addr, entry->addr + entry->size);
	spin_lock(&added_lock);
	for (i = 0; i < nr_added; i++)
		visit(added[i].start, added[i].end);
	spin_unlock(&added_lock);
}

/**
 * kstate_arch_ram_changes - how often did the machine's memory change?
 *
 * Context: any.
 *
 * Return: a number that is another one after memory was added or removed.
 */
unsigned int kstate_arch_ram_changes(void)
{
	return READ_ONCE(changes);
}

/**
 * kstate_pass_ram - pass memory on that was added after boot
 * @image: the image being loaded; a crash image gets none
 * @params: its boot parameters, with the memory map of this kernel's boot
 *
 * Context: process context; kexec's lock is held.
 */
void kstate_pass_ram(struct kimage *image, struct boot_params *params)
{
	struct boot_e820_entry *entry;
	unsigned int i;

	if (image->type != KEXEC_TYPE_DEFAULT)
		return;
	spin_lock(&added_lock);
	image->kstate.ram_changes = changes;
	for (i = 0; i < nr_added; i++) {
		if (params->e820_entries >= E820_MAX_ENTRIES_ZEROPAGE)
			break;
		entry = &params->e820_table[params->e820_entries++];
		entry->addr = added[i].start;
		entry->size = added[i].end - added[i].start;
		entry->type = E820_TYPE_RAM;
	}
	spin_unlock(&added_lock);
}

#ifdef CONFIG_MEMORY_HOTPLUG
static void add(u64 start, u64 end)
{
	unsigned int i;

	lockdep_assert_held(&added_lock);
	for (i = 0; i < nr_added; i++) {
		if (added[i].end == start) {
			added[i].end = end;
			return;
		}
	}
	if (nr_added == MAX_ADDED)
		return;
	added[nr_added].start = start;
	added[nr_added].end = end;
	nr_added++;
}

static int note_added(struct resource *res, void *arg)
{
	u64 start = res->start, end = res->end + 1;
	phys_addr_t from, to;

	boot_ram_around(start, &from, &to);
	if ((res->flags & IORESOURCE_SYSRAM_DRIVER_MANAGED) || end <= to)
		return 0;
	spin_lock(&added_lock);
	add(start, end);
	spin_unlock(&added_lock);
	return 0;
}

static void note_removed(u64 start, u64 end)
{
	unsigned int i;

	spin_lock(&added_lock);
	i = nr_added;
	while (i--) {
		u64 first = added[i].start, stop = added[i].end;

		if (stop <= start || first >= end)
			continue;
		if (first < start && stop > end && nr_added < MAX_ADDED) {
			added[nr_added].start = end;
			added[nr_added].end = stop;
			nr_added++;
		}
		if (first < start)
			added[i].end = start;
		else if (stop > end)
			added[i].start = end;
		else
			added[i] = added[--nr_added];
	}
	spin_unlock(&added_lock);
}

static int note_change(struct notifier_block *nb, unsigned long action,
		       void *arg)
{
	struct memory_notify *memory = arg;
	u64 start = PFN_PHYS(memory->start_pfn);
	u64 end = start + PFN_PHYS(memory->nr_pages);

	switch (action) {
	case MEM_ONLINE:
		walk_system_ram_res(start, end - 1, NULL, note_added);
		break;
	case MEM_OFFLINE:
		note_removed(start, end);
		break;
	default:
		return NOTIFY_OK;
	}
	WRITE_ONCE(changes, changes + 1);
	return NOTIFY_OK;
}

static int __init watch_ram(void)
{
	return hotplug_memory_notifier(note_change, DEFAULT_CALLBACK_PRI);
}
core_initcall(watch_ram);
#endif
