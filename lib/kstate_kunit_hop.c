// SPDX-License-Identifier: GPL-2.0-only
/*
 * KSTATE: two kernels in one, for the KUnit suites.
 */
#include <linux/crc32.h>
#include <linux/err.h>
#include <linux/log2.h>
#include <linux/mm.h>

#include "kstate_kunit.h"

struct fake_folio fake_folios[FAKE_FOLIOS];

static void fake_locate(void *folio, u64 *phys, u32 *order)
{
	const struct fake_folio *fake = folio;

	*phys = fake->phys;
	*order = fake->order;
}

static int fake_preserve(void *folio)
{
	struct fake_folio *fake = folio;

	if (fake->preserved)
		return -EBUSY;
	fake->preserved = true;
	return 0;
}

static struct fake_folio *find_fake(u64 phys, u32 order)
{
	int i;

	for (i = 0; i < FAKE_FOLIOS; i++) {
		if (phys && fake_folios[i].phys == phys &&
		    fake_folios[i].order == order)
			return &fake_folios[i];
	}
	return NULL;
}

static bool fake_preserved(u64 phys, u64 size)
{
	struct fake_folio *fake = find_fake(phys, ilog2(size / PAGE_SIZE));

	return fake && fake->preserved;
}

static bool fake_claimable(u64 phys, u32 order)
{
	struct fake_folio *fake = find_fake(phys, order);

	return fake && fake->preserved && !fake->claimed;
}

static void *fake_claim(u64 phys, u32 order)
{
	struct fake_folio *fake = find_fake(phys, order);

	if (!fake || !fake->preserved || fake->claimed)
		return NULL;
	fake->claimed = true;
	return fake;
}

static void fake_release(void *folio)
{
	struct fake_folio *fake = folio;

	fake->claimed = false;
}

/* Ranges are folios here, too */
static int fake_preserve_range(u64 phys, u64 size)
{
	struct fake_folio *fake = find_fake(phys, ilog2(size / PAGE_SIZE));

	return fake ? fake_preserve(fake) : -EINVAL;
}

static int fake_claim_range(u64 phys, u64 size)
{
	return fake_claim(phys, ilog2(size / PAGE_SIZE)) ? 0 : -ENOENT;
}

static void fake_release_range(u64 phys, u64 size)
{
	fake_release(find_fake(phys, ilog2(size / PAGE_SIZE)));
}

const struct kstate_mem_ops fake_mem = {
	.locate		= fake_locate,
	.preserve	= fake_preserve,
	.preserved	= fake_preserved,
	.claimable	= fake_claimable,
	.claim		= fake_claim,
	.release	= fake_release,
	.preserve_range	= fake_preserve_range,
	.claim_range	= fake_claim_range,
	.release_range	= fake_release_range,
};

static int hop_grow(struct kstate_stream *s, size_t size)
{
	struct kstate_hop *hop = s->priv;
	u8 *data;

	data = kvzalloc(size, GFP_KERNEL);
	if (!data)
		return -ENOMEM;
	if (s->size)
		memcpy(data, s->data, s->size);
	kvfree(hop->data);
	hop->data = data;
	s->data = data;
	s->size = size;
	return 0;
}

static void hop_free(void *arg)
{
	struct kstate_hop *hop = arg;
	struct kstate_object *o, *next;

	kstate_core_abort(&hop->old);
	kstate_core_close(&hop->new);
	rbtree_postorder_for_each_entry_safe(o, next, &hop->old.objects, node)
		kfree(o);
	rbtree_postorder_for_each_entry_safe(o, next, &hop->new.objects, node)
		kfree(o);
	kvfree(hop->data);
	kfree(hop);
}

/* Two kernels, freed at the end of the test. */
struct kstate_hop *kstate_hop_new(struct kunit *test)
{
	struct kstate_hop *hop = kzalloc(sizeof(*hop), GFP_KERNEL);
	int i;

	KUNIT_ASSERT_NOT_NULL(test, hop);
	kstate_core_init(&hop->old, &fake_mem);
	kstate_core_init(&hop->new, &fake_mem);
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, hop_free, hop));
	for (i = 0; i < FAKE_FOLIOS; i++)
		fake_folios[i] = (struct fake_folio){
			.phys = (i + 1) * 0x10000, .order = i,
		};
	return hop;
}

/* What the old kernel does while an error can still be returned. */
int kstate_hop_save(struct kstate_hop *hop)
{
	kvfree(hop->data);
	hop->data = NULL;
	return kstate_core_save(&hop->old, NULL, 0, hop_grow, hop);
}

/* The rest of it, and the new kernel's beginning. */
int kstate_hop_jump(struct kstate_hop *hop)
{
	const struct kstate_abi_stream *head;

	kstate_core_late(&hop->old);
	head = (const struct kstate_abi_stream *)hop->data;
	hop->len = le64_to_cpu(head->length);
	return kstate_core_open(&hop->new, hop->data, hop->len);
}

/* Make all checksums right again after a test has changed a stream. */
void kstate_hop_fix_crc(u8 *data, size_t len)
{
	struct kstate_abi_stream *head = (struct kstate_abi_stream *)data;
	struct kstate_abi_section *sect;
	size_t at = sizeof(*head), span;

	head->crc = cpu_to_le32(__crc32c_le(~0, data, sizeof(*head) - 4));
	while (at <= len && len - at >= sizeof(*sect)) {
		sect = (struct kstate_abi_section *)(data + at);
		span = le64_to_cpu(sect->span);
		if (span < sizeof(*sect) || span % 8 || span > len - at ||
		    le64_to_cpu(sect->length) > span - sizeof(*sect))
			return;
		sect->payload_crc =
			cpu_to_le32(__crc32c_le(~0, (u8 *)(sect + 1),
						le64_to_cpu(sect->length)));
		sect->crc = cpu_to_le32(__crc32c_le(~0, (u8 *)sect,
						    sizeof(*sect) - 4));
		at += span;
	}
}

/* Save @src as @from says and restore it into @dst as @to says. */
int kstate_hop_pass(struct kunit *test, const struct kstate_description *from,
		    void *src, const struct kstate_description *to, void *dst)
{
	struct kstate_hop *hop = kstate_hop_new(test);

	KUNIT_ASSERT_EQ(test, 0, kstate_core_register(&hop->old, from, src, 1));
	KUNIT_ASSERT_EQ(test, 0, kstate_hop_save(hop));
	KUNIT_ASSERT_EQ(test, 0, kstate_hop_jump(hop));
	return kstate_core_restore(&hop->new, to, dst, 1);
}

static u8 *write_schemas(struct kunit *test, struct kstate_reader *r,
			 const struct kstate_description *desc)
{
	struct kstate_report report = { };
	struct kstate_writer w = { .s = { .report = &report } };
	u8 *bytes = kunit_kzalloc(test, PAGE_SIZE, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, bytes);
	w.s.data = bytes;
	w.s.size = PAGE_SIZE;
	KUNIT_ASSERT_EQ(test, 0, kstate_writer_begin(&w));
	KUNIT_ASSERT_TRUE(test, kstate_writer_schema(&w, desc) >= 0);
	KUNIT_ASSERT_EQ(test, 0, kstate_writer_end(&w));
	kstate_writer_free(&w);
	KUNIT_ASSERT_EQ(test, 0, kstate_reader_open(r, bytes, w.s.pos));
	return bytes;
}

/* What a loader says, that has the schemas and the bytes but no objects */
static int foretell(struct kunit *test, struct kstate_hop *hop,
		    const struct kstate_description *to)
{
	struct kstate_report report = { };
	struct kstate_resolution *res;
	struct kstate_reader in, own;
	int err;

	write_schemas(test, &own, to);
	KUNIT_ASSERT_EQ(test, 0, kstate_reader_open(&in, hop->data, hop->len));
	res = kstate_resolve_schemas(in.objects[0].schema,
				     &own.schemas[own.nr_schemas - 1], &report);
	err = IS_ERR(res) ? PTR_ERR(res) :
	      kstate_verify(res->top, in.objects[0].data, in.objects[0].len,
			    &report);
	KUNIT_EXPECT_EQ(test, err, report.err);
	kstate_resolution_free(IS_ERR(res) ? NULL : res);
	kstate_reader_free(&in);
	kstate_reader_free(&own);
	return err;
}

/* Pass an object, and hear before the jump what will come of it. */
int kstate_hop_foretold(struct kunit *test,
			const struct kstate_description *from, void *src,
			const struct kstate_description *to, void *dst)
{
	struct kstate_hop *hop = kstate_hop_new(test);
	int foretold, err;

	KUNIT_ASSERT_EQ(test, 0,
			kstate_core_register(&hop->old, from, src, 1));
	KUNIT_ASSERT_EQ(test, 0, kstate_hop_save(hop));
	KUNIT_ASSERT_EQ(test, 0, kstate_hop_jump(hop));
	foretold = foretell(test, hop, to);
	err = kstate_core_restore(&hop->new, to, dst, 1);
	/* what the object that is read into has, nobody can foretell */
	if (err != -EINVAL && err != -ENOENT)
		KUNIT_EXPECT_EQ(test, foretold, err);
	return err;
}

kunit_test_suites(&kstate_check_suite, &kstate_core_suite, &kstate_codec_suite,
		  &kstate_skew_suite, &kstate_kinds_suite, &kstate_lists_suite,
		  &kstate_rules_suite, &kstate_rules_kinds_suite,
		  &kstate_image_suite, &kstate_mem_suite);

MODULE_DESCRIPTION("KUnit tests of KSTATE");
MODULE_IMPORT_NS(EXPORTED_FOR_KUNIT_TESTING);
MODULE_LICENSE("GPL");
