// SPDX-License-Identifier: GPL-2.0-only
/*
 * Test of KSTATE over kernels that describe the same state differently.
 *
 * There are three sides, test_kstate_skew_a.c and so on; a kernel's configuration
 * says which one it has. Each side knows, row by row, what becomes of the other
 * one's state: it is restored, with these values, or refused with this errno,
 * and then the object is as it was. A goes to B, B to A and to C.
 *
 * <debugfs>/test_kstate_skew/ has: start, for "first" when there is nothing to
 * find; "strict" when what is refused had to be dropped before the jump;
 * "forced" when it was not; results, lines of TAP; drop, for the name of a
 * description whose object is no longer to be handed over; and keep, which
 * makes restored rows be saved again as they came.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/debugfs.h>
#include <linux/init.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "test_kstate_skew.h"

#define MAX_ROWS	64
#define MAX_WORD	64

static const char * const modes[] = { "first", "strict", "forced" };
static int mode = -1;
static bool keep;

static struct {
	int got;
	int wanted;
	bool good;
	bool registered;
} results[MAX_ROWS];

static const char *outcome(int ret)
{
	return ret == KSTATE_RESTORED ? "restored" : ret ? "refused" : "dropped";
}

static int results_show(struct seq_file *m, void *v)
{
	unsigned int i;

	for (i = 0; mode >= 0 && i < nr_skew_rows; i++) {
		seq_printf(m, "%s - side %s: %s: %s\n",
			   results[i].good ? "ok" : "not ok", skew_side,
			   skew_rows[i].name,
			   mode ? outcome(results[i].wanted) : "registered");
		if (!results[i].good)
			seq_printf(m, "# got %d, wanted %d\n", results[i].got,
				   results[i].wanted);
	}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(results);

/* Mandatory state that cannot be restored had to be dropped, unless forced. */
static int wanted(const struct skew_row *row)
{
	if (!mode)
		return 0;
	if (mode == 1 && row->expect < 0 && !row->late &&
	    row->desc->flags & KSTATE_MANDATORY)
		return 0;
	return row->expect;
}

static bool has_values(const struct skew_row *row)
{
	return row->gets ? !memcmp(row->obj, row->gets, row->desc->size) :
			   row->check();
}

static int start_row(unsigned int i)
{
	struct skew_row *row = &skew_rows[i];
	void *before = kmemdup(row->obj, row->desc->size, GFP_KERNEL);
	int ret;

	if (!before)
		return -ENOMEM;
	ret = kstate_register(row->desc, row->obj, 0);
	results[i].got = ret;
	results[i].wanted = wanted(row);
	results[i].good = ret == results[i].wanted &&
		(ret == KSTATE_RESTORED ? has_values(row) :
		 !memcmp(row->obj, before, row->desc->size));
	kfree(before);
	/* What was refused is registered without its state. */
	if (ret < 0 && kstate_register(row->desc, row->obj, 0) < 0)
		return ret;
	results[i].registered = true;
	if (ret == KSTATE_RESTORED && keep)
		return 0;
	if (row->saves)
		memcpy(row->obj, row->saves, row->desc->size);
	else
		row->fill();
	return 0;
}

static int start(void)
{
	unsigned int i;
	int err = nr_skew_rows > MAX_ROWS ? -E2BIG : 0;

	for (i = 0; !err && i < nr_skew_rows; i++) {
		err = start_row(i);
		if (err)
			pr_err("%s: %pe\n", skew_rows[i].name, ERR_PTR(err));
	}
	return err;
}

static int drop(const char *name)
{
	unsigned int i;

	for (i = 0; i < nr_skew_rows; i++) {
		if (!results[i].registered ||
		    strcmp(skew_rows[i].desc->name, name))
			continue;
		results[i].registered = false;
		kstate_unregister(skew_rows[i].desc, 0);
		return 0;
	}
	return -ENOENT;
}

/* One word, as echo writes it */
static int get_word(char *word, const char __user *buf, size_t len)
{
	if (!len || len >= MAX_WORD)
		return -EINVAL;
	if (copy_from_user(word, buf, len))
		return -EFAULT;
	word[len] = '\0';
	strim(word);
	return 0;
}

static ssize_t start_write(struct file *file, const char __user *buf,
			   size_t len, loff_t *ppos)
{
	char word[MAX_WORD];
	int ret = get_word(word, buf, len);

	if (ret)
		return ret;
	if (mode >= 0)
		return -EBUSY;
	ret = match_string(modes, ARRAY_SIZE(modes), word);
	if (ret < 0)
		return ret;
	mode = ret;
	ret = start();
	return ret ? ret : len;
}

static const struct file_operations start_fops = {
	.open = simple_open, .write = start_write,
};

static ssize_t drop_write(struct file *file, const char __user *buf,
			  size_t len, loff_t *ppos)
{
	char word[MAX_WORD];
	int ret = get_word(word, buf, len);

	if (!ret)
		ret = drop(word);
	return ret ? ret : len;
}

static const struct file_operations drop_fops = {
	.open = simple_open, .write = drop_write,
};

static int __init test_kstate_skew_init(void)
{
	struct dentry *dir = debugfs_create_dir("test_kstate_skew", NULL);

	debugfs_create_file("start", 0200, dir, NULL, &start_fops);
	debugfs_create_file("drop", 0200, dir, NULL, &drop_fops);
	debugfs_create_file("results", 0400, dir, NULL, &results_fops);
	debugfs_create_bool("keep", 0600, dir, &keep);
	return 0;
}
late_initcall(test_kstate_skew_init);
