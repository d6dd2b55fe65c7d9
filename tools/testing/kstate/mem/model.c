// SPDX-License-Identifier: GPL-2.0
/*
 * The model that the map is compared with. Its own page numbers start from 0,
 * at MEM_FIRST.
 */
#include <errno.h>
#include <stdlib.h>

#include <linux/bitmap.h>
#include <linux/kstate.h>
#include <linux/kstate_abi.h>
#include <linux/minmax.h>

#include "../../../../kernel/kstate_internal.h"
#include "../tap.h"
#include "mem.h"
#include "model.h"

struct mem_model model;

u64 model_random(void)
{
	static u64 state = 0x9e3779b97f4a7c15ULL;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

unsigned long model_below(unsigned long limit)
{
	return model_random() % limit;
}

void model_start(unsigned long pages, bool scattered)
{
	mem_reset(scattered);
	model = (struct mem_model){
		.bits = calloc(BITS_TO_LONGS(pages), sizeof(long)),
		.nr_bits = pages,
	};
	shim_assert(model.bits);
}

void model_stop(void)
{
	free(model.bits);
	model = (struct mem_model){ };
}

unsigned long model_stretch(unsigned long at, bool *set)
{
	*set = test_bit(at, model.bits);
	return *set ? find_next_zero_bit(model.bits, model.nr_bits, at) :
		      find_next_bit(model.bits, model.nr_bits, at);
}

static bool model_has(unsigned long at)
{
	return at < model.nr_bits && test_bit(at, model.bits);
}

static void model_fill(unsigned long at, unsigned long nr, bool set)
{
	unsigned long i;
	int touch = model_has(at - 1) + model_has(at + nr);

	for (i = at; i < at + nr; i++) {
		if (set)
			__set_bit(i, model.bits);
		else
			__clear_bit(i, model.bits);
	}
	model.pages += set ? nr : -nr;
	model.extents += set ? 1 - touch : touch - 1;
}

/* Every second page is preserved as a folio, which takes a reference. */
static struct folio *page_as_folio(unsigned long at, unsigned long nr)
{
	return nr == 1 && at % 4 < 2 ?
	       page_folio(pfn_to_page(MEM_FIRST + at)) : NULL;
}

static int preserve(unsigned long at, unsigned long nr)
{
	struct folio *folio = page_as_folio(at, nr);
	int count, err;

	if (!folio)
		return kstate_preserve_range(PFN_PHYS(MEM_FIRST + at),
					     PFN_PHYS(nr));
	count = folio->page.count;
	err = kstate_preserve_folio(folio);
	CHECK_EQ(folio->page.count, count + !err);
	return err;
}

bool model_preserve(unsigned long at, unsigned long nr)
{
	bool is_free = find_next_bit(model.bits, at + nr, at) >= at + nr;
	int err = preserve(at, nr);

	if (!CHECK_EQ(err, is_free ? 0 : -EBUSY))
		return false;
	if (is_free)
		model_fill(at, nr, true);
	return true;
}

bool model_unpreserve(unsigned long at, unsigned long nr)
{
	phys_addr_t start = PFN_PHYS(MEM_FIRST + at);

	struct folio *folio = page_as_folio(at, nr);

	if (!CHECK(kstate_range_preserved(start, PFN_PHYS(nr))))
		return false;
	/* It may have been part of a larger range. */
	if (folio && folio->page.count)
		kstate_unpreserve_folio(folio);
	else
		kstate_unpreserve_range(start, PFN_PHYS(nr));
	model_fill(at, nr, false);
	return true;
}

/* ---- The map ---- */

static int check_run(unsigned long pfn, unsigned long nr, void *arg)
{
	unsigned long *at = arg, from, to;

	if (pfn >= MEM_ARENA)
		return 0;
	from = find_next_bit(model.bits, model.nr_bits, *at);
	to = find_next_zero_bit(model.bits, model.nr_bits, from);
	if (!CHECK_EQ(pfn, MEM_FIRST + from) || !CHECK_EQ(nr, to - from))
		return -1;
	*at = to;
	return 0;
}

static bool check_runs(const struct kstate_map *map)
{
	unsigned long at = 0;

	return !kstate_map_walk_runs(map, check_run, &at) &&
	       CHECK(find_next_bit(model.bits, model.nr_bits, at) >=
		     model.nr_bits);
}

static int check_own(const void *page, int level, void *arg)
{
	unsigned long pfn = PHYS_PFN(virt_to_phys(page));

	++*(unsigned long *)arg;
	return CHECK(kstate_map_test_all(mem_old_map(), pfn, 1)) ? 0 : -1;
}

bool model_check_cost(void)
{
	u64 bytes = kstate_mem_map_bytes();
	u64 most = min(16 * model.extents,
		       (model.nr_bits + MEM_FIRST) / BITS_PER_BYTE) + 65536;

	return tap_check(bytes <= most, __FILE__, __LINE__,
			 "%lu extents: %lu bytes, %lu allowed", model.extents,
			 (unsigned long)bytes, (unsigned long)most) &&
	       CHECK_EQ(bytes, PFN_PHYS(mem_allocated()));
}

bool model_check(void)
{
	const struct kstate_map *map = mem_old_map();
	unsigned long own = 0;

	if (!model.pages)
		return CHECK(!map->top) && CHECK_EQ(mem_allocated(), 0) &&
		       CHECK_EQ(kstate_mem_map_bytes(), 0);
	return check_runs(map) &&
	       !kstate_map_walk_nodes(map, check_own, &own) &&
	       CHECK_EQ(own, mem_allocated()) &&
	       CHECK_EQ(map->nr_pages, model.pages + own) &&
	       CHECK_EQ(kstate_mem_preserved(), PFN_PHYS(model.pages)) &&
	       model_check_cost();
}

/* ---- The early list ---- */

struct gaps {
	unsigned long *gap;
	unsigned long nr;
	unsigned long end;
};

static int collect_gap(unsigned long pfn, unsigned long nr, void *arg)
{
	struct gaps *gaps = arg;

	if (gaps->end)
		gaps->gap[gaps->nr++] = pfn - gaps->end;
	gaps->end = pfn + nr;
	return 0;
}

static int greater_first(const void *a, const void *b)
{
	const unsigned long *l = a, *r = b;

	return *l < *r ? 1 : -(*l > *r);
}

static bool covered(const struct kstate_abi_root *root, u64 start, u64 size)
{
	u32 low = 0, high = le32_to_cpu(root->nr_extents);

	while (low < high) {
		const struct kstate_abi_extent *e =
			&root->extents[(low + high) / 2];
		u64 from = le64_to_cpu(e->start), bytes = le64_to_cpu(e->size);

		if (start < from)
			high = (low + high) / 2;
		else if (start >= from + bytes)
			low = (low + high) / 2 + 1;
		else
			return start + size <= from + bytes;
	}
	return false;
}

static int check_covered(unsigned long pfn, unsigned long nr, void *arg)
{
	return covered(arg, PFN_PHYS(pfn), PFN_PHYS(nr)) ? 0 : -1;
}

/* The gaps that are open are as large as the largest ones there are. */
static bool check_gaps(const struct kstate_abi_root *root)
{
	unsigned long open[KSTATE_ABI_MAX_EXTENTS], i;
	u32 nr = le32_to_cpu(root->nr_extents);
	struct gaps gaps = { };
	bool ok;

	gaps.gap = calloc(kstate_mem_extents(), sizeof(*gaps.gap));
	kstate_map_walk_runs(mem_old_map(), collect_gap, &gaps);
	for (i = 1; i < nr; i++)
		open[i - 1] = PHYS_PFN(le64_to_cpu(root->extents[i].start) -
				       le64_to_cpu(root->extents[i - 1].start) -
				       le64_to_cpu(root->extents[i - 1].size));
	qsort(gaps.gap, gaps.nr, sizeof(*gaps.gap), greater_first);
	qsort(open, nr - 1, sizeof(*open), greater_first);
	ok = CHECK_EQ(nr, min(gaps.nr + 1, KSTATE_ABI_MAX_EXTENTS));
	for (i = 0; ok && i + 1 < nr; i++)
		ok = CHECK_EQ(open[i], gaps.gap[i]);
	free(gaps.gap);
	return ok;
}

bool model_check_list(const struct kstate_abi_root *root)
{
	return CHECK(le32_to_cpu(root->nr_extents) <= KSTATE_ABI_MAX_EXTENTS) &&
	       CHECK(!kstate_map_walk_runs(mem_old_map(), check_covered,
					   (void *)root)) &&
	       check_gaps(root);
}

/* ---- The next kernel ---- */

static bool check_page(unsigned long pfn, bool kept, bool own, bool listed)
{
	const struct page *page = pfn_to_page(pfn);

	if (kept)
		return CHECK(mem_page_left(page));
	if (own)
		return CHECK(mem_page_own(page));
	/* The kernel itself, and what nobody kept, is not for us to free. */
	if (!listed)
		return CHECK(!(page->flags & PG_WAS_FREED));
	return CHECK(page->flags & PG_WAS_FREED);
}

bool model_check_boot(const struct kstate_abi_root *root)
{
	unsigned long listed = 0, own = 0, pfn, freed = mem_managed;
	u32 i;

	if (!check_runs(mem_new_map()))
		return false;
	for (i = 0; i < le32_to_cpu(root->nr_extents); i++) {
		unsigned long nr = PHYS_PFN(le64_to_cpu(root->extents[i].size));

		pfn = PHYS_PFN(le64_to_cpu(root->extents[i].start));
		listed += nr;
		for (; nr; nr--, pfn++) {
			bool is_own = pfn >= MEM_ARENA &&
				kstate_map_test_all(mem_new_map(), pfn, 1);
			bool kept = pfn < MEM_ARENA &&
				pfn - MEM_FIRST < model.nr_bits &&
				test_bit(pfn - MEM_FIRST, model.bits);

			own += is_own;
			/* A hole between all memory and the arena is no RAM. */
			if (pfn >= MEM_FIRST + model.nr_bits &&
			    pfn < MEM_ARENA) {
				listed--;
				continue;
			}
			if (!check_page(pfn, kept, is_own, true))
				return false;
		}
	}
	return CHECK_EQ(freed, listed - model.pages - own);
}
