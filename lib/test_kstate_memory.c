// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two-boot test of KSTATE: memory that stays in place.
 *
 * Blocks of memory, folios and ranges by turns, are preserved at any time, some
 * while an image is loaded already. Where they are is in a list that is an
 * object itself. The contents depend on a block's address and on the offset in
 * it, and stay the same over all hops.
 */
#include <linux/align.h>
#include <linux/cleanup.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/kstate.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "test_kstate.h"

/* The low bits of a block's address say what it is. */
#define BLOCK_LEN	0x7ffULL	/* order of a folio, pages of a range */
#define BLOCK_RANGE	0x800ULL
#define BLOCK_PHYS	(~0xfffULL)

#define MAX_ORDER_USED	5

/* A scenario may ask for more than there is. */
#define BLOCK_GFP	(GFP_KERNEL | __GFP_NOWARN | __GFP_NORETRY)

/**
 * struct test_memory - the list of blocks
 * @blocks: the blocks
 * @nr_blocks: how many
 * @prepared: a folio that is preserved by the prepare hook only
 */
struct test_memory {
	u64 *blocks;
	u32 nr_blocks;
	u64 prepared;
};

static struct test_memory memory;
static bool preserved;		/* @memory.blocks are, by this kernel */

/* What a hand-over says of them has to be so until the jump, or until it is off. */
static bool blocks_frozen;
static DEFINE_MUTEX(blocks_lock);

static phys_addr_t block_phys(u64 block)
{
	return block & BLOCK_PHYS;
}

static unsigned long block_pages(u64 block)
{
	unsigned long size = block & BLOCK_LEN;

	return block & BLOCK_RANGE ? size : 1UL << size;
}

static struct folio *block_folio(u64 block)
{
	return pfn_folio(PHYS_PFN(block_phys(block)));
}

/* The number of the first word that is wrong, or -1 */
static long block_visit(u64 block, bool check)
{
	long words = block_pages(block) * PAGE_SIZE / sizeof(u64), i;
	u64 *at = phys_to_virt(block_phys(block)), key = test_key(0, block);

	for (i = 0; i < words; i++) {
		u64 want = test_mix(key, i);

		if (!check)
			at[i] = want;
		else if (at[i] != want)
			return i;
	}
	cond_resched();
	return -1;
}

static u64 block_alloc(unsigned long nr, bool range)
{
	struct folio *folio;
	void *at;

	if (range) {
		at = alloc_pages_exact(nr * PAGE_SIZE, BLOCK_GFP);
		return at ? virt_to_phys(at) | BLOCK_RANGE | nr : 0;
	}
	folio = folio_alloc(BLOCK_GFP, ilog2(nr));
	return folio ? PFN_PHYS(folio_pfn(folio)) | ilog2(nr) : 0;
}

static void block_free(u64 block)
{
	if (block & BLOCK_RANGE)
		free_pages_exact(phys_to_virt(block_phys(block)),
				 block_pages(block) * PAGE_SIZE);
	else if (block)
		folio_put(block_folio(block));
}

static int block_preserve(u64 block)
{
	if (block & BLOCK_RANGE)
		return kstate_preserve_range(block_phys(block),
					     block_pages(block) * PAGE_SIZE);
	return kstate_preserve_folio(block_folio(block));
}

static void block_unpreserve(u64 block)
{
	if (block & BLOCK_RANGE)
		kstate_unpreserve_range(block_phys(block),
					block_pages(block) * PAGE_SIZE);
	else
		kstate_unpreserve_folio(block_folio(block));
}

static bool block_claim(u64 block)
{
	phys_addr_t phys = block_phys(block);
	struct folio *folio;

	if (block & BLOCK_RANGE)
		return !kstate_restore_range(phys,
					     block_pages(block) * PAGE_SIZE);
	folio = kstate_restore_folio(phys, block & BLOCK_LEN);
	return folio && folio_order(folio) == (block & BLOCK_LEN) &&
	       folio_ref_count(folio) == 1;
}

/* ---- The list as an object ---- */

static int memory_prepare(void *obj)
{
	struct test_memory *m = obj;
	int err;

	guard(mutex)(&blocks_lock);
	err = test_starting() ?: block_preserve(m->prepared) ?:
	      test_fail_now(TEST_FAIL_PREPARE);
	blocks_frozen = !err;
	return err;
}

static void memory_abort(void *obj)
{
	guard(mutex)(&blocks_lock);
	blocks_frozen = false;
}

static int memory_pre_save(void *obj)
{
	return test_fail_now(TEST_FAIL_SAVE);
}

static const struct kstate_field memory_fields[] = {
	KSTATE_VARRAY(struct test_memory, blocks, nr_blocks),
	KSTATE_SIMPLE(struct test_memory, prepared),
	KSTATE_END()
};

static const struct kstate_description memory_desc = {
	.name		= "test_kstate.memory",
	.size		= sizeof(struct test_memory),
	.owner		= THIS_MODULE,
	.fields		= memory_fields,
	.prepare	= memory_prepare,
	.abort		= memory_abort,
	.pre_save	= memory_pre_save,
};

KSTATE_DECLARE(memory_desc);

/* ---- Claiming ---- */

static void claim_wrong(u64 block)
{
	phys_addr_t phys = block_phys(block);

	test_expect(!kstate_restore_folio(0, 0) &&
		    !kstate_restore_folio(phys + 8, 0) &&
		    !kstate_restore_folio(phys, 63) &&
		    !kstate_restore_folio(BIT_ULL(51), 0) &&
		    !kstate_restore_folio(BLOCK_PHYS, 0),
		    "memory: no folio where there is none");
	test_expect(kstate_restore_range(phys + 8, PAGE_SIZE) == -EINVAL &&
		    kstate_restore_range(phys, 8) == -EINVAL &&
		    kstate_restore_range(phys, 0) < 0 &&
		    kstate_restore_range(0, PAGE_SIZE) == -ENOENT &&
		    kstate_restore_range(phys, BIT_ULL(51)) == -ENOENT &&
		    kstate_restore_range(BIT_ULL(51), PAGE_SIZE) == -ENOENT,
		    "memory: no range where there is none");
}

static void claim_blocks(void)
{
	unsigned int i, refused = 0, twice = 0, wrong = 0, first = 0;
	long word = -1, at;
	bool good;

	claim_wrong(memory.prepared);
	for (i = 0; i < memory.nr_blocks; i++) {
		if (!block_claim(memory.blocks[i])) {
			refused++;
			continue;
		}
		twice += block_claim(memory.blocks[i]);
		at = block_visit(memory.blocks[i], true);
		if (at >= 0 && !wrong++) {
			first = i;
			word = at;
		}
	}
	test_expect(!refused && !twice,
		    "memory: %u blocks claimed, %u refused, %u twice",
		    memory.nr_blocks, refused, twice);
	test_expect(!wrong, "memory: %u blocks wrong, first %u (%#llx) at %ld",
		    wrong, first,
		    wrong ? memory.blocks[first] : 0, word * (long)sizeof(u64));
	good = block_claim(memory.prepared) &&
	       block_visit(memory.prepared, true) < 0;
	test_expect(good, "memory: what the prepare hook preserved");
	if (!good)
		memory.prepared = 0;
}

/* Forget the blocks: finishing the hand-over is to free them. */
static void leave_blocks(void)
{
	kvfree(memory.blocks);
	memory = (struct test_memory){ };
}

static int preserve_again(void)
{
	unsigned int i, failed = 0;

	for (i = 0; i < memory.nr_blocks; i++)
		failed += !!block_preserve(memory.blocks[i]);
	test_expect(!failed, "memory: %u blocks not preserved again", failed);
	return failed ? -EIO : 0;
}

static void preserve_wrong(u64 block)
{
	phys_addr_t phys = block_phys(block);

	test_expect(kstate_preserve_range(phys, 0) == -EINVAL &&
		    kstate_preserve_range(phys, 8) == -EINVAL &&
		    kstate_preserve_range(phys + 8, PAGE_SIZE) == -EINVAL &&
		    kstate_preserve_range(0, PAGE_SIZE) == -EINVAL &&
		    kstate_preserve_range(BIT_ULL(51), PAGE_SIZE) == -EINVAL,
		    "memory: what cannot be preserved is refused");
	test_expect(!block_preserve(block) && block_preserve(block) == -EBUSY,
		    "memory: nothing is preserved twice");
	block_unpreserve(block);
}

/* ---- For the others ---- */

int test_memory_start(bool claim)
{
	int ret = kstate_register(&memory_desc, &memory, 0);

	test_expect(ret == (hop ? KSTATE_RESTORED : 0),
		    "memory: registered: %d", ret);
	if (ret < 0)
		return ret;
	if (ret == KSTATE_RESTORED && claim) {
		claim_blocks();
		ret = preserve_again();
		if (ret)
			return ret;
	} else if (ret == KSTATE_RESTORED) {
		leave_blocks();
	}
	preserved = true;
	if (!memory.prepared)
		memory.prepared = block_alloc(4, false);
	if (!memory.prepared)
		return -ENOMEM;
	block_visit(memory.prepared, false);
	preserve_wrong(memory.prepared);
	return 0;
}

static int preserve_new(unsigned long nr, bool range)
{
	u32 slot = memory.nr_blocks;
	u64 *list, block;
	int err;

	guard(mutex)(&blocks_lock);
	if (blocks_frozen)
		return -EBUSY;
	list = kvrealloc(memory.blocks, (slot + 1) * sizeof(*list), GFP_KERNEL);
	if (!list)
		return -ENOMEM;
	memory.blocks = list;
	block = block_alloc(nr, range);
	if (!block)
		return -ENOMEM;
	err = block_preserve(block);
	if (err) {
		block_free(block);
		return err;
	}
	block_visit(block, false);
	memory.blocks[slot] = block;
	memory.nr_blocks++;
	return block_pages(block);
}

/* In blocks of all sizes, @nr pages in all */
int test_memory_preserve(unsigned long nr)
{
	unsigned long most;
	int ret;

	for (; nr; nr -= ret) {
		most = min(nr, 1UL << MAX_ORDER_USED);
		ret = preserve_new(1 + get_random_u32_below(most),
				   memory.nr_blocks % 2);
		if (ret < 0)
			return ret;
	}
	return 0;
}

static int release_any(void)
{
	int pages;
	u64 *block;

	guard(mutex)(&blocks_lock);
	if (blocks_frozen)
		return -EBUSY;
	if (!memory.nr_blocks)
		return -ENODATA;
	block = &memory.blocks[get_random_u32_below(memory.nr_blocks)];
	pages = block_pages(*block);
	if (block_visit(*block, true) >= 0)
		return -EIO;
	block_unpreserve(*block);
	block_free(*block);
	*block = memory.blocks[--memory.nr_blocks];
	return pages;
}

/* Blocks picked at random, at least @nr pages of them in all */
int test_memory_release(unsigned long nr)
{
	int pages;

	for (; nr; nr -= min_t(unsigned long, nr, pages)) {
		pages = release_any();
		if (pages < 0)
			return pages;
	}
	return 0;
}

unsigned long test_memory_pages(void)
{
	unsigned long nr = 0;
	unsigned int i;

	for (i = 0; i < memory.nr_blocks; i++)
		nr += block_pages(memory.blocks[i]);
	return nr;
}

/* Whatever was done, but for a jump, all is as it was. */
void test_memory_check(void)
{
	struct folio *folio = block_folio(memory.prepared);
	unsigned int i, wrong = 0, free = 0;
	int err;

	for (i = 0; i < memory.nr_blocks; i++) {
		wrong += block_visit(memory.blocks[i], true) >= 0;
		free += block_preserve(memory.blocks[i]) != -EBUSY;
	}
	test_expect(!wrong && !free,
		    "memory: %u of %u blocks harmed, %u not preserved",
		    wrong, memory.nr_blocks, free);

	test_expect(folio_ref_count(folio) == 1, "memory: %d references",
		    folio_ref_count(folio));
	err = kstate_preserve_folio(folio);
	test_expect(!err, "memory: what prepare preserved is not now: %d", err);
	if (!err)
		kstate_unpreserve_folio(folio);
}

void test_memory_stop(void)
{
	unsigned int i;

	kstate_unregister(&memory_desc, 0);
	for (i = 0; preserved && i < memory.nr_blocks; i++) {
		block_unpreserve(memory.blocks[i]);
		block_free(memory.blocks[i]);
	}
	block_free(memory.prepared);
	kvfree(memory.blocks);
}
