// SPDX-License-Identifier: GPL-2.0-only
/*
 * KSTATE: the benchmark's objects in a flattened device tree: a node for each, a
 * property for each field. Written sequentially, which is libfdt's fast way.
 */
#ifdef __KERNEL__
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/libfdt.h>
#include <linux/string.h>
#else
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <libfdt.h>
#endif

#include "test_kstate_bench_fdt.h"

static int save_object(void *fdt, const void *obj, unsigned int nr,
		       const struct bench_fdt_field *fields, int nr_fields)
{
	char name[16];
	int err, f;

	snprintf(name, sizeof(name), "object@%x", nr);
	err = fdt_begin_node(fdt, name);
	for (f = 0; !err && f < nr_fields; f++)
		err = fdt_property(fdt, fields[f].name, obj + fields[f].offset,
				   fields[f].len);
	return err ?: fdt_end_node(fdt);
}

/* Bytes of the tree in @out, or -EINVAL */
long bench_fdt_save(void *out, size_t size, const void *objs, unsigned int nr,
		    size_t obj_size, const struct bench_fdt_field *fields,
		    int nr_fields)
{
	unsigned int i;
	int err;

	err = fdt_create(out, size) ?:
	      fdt_finish_reservemap(out) ?:
	      fdt_begin_node(out, "");
	for (i = 0; !err && i < nr; i++, objs += obj_size)
		err = save_object(out, objs, i, fields, nr_fields);
	err = err ?: fdt_end_node(out) ?: fdt_finish(out);
	return err ? -EINVAL : (long)fdt_totalsize(out);
}

static int restore_object(const void *fdt, int node, void *obj,
			  const struct bench_fdt_field *fields, int nr_fields)
{
	const void *value;
	int len, f;

	for (f = 0; f < nr_fields; f++) {
		value = fdt_getprop(fdt, node, fields[f].name, &len);
		if (!value || len != fields[f].len)
			return -EINVAL;
		memcpy(obj + fields[f].offset, value, len);
	}
	return 0;
}

/* 0 or -EINVAL */
int bench_fdt_restore(const void *fdt, void *objs, unsigned int nr,
		      size_t obj_size, const struct bench_fdt_field *fields,
		      int nr_fields)
{
	int node, err = fdt_check_header(fdt);
	unsigned int i;

	node = err ? err : fdt_first_subnode(fdt, 0);
	for (i = 0; i < nr; i++, objs += obj_size) {
		if (node < 0 ||
		    restore_object(fdt, node, objs, fields, nr_fields))
			return -EINVAL;
		node = fdt_next_subnode(fdt, node);
	}
	return 0;
}
