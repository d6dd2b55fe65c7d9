// SPDX-License-Identifier: GPL-2.0-only
/*
 * khofs: filling a new tree from the image that the previous kernel made.
 *
 * Names come first, then contents, then what would stand in the way of either:
 * owners, modes, ACLs, flags and times.
 */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/kdev_t.h>
#include <linux/kstate.h>
#include <linux/mm.h>
#include <linux/mnt_idmapping.h>
#include <linux/namei.h>
#include <linux/pagemap.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <linux/quotaops.h>
#include <linux/shmem_fs.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/swap.h>
#include <linux/uidgid.h>
#include <linux/xattr.h>

#include "khofs.h"

/* ---- Names ---- */

static int make_inode(struct dentry *dentry, struct inode *dir,
		      const struct khofs_inode *ki)
{
	umode_t mode = ki->mode;

	switch (mode & S_IFMT) {
	case S_IFREG:
		return vfs_create(&nop_mnt_idmap, dir, dentry, mode, true);
	case S_IFDIR:
		return vfs_mkdir(&nop_mnt_idmap, dir, dentry, mode & ~S_IFMT);
	case S_IFLNK:
		return ki->link ? vfs_symlink(&nop_mnt_idmap, dir, dentry,
					      ki->link) : -EBADMSG;
	case S_IFIFO:
	case S_IFSOCK:
		return vfs_mknod(&nop_mnt_idmap, dir, dentry, mode, 0);
	case S_IFCHR:
	case S_IFBLK:
		return vfs_mknod(&nop_mnt_idmap, dir, dentry, mode,
				 new_decode_dev(ki->rdev));
	}
	return -EBADMSG;
}

/* @known: a dentry that its inode has already, or NULL */
static struct dentry *make_name(struct dentry *parent, const char *name,
				const struct khofs_inode *ki,
				struct dentry *known)
{
	struct inode *dir = d_inode(parent);
	struct dentry *dentry;
	int err;

	inode_lock_nested(dir, I_MUTEX_PARENT);
	dentry = lookup_one_len(name, parent, strlen(name));
	if (IS_ERR(dentry))
		goto unlock;
	if (!known)
		err = make_inode(dentry, dir, ki);
	else
		err = vfs_link(known, &nop_mnt_idmap, dir, dentry, NULL);
	if (err) {
		dput(dentry);
		dentry = ERR_PTR(err);
	}
unlock:
	inode_unlock(dir);
	return dentry;
}

static int load_name(struct dentry **dentries, const struct khofs_image *image,
		     const struct khofs_name *name)
{
	struct dentry *dentry;

	if (!name->name || name->dir >= image->nr_inodes ||
	    name->inode >= image->nr_inodes || !dentries[name->dir] ||
	    !d_is_dir(dentries[name->dir]))
		return -EBADMSG;
	dentry = make_name(dentries[name->dir], name->name,
			   &image->inodes[name->inode], dentries[name->inode]);
	if (IS_ERR(dentry))
		return PTR_ERR(dentry);
	if (dentries[name->inode])
		dput(dentry);
	else
		dentries[name->inode] = dentry;
	return 0;
}

/* ---- Contents ---- */

static int load_folio(struct inode *inode, u64 index, u64 where)
{
	struct folio *folio = kstate_restore_folio(where & PAGE_MASK,
						   where & KHOFS_ORDER);
	int err;

	if (!folio)
		return -ENOENT;
	if (!(where & KHOFS_UNWRITTEN))
		__folio_mark_uptodate(folio);
	err = shmem_adopt_folio(inode, folio, index);
	if (!err)
		folio_add_lru(folio);
	/* The file has references of its own. */
	folio_put(folio);
	return err;
}

static int load_extent(struct inode *inode, const struct khofs_extent *e)
{
	u64 i, nr = khofs_extent_folios(e);
	u64 index = khofs_extent_index(e);
	unsigned int order = khofs_extent_order(e);
	int err;

	if (order > MAX_PAGECACHE_ORDER || !IS_ALIGNED(index, 1UL << order) ||
	    index + (nr << order) > MAX_LFS_FILESIZE >> PAGE_SHIFT)
		return -EBADMSG;
	for (i = 0; i < nr; i++) {
		err = load_folio(inode, index + (i << order),
				 e->where + (i << (order + PAGE_SHIFT)));
		if (err)
			return err;
		cond_resched();
	}
	return 0;
}

static int load_contents(struct inode *inode, const struct khofs_inode *ki)
{
	int err = 0;
	u32 i;

	if (ki->size > MAX_LFS_FILESIZE)
		return -EBADMSG;
	i_size_write(inode, ki->size);
	SHMEM_I(inode)->fallocend = ki->fallocend;
	for (i = 0; i < ki->nr_extents && !err; i++)
		err = load_extent(inode, &ki->extents[i]);
	return err;
}

/* ---- Attributes ---- */

static int load_acl(struct dentry *dentry, int type, const void *value,
		    u32 size)
{
	struct inode *inode = d_inode(dentry);
	struct posix_acl *acl;
	int err;

	if (!value)
		return 0;
	acl = posix_acl_from_xattr(&init_user_ns, value, size);
	if (IS_ERR_OR_NULL(acl))
		return acl ? PTR_ERR(acl) : -EBADMSG;
	err = inode->i_op->set_acl ?
	      inode->i_op->set_acl(&nop_mnt_idmap, dentry, acl, type) :
	      -EOPNOTSUPP;
	posix_acl_release(acl);
	return err;
}

static int load_xattrs(struct dentry *dentry, const struct khofs_inode *ki)
{
	const struct khofs_xattr *kx;
	int err = 0;
	u32 i;

	inode_lock(d_inode(dentry));
	for (i = 0; i < ki->nr_xattrs && !err; i++) {
		kx = &ki->xattrs[i];
		err = !kx->name ? -EBADMSG :
		      __vfs_setxattr_noperm(&nop_mnt_idmap, dentry, kx->name,
					    kx->value ?: "", kx->size, 0);
	}
	inode_unlock(d_inode(dentry));
	return err;
}

static struct timespec64 time_of(const struct khofs_time *time)
{
	return (struct timespec64){ .tv_sec = time->sec, .tv_nsec = time->nsec };
}

/* Whoever a file is of is charged for it, where that is counted. */
static int load_owner(struct inode *inode, const struct khofs_inode *ki)
{
	struct iattr attr = {
		.ia_valid = ATTR_UID | ATTR_GID,
		.ia_vfsuid = VFSUIDT_INIT(make_kuid(&init_user_ns, ki->uid)),
		.ia_vfsgid = VFSGIDT_INIT(make_kgid(&init_user_ns, ki->gid)),
	};
	int err = dquot_transfer(&nop_mnt_idmap, inode, &attr);

	if (err)
		return err;
	inode->i_uid = attr.ia_uid;
	inode->i_gid = attr.ia_gid;
	return 0;
}

static void load_attributes(struct inode *inode, const struct khofs_inode *ki)
{
	struct shmem_inode_info *info = SHMEM_I(inode);

	inode->i_ino = ki->ino;
	inode->i_generation = ki->generation;
	/* As if a file handle had been made of it: one may have been. */
	__insert_inode_hash(inode, inode->i_ino + inode->i_generation);
	inode->i_mode = ki->mode;
	info->seals = ki->seals;
	info->i_crtime = time_of(&ki->crtime);
	info->fsflags = ki->fsflags;
	shmem_set_inode_flags(inode, ki->fsflags);
	inode_set_atime_to_ts(inode, time_of(&ki->atime));
	inode_set_mtime_to_ts(inode, time_of(&ki->mtime));
	inode_set_ctime_to_ts(inode, time_of(&ki->ctime));
}

/* A file that nobody could remove would be there until the memory is gone. */
static bool attributes_are_sane(const struct khofs_inode *ki)
{
	if (!uid_valid(make_kuid(&init_user_ns, ki->uid)) ||
	    !gid_valid(make_kgid(&init_user_ns, ki->gid)))
		return false;
	return S_ISREG(ki->mode) || S_ISDIR(ki->mode) ||
	       !(ki->fsflags & (FS_IMMUTABLE_FL | FS_APPEND_FL));
}

static int load_inode(struct dentry *dentry, const struct khofs_inode *ki)
{
	struct inode *inode;
	int err;

	if (!dentry)
		return -EBADMSG;
	inode = d_inode(dentry);
	if ((inode->i_mode ^ ki->mode) & S_IFMT || !attributes_are_sane(ki))
		return -EBADMSG;
	err = load_xattrs(dentry, ki);
	err = err ?: load_acl(dentry, ACL_TYPE_ACCESS, ki->acl, ki->acl_size);
	err = err ?: load_acl(dentry, ACL_TYPE_DEFAULT, ki->default_acl,
			      ki->default_acl_size);
	err = err ?: load_owner(inode, ki);
	if (!err && S_ISREG(inode->i_mode))
		err = load_contents(inode, ki);
	if (!err)
		load_attributes(inode, ki);
	return err;
}

static int load_tree(struct dentry **dentries, const struct khofs_image *image)
{
	int err = 0;
	u32 i;

	for (i = 0; i < image->nr_names && !err; i++) {
		err = load_name(dentries, image, &image->names[i]);
		cond_resched();
	}
	for (i = 0; i < image->nr_inodes && !err; i++) {
		err = load_inode(dentries[i], &image->inodes[i]);
		cond_resched();
	}
	return err;
}

/**
 * khofs_load - fill a tree
 * @sb: its super block, with nothing but a root
 * @image: what to fill it with, from the previous kernel
 *
 * If it fails, some of it may be there; the caller drops the tree.
 *
 * Context: may sleep; KSTATE's lock is held.
 *
 * Return: 0; -EBADMSG: the image makes no sense; -ENOENT: memory that it names
 * was not preserved; -ENOSPC, -ENOMEM, -ERANGE for a quota; or an errno of a
 * security module.
 */
int khofs_load(struct super_block *sb, const struct khofs_image *image)
{
	struct shmem_sb_info *sbinfo = sb->s_fs_info;
	struct dentry **dentries;
	int err;
	u32 i;

	if (!image->nr_inodes || !S_ISDIR(image->inodes[0].mode))
		return -EBADMSG;
	dentries = kvcalloc(image->nr_inodes, sizeof(*dentries), GFP_KERNEL);
	if (!dentries)
		return -ENOMEM;
	dentries[0] = dget(sb->s_root);
	err = load_tree(dentries, image);
	for (i = 0; i < image->nr_inodes; i++)
		dput(dentries[i]);
	kvfree(dentries);
	err = err ?: khofs_load_quotas(sb, image);
	raw_spin_lock(&sbinfo->stat_lock);
	sbinfo->next_ino = image->next_ino;
	raw_spin_unlock(&sbinfo->stat_lock);
	return err;
}
