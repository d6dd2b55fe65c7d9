// SPDX-License-Identifier: GPL-2.0-only
/*
 * KSTATE: the benchmark in the kernel. It is run by reading a file in debugfs,
 * and what it says is for scripts/bench: on an emulated CPU whose clock counts
 * instructions, the times are instructions.
 */
#include <linux/debugfs.h>
#include <linux/init.h>
#include <linux/seq_file.h>

#include "test_kstate_bench.h"

/* The clock is exact; the first round finds the caches of allocators empty. */
#define ROUNDS		3

static int bench_show(struct seq_file *m, void *unused)
{
	char line[BENCH_LINE];
	struct bench *b;
	u32 i;
	int err;

	b = bench_new(ROUNDS);
	if (!b)
		return -ENOMEM;
	err = bench_run(b);
	for (i = 0; !err && bench_line(b, i, line, sizeof(line)); i++)
		seq_puts(m, line);
	bench_free(b);
	return err;
}

static int bench_open(struct inode *inode, struct file *file)
{
	/* all in one go: what does not fit would be measured again */
	return single_open_size(file, bench_show, NULL, 2 * PAGE_SIZE);
}

static const struct file_operations bench_fops = {
	.owner		= THIS_MODULE,
	.open		= bench_open,
	.read		= seq_read,
	.llseek		= seq_lseek,
	.release	= single_release,
};

static int __init bench_init(void)
{
	debugfs_create_file("test_kstate_bench", 0400, NULL, NULL, &bench_fops);
	return 0;
}
late_initcall(bench_init);
