// SPDX-License-Identifier: GPL-2.0
/*
 * Booting: what setup_arch() and mm_core_init() do around mm/kstate_boot.c.
 */
#include <sys/mman.h>

#include <linux/kstate_boot.h>
#include <linux/memblock.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "mem.h"

static void forget(struct memblock_type *type)
{
	memset(type->regions, 0, type->cnt * sizeof(type->regions[0]));
	type->cnt = 0;
	type->total_size = 0;
}

void mem_memblock(unsigned long end)
{
	forget(&memblock.memory);
	forget(&memblock.reserved);
	memblock_add(0, 640 << 10);
	memblock_add(1 << 20, PFN_PHYS(end) - (1 << 20));
	memblock_add(PFN_PHYS(MEM_ARENA), PFN_PHYS(MEM_ARENA_SIZE));
	memblock_reserve(MEM_KERNEL, MEM_KERNEL_SIZE);
}

void mem_map_init(void)
{
	struct memblock_region *rgn, *mem;
	unsigned long pfn, end;

	for_each_reserved_mem_region(rgn) {
		for_each_mem_region(mem) {
			pfn = PHYS_PFN(max(rgn->base, mem->base));
			end = PHYS_PFN(min(rgn->base + rgn->size,
					   mem->base + mem->size));
			for (; pfn < end; pfn++) {
				SetPageReserved(pfn_to_page(pfn));
				set_page_count(pfn_to_page(pfn), 1);
			}
		}
	}
}

void mem_jump(const struct kstate_abi_root *root, unsigned long end)
{
	struct kstate_abi_root copy = *root;

	/* The new kernel has struct pages of its own. */
	madvise(mem_pages, MEM_END * sizeof(struct page), MADV_DONTNEED);
	mem_old_reset();
	mem_new_reset();
	mem_log_lines = 0;
	mem_memblock(end);
	kstate_boot_reserve(&copy, PFN_PHYS(MEM_END));
	mem_map_init();
	kstate_boot_init();
	mem_core_initcall();
}

unsigned long mem_reserved_pages(void)
{
	struct memblock_region *rgn;
	unsigned long pages = 0;

	for_each_reserved_mem_region(rgn)
		if (rgn->flags & MEMBLOCK_PRSRV)
			pages += PHYS_PFN(rgn->size);
	return pages;
}
