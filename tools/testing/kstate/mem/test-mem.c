// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of the preserved map and of the way of what it keeps into the next
 * kernel: the real mm/kstate_*.c and mm/memblock.c against a model.
 */
#include <errno.h>
#include <stdlib.h>

#include <linux/bitmap.h>
#include <linux/kstate.h>
#include <linux/kstate_boot.h>
#include <linux/log2.h>
#include <linux/memblock.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "../../../../kernel/kstate_internal.h"
#include "../tap.h"
#include "mem.h"
#include "model.h"

#define CHUNK	BIT(15)
#define TIB	BIT(28)	/* pages of a tebibyte */

static struct kstate_abi_root root;

/* The next kernel has no image. */
static const struct kstate_needs no_needs;

static bool drop_all(void)
{
	unsigned long at = 0, end;
	bool set;

	for (; at < model.nr_bits; at = end) {
		end = model_stretch(at, &set);
		if (set && !model_unpreserve(at, end - at))
			return false;
	}
	return model_check();
}

/* ---- Patterns ---- */

static void contiguous_is_one_page(void)
{
	static const unsigned long sizes[] = {
		1, 511, CHUNK, CHUNK * 3 + 1, 1UL << 24, TIB - 2 * CHUNK,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		/* the model has no room for a bit for each page of these */
		phys_addr_t start = PFN_PHYS(MEM_FIRST + 77 % sizes[i]);

		mem_reset(false);
		CHECK_EQ(kstate_preserve_range(start, PFN_PHYS(sizes[i])), 0);
		CHECK_EQ(kstate_mem_map_bytes(), PAGE_SIZE);
		CHECK_EQ(kstate_mem_extents(), 2);
		CHECK_EQ(kstate_preserve_range(start, PAGE_SIZE), -EBUSY);
		CHECK(kstate_range_preserved(start, PFN_PHYS(sizes[i])));
		CHECK(!kstate_range_preserved(start, PFN_PHYS(sizes[i] + 1)));
		kstate_unpreserve_range(start, PFN_PHYS(sizes[i]));
		CHECK_EQ(kstate_mem_map_bytes(), 0);
		CHECK_EQ(mem_allocated(), 0);
	}
}

/* An entry is of 64 GiB at most, also if it gets there page by page. */
static void long_runs_are_cut(void)
{
	phys_addr_t start = PFN_PHYS(MEM_FIRST + 77), at;
	unsigned long i;

	mem_reset(true);
	at = start + PFN_PHYS(KSTATE_RUN_PAGES - 3);
	CHECK_EQ(kstate_preserve_range(start, at - start), 0);
	for (i = 0; i < 8; i++, at += PAGE_SIZE)
		CHECK_EQ(kstate_preserve_range(at, PAGE_SIZE), 0);
	CHECK(kstate_range_preserved(start, at - start));
	CHECK(!kstate_range_preserved(at, PAGE_SIZE));
	CHECK_EQ(kstate_mem_extents(), 2);
	kstate_unpreserve_range(start, at - start);
	CHECK_EQ(mem_allocated(), 0);
}

static void page_by_page_is_one_page(void)
{
	unsigned long i;

	model_start(4 * CHUNK, false);
	for (i = 0; i < model.nr_bits; i++)
		if (!model_preserve(i, 1))
			break;
	model_check();
	CHECK_EQ(kstate_mem_map_bytes(), PAGE_SIZE);
	for (i = model.nr_bits; i--;)
		if (!model_unpreserve(i, 1))
			break;
	model_check();
	model_stop();
}

/* What follows the run that was set last may be what closes a gap. */
static void gaps_close(void)
{
	unsigned long i;

	model_start(4 * CHUNK, false);
	for (i = 0; i + 3 <= model.nr_bits; i += 3)
		if (!model_preserve(i + 2, 1) || !model_preserve(i, 1) ||
		    !model_preserve(i + 1, 1))
			break;
	model_check();
	CHECK_EQ(kstate_mem_map_bytes(), PAGE_SIZE);
	drop_all();
	model_stop();
}

static void lone_pages(void)
{
	unsigned long i;

	model_start(TIB / 8, true);
	for (i = 0; i < model.nr_bits / CHUNK; i++)
		if (!model_preserve(i * CHUNK + i * 5 % CHUNK, 1))
			break;
	model_check();
	mem_old_commit(&root);
	model_check_list(&root);
	drop_all();
	model_stop();
}

/* As a function of how far @i is: up, down, from both ends, or at random */
static unsigned long in_order(unsigned int order, unsigned long i,
			      unsigned long nr)
{
	switch (order) {
	case 0:
		return i;
	case 1:
		return nr - 1 - i;
	case 2:
		return i % 2 ? nr - 1 - i / 2 : i / 2;
	default:
		return i * 7919 % nr;
	}
}

/* Every @step th page, in several orders, and then every second one goes. */
static void every(unsigned long pages, unsigned long step)
{
	unsigned long nr = pages / step, i, at;
	unsigned int order;

	for (order = 0; order < 4; order++) {
		model_start(pages, order % 2);
		for (i = 0; i < nr; i++) {
			if (!model_preserve(in_order(order, i, nr) * step, 1))
				break;
			if (i % (nr / 16) == 0 && !model_check_cost())
				break;
		}
		model_check();
		for (i = 0; i < nr; i++) {
			at = in_order(3 - order, i, nr);
			if (at % 2 && !model_unpreserve(at * step, 1))
				break;
			if (i % (nr / 16) == 0 && !model_check_cost())
				break;
		}
		model_check();
		drop_all();
		model_stop();
	}
}

static void every_second_page(void)
{
	every(24 * CHUNK, 2);
}

static void every_64th_page(void)
{
	every(160 * CHUNK, 64);
}

static void every_107th_page(void)
{
	every(400 * CHUNK, 107);
}

static void every_129th_page(void)
{
	every(160 * CHUNK, 129);
}

/*
 * So many bitmaps that their index takes more than what the map may cost on top. A
 * bitmap then costs what a run does besides its own page. As few runs as make one do
 * for every second page.
 */
static void bitmaps_of_tebibytes(void)
{
	unsigned long nr = 3 * TIB / 2 / CHUNK, runs = 320, i, j, at;
	unsigned int order;

	for (order = 0; order < 4; order++) {
		mem_reset(order % 2);
		for (i = 0; i < nr; i++) {
			at = MEM_FIRST + in_order(order, i, nr) * CHUNK;
			for (j = 0; j < runs; j++)
				if (kstate_preserve_range(PFN_PHYS(at + 2 * j),
							  PAGE_SIZE))
					break;
			if (!CHECK_EQ(j, runs))
				return;
		}
		CHECK_EQ(PHYS_PFN(kstate_mem_preserved()), nr * runs);
		CHECK(kstate_mem_map_bytes() <= nr * (PAGE_SIZE + 16) + 65536);
	}
	mem_reset(false);
}

/* Folios of all orders that follow each other, or come back a bit later */
static void folios_in_a_row(void)
{
	unsigned long at, next, i;
	struct folio *folio;
	unsigned int order;

	model_start(8 * CHUNK, true);
	for (at = 0; at + MAX_ORDER_NR_PAGES <= model.nr_bits; at = next) {
		order = model_below(MAX_PAGE_ORDER + 1);
		next = ALIGN(at, 1UL << order) + (1UL << order);
		folio = page_folio(pfn_to_page(MEM_FIRST + next -
					       (1UL << order)));
		folio->page.count = 1;
		if (order)
			__folio_set_head(folio);
		if (order)
			prep_compound_head(&folio->page, order);
		if (!CHECK_EQ(kstate_preserve_folio(folio), 0) ||
		    !CHECK_EQ(kstate_preserve_folio(folio), -EBUSY) ||
		    !CHECK_EQ(folio->page.count, 2))
			break;
		for (i = next - (1UL << order); i < next; i++)
			__set_bit(i, model.bits);
		model.pages += 1UL << order;
	}
	/* only what is where is compared, folios leave gaps at random */
	model.extents = kstate_mem_extents();
	model_check();
	model_stop();
}

static void shredded_fills_up(void)
{
	unsigned long i;

	model_start(8 * CHUNK, true);
	for (i = 0; i < model.nr_bits; i += 2)
		if (!model_preserve(i, 1))
			break;
	model_check();
	for (i = 1; i < model.nr_bits; i += 2)
		if (!model_preserve(i, 1))
			break;
	model_check();
	CHECK_EQ(model.extents, 1);
	CHECK(kstate_mem_map_bytes() <= 2 * PAGE_SIZE);
	drop_all();
	model_stop();
}

/* Runs that all reach into the next chunk: none of them is a place to cut. */
static void runs_across_chunks(void)
{
	unsigned long i, nr;

	model_start(4096 * CHUNK, false);
	nr = model.nr_bits / CHUNK - 1;
	for (i = 0; i < nr; i++)
		if (!model_preserve(i * 11 % nr * CHUNK + CHUNK / 2, CHUNK - 1))
			break;
	model_check();
	for (i = 0; i < nr; i += 3)
		if (!model_unpreserve(i * CHUNK + CHUNK / 2 + 9, CHUNK - 20))
			break;
	model_check();
	drop_all();
	model_stop();
}

/* ---- At random ---- */

static bool random_step(unsigned int percent, unsigned long most)
{
	unsigned long at = model_below(model.nr_bits), nr, end;
	bool set;

	nr = min(1 + model_below(most), model.nr_bits - at);
	if (model_below(100) < percent)
		return model_preserve(at, nr);
	at = find_next_bit(model.bits, model.nr_bits, at);
	if (at >= model.nr_bits)
		return true;
	end = model_stretch(at, &set);
	/* all of what is there, or some of it */
	nr = model_below(2) ? end - at : 1 + model_below(end - at);
	return model_unpreserve(at, nr);
}

static bool random_steps(unsigned long nr, unsigned int percent,
			 unsigned long most)
{
	unsigned long i;

	for (i = 0; i < nr; i++) {
		if (!random_step(percent, most))
			return false;
		if (i % (nr / 10) == 0 && !model_check_cost())
			return false;
	}
	return model_check();
}

static void a_million_extents(void)
{
	unsigned long i;

	model_start(1024 * CHUNK, true);
	while (model.extents < 1000000)
		if (!random_steps(100000, 100, 4))
			break;
	mem_old_commit(&root);
	model_check_list(&root);
	for (i = 0; i < 12; i++)
		if (!random_steps(100000, i % 6 * 16, 1 + i % 8 * 4))
			break;
	drop_all();
	model_stop();
}

static void random_in_few_chunks(void)
{
	unsigned int i;

	model_start(5 * CHUNK + 99, false);
	for (i = 0; i < 40; i++)
		if (!random_steps(2000, model_below(101), 1 + model_below(900)))
			break;
	drop_all();
	model_stop();
}

/* Preserve what follows, often without a gap, and take back some of the last. */
static bool step_in_a_row(unsigned long *at)
{
	unsigned long nr = 1 + model_below(3), back;

	if (*at + 20 > model.nr_bits || !model_below(200))
		*at = model_below(model.nr_bits - 20);
	if (model_below(4)) {
		if (!model_preserve(*at, nr))
			return false;
		*at += nr + (model_below(2) ? 0 : model_below(4));
		return true;
	}
	back = *at - min(*at, 1 + model_below(12));
	return !test_bit(back, model.bits) || model_unpreserve(back, 1);
}

static void random_in_a_row(void)
{
	unsigned long at, i, round;

	for (round = 0; round < 100; round++) {
		model_start(3 * CHUNK, false);
		for (i = 0, at = 0; i < 3000; i++)
			if (!step_in_a_row(&at) ||
			    (i % 64 == 0 && !model_check()))
				break;
		drop_all();
		model_stop();
	}
}

static void random_in_a_terabyte(void)
{
	unsigned int i;

	model_start(TIB / 4, true);
	for (i = 0; i < 20; i++)
		if (!random_steps(20000, i < 10 ? 90 : 30, 3000))
			break;
	mem_old_commit(&root);
	model_check_list(&root);
	drop_all();
	model_stop();
}

/* ---- Want of memory ---- */

static void no_memory_changes_nothing(void)
{
	unsigned long i, at, nr, failed = 0;
	int err;

	model_start(3000 * CHUNK, true);
	for (i = 0; i < 100000; i++) {
		at = model_below(model.nr_bits);
		nr = min(1 + model_below(3 * CHUNK), model.nr_bits - at);
		if (i % 3)
			nr = 1;
		if (find_next_bit(model.bits, at + nr, at) < at + nr)
			continue;
		mem_fail_alloc(1);
		err = kstate_preserve_range(PFN_PHYS(MEM_FIRST + at),
					    PFN_PHYS(nr));
		if (err && !CHECK_EQ(err, -ENOMEM))
			break;
		failed += !!err;
		/* what failed is as it was, what did not is complete later */
		if (!err)
			kstate_unpreserve_range(PFN_PHYS(MEM_FIRST + at),
						PFN_PHYS(nr));
		mem_fail_alloc(0);
		if (!model_preserve(at, nr))
			break;
		if (i % 10000 == 0 &&
		    (!CHECK_EQ(kstate_mem_prepare(&no_needs, false), 0) ||
		     !model_check()))
			break;
	}
	CHECK(failed > 20);
	CHECK_EQ(kstate_mem_prepare(&no_needs, false), 0);
	model_check();
	drop_all();
	model_stop();
}

/* ---- Into the next kernel ---- */

static void fill_at_random(unsigned long pages, unsigned long steps,
			   unsigned long most)
{
	model_start(pages, true);
	/* the new kernel lies low; nothing of that was preserved */
	random_steps(steps, 80, most);
	mem_old_commit(&root);
	model_check_list(&root);
}

static bool is_cold(const char *why)
{
	return CHECK(!mem_new_map()->top) && CHECK_EQ(mem_log_lines, 1) &&
	       tap_check(strstr(mem_log, why), __FILE__, __LINE__,
			 "'%s' instead of '%s'", mem_log, why);
}

static bool claim_some(unsigned long at, unsigned long nr)
{
	phys_addr_t start = PFN_PHYS(MEM_FIRST + at);
	unsigned int order = nr < 2 ? 0 : ilog2(nr);
	struct folio *folio;

	if (order && order <= MAX_PAGE_ORDER &&
	    IS_ALIGNED(MEM_FIRST + at, 1UL << order)) {
		folio = kstate_restore_folio(start, order);
		return CHECK(folio) && CHECK_EQ(folio_order(folio), order) &&
		       CHECK_EQ(folio->page.count, 1) &&
		       CHECK(!kstate_restore_folio(start, order)) &&
		       CHECK_EQ(kstate_restore_range(start, PAGE_SIZE),
				-ENOENT) &&
		       (find_next_bit(model.bits, at + (1UL << order), at) == at);
	}
	return CHECK_EQ(kstate_restore_range(start, PFN_PHYS(nr)), 0) &&
	       CHECK_EQ(kstate_restore_range(start, PAGE_SIZE), -ENOENT) &&
	       CHECK(!kstate_restore_folio(start, 0));
}

/* Take a claim back, and claim again every second time. */
static bool unclaim_some(unsigned long at, unsigned long nr)
{
	struct page *page = pfn_to_page(MEM_FIRST + at);
	phys_addr_t start = PFN_PHYS(MEM_FIRST + at);
	unsigned long i;

	if (page->flags & PG_HEAD) {
		nr = folio_nr_pages(page_folio(page));
		kstate_unclaim_folio(page_folio(page));
	} else {
		kstate_unclaim_range(start, PFN_PHYS(nr));
	}
	for (i = 0; i < nr; i++)
		if (!CHECK(mem_page_left(page + i)) ||
		    !CHECK(!page[i].head && !page[i].mapping))
			return false;
	return at % 2 || claim_some(at, nr);
}

static unsigned long count_left(void)
{
	unsigned long i, left = 0;

	for (i = 0; i < model.nr_bits; i++)
		left += mem_page_left(pfn_to_page(MEM_FIRST + i));
	return left;
}

static void claims_come_back(void)
{
	unsigned long at, end, left, own, samples = 0;
	bool set;

	fill_at_random(64 * CHUNK, 600000, 6);
	mem_jump(&root, MEM_FIRST + model.nr_bits);
	model_check_boot(&root);
	own = mem_new_map()->nr_nodes;
	for (at = 0; at < model.nr_bits; at = end) {
		end = model_stretch(at, &set);
		if (!set)
			continue;
		if (samples++ % 64 == 0)
			memset(phys_to_virt(PFN_PHYS(MEM_FIRST + at)), 7,
			       PAGE_SIZE);
		if (model_below(4) && !claim_some(at, end - at))
			break;
		if (!mem_page_left(pfn_to_page(MEM_FIRST + at)) &&
		    !model_below(4) && !unclaim_some(at, end - at))
			break;
	}
	left = count_left();
	CHECK(left && left < model.pages);
	CHECK_EQ(kstate_boot_release(), left);
	CHECK_EQ(count_left(), 0);
	for (at = 0, samples = 0; at < model.nr_bits; at = end) {
		struct page *page = pfn_to_page(MEM_FIRST + at);

		end = model_stretch(at, &set);
		if (!set || samples++ % 64)
			continue;
		if (!CHECK_EQ(*(u8 *)page_address(page),
			      page->flags & PG_WAS_FREED ? 0 : 7))
			break;
	}
	CHECK(!mem_new_map()->top);
	for (at = MEM_ARENA, own = 0; at < MEM_END; at++)
		own += mem_page_own(pfn_to_page(at));
	CHECK_EQ(own, 0);
	model_stop();
}

/* Claim, in kernels in which not all struct pages exist yet, and in others. */
static bool claim_all_or_none(unsigned long nr)
{
	phys_addr_t start = PFN_PHYS(MEM_FIRST), size = PFN_PHYS(nr);
	unsigned long managed = mem_managed, i;
	struct folio *folio;

	folio = kstate_restore_folio(start + PFN_PHYS(1500), 0);
	if (!CHECK(folio) ||
	    !CHECK_EQ(kstate_restore_range(start, size), -ENOENT) ||
	    !CHECK(!kstate_restore_folio(start, 11)) ||
	    !CHECK(!kstate_folio_claimable(start, 11)) ||
	    !CHECK(kstate_folio_claimable(start, 10)) ||
	    !CHECK_EQ(mem_managed, managed + 1))
		return false;
	for (i = 0; i < nr; i++)
		if (!CHECK_EQ(mem_page_left(pfn_to_page(MEM_FIRST + i)),
			      i != 1500))
			return false;
	kstate_unclaim_folio(folio);
	return CHECK_EQ(kstate_restore_range(start, size + PAGE_SIZE),
			-ENOENT) &&
	       CHECK_EQ(kstate_restore_range(start, 0), -ENOENT) &&
	       CHECK_EQ(kstate_restore_range(PFN_PHYS(MEM_END), PAGE_SIZE),
			-ENOENT) &&
	       CHECK_EQ(kstate_restore_range(virt_to_phys(mem_new_map()->top),
					     PAGE_SIZE), -ENOENT) &&
	       CHECK_EQ(mem_managed, managed) &&
	       CHECK_EQ(kstate_restore_range(start, size), 0) &&
	       CHECK_EQ(mem_managed, managed + nr);
}

static void claims_are_all_or_none(void)
{
	unsigned long nr = 3 * MAX_ORDER_NR_PAGES + 5;
	unsigned int late;

	for (late = 0; late < 2; late++) {
		model_start(CHUNK, false);
		model_preserve(0, nr);
		mem_old_commit(&root);
		mem_memblock(MEM_FIRST + model.nr_bits);
		mem_old_reset();
		kstate_boot_reserve(&root, PFN_PHYS(MEM_END));
		mem_map_init();
		kstate_boot_init();
		if (late)
			mem_core_initcall();
		claim_all_or_none(nr);
		if (!late)
			mem_core_initcall();
		CHECK_EQ(kstate_boot_release(), 0);
		model_stop();
	}
}

/* What is already somebody's when the early list is reserved stays theirs. */
static void others_keep_their_memory(void)
{
	unsigned long i;

	mem_reset(false);
	model_start(4 * CHUNK, false);
	for (i = 0; i < model.nr_bits; i += 700)
		model_preserve(i, 3);
	mem_old_commit(&root);
	model_check_list(&root);
	mem_memblock(MEM_FIRST + model.nr_bits);
	/* closed gaps may hold what the loader put there */
	CHECK_EQ(memblock_reserve(PFN_PHYS(MEM_FIRST + 300), PAGE_SIZE), 0);
	mem_old_reset();
	memset(mem_pages, 0, (MEM_FIRST + model.nr_bits) * sizeof(*mem_pages));
	kstate_boot_reserve(&root, PFN_PHYS(MEM_END));
	/* and so may what is found a bit later */
	CHECK_EQ(memblock_reserve(PFN_PHYS(MEM_FIRST + 310), PAGE_SIZE), 0);
	mem_map_init();
	kstate_boot_init();
	CHECK(mem_new_map()->top);
	mem_core_initcall();
	CHECK(PageReserved(pfn_to_page(MEM_FIRST + 300)));
	CHECK(PageReserved(pfn_to_page(MEM_FIRST + 310)));
	CHECK(pfn_to_page(MEM_FIRST + 301)->flags & PG_WAS_FREED);
	model_stop();
}

static void memblock_may_be_full(void)
{
	unsigned long i;

	fill_at_random(64 * CHUNK, 5000, 3);
	mem_memblock(MEM_FIRST + model.nr_bits);
	for (i = 0; i < 40; i++)
		CHECK_EQ(memblock_reserve(i * 8192, 4096), 0);
	mem_old_reset();
	mem_log_lines = 0;
	kstate_boot_reserve(&root, PFN_PHYS(MEM_END));
	CHECK_EQ(mem_reserved_pages(), 0);
	kstate_boot_init();
	mem_core_initcall();
	is_cold("memblock has no room");
	model_stop();
}

static void memory_may_be_gone(void)
{
	fill_at_random(64 * CHUNK, 5000, 3);
	/* half of the memory is not there any more */
	mem_jump(&root, MEM_FIRST + model.nr_bits / 2);
	is_cold("pages that were not kept");
	model_stop();
}

static void freed_pages_are_noticed(void)
{
	model_start(2 * CHUNK, false);
	model_preserve(10, 1000);
	CHECK_EQ(kstate_mem_prepare(&no_needs, false), 0);
	pfn_to_page(MEM_FIRST + 500)->flags |= PG_BUDDY;
	CHECK_EQ(kstate_mem_prepare(&no_needs, false), -EUCLEAN);
	CHECK(strstr(mem_log, "freed by its owner"));
	pfn_to_page(MEM_FIRST + 500)->flags = 0;
	CHECK_EQ(kstate_mem_prepare(&no_needs, false), 0);
	drop_all();
	model_stop();
}

static void lost_pages_are_noticed(void)
{
	model_start(2 * CHUNK, false);
	model_preserve(10, 1000);
	mem_old_miscount(1);
	CHECK_EQ(kstate_mem_prepare(&no_needs, true), -EUCLEAN);
	CHECK(strstr(mem_log, "and should have"));
	mem_old_miscount(-1);
	CHECK_EQ(kstate_mem_prepare(&no_needs, false), 0);
	drop_all();
	model_stop();
}

static const struct tap_test tests[] = {
	TAP_TEST(contiguous_is_one_page),
	TAP_TEST(long_runs_are_cut),
	TAP_TEST(page_by_page_is_one_page),
	TAP_TEST(gaps_close),
	TAP_TEST(lone_pages),
	TAP_TEST(every_second_page),
	TAP_TEST(every_64th_page),
	TAP_TEST(every_107th_page),
	TAP_TEST(every_129th_page),
	TAP_TEST(bitmaps_of_tebibytes),
	TAP_TEST(folios_in_a_row),
	TAP_TEST(shredded_fills_up),
	TAP_TEST(runs_across_chunks),
	TAP_TEST(a_million_extents),
	TAP_TEST(random_in_few_chunks),
	TAP_TEST(random_in_a_row),
	TAP_TEST(random_in_a_terabyte),
	TAP_TEST(no_memory_changes_nothing),
	TAP_TEST(claims_come_back),
	TAP_TEST(claims_are_all_or_none),
	TAP_TEST(others_keep_their_memory),
	TAP_TEST(memblock_may_be_full),
	TAP_TEST(memory_may_be_gone),
	TAP_TEST(freed_pages_are_noticed),
	TAP_TEST(lost_pages_are_noticed),
};

int main(void)
{
	mem_start();
	return tap_run(tests, ARRAY_SIZE(tests));
}
