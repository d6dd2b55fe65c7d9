// SPDX-License-Identifier: GPL-2.0
/*
 * The machine's memory, and what mm/kstate_*.c need of the page allocator.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <linux/kstate.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/padata.h>
#include <linux/string.h>

#include "../../../../kernel/kstate_internal.h"
#include "internal.h"
#include "mem.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(at, size)	((void)(at), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(at, size)	((void)(at), (void)(size))
#endif

struct page *mem_pages;
char *mem_base;
unsigned long mem_managed;
struct zone mem_zone = { .spanned_pages = MEM_END };
char mem_log[256];
unsigned int mem_log_lines;
struct mem_ram mem_ram[MEM_MAX_RAM];
unsigned int mem_nr_ram;
bool mirrored_kernelcore, movable_node_enabled;

/* Order in which the arena's pages are taken; a free one may be taken again. */
static unsigned long nr_taken, nr_free, in_use, fail_at, step;
static unsigned long *free_pfns;

static void *map_sparse(size_t size)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (at == MAP_FAILED) {
		perror("mmap");
		exit(2);
	}
	return at;
}

void mem_start(void)
{
	mem_base = map_sparse(PFN_PHYS(MEM_END));
	mem_pages = map_sparse(MEM_END * sizeof(struct page));
	free_pfns = map_sparse(MEM_ARENA_SIZE * sizeof(*free_pfns));
}

void mem_reset(bool scattered)
{
	madvise(mem_pages, MEM_END * sizeof(struct page), MADV_DONTNEED);
	madvise(mem_base, PFN_PHYS(MEM_END), MADV_DONTNEED);
	ASAN_UNPOISON_MEMORY_REGION(phys_to_virt(PFN_PHYS(MEM_ARENA)),
				    PFN_PHYS(MEM_ARENA_SIZE));
	nr_taken = 0;
	nr_free = 0;
	in_use = 0;
	fail_at = 0;
	mem_managed = 0;
	mem_log_lines = 0;
	/* What is known of more or of less memory at once */
	mem_zone.contiguous = scattered;
	/* odd, so that it visits them all */
	step = scattered ? 40503 : 1;
	mem_old_reset();
	mem_new_reset();
}

unsigned long mem_allocated(void)
{
	return in_use;
}

void *mem_save(void)
{
	void *copy = malloc(nr_taken * PAGE_SIZE);

	shim_assert(copy && step == 1);
	ASAN_UNPOISON_MEMORY_REGION(phys_to_virt(PFN_PHYS(MEM_ARENA)),
				    nr_taken * PAGE_SIZE);
	return memcpy(copy, phys_to_virt(PFN_PHYS(MEM_ARENA)),
		      nr_taken * PAGE_SIZE);
}

void mem_restore(const void *copy)
{
	memcpy(phys_to_virt(PFN_PHYS(MEM_ARENA)), copy, nr_taken * PAGE_SIZE);
}

void mem_fail_alloc(unsigned long nth)
{
	fail_at = nth;
}

struct page *alloc_page(gfp_t gfp)
{
	struct page *page;
	unsigned long pfn;

	if (fail_at && !(gfp & __GFP_NOFAIL)) {
		if (fail_at == 1)
			return NULL;
		fail_at--;
	}
	if (nr_free)
		pfn = free_pfns[--nr_free];
	else
		pfn = MEM_ARENA + nr_taken++ * step % MEM_ARENA_SIZE;
	shim_assert(nr_taken <= MEM_ARENA_SIZE);
	in_use++;
	page = pfn_to_page(pfn);
	page->count = 1;
	ASAN_UNPOISON_MEMORY_REGION(page_address(page), PAGE_SIZE);
	/* There is something in it. */
	memset(page_address(page), 0xa5, PAGE_SIZE);
	return page;
}

void __free_page(struct page *page)
{
	shim_assert(page->count == 1 && !page->private && !page->flags);
	page->count = 0;
	in_use--;
	free_pfns[nr_free++] = page_to_pfn(page);
	ASAN_POISON_MEMORY_REGION(page_address(page), PAGE_SIZE);
}

/* Tests say which pages are by this flag; they begin a block of one page. */
bool is_free_buddy_page(const struct page *page)
{
	return page->flags & PG_BUDDY;
}

void drain_all_pages(void *zone)
{
}

/* All memory there is, unless a test says what is RAM. */
void kstate_arch_each_ram(void (*visit)(phys_addr_t start, phys_addr_t end))
{
	unsigned int i;

	if (!mem_nr_ram)
		visit(0, PFN_PHYS(MEM_END));
	for (i = 0; i < mem_nr_ram; i++)
		visit(mem_ram[i].start, mem_ram[i].end);
}

struct page *pfn_to_online_page(unsigned long pfn)
{
	return pfn < MEM_END ? pfn_to_page(pfn) : NULL;
}

void free_reserved_page(struct page *page)
{
	shim_assert(PageReserved(page) && page->count == 1 && !page->private);
	page->flags = PG_WAS_FREED;
	page->count = 0;
	mem_managed++;
}

void __free_pages_core(struct page *page, unsigned int order,
		       enum meminit_context context)
{
	unsigned long i;

	shim_assert(!(page_to_pfn(page) & ((1UL << order) - 1)));
	for (i = 0; i < 1UL << order; i++)
		free_reserved_page(page + i);
}

void __folio_set_head(struct folio *folio)
{
	folio->page.flags |= PG_HEAD;
}

void prep_compound_head(struct page *head, unsigned int order)
{
	head[1]._folio_nr_pages = 1U << order;
	head[1].flags |= order;
}

void mem_printk(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(mem_log, sizeof(mem_log), fmt, args);
	va_end(args);
	mem_log_lines++;
}

/* ---- The rest of the kernel ---- */

/*
 * As if helpers had taken the parts: the last one first, and each of another size.
 * They are small, so that there is more than one.
 */
void padata_do_multithreaded(struct padata_mt_job *job)
{
	unsigned long start, end = job->start + job->size;
	static unsigned long units;

	while (end > job->start) {
		start = job->start;
		units = units % 7 + 1;
		if (job->size > units * job->align &&
		    end > job->start + units * job->align)
			start = round_down(end - units * job->align,
					   job->align);
		job->thread_fn(start, end, job->fn_arg);
		end = start;
	}
}

/* There is one thread. */
int test_and_set_bit(long bit, unsigned long *bits)
{
	return __test_and_set_bit(bit, bits);
}

/* Nobody prepares a hand-over. */
struct kstate_core kstate_core;

void kstate_core_note(struct kstate_core *core, unsigned long pfn,
		      unsigned long nr, bool folio)
{
}

void kstate_core_unnote(struct kstate_core *core, unsigned long pfn,
			unsigned long nr)
{
}

/* There is no area for images. */
bool kstate_area_is_own(unsigned long pfn)
{
	return false;
}

const char *kstate_handover_open(const struct kstate_abi_root *root)
{
	return NULL;
}

void reserve_bootmem_region(phys_addr_t start, phys_addr_t end, int nid)
{
}

bool slab_is_available(void)
{
	return false;
}
