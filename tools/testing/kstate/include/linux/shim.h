/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KSTATE_SHIM_LINUX_SHIM_H
#define _KSTATE_SHIM_LINUX_SHIM_H

/*
 * What the tests must know of the kernel that these headers stand for.
 */
#include <stdbool.h>
#include <stddef.h>

void shim_bug(const char *file, int line, const char *what);

/* A rule of the kernel was broken: the test program ends. */
#define shim_assert(cond) \
	do { if (!(cond)) shim_bug(__FILE__, __LINE__, #cond); } while (0)

/*
 * The @nth allocation from now on fails, counted from 1, and after it none; 0:
 * all succeed. shim_failed() tells whether it came to that since the last @nth.
 */
void shim_fail_alloc(unsigned long nth);
bool shim_failed(void);

/* Allocations made and not freed, for builds without LeakSanitizer */
long shim_allocated(void);

/* Bytes allocated since the last call */
size_t shim_alloc_bytes(void);

#endif /* _KSTATE_SHIM_LINUX_SHIM_H */
