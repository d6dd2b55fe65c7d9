/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A machine for mm/kstate_*.c: four tebibytes of memory that may be preserved, and
 * above them an arena where alloc_page() finds the map's pages. mem_jump() starts
 * the next kernel in it.
 */
#ifndef _KSTATE_MEM_H
#define _KSTATE_MEM_H

#include <linux/kstate_abi.h>
#include <linux/mm.h>

#include "../../../../mm/kstate_map.h"

/* Pages that tests may use begin here; what is below is the new kernel's. */
#define MEM_FIRST	BIT(15)
#define MEM_ARENA	BIT(30)
#define MEM_ARENA_SIZE	BIT(20)
#define MEM_END		(MEM_ARENA + MEM_ARENA_SIZE)

/* The new kernel itself */
#define MEM_KERNEL	(16UL << 20)
#define MEM_KERNEL_SIZE	(32UL << 20)

/* ---- shim.c ---- */

void mem_start(void);

/* All pages free, all at their beginning; the map's ones are @scattered. */
void mem_reset(bool scattered);

/* A copy of the pages that alloc_page() gave, and back; the copy is malloc()ed. */
void *mem_save(void);
void mem_restore(const void *copy);

/* Pages that alloc_page() gave and that were not freed */
unsigned long mem_allocated(void);

/* The @nth page from now on, counted from 1, and all after it are not had. */
void mem_fail_alloc(unsigned long nth);

#define MEM_MAX_RAM	8

/* What the next kernel will know as RAM; none: all */
extern struct mem_ram {
	u64 start;
	u64 end;
} mem_ram[MEM_MAX_RAM];
extern unsigned int mem_nr_ram;

/* The log's last line */
extern char mem_log[256];
extern unsigned int mem_log_lines;

/* ---- old.c and new.c: the kernels, with what is static in them ---- */

extern int (*mem_core_initcall)(void);

void mem_old_reset(void);
const struct kstate_map *mem_old_map(void);

/* Write the root page as kstate_kexec_commit() does. */
void mem_old_commit(struct kstate_abi_root *root);
void mem_old_miscount(int pages);
void mem_root_seal(struct kstate_abi_root *root);

void mem_new_reset(void);
const struct kstate_map *mem_new_map(void);
bool mem_page_left(const struct page *page);
bool mem_page_own(const struct page *page);

/* ---- boot.c ---- */

/* Let memblock know the memory below @end, and the arena. */
void mem_memblock(unsigned long end);

/* The reserved pages get their struct pages' state. */
void mem_map_init(void);

/* The next kernel's way up to core_initcall: step by step or at once */
void mem_jump(const struct kstate_abi_root *root, unsigned long end);

/* Pages reserved for what was preserved */
unsigned long mem_reserved_pages(void);

#endif /* _KSTATE_MEM_H */
