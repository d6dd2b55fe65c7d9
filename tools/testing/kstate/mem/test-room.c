// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of the answer to "will the next kernel have enough memory to boot in?"
 * Memory counts in MiB here.
 */
#include <errno.h>

#include <linux/align.h>
#include <linux/minmax.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "../../../../kernel/kstate_internal.h"
#include "../../../../mm/kstate_room.h"
#include "../tap.h"
#include "mem.h"
#include "model.h"

#define MIB(x)		((u64)(x) << 20)
#define FOUR_GIB	4096

#define LEFT_TO_BOOT	"memory left to boot"
#define LEFT_LOW	"memory left below 4 GiB for devices"
#define LEFT_CRASH	"memory left for its crashkernel="
#define LEFT_HUGE	"memory left for its hugepages="

static struct kstate_extent kept[KSTATE_ABI_MAX_EXTENTS];
static unsigned int nr_kept;

static void machine(unsigned int low, unsigned int high)
{
	mem_ram[0] = (struct mem_ram){ 0, 640 << 10 };
	mem_ram[1] = (struct mem_ram){ MIB(1), MIB(low) };
	mem_ram[2] = (struct mem_ram){ MIB(FOUR_GIB), MIB(FOUR_GIB + high) };
	mem_nr_ram = high ? 3 : 2;
	nr_kept = 0;
}

static void keep(unsigned int start, unsigned int end)
{
	kept[nr_kept].first = PHYS_PFN(MIB(start));
	kept[nr_kept].last = PHYS_PFN(MIB(end)) - 1;
	nr_kept++;
}

/* @loose: MiB of the extents that are not preserved */
static const char *lacks_with(const struct kstate_needs *needs,
			      unsigned int loose)
{
	unsigned long pages = 0;
	unsigned int i;

	for (i = 0; i < nr_kept; i++)
		pages += kept[i].last - kept[i].first + 1;
	return kstate_room_lacks(kept, nr_kept, pages - PHYS_PFN(MIB(loose)),
				 needs);
}

static bool is(const char *got, const char *want)
{
	return got && want ? !strcmp(got, want) : got == want;
}

#define CHECK_LACKS(needs, want) \
	CHECK(is(lacks_with(needs, 0), want))

static void memory_to_boot(void)
{
	struct kstate_needs needs = { };

	machine(2049, 0);
	CHECK_LACKS(&needs, NULL);
	/* 2048 / 64 for struct pages, and 64 */
	keep(1, 2049 - 96);
	CHECK_LACKS(&needs, NULL);
	kept[0].last++;
	CHECK_LACKS(&needs, LEFT_TO_BOOT);
	kept[0].last--;

	/* what the image brings */
	needs.nr_taken = 1;
	needs.taken[0].start = MIB(2000);
	needs.taken[0].end = MIB(2016);
	CHECK_LACKS(&needs, LEFT_TO_BOOT);
	keep(2049 - 96, 2049 - 96);
	kept[0].last -= PHYS_PFN(MIB(16));
	nr_kept = 1;
	CHECK_LACKS(&needs, NULL);

	/* what is apart for what can move */
	needs.areas[0] = MIB(16);
	needs.nr_areas = 1;
	CHECK_LACKS(&needs, LEFT_TO_BOOT);
	kept[0].last -= PHYS_PFN(MIB(16));
	CHECK_LACKS(&needs, NULL);
	/* there is no such piece, so it is not taken */
	needs.areas[0] = MIB(1024);
	CHECK_LACKS(&needs, NULL);
}

/* Gaps of the early list are no help before they are free, and then they are. */
static void gaps_come_late(void)
{
	struct kstate_needs needs = { };

	machine(2049, 0);
	keep(1, 2049 - 95);
	CHECK(is(lacks_with(&needs, 500), LEFT_TO_BOOT));
	nr_kept = 0;
	keep(1, 2049 - 96);
	needs.unpacked = MIB(100);
	needs.huge = MIB(200);
	CHECK(is(lacks_with(&needs, 99), LEFT_TO_BOOT));
	CHECK(is(lacks_with(&needs, 100), LEFT_HUGE));
	CHECK(is(lacks_with(&needs, 299), LEFT_HUGE));
	CHECK(is(lacks_with(&needs, 300), NULL));
}

static void memory_for_devices(void)
{
	struct kstate_needs needs = { .bounce = MIB(64) };

	machine(3072, 13312);
	keep(1, 3072);
	CHECK_LACKS(&needs, LEFT_LOW);
	needs.bounce = 0;
	CHECK_LACKS(&needs, NULL);

	/* 64, 16, and 47.98 of 48 for the struct pages of what is low */
	needs.bounce = MIB(64);
	nr_kept = 0;
	keep(1, 3072 - 128);
	CHECK_LACKS(&needs, NULL);
	kept[0].last += 16;
	CHECK_LACKS(&needs, LEFT_LOW);

	/* in one piece */
	nr_kept = 0;
	keep(1, 2000);
	keep(2060, 2900);
	keep(2960, 3010);
	CHECK_LACKS(&needs, LEFT_LOW);
	kept[2].first += 256 * 10;
	CHECK_LACKS(&needs, NULL);
}

static void crash_kernel(void)
{
	struct kstate_needs needs = {
		.crash = MIB(256), .crash_align = MIB(16),
		.crash_low = MIB(128),
	};

	machine(3072, 13312);
	/* low memory, if it has room; else above, and some of it low */
	keep(1, 2800);
	keep(FOUR_GIB, FOUR_GIB + 13312);
	nr_kept = 1;
	CHECK_LACKS(&needs, NULL);
	kept[0].last = PHYS_PFN(MIB(2960)) - 1;
	CHECK_LACKS(&needs, LEFT_CRASH);
	kept[0].last = PHYS_PFN(MIB(2880)) - 1;
	CHECK_LACKS(&needs, NULL);
	nr_kept = 2;
	CHECK_LACKS(&needs, LEFT_CRASH);

	/* above first, low if there is no room */
	needs.crash_high = true;
	CHECK_LACKS(&needs, LEFT_CRASH);
	kept[0].last = PHYS_PFN(MIB(2400)) - 1;
	CHECK_LACKS(&needs, NULL);

	/* at a fixed place */
	needs.crash_base = MIB(2300);
	CHECK_LACKS(&needs, LEFT_CRASH);
	needs.crash_base = MIB(2400);
	CHECK_LACKS(&needs, NULL);
}

/* What a cold boot could not give either was not taken away. */
static void too_much_asked(void)
{
	struct kstate_needs needs = {
		.crash = MIB(8192), .crash_align = MIB(16), .huge = U64_MAX,
		.bounce = MIB(64),
	};

	machine(2049, 0);
	keep(1, 1000);
	CHECK_LACKS(&needs, NULL);
	machine(80, 0);
	keep(1, 70);
	CHECK_LACKS(&needs, NULL);
	machine(2049, 0);
	needs.crash = 0;
	needs.huge = MIB(1500);
	keep(1, 1000);
	CHECK_LACKS(&needs, LEFT_HUGE);
}

/* ---- The same with a byte for each MiB, at random ---- */

#define MOST	20480

static char free_mib[MOST];

static unsigned int naive_below(unsigned int mib, unsigned int limit)
{
	unsigned int i;

	for (i = limit; i-- && mib; ) {
		if (free_mib[i]) {
			free_mib[i] = 0;
			mib--;
		}
	}
	return mib;
}

static bool naive_block(unsigned int mib, unsigned int align, unsigned int min,
			unsigned int max)
{
	unsigned int at, i;

	for (at = ALIGN_DOWN(max - mib, align); (int)at >= (int)min;
	     at -= align) {
		for (i = 0; i < mib && free_mib[at + i]; i++)
			;
		if (i == mib) {
			memset(free_mib + at, 0, mib);
			return true;
		}
	}
	return false;
}

static unsigned int naive_left(unsigned int limit)
{
	unsigned int i, left = 0;

	for (i = 0; i < limit; i++)
		left += free_mib[i];
	return left;
}

static const char *naive_boot(unsigned int low, unsigned int high,
			      unsigned int crash, unsigned int bounce)
{
	unsigned int i, at;

	memset(free_mib, 0, sizeof(free_mib));
	memset(free_mib + 64, 1, low - 64);
	memset(free_mib + FOUR_GIB, 1, high);
	for (i = 0; i < nr_kept; i++)
		for (at = kept[i].first; at <= kept[i].last; at += 256)
			free_mib[at >> 8] = 0;
	if (naive_below(16, MOST))
		return LEFT_TO_BOOT;
	if (crash && !naive_block(crash, 16, 0, FOUR_GIB) &&
	    (!naive_block(crash, 16, FOUR_GIB, MOST) ||
	     !naive_block(128, 16, 0, FOUR_GIB)))
		return LEFT_CRASH;
	at = naive_below((low - 64) / 64, FOUR_GIB);
	if (naive_below(at + high / 64, MOST))
		return LEFT_TO_BOOT;
	if (bounce && (!naive_block(bounce, 1, 0, FOUR_GIB) ||
		       naive_left(FOUR_GIB) < 16))
		return LEFT_LOW;
	return naive_left(MOST) < 48 ? LEFT_TO_BOOT : NULL;
}

static void as_the_naive_way(void)
{
	static const char * const all[] = {
		NULL, LEFT_TO_BOOT, LEFT_LOW, LEFT_CRASH,
	};
	static const unsigned int gaps[] = { 6, 20, 100 };
	unsigned int i, j, low, high, at, len, seen[ARRAY_SIZE(all)] = { };

	for (i = 0; i < 4000; i++) {
		struct kstate_needs needs = {
			.crash_align = MIB(16), .crash_low = MIB(128),
		};
		const char *want;

		low = 64 + 64 * (20 + model_below(24));
		high = 64 * (20 + model_below(200));
		machine(low, high);
		mem_ram[1].start = MIB(64);
		if (model_below(2))
			needs.crash = MIB(16 + model_below(300));
		if (model_below(2))
			needs.bounce = MIB(1 + model_below(100));
		at = 64;
		while (nr_kept < ARRAY_SIZE(kept)) {
			at += 1 + model_below(gaps[i % 3]);
			if (at < FOUR_GIB && at >= low)
				at = FOUR_GIB;
			if (at >= FOUR_GIB + high)
				break;
			len = min(1 + model_below(1000),
				  (at < low ? low : FOUR_GIB + high) - at);
			keep(at, at + len);
			at += len;
		}
		want = naive_boot(low, high, needs.crash >> 20,
				  needs.bounce >> 20);
		if (!CHECK(is(lacks_with(&needs, 0), want)))
			break;
		for (j = 0; j < ARRAY_SIZE(all); j++)
			seen[j] += is(want, all[j]);
	}
	for (j = 0; j < ARRAY_SIZE(all); j++)
		CHECK(seen[j] > 100);
}

static const struct tap_test tests[] = {
	TAP_TEST(memory_to_boot),
	TAP_TEST(gaps_come_late),
	TAP_TEST(memory_for_devices),
	TAP_TEST(crash_kernel),
	TAP_TEST(too_much_asked),
	TAP_TEST(as_the_naive_way),
};

int main(void)
{
	return tap_run(tests, ARRAY_SIZE(tests));
}
