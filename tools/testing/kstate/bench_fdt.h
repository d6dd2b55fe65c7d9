/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Between the benchmark and libfdt, whose headers do not go with the kernel's.
 */
#ifndef _KSTATE_BENCH_FDT_H
#define _KSTATE_BENCH_FDT_H

#include <stddef.h>

struct fdt_field {
	const char *name;
	size_t offset;
	int len;
};

size_t fdt_save(void *out, size_t size, const void *objs, unsigned int nr,
		size_t obj_size, const struct fdt_field *fields, int nr_fields);
void fdt_restore(const void *fdt, void *objs, unsigned int nr, size_t obj_size,
		 const struct fdt_field *fields, int nr_fields);

#endif /* _KSTATE_BENCH_FDT_H */
