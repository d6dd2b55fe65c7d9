// SPDX-License-Identifier: GPL-2.0-only
/*
 * What it costs to have memory stay in place: preserves blocks of one kind in
 * one kernel and claims them in the next, and says how many cycles it took. In
 * a guest whose clock counts instructions these are instructions.
 *
 * The addresses are in a chain of pages that is preserved too. Where it begins
 * is told to the next kernel's module by its parameter, so that nothing but
 * preserving and claiming takes part. There is no way to unload the module:
 * the guest is left when it has done its work.
 */
#include <linux/bits.h>
#include <linux/gfp.h>
#include <linux/hash.h>
#include <linux/io.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/prandom.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/timex.h>

#include "test_kstate_pages.h"

/* Blocks are cut out of pieces of this order. */
#define PIECE_ORDER	10
#define PIECE_PAGES	BIT(PIECE_ORDER)
#define FOLIO_ORDER	9

/* Memory is told apart by one word in so many bytes. */
#define STRIDE		64

static char *kind = "isolated";
module_param(kind, charp, 0444);
MODULE_PARM_DESC(kind, "isolated: every second page; shuffled: these at random; folio: of 2 MiB; range: of 4 MiB");

static unsigned long nr;
module_param(nr, ulong, 0444);
MODULE_PARM_DESC(nr, "how many blocks are preserved, or were");

static unsigned long long list;
module_param(list, ullong, 0444);
MODULE_PARM_DESC(list, "where the previous kernel's chain begins; 0: preserve, and it is where this one's does");

static unsigned long long cycles;
module_param(cycles, ullong, 0444);
MODULE_PARM_DESC(cycles, "what preserving or claiming all blocks took; 0: that failed");

static unsigned long wrong;
module_param(wrong, ulong, 0444);
MODULE_PARM_DESC(wrong, "how many words are not what they were");

/* A page of the chain */
struct chain_page {
	u64 next;
	u64 nr;
	u64 phys[PAGE_SIZE / sizeof(u64) - 2];
};

static u64 *blocks;		/* physical addresses */
static size_t block_size;
static bool is_range;
static bool is_shuffled;

static int parse_kind(void)
{
	is_range = !strcmp(kind, "range");
	is_shuffled = !strcmp(kind, "shuffled");
	if (is_range)
		block_size = PAGE_SIZE << PIECE_ORDER;
	else if (!strcmp(kind, "folio"))
		block_size = PAGE_SIZE << FOLIO_ORDER;
	else if (is_shuffled || !strcmp(kind, "isolated"))
		block_size = PAGE_SIZE;
	else
		return -EINVAL;
	return nr ? 0 : -EINVAL;
}

/* ---- Contents ---- */

static u64 word_at(phys_addr_t phys, unsigned long i)
{
	return hash_64(phys, 64) + i;
}

static void fill(phys_addr_t phys)
{
	size_t at;

	for (at = 0; at < block_size; at += STRIDE)
		*(u64 *)phys_to_virt(phys + at) = word_at(phys, at);
	cond_resched();
}

static void check(phys_addr_t phys)
{
	size_t at;

	for (at = 0; at < block_size; at += STRIDE)
		wrong += *(u64 *)phys_to_virt(phys + at) != word_at(phys, at);
	cond_resched();
}

/* ---- The old kernel's side ---- */

/* Only every second page of a piece is kept, so that no two are neighbours. */
static unsigned long cut_isolated(struct page *piece, unsigned long done)
{
	unsigned long i;

	split_page(piece, PIECE_ORDER);
	for (i = 0; i < PIECE_PAGES; i++) {
		if (i % 2 && done < nr)
			blocks[done++] = PFN_PHYS(page_to_pfn(piece + i));
		else
			__free_page(piece + i);
	}
	return done;
}

static int alloc_blocks(void)
{
	unsigned long done = 0;

	while (done < nr) {
		bool folio = block_size == PAGE_SIZE << FOLIO_ORDER;
		struct page *page = folio ?
			alloc_pages(GFP_KERNEL | __GFP_COMP, FOLIO_ORDER) :
			alloc_pages(GFP_KERNEL, PIECE_ORDER);

		if (!page)
			return -ENOMEM;
		if (block_size == PAGE_SIZE) {
			done = cut_isolated(page, done);
			continue;
		}
		if (is_range)
			split_page(page, PIECE_ORDER);
		blocks[done++] = PFN_PHYS(page_to_pfn(page));
	}
	return 0;
}

static void shuffle_blocks(void)
{
	struct rnd_state rnd;
	unsigned long i, other;

	prandom_seed_state(&rnd, 1);
	for (i = nr - 1; i; i--) {
		/* swap() may evaluate its arguments more than once. */
		other = prandom_u32_state(&rnd) % (i + 1);
		swap(blocks[i], blocks[other]);
	}
}

static int preserve_blocks(void)
{
	cycles_t start = get_cycles();
	unsigned long i;
	int err = 0;

	if (is_range)
		for (i = 0; i < nr && !err; i++)
			err = pages_preserve_range(blocks[i], block_size);
	else
		for (i = 0; i < nr && !err; i++)
			err = pages_preserve_folio(blocks[i]);
	cycles = get_cycles() - start;
	return err;
}

static int write_chain(void)
{
	unsigned long i, count;
	struct chain_page *at;
	int err;

	for (i = 0; i < nr; i += count) {
		at = (void *)__get_free_page(GFP_KERNEL);
		if (!at)
			return -ENOMEM;
		count = min(nr - i, ARRAY_SIZE(at->phys));
		memcpy(at->phys, blocks + i, count * sizeof(u64));
		at->nr = count;
		at->next = list;
		list = virt_to_phys(at);
		err = pages_preserve_folio(list);
		if (err)
			return err;
	}
	return 0;
}

static int pages_preserve(void)
{
	unsigned long i;
	int err;

	err = alloc_blocks();
	if (err)
		return err;
	if (is_shuffled)
		shuffle_blocks();
	for (i = 0; i < nr; i++)
		fill(blocks[i]);
	err = preserve_blocks();
	return err ?: write_chain();
}

/* ---- The new kernel's side ---- */

/* The chain begins with the last blocks. */
static int read_chain(void)
{
	unsigned long left = nr;
	u64 next = list;

	while (next) {
		const struct chain_page *at = phys_to_virt(next);

		if (pages_claim_folio(next, 0))
			return -ENOENT;
		if (at->nr > left)
			return -EBADMSG;
		left -= at->nr;
		memcpy(blocks + left, at->phys, at->nr * sizeof(u64));
		next = at->next;
	}
	return left ? -EBADMSG : 0;
}

static int claim_blocks(void)
{
	unsigned int order = get_order(block_size);
	cycles_t start = get_cycles();
	unsigned long i;
	int err = 0;

	if (is_range)
		for (i = 0; i < nr && !err; i++)
			err = pages_claim_range(blocks[i], block_size);
	else
		for (i = 0; i < nr && !err; i++)
			err = pages_claim_folio(blocks[i], order);
	cycles = get_cycles() - start;
	return err;
}

static int pages_claim(void)
{
	unsigned long i;
	int err;

	err = read_chain() ?: claim_blocks();
	if (err)
		return err;
	for (i = 0; i < nr; i++)
		check(blocks[i]);
	return 0;
}

static int __init test_kstate_pages_init(void)
{
	int err = parse_kind();

	if (err)
		return err;
	blocks = kvmalloc_array(nr, sizeof(*blocks), GFP_KERNEL);
	if (!blocks)
		return -ENOMEM;
	err = list ? pages_claim() : pages_preserve();
	kvfree(blocks);
	if (err) {
		pr_err("test_kstate_pages: %pe\n", ERR_PTR(err));
		cycles = 0;
	}
	/* What is preserved must stay so. */
	return 0;
}
module_init(test_kstate_pages_init);

MODULE_DESCRIPTION("What it costs to have memory stay in place over kexec");
MODULE_LICENSE("GPL");
