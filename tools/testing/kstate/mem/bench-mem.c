// SPDX-License-Identifier: GPL-2.0
/*
 * How long it takes to preserve memory that is shredded, and to bring it into
 * the next kernel: from the map over the early list and memblock to the exact
 * map and the gaps. Beside it, what reserving each extent by itself takes in
 * mm/memblock.c. Prints a line for each row, for scripts/bench.
 *
 * Times are the least of several rounds: what is above it is the machine's.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <linux/kstate.h>
#include <linux/kstate_boot.h>
#include <linux/memblock.h>

#include "../../../../kernel/kstate_internal.h"
#include "mem.h"

#define ROUNDS	5

/* A line for scripts/bench: thousandths, and 0 where there is no peer or bar */
static void report(const char *name, const char *unit, double value,
		   const char *peer, double control, double bar)
{
	printf("%s|0|%s|%.0f|%s|%.0f|%.0f\n", name, unit, value * 1000, peer,
	       control * 1000, bar * 1000);
	fflush(stdout);
}

static double now(void)
{
	struct timespec ts;

	/* Others on the same CPU do not count. */
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return ts.tv_sec * 1e9 + ts.tv_nsec;
}

static void least(double *best, double since)
{
	double took = now() - since;

	if (!*best || took < *best)
		*best = took;
}

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "bench-mem: %s\n", what);
	exit(2);
}

/* Every second page, so that no two runs touch */
static phys_addr_t extent(unsigned long i)
{
	return PFN_PHYS(MEM_FIRST + 2 * i);
}

/* Spread, too, but so that the next one is nowhere near */
static phys_addr_t far_extent(unsigned long i, unsigned long nr)
{
	return extent(i * 7919 % nr);
}

static void preserve(unsigned long nr)
{
	unsigned long i;

	for (i = 0; i < nr; i++)
		must(!kstate_preserve_range(extent(i), PAGE_SIZE), "preserve");
}

/* ---- The way into the next kernel ---- */

struct way {
	double list;	/* the old kernel's: early list and checksum */
	double reserve;	/* into memblock */
	double open;	/* the map is checked and its pages marked */
	double gaps;	/* what lies between is freed */
};

static void go(struct way *way, unsigned long nr)
{
	struct kstate_abi_root root;
	double start;

	mem_reset(false);
	preserve(nr);
	start = now();
	mem_old_commit(&root);
	least(&way->list, start);

	mem_old_reset();
	memset(mem_pages, 0, (MEM_FIRST + 2 * nr) * sizeof(*mem_pages));
	mem_memblock(MEM_FIRST + 2 * nr);
	start = now();
	kstate_boot_reserve(&root, PFN_PHYS(MEM_END));
	least(&way->reserve, start);
	mem_map_init();
	start = now();
	kstate_boot_init();
	least(&way->open, start);
	must(mem_new_map()->top, "the map was refused");
	start = now();
	mem_core_initcall();
	least(&way->gaps, start);
}

static const char *name_of(const char *what, unsigned long nr)
{
	static char name[80];

	snprintf(name, sizeof(name), "%lu extents: %s", nr, what);
	return name;
}

/* In all, without freeing the gaps, which is the page allocator's work */
static double time_way(unsigned long nr, struct way *way)
{
	int i;

	*way = (struct way){ };
	for (i = 0; i < ROUNDS; i++)
		go(way, nr);
	return way->list + way->reserve + way->open;
}

/* What memblock takes when each extent is reserved by itself */
static double time_each(unsigned long nr)
{
	unsigned long i;
	double start;

	mem_reset(false);
	mem_memblock(MEM_FIRST + 2 * nr + (1 << 20));
	memblock_allow_resize();
	start = now();
	for (i = 0; i < nr; i++)
		must(!memblock_reserve(extent(i), PAGE_SIZE), "reserve");
	return now() - start;
}

static void bench_curves(void)
{
	struct way way;
	unsigned long nr;
	double all;

	for (nr = 1000; nr <= 64000; nr *= 2) {
		all = time_way(nr, &way);
		report(name_of("early list to exact map", nr), "ms", all / 1e6,
		       "reserving each", time_each(nr) / 1e6, 0);
	}
}

static void bench_boot(void)
{
	double few, many;
	struct way way;

	few = time_way(100000, &way);
	many = time_way(1000000, &way);
	report("1000000 extents: early list, checksum", "ms", way.list / 1e6,
	       "", 0, 0);
	report("1000000 extents: into memblock", "ms", way.reserve / 1e6, "", 0,
	       0);
	report("1000000 extents: read the exact map", "ms", way.open / 1e6, "",
	       0, 0);
	report("1000000 extents: find and free the gaps", "ms", way.gaps / 1e6,
	       "", 0, 0);
	report("1000000 extents: early list to exact map", "ms", many / 1e6,
	       "allowed", 100, 1);
	/* What does not fit into the caches takes longer each. */
	report("1000000 extents: per extent", "ns", many / 1000000,
	       "100000 extents", few / 100000, 3);
}

/* ---- Preserving ---- */

static void bench_preserve(void)
{
	double set = 0, clear = 0, far = 0, range = 0, start;
	unsigned long i, nr = 262139;	/* a prime */
	int round;

	for (round = 0; round < ROUNDS; round++) {
		mem_reset(false);
		start = now();
		preserve(nr);
		least(&set, start);
		start = now();
		for (i = 0; i < nr; i++)
			kstate_unpreserve_range(extent(i), PAGE_SIZE);
		least(&clear, start);
		start = now();
		for (i = 0; i < nr; i++)
			must(!kstate_preserve_range(far_extent(i, nr),
						    PAGE_SIZE), "preserve");
		least(&far, start);
		mem_reset(false);
		start = now();
		for (i = 0; i < 1000; i++)
			must(!kstate_preserve_range(PFN_PHYS(MEM_FIRST +
							     i * 200000),
						    PFN_PHYS(100000)),
			     "preserve");
		least(&range, start);
	}
	report("preserve, every second page", "ns/page", set / nr, "", 0, 0);
	report("unpreserve, every second page", "ns/page", clear / nr, "", 0, 0);
	report("preserve, every second page, out of order", "ns/page", far / nr,
	       "", 0, 0);
	report("preserve a range of 390 MiB", "ns", range / 1000, "", 0, 0);
}

/* ---- What the map takes ---- */

static void report_size(const char *name, unsigned long extents,
			unsigned long ram)
{
	double most = 16.0 * extents;

	if (most > PFN_PHYS(ram) / 4096 / 8)
		most = PFN_PHYS(ram) / 4096 / 8;
	/* contiguous memory is to take less than two pages */
	most = extents == 1 ? 8191 : most + 65536;
	report(name, "KiB", kstate_mem_map_bytes() / 1024.0, "allowed",
	       most / 1024, 1);
}

static void bench_size(void)
{
	unsigned long chunk = 1UL << 15, tib = 1UL << 28, spread = 99999989;
	unsigned long i, nr;

	mem_reset(false);
	must(!kstate_preserve_range(PFN_PHYS(MEM_FIRST + 3),
				    PFN_PHYS(tib - 2 * chunk)), "preserve");
	report_size("map: 1 TiB in a row", 1, tib);

	mem_reset(true);
	for (i = 1; i < tib / chunk; i++)
		must(!kstate_preserve_range(PFN_PHYS(i * chunk + i), PAGE_SIZE),
		     "preserve");
	report_size("map: a page in each 128 MiB of 1 TiB", i - 1, tib);

	mem_reset(true);
	preserve(1000000);
	report_size("map: every second page of 7.6 GiB", 1000000, 2000000);

	mem_reset(true);
	for (i = 0; i < 1000000; i++)
		must(!kstate_preserve_range(extent(i * 104729 % spread),
					    PAGE_SIZE), "preserve");
	report_size("map: 1000000 pages, spread over 763 GiB", i, 2 * spread);
	for (i = 0, nr = 1000000; i < 1000000; i++) {
		if (i * 2654435761UL % 1000003 & 1)
			continue;
		kstate_unpreserve_range(extent(i * 104729 % spread), PAGE_SIZE);
		nr--;
	}
	report_size("map: the same, half of them gone", nr, 2 * spread);
}

int main(void)
{
	mem_start();
	bench_size();
	bench_preserve();
	bench_curves();
	bench_boot();
	return 0;
}
