// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two-boot test of KSTATE: what one kernel writes, the next one checks.
 *
 * Loaded with hop=0 the module registers objects that use every kind of field
 * and preserves memory, all filled from a seed. Loaded in the next kernel with
 * hop=1 and the same seed, it knows every byte that has to be there. Then it
 * writes new contents for the next hop.
 *
 * In <debugfs>/test_kstate/:
 *   results	what was found, a line of TAP for each
 *   check	the same, of objects that were not handed over after all
 *   pages	number of pages preserved; write N to preserve N more
 *   release	write N to release N pages, some here, some there
 *   fail	write what is to fail once: prepare, size, custom, save, late
 *   must	write what mandatory state to have: good, value, type, unknown,
 *		stop, none; reads as its value and whether it was restored
 *
 * The scenarios in tools/testing/selftests/kstate/ drive it.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/array_size.h>
#include <linux/cleanup.h>
#include <linux/debugfs.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/seq_file.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "test_kstate.h"

static ulong seed = 1;
module_param(seed, ulong, 0444);
MODULE_PARM_DESC(seed, "what all contents are made from");

unsigned int hop;
module_param(hop, uint, 0444);
MODULE_PARM_DESC(hop, "how often the state was handed over; 0: there is none");

static bool claim = true;
module_param(claim, bool, 0444);
MODULE_PARM_DESC(claim, "claim the preserved memory");

static bool lost;
module_param(lost, bool, 0444);
MODULE_PARM_DESC(lost, "the late object was lost at the jump");

bool test_refuse;
module_param_named(refuse, test_refuse, bool, 0444);
MODULE_PARM_DESC(refuse, "refuse objects when all of them is restored");

static uint pages = 300;
module_param(pages, uint, 0444);
MODULE_PARM_DESC(pages, "pages to preserve at once");

unsigned int test_spare;
module_param_named(spare, test_spare, uint, 0444);
MODULE_PARM_DESC(spare, "bytes of the stream to ask for and not to use");

/* ---- Results ---- */

static DEFINE_MUTEX(test_lock);
static char result_text[SZ_16K];
static size_t result_len;

void test_expect(bool good, const char *fmt, ...)
{
	struct va_format vaf = { .fmt = fmt };
	va_list args;

	va_start(args, fmt);
	vaf.va = &args;
	result_len += scnprintf(result_text + result_len,
				sizeof(result_text) - result_len, "%s - %pV\n",
				good ? "ok" : "not ok", &vaf);
	va_end(args);
}

/* ---- Contents ---- */

/* splitmix64 */
u64 test_mix(u64 key, u64 n)
{
	return test_scatter(seed + key + (n + 1) * 0x9e3779b97f4a7c15ULL);
}

u64 test_key(unsigned int hops, u64 what)
{
	return test_mix(test_mix(0, hops), what);
}

void visit_bad(struct visit *v, const char *name)
{
	if (!v->bad)
		v->bad = name;
}

void visit_bytes(struct visit *v, const char *name, void *at, size_t len)
{
	u64 key = test_mix(v->key, v->n++), word = 0;
	u8 *byte = at;
	size_t i;

	for (i = 0; i < len; i++, word >>= 8) {
		if (i % 8 == 0)
			word = test_mix(key, i);
		if (!v->check)
			byte[i] = word;
		else if (byte[i] != (u8)word)
			visit_bad(v, name);
	}
}

void visit_bool(struct visit *v, const char *name, bool *at)
{
	bool want = test_mix(v->key, v->n++) & 1;

	if (!v->check)
		*at = want;
	else if (*(u8 *)at != want)
		visit_bad(v, name);
}

bool visit_same(struct visit *v, const char *name, u64 got, u64 want)
{
	if (got != want)
		visit_bad(v, name);
	return got == want;
}

u32 visit_count(struct visit *v, u32 max)
{
	return 1 + test_mix(v->key, v->n++) % max;
}

/* Memory behind a pointer: made when filling, there when checking. */
void *visit_memory(struct visit *v, const char *name, void *at, size_t len)
{
	if (!v->check)
		at = kvzalloc(len, GFP_KERNEL);
	if (!at)
		visit_bad(v, name);
	return at;
}

void *visit_array(struct visit *v, const char *name, void *at, size_t len)
{
	at = visit_memory(v, name, at, len);
	if (at)
		visit_bytes(v, name, at, len);
	return at;
}

/* A folio: made when filling; there with its order and one reference. */
struct folio *visit_folio(struct visit *v, const char *name,
			  struct folio *folio, unsigned int order)
{
	if (!v->check)
		folio = folio_alloc(GFP_KERNEL, order);
	if (!folio || folio_order(folio) != order ||
	    folio_ref_count(folio) != 1) {
		visit_bad(v, name);
		return folio;
	}
	visit_bytes(v, name, folio_address(folio), folio_size(folio));
	return folio;
}

/* ---- Failing on demand ---- */

static const char * const fail_names[] = {
	[TEST_FAIL_NONE]	= "none",
	[TEST_FAIL_PREPARE]	= "prepare",
	[TEST_FAIL_SIZE]	= "size",
	[TEST_FAIL_CUSTOM]	= "custom",
	[TEST_FAIL_SAVE]	= "save",
	[TEST_FAIL_LATE]	= "late",
};

static enum test_fail fail_next;

int test_fail_now(enum test_fail what)
{
	if (fail_next != what)
		return 0;
	fail_next = TEST_FAIL_NONE;
	return -EREMOTEIO;
}

/* Objects are there before what they have, and no hand-over is to see that. */
static bool starting = true;

int test_starting(void)
{
	return READ_ONCE(starting) ? -EBUSY : 0;
}

/* ---- debugfs ---- */

static struct dentry *dir;

static int results_show(struct seq_file *m, void *v)
{
	guard(mutex)(&test_lock);
	seq_printf(m, "%s", result_text);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(results);

static int check_show(struct seq_file *m, void *v)
{
	guard(mutex)(&test_lock);
	result_len = 0;
	test_fields_check();
	test_memory_check();
	seq_printf(m, "%s", result_text);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(check);

static int pages_get(void *data, u64 *value)
{
	guard(mutex)(&test_lock);
	*value = test_memory_pages();
	return 0;
}

static int pages_set(void *data, u64 value)
{
	guard(mutex)(&test_lock);
	return value > totalram_pages() ? -EINVAL : test_memory_preserve(value);
}
DEFINE_DEBUGFS_ATTRIBUTE(pages_fops, pages_get, pages_set, "%llu\n");

static int release_set(void *data, u64 value)
{
	guard(mutex)(&test_lock);
	return test_memory_release(value);
}
DEFINE_DEBUGFS_ATTRIBUTE(release_fops, NULL, release_set, "%llu\n");

static ssize_t fail_write(struct file *file, const char __user *from,
			  size_t len, loff_t *pos)
{
	char name[16] = "";
	int what;

	if (len >= sizeof(name))
		return -EINVAL;
	if (copy_from_user(name, from, len))
		return -EFAULT;
	what = __sysfs_match_string(fail_names, ARRAY_SIZE(fail_names), name);
	if (what < 0)
		return what;
	fail_next = what;
	return len;
}

static const struct file_operations fail_fops = {
	.owner	= THIS_MODULE,
	.write	= fail_write,
};

static int must_show(struct seq_file *m, void *v)
{
	bool restored;
	u32 value;

	guard(mutex)(&test_lock);
	value = test_must_value(&restored);
	seq_printf(m, "%u %s\n", value, restored ? "restored" : "new");
	return 0;
}

static ssize_t must_write(struct file *file, const char __user *from,
			  size_t len, loff_t *pos)
{
	char name[16] = "";
	int err;

	if (len >= sizeof(name))
		return -EINVAL;
	if (copy_from_user(name, from, len))
		return -EFAULT;
	guard(mutex)(&test_lock);
	err = test_must_set(name);
	return err ?: len;
}
DEFINE_SHOW_STORE_ATTRIBUTE(must);

static void make_files(void)
{
	dir = debugfs_create_dir("test_kstate", NULL);
	debugfs_create_file("results", 0400, dir, NULL, &results_fops);
	debugfs_create_file("check", 0400, dir, NULL, &check_fops);
	debugfs_create_file_unsafe("pages", 0600, dir, NULL, &pages_fops);
	debugfs_create_file_unsafe("release", 0200, dir, NULL, &release_fops);
	debugfs_create_file("fail", 0200, dir, NULL, &fail_fops);
	debugfs_create_file("must", 0600, dir, NULL, &must_fops);
}

/* ---- The module ---- */

static void stop(void)
{
	debugfs_remove(dir);
	test_must_stop();
	test_memory_stop();
	test_fields_stop();
}

static int __init test_kstate_init(void)
{
	int err;

	guard(mutex)(&test_lock);
	err = test_fields_start(lost) ?: test_memory_start(claim) ?:
	      test_memory_preserve(pages);
	if (err) {
		pr_err("%s", result_text);
		stop();
		return err;
	}
	WRITE_ONCE(starting, false);
	make_files();
	return 0;
}
module_init(test_kstate_init);

static void __exit test_kstate_exit(void)
{
	stop();
}
module_exit(test_kstate_exit);

MODULE_DESCRIPTION("Two-boot test of KSTATE");
MODULE_LICENSE("GPL");
