/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KSTATE: what the KUnit suites share. A test has two cores of its own, the old
 * kernel and the new one, and hands over from one to the other.
 */
#ifndef _LIB_KSTATE_KUNIT_H
#define _LIB_KSTATE_KUNIT_H

#include <kunit/test.h>
#include <linux/kstate.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "../kernel/kstate_internal.h"

/* Memory that stays in place, as the tests have it */
struct fake_folio {
	u64 phys;
	u32 order;
	bool preserved;
	bool claimed;
};

#define FAKE_FOLIOS	4

/* A description with its fields */
#define KSTATE_TEST_DESC(_id, _type, _name, _version, _min, ...)	\
	static const struct kstate_field _id##_fields[] = {		\
		__VA_ARGS__, KSTATE_END()				\
	};								\
	static const struct kstate_description _id##_desc = {		\
		.name = (_name), .version = (_version),			\
		.min_version = (_min), .size = sizeof(_type),		\
		.owner = THIS_MODULE, .fields = _id##_fields,		\
	}
#define KIND_DESC(_id, _type, ...)					\
	KSTATE_TEST_DESC(_id, _type, "test." #_id, 0, 0, __VA_ARGS__)
#define RULE_DESC(_id, _type, ...)					\
	KSTATE_TEST_DESC(_id, _type, "test.rule", 1, 1, __VA_ARGS__)

struct kstate_hop {
	struct kstate_core old;
	struct kstate_core new;
	u8 *data;
	size_t len;
};

extern struct fake_folio fake_folios[FAKE_FOLIOS];
extern const struct kstate_mem_ops fake_mem;

struct kstate_hop *kstate_hop_new(struct kunit *test);
int kstate_hop_save(struct kstate_hop *hop);
int kstate_hop_jump(struct kstate_hop *hop);
void kstate_hop_fix_crc(u8 *data, size_t len);
int kstate_hop_pass(struct kunit *test, const struct kstate_description *from,
		    void *src, const struct kstate_description *to, void *dst);
int kstate_hop_foretold(struct kunit *test,
			const struct kstate_description *from, void *src,
			const struct kstate_description *to, void *dst);

extern struct kunit_suite kstate_check_suite;
extern struct kunit_suite kstate_core_suite;
extern struct kunit_suite kstate_codec_suite;
extern struct kunit_suite kstate_skew_suite;
extern struct kunit_suite kstate_kinds_suite;
extern struct kunit_suite kstate_lists_suite;
extern struct kunit_suite kstate_rules_suite;
extern struct kunit_suite kstate_rules_kinds_suite;
extern struct kunit_suite kstate_image_suite;
extern struct kunit_suite kstate_mem_suite;

#endif /* _LIB_KSTATE_KUNIT_H */
