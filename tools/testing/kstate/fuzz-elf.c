// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzzer of the files that kstate(8) takes schemas from: object files above all,
 * images and streams. The input is the file; checksums are mended.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "tool.h"

/* ---- What the tool has in util.c ---- */

static struct stream file;
static unsigned int complaints;

void *need(void *p)
{
	shim_assert(p);
	return p;
}

void *read_all(const char *name, size_t *len)
{
	struct stream copy = stream_copy(&file, file.len);

	*len = copy.len;
	return copy.data;
}

int complain(const char *name, const char *fmt, ...)
{
	shim_assert(fmt);
	complaints++;
	return EXIT_BROKEN;
}

int complain_report(const char *name, const struct kstate_report *report)
{
	shim_assert(report->err && report->why);
	return complain(name, "%s", report->why);
}

/* It says what is wrong, once, or has what it says. */
int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct stream in = { .data = (u8 *)data, .len = size };
	struct source src;
	long before;
	int status;

	if (size < 1)
		return -1;
	file = stream_copy(&in, size);
	fuzz_mend(file.data, file.len);
	before = shim_allocated();
	complaints = 0;
	status = source_open(&src, "file");
	shim_assert(complaints == !!status);
	if (!status) {
		shim_assert(src.has_schemas || !src.reader.nr_schemas);
		source_close(&src);
	}
	shim_assert(shim_allocated() == before);
	stream_free(&file);
	return 0;
}
