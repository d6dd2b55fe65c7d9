/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the two-boot test of KSTATE share.
 */
#ifndef _LIB_TEST_KSTATE_H
#define _LIB_TEST_KSTATE_H

#include <linux/compiler_attributes.h>
#include <linux/types.h>

struct folio;

/* The end of splitmix64: numbers that differ little come out far apart. */
static inline u64 test_scatter(u64 z)
{
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

/* ---- test_kstate_main.c ---- */

extern unsigned int hop;
extern unsigned int test_spare;
extern bool test_refuse;

/* What the scenario wants to fail, once */
enum test_fail {
	TEST_FAIL_NONE,
	TEST_FAIL_PREPARE,
	TEST_FAIL_SIZE,
	TEST_FAIL_CUSTOM,
	TEST_FAIL_SAVE,
	TEST_FAIL_LATE,
};

/* An errno if the scenario wants @what to fail now. */
int test_fail_now(enum test_fail what);
int test_starting(void);

/* Note a result, with a text that says what was expected. */
__printf(2, 3) void test_expect(bool good, const char *fmt, ...);

/* The @n-th of an endless row of numbers that @key starts. */
u64 test_mix(u64 key, u64 n);

/*
 * The key to what is written after @hops hand-overs: with every one of them it
 * is something else, so that nothing stale looks right.
 */
u64 test_key(unsigned int hops, u64 what);

/**
 * struct visit - a walk over an object that fills or checks it
 * @key: what the contents are made from
 * @n: number of the next item, so that no two have the same contents
 * @check: compare, do not write
 * @bad: the first item that is not as expected, or that could not be made
 */
struct visit {
	u64 key;
	u64 n;
	bool check;
	const char *bad;
};

void visit_bad(struct visit *v, const char *name);
void visit_bytes(struct visit *v, const char *name, void *at, size_t len);
void visit_bool(struct visit *v, const char *name, bool *at);
bool visit_same(struct visit *v, const char *name, u64 got, u64 want);
u32 visit_count(struct visit *v, u32 max);
void *visit_memory(struct visit *v, const char *name, void *at, size_t len);
void *visit_array(struct visit *v, const char *name, void *at, size_t len);
struct folio *visit_folio(struct visit *v, const char *name,
			  struct folio *folio, unsigned int order);

#define VISIT(v, member) visit_bytes(v, #member, &(member), sizeof(member))

/* ---- test_kstate_fields.c: objects with every kind of field ---- */

int test_fields_start(bool lost);
void test_fields_check(void);
void test_fields_stop(void);

/* ---- test_kstate_memory.c: preserved memory ---- */

int test_memory_start(bool claim);
int test_memory_preserve(unsigned long nr);
int test_memory_release(unsigned long nr);
unsigned long test_memory_pages(void);
void test_memory_check(void);
void test_memory_stop(void);

/* ---- test_kstate_must.c: mandatory state ---- */

int test_must_set(const char *name);
u32 test_must_value(bool *was_restored);
void test_must_stop(void);

#endif /* _LIB_TEST_KSTATE_H */
