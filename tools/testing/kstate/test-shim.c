// SPDX-License-Identifier: GPL-2.0
/*
 * What the tests stand on: the parts of the kernel that are borrowed or
 * imitated do what they are here for.
 */
#include <errno.h>

#include <linux/bitmap.h>
#include <linux/crc32.h>
#include <linux/list.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/xarray.h>

#include "tap.h"

static void crc32c_has_the_known_value(void)
{
	const u8 *digits = (const u8 *)"123456789";

	CHECK(~__crc32c_le(~0U, digits, 9) == 0xe3069283);
	/* in pieces, too */
	CHECK(~__crc32c_le(__crc32c_le(~0U, digits, 4), digits + 4, 5) ==
	      0xe3069283);
}

static void memory_runs_out_once(void)
{
	void *p[3];
	int i;

	shim_fail_alloc(2);
	for (i = 0; i < 3; i++)
		p[i] = kmalloc(8, GFP_KERNEL);
	CHECK(p[0] && !p[1] && p[2]);
	CHECK(shim_failed());
	kfree(p[0]);
	kfree(p[2]);
	shim_fail_alloc(1);
	p[0] = kmalloc(8, GFP_KERNEL | __GFP_NOFAIL);
	CHECK(p[0] && !shim_failed());
	kfree(p[0]);
	shim_fail_alloc(0);
}

static void too_much_memory(void)
{
	CHECK(!kmalloc(KMALLOC_MAX_SIZE + 1, GFP_KERNEL | __GFP_NOWARN));
	CHECK(!kvmalloc((size_t)INT_MAX + 1, GFP_KERNEL | __GFP_NOWARN));
	CHECK(!kvcalloc(SIZE_MAX / 2, 4, GFP_KERNEL | __GFP_NOWARN));
}

static void xarrays(void)
{
	static const unsigned long at[] = { 0, 1, 15, 16, 1000, 1UL << 40 };
	unsigned long index, nr = 0;
	DEFINE_XARRAY(xa);
	unsigned int i;
	void *entry;

	for (i = 0; i < ARRAY_SIZE(at); i++)
		CHECK(!xa_err(xa_store(&xa, at[i], xa_mk_value(i), GFP_KERNEL)));
	xa_for_each(&xa, index, entry) {
		CHECK(index == at[nr] && xa_to_value(entry) == nr);
		nr++;
	}
	CHECK_EQ(nr, ARRAY_SIZE(at));
	CHECK(!xa_load(&xa, 2));
	CHECK(xa_erase(&xa, 1000) == xa_mk_value(4));
	CHECK_EQ(xa_insert(&xa, 15, xa_mk_value(1), GFP_KERNEL), -EBUSY);
	xa_destroy(&xa);
	CHECK(xa_empty(&xa));
}

static void xarrays_without_memory(void)
{
	unsigned long nth;
	void *ret;

	for (nth = 1; ; nth++) {
		DEFINE_XARRAY(xa);

		shim_fail_alloc(nth);
		ret = xa_store(&xa, 1UL << 30, &nth, GFP_KERNEL);
		if (!shim_failed())
			CHECK(xa_load(&xa, 1UL << 30) == &nth);
		else
			CHECK_EQ(xa_err(ret), -ENOMEM);
		xa_destroy(&xa);
		if (!shim_failed())
			break;
	}
	shim_fail_alloc(0);
	CHECK(nth > 2);
}

struct item {
	struct list_head list;
	struct hlist_node hash;
	int nr;
};

static void lists(void)
{
	struct item items[3] = { { .nr = 0 }, { .nr = 1 }, { .nr = 2 } };
	struct hlist_head head = HLIST_HEAD_INIT;
	struct item *item;
	LIST_HEAD(list);
	int i, nr = 0;

	for (i = 0; i < 3; i++) {
		list_add_tail(&items[i].list, &list);
		hlist_add_head(&items[i].hash, &head);
	}
	list_for_each_entry(item, &list, list)
		CHECK_EQ(item->nr, nr++);
	hlist_for_each_entry(item, &head, hash)
		CHECK_EQ(item->nr, --nr);
	CHECK_EQ(nr, 0);
}

static void bitmaps(void)
{
	DECLARE_BITMAP(map, 200);
	unsigned int bit, sum = 0;

	bitmap_zero(map, 200);
	bitmap_set(map, 60, 10);
	__set_bit(199, map);
	for_each_set_bit(bit, map, 200)
		sum += bit;
	CHECK_EQ(sum, 645 + 199);
	CHECK_EQ(bitmap_weight(map, 200), 11);
}

int main(void)
{
	static const struct tap_test tests[] = {
		TAP_TEST(crc32c_has_the_known_value),
		TAP_TEST(memory_runs_out_once),
		TAP_TEST(too_much_memory),
		TAP_TEST(xarrays),
		TAP_TEST(xarrays_without_memory),
		TAP_TEST(lists),
		TAP_TEST(bitmaps),
	};

	return tap_run(tests, ARRAY_SIZE(tests));
}
