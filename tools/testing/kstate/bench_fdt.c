// SPDX-License-Identifier: GPL-2.0
/*
 * The benchmark's objects in a flattened device tree: a node for each, a
 * property for each field. Written sequentially, which is libfdt's fast way.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libfdt.h>

#include "bench_fdt.h"

static void must(int err, const char *what)
{
	if (err >= 0)
		return;
	fprintf(stderr, "bench: libfdt: %s: %s\n", what, fdt_strerror(err));
	exit(2);
}

size_t fdt_save(void *out, size_t size, const void *objs, unsigned int nr,
		size_t obj_size, const struct fdt_field *fields, int nr_fields)
{
	char name[16];
	unsigned int i;
	int f;

	must(fdt_create(out, size), "create");
	must(fdt_finish_reservemap(out), "reservemap");
	must(fdt_begin_node(out, ""), "node");
	for (i = 0; i < nr; i++, objs += obj_size) {
		snprintf(name, sizeof(name), "object@%x", i);
		must(fdt_begin_node(out, name), "node");
		for (f = 0; f < nr_fields; f++)
			must(fdt_property(out, fields[f].name,
					  objs + fields[f].offset,
					  fields[f].len), "property");
		must(fdt_end_node(out), "node");
	}
	must(fdt_end_node(out), "node");
	must(fdt_finish(out), "finish");
	return fdt_totalsize(out);
}

void fdt_restore(const void *fdt, void *objs, unsigned int nr, size_t obj_size,
		 const struct fdt_field *fields, int nr_fields)
{
	int node = fdt_first_subnode(fdt, 0), len, f;
	const void *value;
	unsigned int i;

	must(fdt_check_header(fdt), "header");
	for (i = 0; i < nr; i++, objs += obj_size) {
		must(node, "node");
		for (f = 0; f < nr_fields; f++) {
			value = fdt_getprop(fdt, node, fields[f].name, &len);
			if (!value || len != fields[f].len)
				must(-FDT_ERR_NOTFOUND, fields[f].name);
			memcpy(objs + fields[f].offset, value, len);
		}
		node = fdt_next_subnode(fdt, node);
	}
}
