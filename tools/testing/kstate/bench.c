// SPDX-License-Identifier: GPL-2.0
/*
 * The benchmark in user space. Prints a line for each row, for scripts/bench.
 */
#include <stdio.h>
#include <string.h>

#include <linux/kernel.h>

#include "../../../lib/test_kstate_bench.h"

/* Other programs use the machine, too: the least of many is what is looked for. */
#define ROUNDS		101

int main(void)
{
	char line[BENCH_LINE];
	struct bench *b;
	u32 i;
	int err;

	b = bench_new(ROUNDS);
	if (!b) {
		fputs("bench: no memory\n", stderr);
		return 2;
	}
	err = bench_run(b);
	for (i = 0; !err && bench_line(b, i, line, sizeof(line)); i++)
		fputs(line, stdout);
	bench_free(b);
	if (err)
		fprintf(stderr, "bench: %s\n", strerror(-err));
	return err ? 2 : 0;
}
