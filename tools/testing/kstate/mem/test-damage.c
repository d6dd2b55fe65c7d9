// SPDX-License-Identifier: GPL-2.0
/*
 * What the previous kernel left is damaged: each byte of the root page and of the
 * map, without mending a checksum and with all of them mended. The next kernel
 * comes up, has all its memory, and says in one line why it restores nothing, or
 * restores what is in order.
 */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <linux/bitmap.h>
#include <linux/kstate.h>
#include <linux/memblock.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "../../../../kernel/kstate_internal.h"
#include "../tap.h"
#include "mem.h"
#include "model.h"

#define CHUNK		BIT(15)
#define MAX_NODES	16

/* Chunks with few runs, which are entries of two leaves, and one with a bitmap */
#define LEAF_CHUNKS	40
#define LEAF_RUNS	15
#define BITMAP_RUNS	400

static struct kstate_abi_root root, good;
static u8 *nodes[MAX_NODES];
static unsigned int nr_nodes;

/* What became of what was damaged */
static unsigned long nr_cold, nr_sound;

static int collect_node(const void *page, int level, void *arg)
{
	nodes[nr_nodes++] = (u8 *)page;
	return nr_nodes == MAX_NODES;
}

static void start(void)
{
	unsigned long chunk, i;

	model_start((LEAF_CHUNKS + 1) * CHUNK, false);
	for (chunk = 0; chunk < LEAF_CHUNKS; chunk++)
		for (i = 0; i < LEAF_RUNS; i++)
			model_preserve(chunk * CHUNK + i * 3, 1 + i % 2);
	for (i = 0; i < BITMAP_RUNS; i++)
		model_preserve(chunk * CHUNK + i * 2, 1);
	mem_old_commit(&good);
	nr_nodes = 0;
	CHECK(!kstate_map_walk_nodes(mem_old_map(), collect_node, NULL));
	/* a top node, two leaves, and a bitmap */
	CHECK_EQ(nr_nodes, 4);
	CHECK_EQ(mem_old_map()->levels, 2);
	nr_cold = 0;
	nr_sound = 0;
}

static void stop(void)
{
	printf("# %lu times nothing was restored, %lu times what was in order\n",
	       nr_cold, nr_sound);
	model_stop();
}

/* ---- What the next kernel makes of it ---- */

/* Pages of RAM that are kept from others; all that is kept is RAM. */
static unsigned long kept_pages(void)
{
	struct memblock_region *rsv, *mem;
	unsigned long pages = 0;
	phys_addr_t from, to;

	for_each_reserved_mem_region(rsv) {
		if (!(rsv->flags & MEMBLOCK_PRSRV))
			continue;
		CHECK(rsv->base + rsv->size <= memblock_end_of_DRAM());
		for_each_mem_region(mem) {
			from = max(rsv->base, mem->base);
			to = min(rsv->base + rsv->size, mem->base + mem->size);
			if (from < to)
				pages += PHYS_PFN(to) - PHYS_PFN(from);
		}
	}
	return pages;
}

static int check_run(unsigned long pfn, unsigned long nr, void *arg)
{
	for (; nr; nr--, pfn++)
		if (!mem_page_left(pfn_to_page(pfn)) &&
		    !mem_page_own(pfn_to_page(pfn)))
			return -1;
	return 0;
}

/* What is not claimed is cleared in the end: the map has to be there once more. */
static void keep_nodes(bool back)
{
	static u8 copies[MAX_NODES][PAGE_SIZE];
	unsigned int i;

	for (i = 0; i < nr_nodes; i++) {
		if (back)
			memcpy(nodes[i], copies[i], PAGE_SIZE);
		else
			memcpy(copies[i], nodes[i], PAGE_SIZE);
	}
}

/* Jump, and find all memory again. True if nothing was restored. */
static bool jump(void)
{
	unsigned long kept, there = 0;
	bool cold;

	mem_managed = 0;
	keep_nodes(false);
	mem_jump(&root, MEM_FIRST + model.nr_bits);
	cold = !mem_new_map()->top;
	kept = kept_pages();
	if (cold) {
		nr_cold++;
		CHECK(strstr(mem_log, "nothing is restored: ") == mem_log);
	} else {
		nr_sound++;
		there = mem_new_map()->nr_pages;
		CHECK(!kstate_map_walk_runs(mem_new_map(), check_run, NULL));
	}
	CHECK_EQ(mem_log_lines, 1);
	CHECK_EQ(mem_managed, kept - there);
	kstate_boot_release();
	CHECK_EQ(mem_managed, kept);
	keep_nodes(true);
	return cold;
}

/* As a kernel would have written it that takes this for its map */
static void seal_map(void)
{
	struct kstate_map map = {
		.top = phys_to_virt(le64_to_cpu(root.map)),
		.levels = le32_to_cpu(root.map_levels),
	};

	root.map_crc = cpu_to_le32(kstate_map_crc(&map));
	mem_root_seal(&root);
}

/* The map is damaged: noticed, also if only its contents can tell. */
static bool try_map(void)
{
	root = good;
	if (!CHECK(jump()))
		return false;
	/* Else it has not even the shape of a map. */
	if (!strstr(mem_log, "checksum"))
		return true;
	seal_map();
	jump();
	return !tap_failed();
}

static bool try_root(void)
{
	if (!CHECK(jump()))
		return false;
	mem_root_seal(&root);
	jump();
	return !tap_failed();
}

/* ---- Damage ---- */

/* Another value of a byte: of each bit, none, all, and any */
#define VALUES	11

static u8 another(u8 byte, unsigned int i)
{
	switch (i) {
	case 8:
		return 0;
	case 9:
		return 0xff;
	case 10:
		return model_random();
	default:
		return byte ^ BIT(i);
	}
}

/* Each byte of a header gets all of them, elsewhere they take turns. */
static unsigned int values_of(unsigned int at, unsigned int header)
{
	return at < header ? VALUES : 1;
}

static void every_byte_of_the_root(void)
{
	unsigned int at, i;
	u8 *bytes = (u8 *)&root, byte;

	start();
	root = good;
	CHECK(!jump());
	for (at = 0; at < sizeof(root); at++) {
		for (i = 0; i < values_of(at, offsetof(typeof(root), extents)); i++) {
			root = good;
			byte = another(bytes[at], (i + at * 5) % VALUES);
			if (byte == bytes[at])
				continue;
			bytes[at] = byte;
			if (!try_root())
				goto out;
		}
	}
out:
	stop();
}

static void every_byte_of_the_map(void)
{
	unsigned int node, at, i;
	u8 *byte, was;

	start();
	for (node = 0; node < nr_nodes; node++) {
		for (at = 0; at < PAGE_SIZE; at++) {
			byte = nodes[node] + at;
			was = *byte;
			for (i = 0; i < values_of(at, 16); i++) {
				*byte = another(was, (i + at * 5) % VALUES);
				if (*byte != was && !try_map())
					goto out;
				*byte = was;
			}
		}
	}
	root = good;
	CHECK(!jump());
out:
	stop();
}

/* Numbers of a root that are as large as they get, or as small */
static void hostile_numbers(void)
{
	static const u64 values[] = {
		0, 1, PAGE_SIZE, ~0ULL, ~0ULL << PAGE_SHIFT, 1ULL << 63,
		1ULL << 51, (1ULL << 52) - PAGE_SIZE, (u64)MEM_END << PAGE_SHIFT,
		((u64)MEM_END - 1) << PAGE_SHIFT, MEM_KERNEL, 1 << 20,
	};
	unsigned int at, i;
	__le64 *words = (__le64 *)&root;

	start();
	for (at = 0; at < sizeof(root) / sizeof(*words); at++) {
		for (i = 0; i < ARRAY_SIZE(values); i++) {
			root = good;
			words[at] = cpu_to_le64(values[i]);
			mem_root_seal(&root);
			if (memcmp(&root, &good, sizeof(root)))
				jump();
			if (tap_failed())
				goto out;
		}
	}
out:
	stop();
}

static void swap_pages(u8 *a, u8 *b)
{
	u8 page[PAGE_SIZE];

	memcpy(page, a, PAGE_SIZE);
	memcpy(a, b, PAGE_SIZE);
	memcpy(b, page, PAGE_SIZE);
}

static void pages_of_the_map_are_swapped(void)
{
	unsigned int a, b;
	bool ok = true;

	start();
	for (a = 0; ok && a < nr_nodes; a++) {
		for (b = 0; ok && b < a; b++) {
			swap_pages(nodes[a], nodes[b]);
			ok = try_map();
			swap_pages(nodes[a], nodes[b]);
		}
	}
	stop();
}

/* The root of the hand-over before, and the other way round */
static void an_old_root_is_refused(void)
{
	struct kstate_abi_root later;
	void *copy;

	start();
	/* The bitmap has more bits afterwards. */
	copy = mem_save();
	model_preserve(LEAF_CHUNKS * CHUNK + BITMAP_RUNS * 2 + 100, 7);
	mem_old_commit(&later);
	root = good;
	CHECK(jump());
	mem_restore(copy);
	root = later;
	CHECK(jump());
	root = good;
	CHECK(!jump());
	free(copy);
	stop();
}

/* Every page of the map is missing, one at a time. */
static void pages_of_the_map_are_lost(void)
{
	u8 page[PAGE_SIZE];
	unsigned int i;
	bool ok = true;

	start();
	for (i = 0; ok && i < nr_nodes; i++) {
		memcpy(page, nodes[i], PAGE_SIZE);
		memset(nodes[i], 0, PAGE_SIZE);
		ok = try_map();
		memset(nodes[i], 0xff, PAGE_SIZE);
		ok = ok && try_map();
		memcpy(nodes[i], page, PAGE_SIZE);
	}
	stop();
}

static const struct tap_test tests[] = {
	TAP_TEST(every_byte_of_the_root),
	TAP_TEST(every_byte_of_the_map),
	TAP_TEST(hostile_numbers),
	TAP_TEST(pages_of_the_map_are_swapped),
	TAP_TEST(pages_of_the_map_are_lost),
	TAP_TEST(an_old_root_is_refused),
};

int main(void)
{
	mem_start();
	return tap_run(tests, ARRAY_SIZE(tests));
}
