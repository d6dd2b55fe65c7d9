// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory of reserve_mem= stays in place across kexec.
 *
 * A region is known by its name. The new kernel reserves one of its own when it
 * reads its command line, before anything of the old one can be read; when the
 * stream is open, the old region takes its place if it has the size and the
 * alignment that are asked for now. Whoever looks the name up later finds what
 * was written there in the previous kernel.
 */
#define pr_fmt(fmt) "kstate: " fmt

#include <linux/init.h>
#include <linux/kstate.h>
#include <linux/kstate_boot.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "../kernel/kstate_internal.h"

/**
 * struct kept_region - a region as it is handed over
 * @name: its name
 * @range: where it is; empty if there is none
 */
struct kept_region {
	char name[RESERVE_MEM_NAME_SIZE];
	struct kstate_range range;
};

static struct kept_regions {
	struct kept_region region[RESERVE_MEM_MAX_ENTRIES];
} kept;

/* What this kernel reserved in vain; given back when all struct pages exist. */
static struct kstate_range surplus[RESERVE_MEM_MAX_ENTRIES] __initdata;
static unsigned int nr_surplus __initdata;

static const struct kstate_field region_fields[] = {
	KSTATE_TEXT(struct kept_region, name),
	KSTATE_RANGE(struct kept_region, range),
	KSTATE_END()
};

static const struct kstate_description region_desc = {
	.name	= "mm.reserve_mem.region",
	.size	= sizeof(struct kept_region),
	.fields	= region_fields,
};

static const struct kstate_field kept_fields[] = {
	KSTATE_STRUCT_ARRAY(struct kept_regions, region, struct kept_region,
			    &region_desc),
	KSTATE_END()
};

static const struct kstate_description kept_desc = {
	.name	= "mm.reserve_mem",
	.size	= sizeof(struct kept_regions),
	.fields	= kept_fields,
};

KSTATE_DECLARE(kept_desc);

/* The region of that name is from now on the one of the previous kernel. */
static bool __init take_over(const struct kept_region *from)
{
	int i;

	for (i = 0; i < reserved_mem_count; i++) {
		struct reserve_mem_table *to = &reserved_mem_table[i];

		if (strcmp(to->name, from->name) ||
		    to->size != from->range.size ||
		    !IS_ALIGNED(from->range.start, to->align))
			continue;
		surplus[nr_surplus].start = to->start;
		surplus[nr_surplus++].size = to->size;
		to->start = from->range.start;
		return true;
	}
	return false;
}

static void __init take_over_all(void)
{
	struct kept_region *region = kept.region;
	int i;

	for (i = 0; i < RESERVE_MEM_MAX_ENTRIES; i++, region++) {
		if (!region->range.size || take_over(region))
			continue;
		pr_info("reserve_mem %s of %llu KiB is not asked for any more\n",
			region->name, region->range.size >> 10);
		kstate_unclaim_range(region->range.start, region->range.size);
	}
}

/* What is handed over next; whole pages only. */
static void __init keep_all(void)
{
	const struct reserve_mem_table *from = reserved_mem_table;
	struct kept_region *to = kept.region;
	int i;

	memset(&kept, 0, sizeof(kept));
	for (i = 0; i < reserved_mem_count; i++, from++) {
		if (!PAGE_ALIGNED(from->start | from->size)) {
			pr_info("reserve_mem %s is not of whole pages and will not be kept over kexec\n",
				from->name);
			continue;
		}
		strscpy(to->name, from->name);
		to->range.start = from->start;
		to->range.size = from->size;
		to++;
	}
}

/**
 * kstate_reserve_init - have the regions of reserve_mem= where they were
 *
 * Context: boot, when the stream is open and before anybody looks for a region.
 */
void __init kstate_reserve_init(void)
{
	int ret = kstate_register(&kept_desc, &kept, 0);

	/* What was refused is not offered again: start as after a cold boot. */
	if (ret < 0)
		ret = kstate_register(&kept_desc, &kept, 0);
	if (ret < 0)
		return;
	if (ret == KSTATE_RESTORED)
		take_over_all();
	keep_all();
}

static int __init free_surplus(void)
{
	const struct kstate_range *range;

	for (range = surplus; range < surplus + nr_surplus; range++)
		free_reserved_area(phys_to_virt(range->start),
				   phys_to_virt(range->start + range->size),
				   -1, NULL);
	return 0;
}
subsys_initcall(free_surplus);
