// SPDX-License-Identifier: GPL-2.0-only
/*
 * khofs: /sys/fs/khofs, where trees are listed and dropped.
 */
#include <linux/errno.h>
#include <linux/kobject.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "khofs.h"

static struct kset *khofs_kset;

static struct khofs_tree *to_tree(struct kobject *kobj)
{
	return container_of(kobj, struct khofs_tree, kobj);
}

static ssize_t mounted_show(struct kobject *kobj, struct kobj_attribute *attr,
			    char *buf)
{
	return sysfs_emit(buf, "%d\n", khofs_tree_mounted(to_tree(kobj)));
}

static ssize_t kept_show(struct kobject *kobj, struct kobj_attribute *attr,
			 char *buf)
{
	return sysfs_emit(buf, "%d\n", READ_ONCE(to_tree(kobj)->kept));
}

static ssize_t bytes_show(struct kobject *kobj, struct kobj_attribute *attr,
			  char *buf)
{
	return sysfs_emit(buf, "%llu\n", khofs_tree_bytes(to_tree(kobj)));
}

static struct kobj_attribute mounted_attr = __ATTR_RO(mounted);
static struct kobj_attribute kept_attr = __ATTR_RO(kept);
static struct kobj_attribute bytes_attr = __ATTR_RO(bytes);

static struct attribute *tree_attrs[] = {
	&mounted_attr.attr,
	&kept_attr.attr,
	&bytes_attr.attr,
	NULL,
};
ATTRIBUTE_GROUPS(tree);

static void tree_release(struct kobject *kobj)
{
	kfree(to_tree(kobj));
}

static const struct kobj_type tree_type = {
	.release	= tree_release,
	.sysfs_ops	= &kobj_sysfs_ops,
	.default_groups	= tree_groups,
};

/**
 * khofs_tree_alloc - allocate a tree
 * @name: its name
 *
 * Context: may sleep.
 *
 * Return: the tree, to be freed with kobject_put(), or NULL.
 */
struct khofs_tree *khofs_tree_alloc(const char *name)
{
	struct khofs_tree *tree = kzalloc(sizeof(*tree), GFP_KERNEL);

	if (!tree)
		return NULL;
	INIT_LIST_HEAD(&tree->list);
	strscpy(tree->name, name, sizeof(tree->name));
	kobject_init(&tree->kobj, &tree_type);
	return tree;
}

/**
 * khofs_sysfs_add - show a tree in /sys/fs/khofs
 * @tree: the tree
 *
 * Context: may sleep.
 *
 * Return: 0, -EEXIST if there is one of this name, or -ENOMEM.
 */
int khofs_sysfs_add(struct khofs_tree *tree)
{
	tree->kobj.kset = khofs_kset;
	return kobject_add(&tree->kobj, NULL, "%s", tree->name);
}

static ssize_t drop_store(struct kobject *kobj, struct kobj_attribute *attr,
			  const char *buf, size_t count)
{
	char name[KHOFS_NAME_MAX + 2];
	struct khofs_tree *tree;
	int err;

	if (strscpy(name, buf, sizeof(name)) < 0)
		return -EINVAL;
	tree = khofs_find_tree(strim(name));
	if (!tree)
		return -ENOENT;
	err = khofs_drop_tree(tree, false);
	khofs_put_tree(tree);
	return err ?: count;
}

static struct kobj_attribute drop_attr = __ATTR_WO(drop);

/**
 * khofs_sysfs_init - make /sys/fs/khofs
 *
 * Context: boot.
 *
 * Return: 0 or -ENOMEM.
 */
int __init khofs_sysfs_init(void)
{
	int err;

	khofs_kset = kset_create_and_add("khofs", NULL, fs_kobj);
	if (!khofs_kset)
		return -ENOMEM;
	err = sysfs_create_file(&khofs_kset->kobj, &drop_attr.attr);
	if (err)
		kset_unregister(khofs_kset);
	return err;
}
