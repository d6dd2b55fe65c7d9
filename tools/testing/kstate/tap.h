/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Results in the kernel's form of the Test Anything Protocol. A test is a function; what it checks
 * and does not find is a line each, of which the first few are shown.
 */
#ifndef _KSTATE_TAP_H
#define _KSTATE_TAP_H

#include <linux/compiler.h>
#include <linux/types.h>

struct tap_test {
	void (*run)(void);
	const char *name;
};

#define TAP_TEST(fn)	{ fn, #fn }

/* Run all, print the results. Returns what main() is to return. */
int tap_run(const struct tap_test *tests, unsigned int nr);

bool tap_check(bool ok, const char *file, int line, const char *fmt, ...)
	__printf(4, 5);

/* Has the running test failed already? */
bool tap_failed(void);

/* True if @cond holds, else a failure */
#define CHECK(cond) \
	tap_check(cond, __FILE__, __LINE__, "%s", #cond)
/* The same with numbers to show */
#define CHECK_EQ(a, b)							\
({									\
	long __a = (long)(a), __b = (long)(b);				\
									\
	tap_check(__a == __b, __FILE__, __LINE__, "%s is %ld, not %ld",	\
		  #a, __a, __b);					\
})

#endif /* _KSTATE_TAP_H */
