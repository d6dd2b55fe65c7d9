/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between the benchmark and libfdt, whose headers in user space do not go with
 * the kernel's.
 */
#ifndef _LIB_TEST_KSTATE_BENCH_FDT_H
#define _LIB_TEST_KSTATE_BENCH_FDT_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <stddef.h>
#endif

struct bench_fdt_field {
	const char *name;
	size_t offset;
	int len;
};

long bench_fdt_save(void *out, size_t size, const void *objs, unsigned int nr,
		    size_t obj_size, const struct bench_fdt_field *fields,
		    int nr_fields);
int bench_fdt_restore(const void *fdt, void *objs, unsigned int nr,
		      size_t obj_size, const struct bench_fdt_field *fields,
		      int nr_fields);

#endif /* _LIB_TEST_KSTATE_BENCH_FDT_H */
