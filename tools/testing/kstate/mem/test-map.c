// SPDX-License-Identifier: GPL-2.0
/*
 * Maps that nobody wrote: one thing in them is wrong, and all checksums are
 * right. Either such a map is refused, or what it keeps is memory that the
 * early list has, and all of that can be given back.
 */
#include <stdlib.h>

#include <linux/bitmap.h>
#include <linux/kstate.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "../../../../kernel/kstate_internal.h"
#include "../tap.h"
#include "mem.h"
#include "model.h"

#define CHUNK	BIT(15)
#define ROUNDS	1000

static struct kstate_abi_root good, root;
static struct kstate_map map;

struct pick {
	unsigned long nth;
	void *page;
	int level;
};

static int pick_page(const void *page, int level, void *arg)
{
	struct pick *pick = arg;

	pick->page = (void *)page;
	pick->level = level;
	return !pick->nth--;
}

/* What a header or an entry could be that is not what it is */
static void harm_entry(struct kstate_abi_node *node, unsigned int slot)
{
	u64 entry = kstate_node_entry(node, slot);
	unsigned long first = kstate_entry_first(entry);

	switch (model_below(6)) {
	case 0:
		entry ^= KSTATE_ABI_MAP_PAGE;
		break;
	case 1:
		entry = kstate_node_entry(node,
					  model_below(kstate_node_count(node)));
		break;
	case 2:
		entry = model_random();
		break;
	case 3:
		entry ^= 1ULL << model_below(64);
		break;
	case 4:
		/* leads to itself, or to the top */
		entry = kstate_entry_page(kstate_entry_chunk(entry),
					  model_below(2) ? node : map.top);
		break;
	case 5:
		entry = kstate_entry_run(first, first + model_below(100));
		break;
	}
	node->entries[slot] = cpu_to_le64(entry);
}

static void harm_node(struct kstate_abi_node *node)
{
	unsigned int count = kstate_node_count(node);

	switch (model_below(8)) {
	case 0:
		node->count = cpu_to_le16(model_random());
		break;
	case 1:
		node->count = cpu_to_le16(count - 1);
		break;
	case 2:
		node->level = cpu_to_le16(model_below(9));
		break;
	case 3:
		node->reserved = cpu_to_le32(1);
		break;
	default:
		harm_entry(node, model_below(count));
	}
}

static void harm_root(void)
{
	switch (model_below(5)) {
	case 0:
		root.map_levels = cpu_to_le32(model_below(9));
		break;
	case 1:
		root.map = cpu_to_le64(model_random());
		break;
	case 2:
		root.map = cpu_to_le64(PFN_PHYS(MEM_FIRST + model_below(4096)));
		break;
	case 3:
		root.nr_preserved = cpu_to_le64(model_below(5000));
		break;
	case 4:
		root.extents[model_below(KSTATE_ABI_MAX_EXTENTS)].size ^=
			cpu_to_le64(1ULL << model_below(64));
		break;
	}
}

static void harm(void)
{
	struct pick pick = { .nth = model_below(map.nr_nodes) };

	kstate_map_walk_nodes(&map, pick_page, &pick);
	if (!model_below(8))
		harm_root();
	else if (pick.level == KSTATE_MAP_BITMAP)
		((u8 *)pick.page)[model_below(PAGE_SIZE)] ^= 4;
	else
		harm_node(pick.page);
}

/* A checksum can be made only of a map that can be walked. */
static void jump(void)
{
	struct kstate_map harmed;

	root.map_crc = 0;
	mem_root_seal(&root);
	mem_jump(&root, MEM_FIRST + model.nr_bits);
	if (!strstr(mem_log, "the map's checksum is wrong"))
		return;
	harmed.top = phys_to_virt(le64_to_cpu(root.map));
	harmed.levels = le32_to_cpu(root.map_levels);
	root.map_crc = cpu_to_le32(kstate_map_crc(&harmed));
	mem_root_seal(&root);
	mem_managed = 0;
	mem_jump(&root, MEM_FIRST + model.nr_bits);
}

/* True if the map was refused */
static bool is_refused(void)
{
	unsigned long kept = mem_new_map()->nr_pages;

	CHECK_EQ(mem_log_lines, 1);
	if (mem_new_map()->top) {
		CHECK_EQ(mem_managed + kept, mem_reserved_pages());
		kstate_boot_release();
		CHECK_EQ(mem_managed, mem_reserved_pages());
		return false;
	}
	CHECK(strstr(mem_log, "nothing is restored: "));
	CHECK_EQ(mem_managed, mem_reserved_pages());
	return true;
}

static void hostile_maps_do_no_harm(void)
{
	unsigned int i, refused = 0;
	void *image;

	/* bitmaps for few runs as long as there may be, leaves, one for many */
	model_start(12 * CHUNK, false);
	for (i = 0; i < 11 * CHUNK; i += 128)
		model_preserve(i, 1 + i % 5);
	for (; i < 12 * CHUNK; i += 32)
		model_preserve(i, 1);
	mem_old_commit(&good);
	map = *mem_old_map();
	CHECK(map.levels > 1);
	image = mem_save();
	for (i = 0; i < ROUNDS && !tap_failed(); i++) {
		root = good;
		mem_managed = 0;
		mem_log[0] = '\0';
		if (i)
			harm();
		jump();
		refused += is_refused();
		if (!i)
			CHECK(!refused);
		mem_restore(image);
	}
	/* most of what can be wrong can be told */
	CHECK(refused > ROUNDS / 2 && refused < ROUNDS);
	free(image);
	model_stop();
}

static const struct tap_test tests[] = {
	TAP_TEST(hostile_maps_do_no_harm),
};

int main(void)
{
	mem_start();
	return tap_run(tests, ARRAY_SIZE(tests));
}
