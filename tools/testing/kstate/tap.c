// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdio.h>

#include <linux/shim.h>

#include "tap.h"

#define SHOWN	10

static unsigned int failures;

bool tap_check(bool ok, const char *file, int line, const char *fmt, ...)
{
	va_list args;

	if (ok)
		return true;
	if (failures++ < SHOWN) {
		printf("# %s:%d: ", file, line);
		va_start(args, fmt);
		vprintf(fmt, args);
		va_end(args);
		putchar('\n');
	}
	return false;
}

bool tap_failed(void)
{
	return failures > 0;
}

/* A test that leaves memory behind has failed, whatever it says. */
static bool run_one(const struct tap_test *test)
{
	long before = shim_allocated();

	failures = 0;
	test->run();
	CHECK_EQ(shim_allocated(), before);
	return !failures;
}

int tap_run(const struct tap_test *tests, unsigned int nr)
{
	bool ok, all = true;
	unsigned int i;

	printf("KTAP version 1\n1..%u\n", nr);
	for (i = 0; i < nr; i++) {
		ok = run_one(&tests[i]);
		all = all && ok;
		printf("%sok %u %s\n", ok ? "" : "not ", i + 1, tests[i].name);
		fflush(stdout);
	}
	return !all;
}
