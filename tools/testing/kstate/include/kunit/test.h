/* SPDX-License-Identifier: GPL-2.0 */
/*
 * As much of KUnit as lib/kstate_kunit*.c use, for one thread and on the C
 * library. kunit.c runs the suites.
 */
#ifndef _KSTATE_SHIM_KUNIT_TEST_H
#define _KSTATE_SHIM_KUNIT_TEST_H

#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>

struct kunit {
	void *priv;
	bool failed;
	bool skipped;
};

struct kunit_case {
	void (*run_case)(struct kunit *test);
	const char *name;
};

struct kunit_suite {
	char name[64];
	int (*init)(struct kunit *test);
	void (*exit)(struct kunit *test);
	struct kunit_case *test_cases;
};

typedef void (*kunit_action_t)(void *arg);

extern struct kunit_suite *kunit_suites[];

int kunit_add_action_or_reset(struct kunit *test, kunit_action_t action,
			      void *arg);
void *kunit_kmalloc(struct kunit *test, size_t size, gfp_t gfp);
void kunit_failed(struct kunit *test, const char *file, int line,
		  const char *what);
__noreturn void kunit_stop(struct kunit *test);

#define kunit_kzalloc(test, size, gfp) \
	kunit_kmalloc(test, size, (gfp) | __GFP_ZERO)
#define kunit_skip(test, ...) \
	do { (test)->skipped = true; kunit_stop(test); } while (0)
#define kunit_info(test, ...)	do { } while (0)

#define KUNIT_CASE(test_name)		{ test_name, #test_name }
#define KUNIT_CASE_SLOW(test_name)	KUNIT_CASE(test_name)
#define kunit_test_suites(...) \
	struct kunit_suite *kunit_suites[] = { __VA_ARGS__, NULL }
#define kunit_test_suite(suite)		kunit_test_suites(&suite)

#define KUNIT_FAIL(test, ...) \
	kunit_failed(test, __FILE__, __LINE__, "reached")
#define KUNIT_SUCCEED(test)		do { } while (0)

#define __KUNIT_EXPECT(test, cond, what)				\
({									\
	bool __ok = (cond);						\
									\
	if (!__ok)							\
		kunit_failed(test, __FILE__, __LINE__, what);		\
	__ok;								\
})
#define __KUNIT_ASSERT(test, cond, what) \
	do { if (!__KUNIT_EXPECT(test, cond, what)) kunit_stop(test); } while (0)

#define KUNIT_EXPECT_TRUE(test, a)	__KUNIT_EXPECT(test, a, #a)
#define KUNIT_EXPECT_FALSE(test, a)	__KUNIT_EXPECT(test, !(a), "!" #a)
#define KUNIT_EXPECT_EQ(test, a, b) \
	__KUNIT_EXPECT(test, (a) == (b), #a " == " #b)
#define KUNIT_EXPECT_NE(test, a, b) \
	__KUNIT_EXPECT(test, (a) != (b), #a " != " #b)
#define KUNIT_EXPECT_LT(test, a, b) \
	__KUNIT_EXPECT(test, (a) < (b), #a " < " #b)
#define KUNIT_EXPECT_LE(test, a, b) \
	__KUNIT_EXPECT(test, (a) <= (b), #a " <= " #b)
#define KUNIT_EXPECT_GT(test, a, b) \
	__KUNIT_EXPECT(test, (a) > (b), #a " > " #b)
#define KUNIT_EXPECT_GE(test, a, b) \
	__KUNIT_EXPECT(test, (a) >= (b), #a " >= " #b)
#define KUNIT_EXPECT_PTR_EQ(test, a, b) \
	__KUNIT_EXPECT(test, (a) == (b), #a " == " #b)
#define KUNIT_EXPECT_PTR_NE(test, a, b) \
	__KUNIT_EXPECT(test, (a) != (b), #a " != " #b)
#define KUNIT_EXPECT_NULL(test, a)	__KUNIT_EXPECT(test, !(a), "!" #a)
#define KUNIT_EXPECT_NOT_NULL(test, a)	__KUNIT_EXPECT(test, a, #a)
#define KUNIT_EXPECT_STREQ(test, a, b) \
	__KUNIT_EXPECT(test, !strcmp(a, b), #a " is " #b)
#define KUNIT_EXPECT_MEMEQ(test, a, b, len) \
	__KUNIT_EXPECT(test, !memcmp(a, b, len), #a " is " #b)
#define KUNIT_EXPECT_EQ_MSG(test, a, b, ...)	KUNIT_EXPECT_EQ(test, a, b)
#define KUNIT_EXPECT_TRUE_MSG(test, a, ...)	KUNIT_EXPECT_TRUE(test, a)
#define KUNIT_EXPECT_FALSE_MSG(test, a, ...)	KUNIT_EXPECT_FALSE(test, a)

#define KUNIT_ASSERT_TRUE(test, a)	__KUNIT_ASSERT(test, a, #a)
#define KUNIT_ASSERT_FALSE(test, a)	__KUNIT_ASSERT(test, !(a), "!" #a)
#define KUNIT_ASSERT_EQ(test, a, b) \
	__KUNIT_ASSERT(test, (a) == (b), #a " == " #b)
#define KUNIT_ASSERT_NE(test, a, b) \
	__KUNIT_ASSERT(test, (a) != (b), #a " != " #b)
#define KUNIT_ASSERT_GT(test, a, b) \
	__KUNIT_ASSERT(test, (a) > (b), #a " > " #b)
#define KUNIT_ASSERT_PTR_EQ(test, a, b) \
	__KUNIT_ASSERT(test, (a) == (b), #a " == " #b)
#define KUNIT_ASSERT_NULL(test, a)	__KUNIT_ASSERT(test, !(a), "!" #a)
#define KUNIT_ASSERT_NOT_NULL(test, a)	__KUNIT_ASSERT(test, a, #a)
#define KUNIT_ASSERT_NOT_ERR_OR_NULL(test, a) \
	__KUNIT_ASSERT(test, !IS_ERR_OR_NULL(a), #a)
#define KUNIT_ASSERT_STREQ(test, a, b) \
	__KUNIT_ASSERT(test, !strcmp(a, b), #a " is " #b)
#define KUNIT_ASSERT_MEMEQ(test, a, b, len) \
	__KUNIT_ASSERT(test, !memcmp(a, b, len), #a " is " #b)
#define KUNIT_ASSERT_EQ_MSG(test, a, b, ...)	KUNIT_ASSERT_EQ(test, a, b)
#define KUNIT_ASSERT_TRUE_MSG(test, a, ...)	KUNIT_ASSERT_TRUE(test, a)

#endif /* _KSTATE_SHIM_KUNIT_TEST_H */
