// SPDX-License-Identifier: GPL-2.0-only
/*
 * KSTATE: what user space sees in /sys/kernel/kstate/.
 *
 * Lists may be longer than a page, which a text attribute cannot be, so they
 * are binary attributes made of lines.
 */
#define pr_fmt(fmt) "kstate: " fmt

#include <linux/cleanup.h>
#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/errname.h>
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/kobject.h>
#include <linux/kstate.h>
#include <linux/kstrtox.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/mm.h>
#include <linux/rbtree.h>
#include <linux/security.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/sysfs.h>
#include <linux/uaccess.h>

#include "kstate_internal.h"

/* Room for one line: three names and a sentence */
#define KSTATE_LINE_MAX		384

/* ---- Single values ---- */

static ssize_t state_show(struct kobject *kobj, struct kobj_attribute *attr,
			  char *buf)
{
	static const char * const names[] = {
		[KSTATE_IDLE]	= "idle",
		[KSTATE_SAVING]	= "saving",
		[KSTATE_SAVED]	= "saved",
	};

	/* not under the lock: it is held while saving */
	return sysfs_emit(buf, "%s\n", names[READ_ONCE(kstate_core.phase)]);
}

static struct kobj_attribute state_attr = __ATTR_RO(state);

static ssize_t generation_show(struct kobject *kobj,
			       struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", kstate_generation());
}

static struct kobj_attribute generation_attr = __ATTR_RO(generation);

static const char *dash(const char *text)
{
	return *text ? text : "-";
}

/* "DESCRIPTION FIELD ERRNO WHY", without an end of line */
static int print_report(char *buf, size_t size,
			const struct kstate_report *report)
{
	/* As %pe is where the kernel has the names of errors, its number else. */
	return scnprintf(buf, size, "%s %s %pe %s", dash(report->desc),
			 dash(report->field), ERR_PTR(report->err),
			 report->why);
}

static ssize_t last_error_show(struct kobject *kobj,
			       struct kobj_attribute *attr, char *buf)
{
	char line[KSTATE_LINE_MAX];

	guard(mutex)(&kstate_core.lock);
	if (!kstate_core.last.err)
		return 0;
	print_report(line, sizeof(line), &kstate_core.last);
	return sysfs_emit(buf, "%s %llu %s\n", dash(kstate_core.last_name),
			  kstate_core.last_instance, line);
}

static struct kobj_attribute last_error_attr = __ATTR_RO(last_error);

/* Not under the lock: numbers are a snapshot anyway. */
static ssize_t counts_show(struct kobject *kobj, struct kobj_attribute *attr,
			   char *buf)
{
	const u32 *in = kstate_core.nr_in;

	return sysfs_emit(buf,
			  "registered %u\nrestored %u\npending %u\nrefused %u\nlost %u\n",
			  READ_ONCE(kstate_core.nr_objects),
			  READ_ONCE(in[KSTATE_IN_RESTORED]),
			  READ_ONCE(in[KSTATE_IN_PENDING]),
			  READ_ONCE(in[KSTATE_IN_REFUSED]),
			  READ_ONCE(in[KSTATE_IN_LOST]));
}

static struct kobj_attribute counts_attr = __ATTR_RO(counts);

/* Write 1 to have it done. */
static int asked_for(const char *buf)
{
	bool yes;
	int err = kstrtobool(buf, &yes);

	return err ?: (yes ? 0 : -EINVAL);
}

static ssize_t finish_store(struct kobject *kobj, struct kobj_attribute *attr,
			    const char *buf, size_t len)
{
	int err = asked_for(buf) ?: kstate_core_finish(&kstate_core);

	return err ?: len;
}

static struct kobj_attribute finish_attr = __ATTR_WO(finish);

static ssize_t preserved_show(struct kobject *kobj,
			      struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%llu\n", kstate_mem_preserved());
}

static struct kobj_attribute preserved_attr = __ATTR_RO(preserved);

static ssize_t extents_show(struct kobject *kobj, struct kobj_attribute *attr,
			    char *buf)
{
	return sysfs_emit(buf, "%lu\n", kstate_mem_extents());
}

static struct kobj_attribute extents_attr = __ATTR_RO_MODE(extents, 0400);

static ssize_t map_bytes_show(struct kobject *kobj,
			      struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%llu\n", kstate_mem_map_bytes());
}

static struct kobj_attribute map_bytes_attr = __ATTR_RO(map_bytes);

static ssize_t force_show(struct kobject *kobj, struct kobj_attribute *attr,
			  char *buf)
{
	return sysfs_emit(buf, "%d\n", READ_ONCE(kstate_core.force));
}

static ssize_t force_store(struct kobject *kobj, struct kobj_attribute *attr,
			   const char *buf, size_t len)
{
	bool yes;
	int err;

	err = kstrtobool(buf, &yes);
	if (err)
		return err;
	guard(mutex)(&kstate_core.lock);
	if (yes != kstate_core.force)
		pr_warn("%s\n", yes ?
			"forced: images may lose mandatory state" :
			"images must not lose mandatory state");
	WRITE_ONCE(kstate_core.force, yes);
	return len;
}

static struct kobj_attribute force_attr = __ATTR_RW_MODE(force, 0600);

/* ---- Lists ---- */

/* What of a list's lines a reader asked for. */
struct kstate_window {
	char *buf;
	size_t len;
	size_t used;
	loff_t skip;
};

/* Add what the window shows of a line; false when it is full. */
static bool add_line(struct kstate_window *win, const char *line, size_t len)
{
	if (win->skip >= len) {
		win->skip -= len;
		return true;
	}
	line += win->skip;
	len = min(len - (size_t)win->skip, win->len - win->used);
	win->skip = 0;
	memcpy(win->buf + win->used, line, len);
	win->used += len;
	return win->used < win->len;
}

/**
 * struct kstate_cursor - where the last read of a list ended
 * @changes: &kstate_core.changes at that time
 * @pos: where in the list the line begins at which the next read goes on
 * @node: its object, in the list of registered ones
 * @nr: the number of its object, in a list of incoming ones
 *
 * A list is read a page at a time. Without it, each page would cost as much as
 * all before it.
 */
struct kstate_cursor {
	u64 changes;
	loff_t pos;
	struct rb_node *node;
	u32 nr;
};

/* Can a read at @pos go on? Else @c is at the beginning. Needs the lock. */
static bool cursor_goes_on(struct kstate_cursor *c, loff_t pos)
{
	if (c->changes == kstate_core.changes && c->pos <= pos)
		return true;
	*c = (struct kstate_cursor){ .changes = kstate_core.changes };
	return false;
}

static int print_object(char *buf, size_t size, const struct kstate_object *o)
{
	if (o->gone)
		return 0;
	return scnprintf(buf, size, "%s %llu %u %s\n", o->desc->name,
			 o->instance, o->desc->version,
			 o->desc->flags & KSTATE_LATE ? "late" : "early");
}

static ssize_t registered_read(struct file *file, struct kobject *kobj,
			       struct bin_attribute *attr, char *buf,
			       loff_t pos, size_t len)
{
	struct kstate_window win = { .buf = buf, .len = len };
	static struct kstate_cursor c;
	char line[KSTATE_LINE_MAX];
	int n;

	guard(mutex)(&kstate_core.lock);
	if (!cursor_goes_on(&c, pos))
		c.node = rb_first(&kstate_core.objects);
	win.skip = pos - c.pos;
	for (; c.node; c.node = rb_next(c.node), c.pos += n) {
		n = print_object(line, sizeof(line),
				 rb_entry(c.node, struct kstate_object, node));
		if (n && !add_line(&win, line, n))
			break;
		cond_resched();
	}
	return win.used;
}

static BIN_ATTR_ADMIN_RO(registered, 0);

static int print_in(char *buf, size_t size, const struct kstate_in_object *in)
{
	int n;

	n = scnprintf(buf, size, "%s %llu %u %zu ", in->schema->name,
		      in->instance, in->schema->version, in->len);
	if (in->report)
		n += print_report(buf + n, size - n - 1, in->report);
	else
		n--;
	buf[n++] = '\n';
	return n;
}

static ssize_t read_incoming(enum kstate_in_state state, char *buf, loff_t pos,
			     size_t len)
{
	static struct kstate_cursor cursors[KSTATE_IN_STATES];
	struct kstate_window win = { .buf = buf, .len = len };
	const struct kstate_reader *r = &kstate_core.reader;
	struct kstate_cursor *c = &cursors[state];
	char line[KSTATE_LINE_MAX];
	int n;

	guard(mutex)(&kstate_core.lock);
	cursor_goes_on(c, pos);
	win.skip = pos - c->pos;
	for (; kstate_core.opened && c->nr < r->nr_objects; c->nr++) {
		if (r->objects[c->nr].state != state)
			continue;
		n = print_in(line, sizeof(line), &r->objects[c->nr]);
		if (!add_line(&win, line, n))
			break;
		c->pos += n;
		cond_resched();
	}
	return win.used;
}

static ssize_t restored_read(struct file *file, struct kobject *kobj,
			     struct bin_attribute *attr, char *buf, loff_t pos,
			     size_t len)
{
	return read_incoming(KSTATE_IN_RESTORED, buf, pos, len);
}

static BIN_ATTR_ADMIN_RO(restored, 0);

static ssize_t pending_read(struct file *file, struct kobject *kobj,
			    struct bin_attribute *attr, char *buf, loff_t pos,
			    size_t len)
{
	return read_incoming(KSTATE_IN_PENDING, buf, pos, len);
}

static BIN_ATTR_ADMIN_RO(pending, 0);

static ssize_t refused_read(struct file *file, struct kobject *kobj,
			    struct bin_attribute *attr, char *buf, loff_t pos,
			    size_t len)
{
	return read_incoming(KSTATE_IN_REFUSED, buf, pos, len);
}

static BIN_ATTR_ADMIN_RO(refused, 0);

static ssize_t lost_read(struct file *file, struct kobject *kobj,
			 struct bin_attribute *attr, char *buf, loff_t pos,
			 size_t len)
{
	return read_incoming(KSTATE_IN_LOST, buf, pos, len);
}

static BIN_ATTR_ADMIN_RO(lost, 0);

/* Made anew for each read: who reads in pieces may see a change by the CRC. */
static ssize_t schemas_read(struct file *file, struct kobject *kobj,
			    struct bin_attribute *attr, char *buf, loff_t pos,
			    size_t len)
{
	size_t size;
	void *bytes;

	bytes = kstate_core_schemas(&kstate_core, &size);
	if (IS_ERR(bytes))
		return PTR_ERR(bytes);
	len = memory_read_from_buffer(buf, len, &pos, bytes, size);
	kvfree(bytes);
	return len;
}

static BIN_ATTR_ADMIN_RO(schemas, 0);

/* ---- The dry run ---- */

static struct kstate_meter dry_run;
static DEFINE_MUTEX(dry_run_lock);

static ssize_t dry_run_read(struct file *file, struct kobject *kobj,
			    struct bin_attribute *attr, char *buf, loff_t pos,
			    size_t len)
{
	struct kstate_window win = { .buf = buf, .len = len, .skip = pos };
	char line[KSTATE_LINE_MAX];
	u32 nr;
	int n;

	guard(mutex)(&dry_run_lock);
	for (nr = 0; ; nr++) {
		n = kstate_meter_print(&dry_run, nr, line, sizeof(line));
		if (!n || !add_line(&win, line, n))
			break;
	}
	return win.used;
}

static ssize_t dry_run_write(struct file *file, struct kobject *kobj,
			     struct bin_attribute *attr, char *buf, loff_t pos,
			     size_t len)
{
	int err = pos ? -EINVAL : asked_for(buf);

	if (err)
		return err;
	guard(mutex)(&dry_run_lock);
	kstate_meter_reset(&dry_run);
	err = kstate_dry_run(&dry_run);
	return err ?: len;
}

static BIN_ATTR(dry_run, 0600, dry_run_read, dry_run_write, 0);

static struct attribute *kstate_attrs[] = {
	&state_attr.attr,
	&generation_attr.attr,
	&last_error_attr.attr,
	&counts_attr.attr,
	&finish_attr.attr,
	&force_attr.attr,
	&preserved_attr.attr,
	&extents_attr.attr,
	&map_bytes_attr.attr,
	NULL
};

static struct bin_attribute *kstate_bin_attrs[] = {
	&bin_attr_registered,
	&bin_attr_restored,
	&bin_attr_pending,
	&bin_attr_refused,
	&bin_attr_lost,
	&bin_attr_schemas,
	&bin_attr_dry_run,
	NULL
};

static const struct attribute_group kstate_group = {
	.attrs = kstate_attrs,
	.bin_attrs = kstate_bin_attrs,
};

/* ---- debugfs: the previous kernel's stream, for kstate(8), and the image ---- */

/* It has physical addresses, and whatever secrets state has. */
static int in_stream_open(struct inode *inode, struct file *file)
{
	return security_locked_down(LOCKDOWN_KCORE);
}

/* A page at most: user memory is not touched under the lock. */
static ssize_t in_stream_read(struct file *file, char __user *buf, size_t len,
			      loff_t *pos)
{
	void *page __free(kvfree) = kvmalloc(PAGE_SIZE, GFP_KERNEL);
	ssize_t n = 0;

	if (!page)
		return -ENOMEM;
	len = min_t(size_t, len, PAGE_SIZE);
	/* it is unmapped under the lock when the hand-over is finished */
	scoped_guard(mutex, &kstate_core.lock) {
		if (kstate_core.opened)
			n = memory_read_from_buffer(page, len, pos,
						    kstate_core.in,
						    kstate_core.in_len);
	}
	if (n > 0 && copy_to_user(buf, page, n))
		return -EFAULT;
	return n;
}

static const struct file_operations stream_fops = {
	.owner	= THIS_MODULE,
	.open	= in_stream_open,
	.read	= in_stream_read,
	.llseek	= default_llseek,
};

static int image_show(struct seq_file *m, void *unused)
{
	return kstate_dest_show(m);
}
DEFINE_SHOW_ATTRIBUTE(image);

static void __init kstate_debugfs_init(void)
{
	struct dentry *dir = debugfs_create_dir("kstate", NULL);

	debugfs_create_file("stream", 0400, dir, NULL, &stream_fops);
	debugfs_create_file("image", 0400, dir, NULL, &image_fops);
}

static int __init kstate_sysfs_init(void)
{
	struct kobject *kobj;
	int err;

	kobj = kobject_create_and_add("kstate", kernel_kobj);
	if (!kobj)
		return -ENOMEM;
	err = sysfs_create_group(kobj, &kstate_group);
	if (err)
		kobject_put(kobj);
	kstate_debugfs_init();
	return err;
}
late_initcall(kstate_sysfs_init);
