// SPDX-License-Identifier: GPL-2.0
/*
 * The old kernel: mm/kstate_mem.c as it is, and a way to start anew.
 */
#include "../../../../mm/kstate_mem.c"

#include <linux/crc32.h>
#include <linux/string.h>

#include "mem.h"

void mem_old_reset(void)
{
	out_tree = (struct kstate_tree)KSTATE_TREE_INIT(out_tree);
	nr_client_pages = 0;
	map_frozen = false;
	mem_postcore_initcall();
	known_ram.end = 0;
	fixed_zones[0] = 0;
}

const struct kstate_map *mem_old_map(void)
{
	return &out_tree.map;
}

void mem_old_miscount(int pages)
{
	out_tree.map.nr_pages += pages;
}

void mem_root_seal(struct kstate_abi_root *root)
{
	root->crc = 0;
	root->crc = cpu_to_le32(__crc32c_le(~0, (const u8 *)root,
					    sizeof(*root)));
}

void mem_old_commit(struct kstate_abi_root *root)
{
	memset(root, 0, sizeof(*root));
	root->magic = cpu_to_le64(KSTATE_ABI_ROOT_MAGIC);
	root->format = cpu_to_le32(KSTATE_ABI_ROOT_FORMAT);
	root->generation = cpu_to_le32(1);
	kstate_mem_commit(root);
	mem_root_seal(root);
}
