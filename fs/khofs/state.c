// SPDX-License-Identifier: GPL-2.0-only
/*
 * khofs: what KSTATE knows of it. All trees are one object: images of them are
 * made when a hand-over is prepared, while nobody can write to them.
 */
#define pr_fmt(fmt) "khofs: " fmt

#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/kstate.h>
#include <linux/mutex.h>
#include <linux/slab.h>

#include "khofs.h"

static struct khofs_state state = { .images = LIST_HEAD_INIT(state.images) };

/* ---- Descriptions ---- */

static const struct kstate_field time_fields[] = {
	KSTATE_SIMPLE(struct khofs_time, sec, .flags = KSTATE_FIELD_MANDATORY),
	KSTATE_SIMPLE(struct khofs_time, nsec, .flags = KSTATE_FIELD_MANDATORY,
		      .check = KSTATE_MIN_MAX(0, NSEC_PER_SEC - 1)),
	KSTATE_END()
};

static const struct kstate_description time_desc = {
	.name = "khofs.time", .version = 1, .size = sizeof(struct khofs_time),
	.fields = time_fields,
};

static const struct kstate_field extent_fields[] = {
	KSTATE_SIMPLE(struct khofs_extent, at, .flags = KSTATE_FIELD_MANDATORY),
	KSTATE_SIMPLE(struct khofs_extent, where,
		      .flags = KSTATE_FIELD_MANDATORY),
	KSTATE_END()
};

static const struct kstate_description extent_desc = {
	.name = "khofs.extent", .version = 1,
	.size = sizeof(struct khofs_extent), .fields = extent_fields,
};

static const struct kstate_field xattr_fields[] = {
	KSTATE_STRING(struct khofs_xattr, name, .flags = KSTATE_FIELD_MANDATORY),
	KSTATE_BLOCK(struct khofs_xattr, value, size,
		     .flags = KSTATE_FIELD_MANDATORY),
	KSTATE_END()
};

static const struct kstate_description xattr_desc = {
	.name = "khofs.xattr", .version = 1,
	.size = sizeof(struct khofs_xattr), .fields = xattr_fields,
};

#define INODE_FIELD(_f)							\
	KSTATE_SIMPLE(struct khofs_inode, _f, .flags = KSTATE_FIELD_MANDATORY)
#define INODE_TIME(_f)							\
	KSTATE_STRUCT(struct khofs_inode, _f, struct khofs_time, &time_desc, \
		      .flags = KSTATE_FIELD_MANDATORY)

static const struct kstate_field inode_fields[] = {
	INODE_FIELD(ino),
	INODE_FIELD(generation),
	INODE_FIELD(mode),
	INODE_FIELD(uid),
	INODE_FIELD(gid),
	INODE_FIELD(rdev),
	INODE_FIELD(size),
	INODE_TIME(atime),
	INODE_TIME(mtime),
	INODE_TIME(ctime),
	INODE_TIME(crtime),
	INODE_FIELD(seals),
	INODE_FIELD(fsflags),
	INODE_FIELD(fallocend),
	KSTATE_STRING(struct khofs_inode, link,
		      .flags = KSTATE_FIELD_MANDATORY),
	KSTATE_BLOCK(struct khofs_inode, acl, acl_size,
		     .flags = KSTATE_FIELD_MANDATORY),
	KSTATE_BLOCK(struct khofs_inode, default_acl, default_acl_size,
		     .flags = KSTATE_FIELD_MANDATORY),
	KSTATE_STRUCT_VARRAY(struct khofs_inode, xattrs, nr_xattrs,
			     struct khofs_xattr, &xattr_desc,
			     .flags = KSTATE_FIELD_MANDATORY),
	KSTATE_STRUCT_VARRAY(struct khofs_inode, extents, nr_extents,
			     struct khofs_extent, &extent_desc,
			     .flags = KSTATE_FIELD_MANDATORY),
	KSTATE_END()
};

static const struct kstate_description inode_desc = {
	.name = "khofs.inode", .version = 1,
	.size = sizeof(struct khofs_inode), .fields = inode_fields,
};

static const struct kstate_field name_fields[] = {
	KSTATE_SIMPLE(struct khofs_name, dir, .flags = KSTATE_FIELD_MANDATORY),
	KSTATE_SIMPLE(struct khofs_name, inode,
		      .flags = KSTATE_FIELD_MANDATORY),
	KSTATE_STRING(struct khofs_name, name, .flags = KSTATE_FIELD_MANDATORY),
	KSTATE_END()
};

static const struct kstate_description name_desc = {
	.name = "khofs.name", .version = 1, .size = sizeof(struct khofs_name),
	.fields = name_fields,
};

static const struct kstate_field image_fields[] = {
	KSTATE_TEXT(struct khofs_image, name, .flags = KSTATE_FIELD_MANDATORY),
	KSTATE_SIMPLE(struct khofs_image, max_blocks),
	KSTATE_SIMPLE(struct khofs_image, max_inodes),
	KSTATE_SIMPLE(struct khofs_image, next_ino,
		      .flags = KSTATE_FIELD_MANDATORY),
	KSTATE_TEXT(struct khofs_image, huge),
	KSTATE_SIMPLE(struct khofs_image, inode64),
	KSTATE_SIMPLE(struct khofs_image, noswap),
	KSTATE_TEXT(struct khofs_image, mpol),
	KSTATE_STRUCT_VARRAY(struct khofs_image, inodes, nr_inodes,
			     struct khofs_inode, &inode_desc,
			     .flags = KSTATE_FIELD_MANDATORY),
	KSTATE_STRUCT_VARRAY(struct khofs_image, names, nr_names,
			     struct khofs_name, &name_desc,
			     .flags = KSTATE_FIELD_MANDATORY),
#ifdef CONFIG_TMPFS_QUOTA
	/* Who does not count cannot limit either. */
	KSTATE_SUBSECTION("quotas", &khofs_quotas_desc, khofs_has_quotas,
			  .flags = KSTATE_FIELD_MANDATORY),
#endif
	KSTATE_END()
};

static const struct kstate_description image_desc = {
	.name = "khofs.tree", .version = 1, .size = sizeof(struct khofs_image),
	.fields = image_fields,
};

static const struct kstate_field state_fields[] = {
	KSTATE_LIST(struct khofs_state, images, struct khofs_image, list,
		    &image_desc, .flags = KSTATE_FIELD_MANDATORY),
	KSTATE_END()
};

/* ---- The hand-over ---- */

static void free_images(void)
{
	struct khofs_image *image, *next;

	list_for_each_entry_safe(image, next, &state.images, list) {
		list_del(&image->list);
		khofs_image_free(image);
	}
}

/* Until the jump there are no new names, sizes or pages. */
static int freeze(struct khofs_tree *tree)
{
	int err;

	khofs_tree_frozen(tree, true, false);
	err = freeze_super(tree->sb, FREEZE_HOLDER_KERNEL);
	if (!err)
		atomic_inc(&tree->sb->s_active);
	khofs_tree_frozen(tree, false, !err);
	return err;
}

static void thaw_all(void)
{
	struct khofs_tree *tree = NULL;

	while ((tree = khofs_next_tree(tree))) {
		if (!tree->frozen)
			continue;
		khofs_tree_frozen(tree, true, false);
		thaw_super(tree->sb, FREEZE_HOLDER_KERNEL);
		atomic_dec(&tree->sb->s_active);	/* not the last */
		khofs_tree_frozen(tree, false, false);
	}
}

static void state_abort(void *obj)
{
	free_images();
	thaw_all();
}

static int prepare_tree(struct khofs_tree *tree)
{
	struct khofs_image *image;
	int err = freeze(tree);

	if (err)
		return err;
	image = khofs_save(tree);
	if (IS_ERR(image))
		return PTR_ERR(image);
	list_add_tail(&image->list, &state.images);
	return 0;
}

static int state_prepare(void *obj)
{
	struct khofs_tree *tree = NULL;
	int err;

	while ((tree = khofs_next_tree(tree))) {
		err = prepare_tree(tree);
		if (!err)
			continue;
		pr_err("%s cannot be handed over: %pe\n", tree->name,
		       ERR_PTR(err));
		khofs_put_tree(tree);
		state_abort(obj);
		return err;
	}
	return 0;
}

static int load_tree(const struct khofs_image *image)
{
	struct khofs_tree *tree = khofs_find_tree(image->name);
	int err;

	if (tree) {
		khofs_put_tree(tree);
		return -EEXIST;
	}
	tree = khofs_make_tree(image);
	if (IS_ERR(tree))
		return PTR_ERR(tree);
	err = khofs_load(tree->sb, image);
	if (err)
		khofs_drop_tree(tree, true);
	else
		pr_info("%s: %u files and directories\n", image->name,
			image->nr_inodes);
	khofs_put_tree(tree);
	return err;
}

static void drop_loaded(const struct khofs_image *last)
{
	const struct khofs_image *image;
	struct khofs_tree *tree;

	list_for_each_entry(image, &state.images, list) {
		if (image == last)
			return;
		tree = khofs_find_tree(image->name);
		khofs_drop_tree(tree, true);
		khofs_put_tree(tree);
	}
}

static int state_post_load(void *obj, u32 version)
{
	const struct khofs_image *image;
	int err;

	list_for_each_entry(image, &state.images, list) {
		err = load_tree(image);
		if (!err)
			continue;
		pr_err("%.*s: not restored: %pe\n", KHOFS_NAME_MAX, image->name,
		       ERR_PTR(err));
		drop_loaded(image);
		return err;
	}
	return 0;
}

static const struct kstate_description state_desc = {
	.name = "khofs", .version = 1, .size = sizeof(struct khofs_state),
	.flags = KSTATE_MANDATORY, .fields = state_fields,
	.prepare = state_prepare, .abort = state_abort,
	.post_load = state_post_load,
};

KSTATE_DECLARE(state_desc);

/**
 * khofs_state_pending - did the previous kernel hand trees over?
 *
 * Context: may sleep.
 *
 * Return: true if khofs_register() would restore them.
 */
bool khofs_state_pending(void)
{
	return kstate_pending(&state_desc, 0);
}

static DEFINE_MUTEX(register_lock);
static bool registered;

/**
 * khofs_register - have the trees handed over, and restore what there is
 *
 * Context: may sleep; none of a super block's locks is held.
 *
 * Return: 0, also if that was done before; else an errno of kstate_register().
 */
int khofs_register(void)
{
	int ret;

	guard(mutex)(&register_lock);
	if (registered)
		return 0;
	ret = kstate_register(&state_desc, &state, 0);
	if (ret < 0)
		return ret;
	/* The trees have what was in the images. */
	if (ret == KSTATE_RESTORED)
		free_images();
	registered = true;
	return 0;
}

/**
 * khofs_unregister - there are no trees any more
 *
 * Context: may sleep; none of a super block's locks is held.
 */
void khofs_unregister(void)
{
	guard(mutex)(&register_lock);
	if (registered)
		kstate_unregister(&state_desc, 0);
	registered = false;
}
