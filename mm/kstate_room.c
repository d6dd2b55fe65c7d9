// SPDX-License-Identifier: GPL-2.0-only
/*
 * Will the next kernel have enough memory to boot in?
 *
 * Until it can free the gaps of the early list it has what it knows as RAM, less
 * the extents of that list and less what the image put there. What it allocates
 * is tried here, in its order and from the end where memblock begins.
 */
#include <linux/align.h>
#include <linux/kconfig.h>
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/memblock.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "kstate_room.h"
#include "../kernel/kstate_internal.h"

/* Room that is in more pieces does not count. */
#define MAX_HOLES	512

/* Page tables, the log and the like, before crashkernel= is seen to */
#define NEED_EARLY	SZ_16M
/* Where devices can reach it, beside swiotlb */
#define NEED_DMA	SZ_16M
/* All else: a kernel that cannot run its first program is of no use. */
#define NEED_LATE	(SZ_64M - NEED_EARLY)

/* What the next kernel would not have enough of */
enum shortage {
	SHORT_OF_NOTHING,
	SHORT_OF_MEMORY,
	SHORT_OF_LOW,
	SHORT_OF_CRASH,
	SHORT_OF_HUGE,
};

static const char * const shortages[] = {
	[SHORT_OF_NOTHING]	= NULL,
	[SHORT_OF_MEMORY]	= "memory left to boot",
	[SHORT_OF_LOW]		= "memory left below 4 GiB for devices",
	[SHORT_OF_CRASH]	= "memory left for its crashkernel=",
	[SHORT_OF_HUGE]		= "memory left for its hugepages=",
};

/* What is free, by address; the lock of the map protects it. */
static struct {
	unsigned int nr;
	struct {
		u64 start;
		u64 end;
	} hole[MAX_HOLES];
} room;

/**
 * kstate_arch_each_ram - visit what the next kernel will know as RAM
 * @visit: called with the first byte of each part and the first one after it
 *
 * An architecture whose next kernel may get another memory map than this one's
 * has its own version.
 *
 * Context: any.
 */
void __weak kstate_arch_each_ram(void (*visit)(phys_addr_t start,
					       phys_addr_t end))
{
	visit(0, PFN_PHYS(max_pfn));
}

static u64 left_below(u64 limit)
{
	u64 left = 0;
	unsigned int i;

	for (i = 0; i < room.nr && room.hole[i].start < limit; i++)
		left += min(room.hole[i].end, limit) - room.hole[i].start;
	return left;
}

static void remove_hole(unsigned int i)
{
	room.nr--;
	memmove(&room.hole[i], &room.hole[i + 1],
		(room.nr - i) * sizeof(room.hole[0]));
}

static void insert_hole(unsigned int i, u64 start, u64 end)
{
	if (room.nr == MAX_HOLES)
		return;
	memmove(&room.hole[i + 1], &room.hole[i],
		(room.nr - i) * sizeof(room.hole[0]));
	room.hole[i].start = start;
	room.hole[i].end = end;
	room.nr++;
}

/* Real mode has the first MiB. */
static void add_hole(phys_addr_t start, phys_addr_t end)
{
	unsigned int i = room.nr;

	start = max_t(u64, PAGE_ALIGN(start), SZ_1M);
	end = PAGE_ALIGN_DOWN(end);
	if (start >= end)
		return;
	while (i && room.hole[i - 1].start > start)
		i--;
	insert_hole(i, start, end);
}

/* What there is of it is not free any more. */
static void take(u64 start, u64 end)
{
	unsigned int i = room.nr;

	while (i--) {
		u64 first = room.hole[i].start, stop = room.hole[i].end;

		if (stop <= start)
			break;
		if (first >= end)
			continue;
		if (stop > end && first < start)
			insert_hole(i + 1, end, stop);
		if (first < start)
			room.hole[i].end = start;
		else if (stop > end)
			room.hole[i].start = end;
		else
			remove_hole(i);
	}
}

/* In any number of pieces. Returns what could not be had. */
static u64 take_below(u64 size, u64 limit)
{
	unsigned int i = room.nr;

	while (i-- && size) {
		u64 start = room.hole[i].start;
		u64 end = min(room.hole[i].end, limit), part;

		if (start >= end)
			continue;
		part = min(size, end - start);
		take(end - part, end);
		size -= part;
	}
	return size;
}

/* In one piece */
static bool take_block(u64 size, u64 align, u64 min, u64 max)
{
	unsigned int i = room.nr;

	while (i--) {
		u64 start = max(room.hole[i].start, min);
		u64 end = min(room.hole[i].end, max), at;

		if (start >= end || end - start < size)
			continue;
		at = ALIGN_DOWN(end - size, align);
		if (at < start)
			continue;
		take(at, at + size);
		return true;
	}
	return false;
}

/* The next kernel says so and goes on when there is no piece of that size. */
static void take_areas(const struct kstate_needs *needs)
{
	unsigned int i;

	for (i = 0; i < needs->nr_areas; i++)
		take_block(needs->areas[i], PAGE_SIZE, 0, U64_MAX);
}

/* As reserve_crashkernel_generic() looks for it */
static bool take_crash(const struct kstate_needs *needs)
{
	u64 size = needs->crash, align = needs->crash_align;

	if (!size)
		return true;
	if (needs->crash_base)
		return take_block(size, PAGE_SIZE, needs->crash_base,
				  needs->crash_base + size);
	if (!needs->crash_high && take_block(size, align, 0, SZ_4G))
		return true;
	if (take_block(size, align, SZ_4G, U64_MAX))
		return !needs->crash_low ||
		       take_block(needs->crash_low, align, 0, SZ_4G);
	return needs->crash_high && take_block(size, align, 0, SZ_4G);
}

/* The struct pages of a node are in its own memory as long as there is some. */
static bool take_memmap(u64 ram, u64 low)
{
	u64 size = (ram - low) / 64 + take_below(low / 64, SZ_4G);

	if (IS_ENABLED(CONFIG_KASAN_GENERIC))
		size += ram / 8;
	return !take_below(size, U64_MAX);
}

static void find_room(const struct kstate_extent *kept, unsigned int nr,
		      const struct kstate_needs *needs)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		take(PFN_PHYS(kept[i].first), PFN_PHYS(kept[i].last + 1));
	for (i = 0; i < needs->nr_taken; i++)
		take(needs->taken[i].start, needs->taken[i].end);
}

/* @gaps: bytes of the extents that are free when the early list is done with */
static enum shortage boot(const struct kstate_extent *kept, unsigned int nr,
			  u64 gaps, const struct kstate_needs *needs)
{
	u64 ram, low, left;

	room.nr = 0;
	kstate_arch_each_ram(add_hole);
	ram = left_below(U64_MAX);
	low = left_below(SZ_4G);
	find_room(kept, nr, needs);

	if (take_below(NEED_EARLY, U64_MAX))
		return SHORT_OF_MEMORY;
	take_areas(needs);
	if (!take_crash(needs))
		return SHORT_OF_CRASH;
	if (!take_memmap(ram, low))
		return SHORT_OF_MEMORY;
	if (needs->bounce &&
	    (!take_block(needs->bounce, PAGE_SIZE, 0, SZ_4G) ||
	     left_below(SZ_4G) < NEED_DMA))
		return SHORT_OF_LOW;
	left = left_below(U64_MAX);
	if (left < NEED_LATE || left + gaps < NEED_LATE + needs->unpacked)
		return SHORT_OF_MEMORY;
	if (left + gaps - NEED_LATE - needs->unpacked < needs->huge)
		return SHORT_OF_HUGE;
	return SHORT_OF_NOTHING;
}

/**
 * kstate_room_lacks - what will the next kernel not have enough of?
 * @kept: the extents of the early list, by address
 * @nr: how many
 * @nr_pages: pages in them that are preserved
 * @needs: what the image brings and what its command line asks for
 *
 * What does not fit into this machine when nothing is preserved either is not
 * asked for: the next kernel does without, as it does after a cold boot.
 *
 * Context: the map's lock is held.
 *
 * Return: NULL: it has enough of all; else words for the log that follow "the
 * next kernel would not have enough".
 */
const char *kstate_room_lacks(const struct kstate_extent *kept,
			      unsigned int nr, unsigned long nr_pages,
			      const struct kstate_needs *needs)
{
	struct kstate_needs sane = *needs;
	u64 gaps = 0;
	unsigned int i;

	if (boot(NULL, 0, 0, &sane) == SHORT_OF_LOW)
		sane.bounce = 0;
	if (boot(NULL, 0, 0, &sane) == SHORT_OF_CRASH)
		sane.crash = 0;
	if (boot(NULL, 0, 0, &sane) == SHORT_OF_HUGE)
		sane.huge = 0;
	if (boot(NULL, 0, 0, &sane) != SHORT_OF_NOTHING)
		return NULL;
	for (i = 0; i < nr; i++)
		gaps += PFN_PHYS(kept[i].last - kept[i].first + 1);
	gaps -= PFN_PHYS(nr_pages);
	return shortages[boot(kept, nr, gaps, &sane)];
}
