// SPDX-License-Identifier: GPL-2.0
/*
 * Run the KUnit suites of lib/ in user space, where ASan sees more than UML
 * does.
 */
#include <setjmp.h>
#include <stdio.h>

#include <kunit/test.h>

#include "tap.h"

#define MAX_ACTIONS	256
#define MAX_CASES	512

static struct {
	kunit_action_t action;
	void *arg;
} actions[MAX_ACTIONS];

static unsigned int nr_actions;
static jmp_buf stop;

/* Preserved memory has a suite too, which needs the page allocator. */
static struct kunit_case no_cases[] = { {} };
struct kunit_suite kstate_mem_suite = { .test_cases = no_cases };

int kunit_add_action_or_reset(struct kunit *test, kunit_action_t action,
			      void *arg)
{
	shim_assert(nr_actions < MAX_ACTIONS);
	actions[nr_actions].action = action;
	actions[nr_actions++].arg = arg;
	return 0;
}

static void free_action(void *p)
{
	kfree(p);
}

void *kunit_kmalloc(struct kunit *test, size_t size, gfp_t gfp)
{
	void *p = kmalloc(size, gfp);

	if (p)
		kunit_add_action_or_reset(test, free_action, p);
	return p;
}

void kunit_failed(struct kunit *test, const char *file, int line,
		  const char *what)
{
	test->failed = true;
	tap_check(false, file, line, "expected %s", what);
}

void kunit_stop(struct kunit *test)
{
	longjmp(stop, 1);
}

static struct kunit_suite **suite = kunit_suites;
static struct kunit_case *test_case;

/* Go to the next case, that of the next suite after a suite's last. */
static bool next_case(void)
{
	if (test_case)
		test_case++;
	else if (*suite)
		test_case = (*suite)->test_cases;
	while (*suite && !test_case->run_case) {
		suite++;
		test_case = *suite ? (*suite)->test_cases : NULL;
	}
	return *suite;
}

static void run_case(void)
{
	struct kunit test = { };

	next_case();
	if (!setjmp(stop) && (!(*suite)->init || !(*suite)->init(&test)))
		test_case->run_case(&test);
	if ((*suite)->exit)
		(*suite)->exit(&test);
	while (nr_actions) {
		nr_actions--;
		actions[nr_actions].action(actions[nr_actions].arg);
	}
}

int main(void)
{
	static char names[MAX_CASES][128];
	static struct tap_test tests[MAX_CASES];
	unsigned int nr = 0;

	while (next_case()) {
		shim_assert(nr < MAX_CASES);
		snprintf(names[nr], sizeof(names[nr]), "%s.%s", (*suite)->name,
			 test_case->name);
		tests[nr].run = run_case;
		tests[nr].name = names[nr];
		nr++;
	}
	suite = kunit_suites;
	return tap_run(tests, nr);
}
