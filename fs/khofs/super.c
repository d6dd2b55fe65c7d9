// SPDX-License-Identifier: GPL-2.0-only
/*
 * khofs: mounting. All that a file does is tmpfs's doing; here it is about
 * trees, which have names by which they are found after a kexec.
 */
#define pr_fmt(fmt) "khofs: " fmt

#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/fs_context.h>
#include <linux/fs_parser.h>
#include <linux/init.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/percpu_counter.h>
#include <linux/seq_file.h>
#include <linux/shmem_fs.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/wait_bit.h>
#include <linux/workqueue.h>

#include "khofs.h"

/* Until its super block is gone, a tree is here, since then with @dying set. */
static LIST_HEAD(trees);
static DEFINE_SPINLOCK(trees_lock);

/* One at a time looks for a tree and makes it if there is none. */
static DEFINE_MUTEX(mount_lock);

/* tmpfs's, and those of khofs that differ by what a tree has on top */
static const struct fs_context_operations *shmem_ops;
static const struct super_operations *shmem_super_ops;
static struct super_operations khofs_super_ops;

/* What mount(2) asks for; @shmem is what tmpfs made of the rest. */
struct khofs_fc {
	void *shmem;
	char name[KHOFS_NAME_MAX + 1];
	bool kept;
	bool kept_given;
	const struct khofs_image *image;
};

/* ---- Trees ---- */

/* For a mount */
static bool get_mount_ref(struct khofs_tree *tree)
{
	lockdep_assert_held(&trees_lock);
	return !tree->dying && atomic_inc_not_zero(&tree->sb->s_active);
}

/* For khofs itself */
static bool get_tree_ref(struct khofs_tree *tree)
{
	if (!get_mount_ref(tree))
		return false;
	tree->holds++;
	return true;
}

/**
 * khofs_next_tree - walk the trees
 * @tree: the one before, whose reference goes, or NULL
 *
 * Context: may sleep.
 *
 * Return: a tree with a reference to its super block, or NULL at the end.
 */
struct khofs_tree *khofs_next_tree(struct khofs_tree *tree)
{
	struct khofs_tree *next;

	spin_lock(&trees_lock);
	next = list_prepare_entry(tree, &trees, list);
	list_for_each_entry_continue(next, &trees, list) {
		if (get_tree_ref(next))
			break;
	}
	if (list_entry_is_head(next, &trees, list))
		next = NULL;
	spin_unlock(&trees_lock);
	if (tree)
		khofs_put_tree(tree);
	return next;
}

static struct khofs_tree *tree_named(const char *name)
{
	struct khofs_tree *tree;

	lockdep_assert_held(&trees_lock);
	list_for_each_entry(tree, &trees, list) {
		if (!strcmp(tree->name, name))
			return tree;
	}
	return NULL;
}

/**
 * khofs_find_tree - find a tree by its name
 * @name: the name
 *
 * Context: any but interrupts.
 *
 * Return: the tree, with a reference to its super block, or NULL.
 */
struct khofs_tree *khofs_find_tree(const char *name)
{
	struct khofs_tree *tree;

	spin_lock(&trees_lock);
	tree = tree_named(name);
	if (tree && !get_tree_ref(tree))
		tree = NULL;
	spin_unlock(&trees_lock);
	return tree;
}

/**
 * khofs_put_tree - give back what khofs_next_tree() or khofs_find_tree() gave
 * @tree: the tree; goes with the last reference
 *
 * Context: may sleep.
 */
void khofs_put_tree(struct khofs_tree *tree)
{
	struct super_block *sb = tree->sb;
	bool last;

	scoped_guard(spinlock, &trees_lock) {
		tree->holds--;
		last = !atomic_add_unless(&sb->s_active, -1, 1);
		/* Nobody can have it any more, so nobody is to find it. */
		if (last)
			tree->dying = true;
	}
	if (last)
		deactivate_super(sb);
}

/**
 * khofs_tree_frozen - say that a tree is frozen, or about to be, or not any more
 * @tree: the tree
 * @freezing: about to be frozen or thawed
 * @frozen: it is, and the hand-over has one reference, and so has the freezing
 *
 * Context: may sleep.
 */
void khofs_tree_frozen(struct khofs_tree *tree, bool freezing, bool frozen)
{
	scoped_guard(spinlock, &trees_lock) {
		tree->freezing = freezing;
		tree->frozen = frozen;
	}
	/* Who waits for the name may know now whether it is mounted. */
	wake_up_var(&trees);
}

/* How many references have others than khofs itself? */
static int mount_refs(const struct khofs_tree *tree, bool frozen)
{
	lockdep_assert_held(&trees_lock);
	return atomic_read(&tree->sb->s_active) - tree->kept - tree->holds -
	       2 * frozen;
}

static bool is_mounted(const struct khofs_tree *tree)
{
	return mount_refs(tree, tree->frozen) > 0;
}

/**
 * khofs_tree_mounted - is a tree mounted anywhere?
 * @tree: the tree
 *
 * Context: any but interrupts; a snapshot.
 *
 * Return: true if it is.
 */
bool khofs_tree_mounted(const struct khofs_tree *tree)
{
	bool mounted;

	spin_lock(&trees_lock);
	mounted = !tree->dying && is_mounted(tree);
	spin_unlock(&trees_lock);
	return mounted;
}

/**
 * khofs_tree_bytes - what do the files of a tree take?
 * @tree: the tree
 *
 * Context: any but interrupts; a snapshot.
 *
 * Return: bytes; 0 if it has no limit, since then nobody counts.
 */
u64 khofs_tree_bytes(const struct khofs_tree *tree)
{
	struct shmem_sb_info *sbinfo;
	u64 blocks = 0;

	spin_lock(&trees_lock);
	if (!tree->dying) {
		sbinfo = tree->sb->s_fs_info;
		blocks = percpu_counter_sum_positive(&sbinfo->used_blocks);
	}
	spin_unlock(&trees_lock);
	return blocks << PAGE_SHIFT;
}

/**
 * khofs_drop_tree - do not keep a tree any longer
 * @tree: the tree, to which the caller has a reference
 * @mounted: also if it is mounted, to go when it is unmounted
 *
 * Context: may sleep.
 *
 * Return: 0; -EBUSY: it is mounted.
 */
int khofs_drop_tree(struct khofs_tree *tree, bool mounted)
{
	bool kept;

	scoped_guard(spinlock, &trees_lock) {
		if (!mounted && is_mounted(tree))
			return -EBUSY;
		tree->dropped = !mounted;
		kept = tree->kept;
		tree->kept = false;
	}
	if (kept)
		deactivate_super(tree->sb);
	return 0;
}

/* Without trees there is nothing that the next kernel would have to know. */
static void forget_state(struct work_struct *work)
{
	bool empty;

	guard(mutex)(&mount_lock);
	scoped_guard(spinlock, &trees_lock)
		empty = list_empty(&trees);
	if (empty)
		khofs_unregister();
}

static DECLARE_WORK(forget_work, forget_state);

static struct khofs_tree *tree_of(const struct super_block *sb)
{
	struct khofs_tree *tree;

	lockdep_assert_held(&trees_lock);
	list_for_each_entry(tree, &trees, list) {
		if (tree->sb == sb)
			return tree;
	}
	return NULL;
}

static void khofs_kill_sb(struct super_block *sb)
{
	struct khofs_tree *tree;

	scoped_guard(spinlock, &trees_lock) {
		tree = tree_of(sb);
		if (tree)
			tree->dying = true;
	}
	if (tree)
		kobject_del(&tree->kobj);
	kill_litter_super(sb);
	if (!tree)
		return;
	scoped_guard(spinlock, &trees_lock)
		list_del(&tree->list);
	kobject_put(&tree->kobj);
	/* A mount may wait for the name. */
	wake_up_var(&trees);
	schedule_work(&forget_work);
}

static int khofs_show_options(struct seq_file *seq, struct dentry *root)
{
	struct khofs_tree *tree;

	scoped_guard(spinlock, &trees_lock) {
		tree = tree_of(root->d_sb);
		seq_show_option(seq, "name", tree->name);
		if (!tree->kept)
			seq_puts(seq, ",nokeep");
	}
	return shmem_super_ops->show_options(seq, root);
}

/* ---- Mounting ---- */

static int call_shmem(struct fs_context *fc, int (*op)(struct fs_context *))
{
	struct khofs_fc *ctx = fc->fs_private;
	int err;

	fc->fs_private = ctx->shmem;
	err = op(fc);
	fc->fs_private = ctx;
	return err;
}

static void set_kept(struct khofs_tree *tree, const struct khofs_fc *ctx)
{
	spin_lock(&trees_lock);
	if (ctx->kept_given && tree->kept != ctx->kept) {
		tree->kept = ctx->kept;
		/* not the last one: the mount has another */
		atomic_add(ctx->kept ? 1 : -1, &tree->sb->s_active);
	}
	spin_unlock(&trees_lock);
}

/* Mount what is there, with the options that this mount has. */
static int join_tree(struct fs_context *fc, struct khofs_tree *tree)
{
	struct super_block *sb = tree->sb;
	bool mounted;
	int err = 0;

	down_write(&sb->s_umount);
	fc->root = dget(sb->s_root);
	scoped_guard(spinlock, &trees_lock)
		mounted = mount_refs(tree, tree->frozen) > 1;
	/* Who froze it knows whether it may be written to. */
	if (!mounted && sb->s_writers.frozen == SB_UNFROZEN)
		sb->s_flags = (sb->s_flags & ~SB_RDONLY) |
			      (fc->sb_flags & SB_RDONLY);
	else if ((sb->s_flags ^ fc->sb_flags) & SB_RDONLY)
		err = -EBUSY;
	if (!err)
		err = call_shmem(fc, shmem_ops->reconfigure);
	if (!err) {
		set_kept(tree, fc->fs_private);
		return 0;
	}
	dput(fc->root);
	fc->root = NULL;
	deactivate_locked_super(sb);
	return err;
}

static int make_tree(struct fs_context *fc)
{
	const struct khofs_fc *ctx = fc->fs_private;
	struct khofs_tree *tree = khofs_tree_alloc(ctx->name);
	struct super_block *sb;
	int err;

	if (!tree)
		return -ENOMEM;
	err = call_shmem(fc, shmem_ops->get_tree);
	if (err)
		goto put_tree;
	sb = fc->root->d_sb;
	tree->sb = sb;
	err = khofs_sysfs_add(tree);
	if (err)
		goto put_sb;
	((struct shmem_sb_info *)sb->s_fs_info)->in_place = true;
	/* No user can make a file that would be in the way of the hand-over. */
	sb->s_maxbytes = KHOFS_MAX_BYTES;
	if (!shmem_super_ops) {
		khofs_super_ops = *sb->s_op;
		khofs_super_ops.show_options = khofs_show_options;
		shmem_super_ops = sb->s_op;
	}
	sb->s_op = &khofs_super_ops;
	tree->kept = ctx->kept;
	if (tree->kept)
		atomic_inc(&sb->s_active);
	scoped_guard(spinlock, &trees_lock)
		list_add_tail(&tree->list, &trees);
	return 0;

put_sb:
	dput(fc->root);
	fc->root = NULL;
	deactivate_locked_super(sb);
put_tree:
	kobject_put(&tree->kobj);
	return err;
}

/* Nobody wants it any more, but a hand-over that is being tried has it still. */
static bool is_going(const struct khofs_tree *tree)
{
	return tree->dropped ||
	       (!tree->kept &&
		mount_refs(tree, tree->frozen || tree->freezing) <= 0);
}

/* Returns the tree of this name, with a reference, or that there is none. */
static bool name_is_usable(const char *name, struct khofs_tree **found)
{
	bool usable;

	spin_lock(&trees_lock);
	*found = tree_named(name);
	usable = !*found || (!is_going(*found) && get_mount_ref(*found));
	spin_unlock(&trees_lock);
	return usable;
}

static int join_or_make_tree(struct fs_context *fc)
{
	struct khofs_fc *ctx = fc->fs_private;
	struct khofs_tree *tree;
	int err;

	/*
	 * A tree that is going has the name until it is gone. One that was dropped,
	 * or unmounted and is not kept, may stay as long as a hand-over is tried.
	 */
	err = wait_var_event_killable(&trees, name_is_usable(ctx->name, &tree));
	if (err)
		return err;
	if (tree)
		return join_tree(fc, tree);
	err = khofs_register();
	return err ?: make_tree(fc);
}

static int khofs_get_tree(struct fs_context *fc)
{
	const struct khofs_fc *ctx = fc->fs_private;
	int err;

	/* What is restored is restored while the state is being registered. */
	if (ctx->image)
		return make_tree(fc);
	if (mutex_lock_killable(&mount_lock))
		return -EINTR;
	err = join_or_make_tree(fc);
	mutex_unlock(&mount_lock);
	return err;
}

static int khofs_reconfigure(struct fs_context *fc)
{
	struct khofs_fc *ctx = fc->fs_private;
	struct khofs_tree *tree = khofs_find_tree(ctx->name);
	int err;

	if (!tree || tree->sb != fc->root->d_sb) {
		if (tree)
			khofs_put_tree(tree);
		return invalfc(fc, "the name cannot be changed");
	}
	err = call_shmem(fc, shmem_ops->reconfigure);
	if (!err)
		set_kept(tree, ctx);
	khofs_put_tree(tree);
	return err;
}

enum khofs_param { OPT_NAME, OPT_KEEP };

static const struct fs_parameter_spec khofs_parameters[] = {
	fsparam_string("name", OPT_NAME),
	fsparam_flag_no("keep", OPT_KEEP),
	{}
};

static int parse_name(struct fs_context *fc, const char *name)
{
	struct khofs_fc *ctx = fc->fs_private;
	size_t len = strlen(name);

	if (!len || len > KHOFS_NAME_MAX)
		return invalfc(fc, "a name has 1 to %d characters", KHOFS_NAME_MAX);
	/* It is a directory of /sys/fs/khofs, beside the file "drop". */
	if (name[0] == '.' || !strcmp(name, "drop") || strpbrk(name, "/,\\ \t\n!"))
		return invalfc(fc, "bad name '%s'", name);
	strscpy(ctx->name, name, sizeof(ctx->name));
	return 0;
}

static int khofs_parse_param(struct fs_context *fc, struct fs_parameter *param)
{
	struct khofs_fc *ctx = fc->fs_private;
	struct fs_parse_result result;
	int opt = fs_parse(fc, khofs_parameters, param, &result);

	if (opt == OPT_NAME)
		return parse_name(fc, param->string);
	if (opt == OPT_KEEP) {
		ctx->kept = !result.negated;
		ctx->kept_given = true;
		return 0;
	}
	if (opt != -ENOPARAM)
		return opt;
	fc->fs_private = ctx->shmem;
	opt = shmem_ops->parse_param(fc, param);
	fc->fs_private = ctx;
	return opt;
}

static int khofs_parse_monolithic(struct fs_context *fc, void *data)
{
	return shmem_ops->parse_monolithic(fc, data);
}

static void khofs_free_fc(struct fs_context *fc)
{
	struct khofs_fc *ctx = fc->fs_private;

	fc->fs_private = ctx->shmem;
	shmem_ops->free(fc);
	kfree(ctx);
}

static const struct fs_context_operations khofs_context_ops = {
	.free			= khofs_free_fc,
	.get_tree		= khofs_get_tree,
	.parse_monolithic	= khofs_parse_monolithic,
	.parse_param		= khofs_parse_param,
	.reconfigure		= khofs_reconfigure,
};

/* A remount is of the tree that is there, and does not have to say its name. */
static void name_of_root(struct khofs_fc *ctx, const struct super_block *sb)
{
	struct khofs_tree *tree;

	spin_lock(&trees_lock);
	tree = tree_of(sb);
	if (tree)
		strscpy(ctx->name, tree->name, sizeof(ctx->name));
	spin_unlock(&trees_lock);
}

static int khofs_init_fs_context(struct fs_context *fc)
{
	struct khofs_fc *ctx = kzalloc(sizeof(*ctx), GFP_KERNEL);
	int err;

	if (!ctx)
		return -ENOMEM;
	err = shmem_init_fs_context(fc);
	if (err) {
		kfree(ctx);
		return err;
	}
	shmem_ops = fc->ops;
	ctx->shmem = fc->fs_private;
	strscpy(ctx->name, "default", sizeof(ctx->name));
	ctx->kept = true;
	if (fc->root)
		name_of_root(ctx, fc->root->d_sb);
	fc->fs_private = ctx;
	fc->ops = &khofs_context_ops;
	return 0;
}

static struct file_system_type khofs_fs_type = {
	.owner		= THIS_MODULE,
	.name		= "khofs",
	.init_fs_context = khofs_init_fs_context,
	.parameters	= khofs_parameters,
	.kill_sb	= khofs_kill_sb,
	.fs_flags	= FS_ALLOW_IDMAP,
};

/* ---- Trees of the previous kernel ---- */

/**
 * khofs_set_number - set a mount option that is a number
 * @fc: the mount
 * @key: the option
 * @value: the number
 *
 * Context: may sleep.
 *
 * Return: 0 or an errno, as from vfs_parse_fs_string().
 */
int khofs_set_number(struct fs_context *fc, const char *key, u64 value)
{
	char buf[24];

	snprintf(buf, sizeof(buf), "%llu", value);
	return vfs_parse_fs_string(fc, key, buf, strlen(buf));
}

/* Nodes may be gone, which is no reason to lose the files. */
static void set_policy(struct fs_context *fc, const struct khofs_image *image)
{
	const char *mpol = image->mpol;

	if (mpol[0] && vfs_parse_fs_string(fc, "mpol", mpol, strlen(mpol)))
		pr_warn("%s: no memory policy %s here\n", image->name, mpol);
}

static int set_options(struct fs_context *fc, const struct khofs_image *image)
{
	int err = parse_name(fc, image->name);

	err = err ?: khofs_set_number(fc, "nr_blocks", image->max_blocks);
	err = err ?: khofs_set_number(fc, "nr_inodes", image->max_inodes);
	err = err ?: vfs_parse_fs_string(fc, image->inode64 ? "inode64" :
							      "inode32", NULL, 0);
	if (image->noswap)
		err = err ?: vfs_parse_fs_string(fc, "noswap", NULL, 0);
	if (IS_ENABLED(CONFIG_TRANSPARENT_HUGEPAGE) && image->huge[0])
		err = err ?: vfs_parse_fs_string(fc, "huge", image->huge,
						 strlen(image->huge));
	set_policy(fc, image);
	return err ?: khofs_set_quotas(fc, image);
}

/**
 * khofs_make_tree - make the tree of an image, with an empty root
 * @image: from the previous kernel
 *
 * Context: may sleep; KSTATE's lock is held.
 *
 * Return: the tree, with a reference to its super block, or an ERR_PTR().
 */
struct khofs_tree *khofs_make_tree(const struct khofs_image *image)
{
	struct fs_context *fc = fs_context_for_mount(&khofs_fs_type, 0);
	struct khofs_tree *tree = NULL;
	struct khofs_fc *ctx;
	int err;

	if (IS_ERR(fc))
		return ERR_CAST(fc);
	ctx = fc->fs_private;
	ctx->image = image;
	err = set_options(fc, image) ?: vfs_get_tree(fc);
	if (!err) {
		up_write(&fc->root->d_sb->s_umount);
		tree = khofs_find_tree(image->name);
	}
	put_fs_context(fc);
	return err ? ERR_PTR(err) : tree;
}

static int __init khofs_init(void)
{
	int err = khofs_sysfs_init() ?: register_filesystem(&khofs_fs_type);

	if (!err && khofs_state_pending())
		err = khofs_register();
	return err;
}
fs_initcall(khofs_init);
