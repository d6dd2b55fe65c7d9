// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that stays in place, for the core that the exported functions work
 * on: a few folios that remember what was done with them.
 */
#include <errno.h>

#include <linux/kstate.h>
#include <linux/mm.h>
#include <linux/shim.h>
#include <linux/slab.h>

#include "../../../kernel/kstate_internal.h"
#include "shim_mem.h"

struct folio shim_folios[SHIM_FOLIOS];

/* Folio n has order n and lies at n + 1 MiB. */
void shim_mem_reset(void)
{
	int i;

	for (i = 0; i < SHIM_FOLIOS; i++)
		shim_folios[i].page = (struct page){
			.pfn = (i + 1) << (20 - PAGE_SHIFT), .order = i,
			.refs = 1,
		};
}

struct folio *pfn_folio(unsigned long pfn)
{
	int i;

	for (i = 0; i < SHIM_FOLIOS; i++) {
		if (shim_folios[i].page.pfn == pfn)
			return &shim_folios[i];
	}
	return NULL;
}

static struct folio *find(phys_addr_t phys, unsigned int order)
{
	struct folio *folio = pfn_folio(PHYS_PFN(phys));

	return folio && folio_order(folio) == order && phys % PAGE_SIZE == 0 ?
	       folio : NULL;
}

int kstate_preserve_folio(struct folio *folio)
{
	if (folio->page.preserved)
		return -EBUSY;
	folio->page.preserved = true;
	folio_get(folio);
	kstate_note_preserved(folio_pfn(folio), 1UL << folio_order(folio),
			      true);
	return 0;
}

void kstate_unpreserve_folio(struct folio *folio)
{
	shim_assert(folio->page.preserved);
	folio->page.preserved = false;
	folio_put(folio);
	kstate_note_unpreserved(folio_pfn(folio), 1UL << folio_order(folio));
}

struct page *pfn_to_page(unsigned long pfn)
{
	int i;

	for (i = 0; i < SHIM_FOLIOS; i++) {
		if (pfn - shim_folios[i].page.pfn < 1UL << i)
			return &shim_folios[i].page;
	}
	return NULL;
}

/* A range is a folio whose references do not count. */
static struct folio *find_range(phys_addr_t start, phys_addr_t size)
{
	struct folio *folio = pfn_folio(PHYS_PFN(start));

	return folio && start % PAGE_SIZE == 0 && folio_size(folio) == size ?
	       folio : NULL;
}

int kstate_preserve_range(phys_addr_t start, phys_addr_t size)
{
	struct folio *folio = find_range(start, size);

	if (!folio)
		return -EINVAL;
	if (folio->page.preserved)
		return -EBUSY;
	folio->page.preserved = true;
	kstate_note_preserved(PHYS_PFN(start), PHYS_PFN(size), false);
	return 0;
}

void kstate_unpreserve_range(phys_addr_t start, phys_addr_t size)
{
	struct folio *folio = find_range(start, size);

	shim_assert(folio && folio->page.preserved);
	folio->page.preserved = false;
	kstate_note_unpreserved(PHYS_PFN(start), PHYS_PFN(size));
}

int kstate_restore_range(phys_addr_t start, phys_addr_t size)
{
	struct folio *folio = find_range(start, size);

	if (!folio || !folio->page.preserved || folio->page.claimed)
		return -ENOENT;
	folio->page.claimed = true;
	return 0;
}

bool kstate_range_preserved(phys_addr_t start, phys_addr_t size)
{
	struct folio *folio = pfn_folio(PHYS_PFN(start));

	return folio && folio->page.preserved && folio_size(folio) == size;
}

bool kstate_folio_claimable(phys_addr_t phys, unsigned int order)
{
	struct folio *folio = find(phys, order);

	return folio && folio->page.preserved && !folio->page.claimed;
}

struct folio *kstate_restore_folio(phys_addr_t phys, unsigned int order)
{
	struct folio *folio = find(phys, order);

	if (!kstate_folio_claimable(phys, order))
		return NULL;
	folio->page.claimed = true;
	return folio;
}

void kstate_unclaim_folio(struct folio *folio)
{
	shim_assert(folio->page.claimed);
	folio->page.claimed = false;
}

void kstate_unclaim_range(phys_addr_t start, phys_addr_t size)
{
	kstate_unclaim_folio(find_range(start, size));
}
