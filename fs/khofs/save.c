// SPDX-License-Identifier: GPL-2.0-only
/*
 * khofs: making the image of a tree, whose super block is frozen. The pages of
 * files are preserved where they are; all else is copied.
 */
#include <linux/cleanup.h>
#include <linux/dcache.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/kdev_t.h>
#include <linux/kstate.h>
#include <linux/mempolicy.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <linux/rwsem.h>
#include <linux/shmem_fs.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/xarray.h>
#include <linux/xattr.h>

#include "khofs.h"

/* The image that is being made */
struct saving {
	struct khofs_image *image;
	struct inode **inodes;		/* those of the image, in its order */
	struct xarray seen;		/* places in it of those with links */
	u32 room_inodes;
	u32 room_names;
};

/**
 * khofs_grow - make room for one element more
 * @array: the array, or NULL
 * @nr: elements that it has
 * @room: elements that there is room for
 * @size: bytes of an element
 *
 * What is added to the array is zero.
 *
 * Context: may sleep.
 *
 * Return: the array, maybe elsewhere; NULL if there is no memory, and then the old
 * one is as it was.
 */
void *khofs_grow(void *array, u32 nr, u32 *room, size_t size)
{
	u32 more = max(2 * *room, 64U);

	if (nr < *room)
		return array;
	if (more <= *room)
		return NULL;
	array = kvrealloc(array, array_size(more, size), GFP_KERNEL);
	if (array) {
		memset(array + *room * size, 0, (more - *room) * size);
		*room = more;
	}
	return array;
}

/* ---- Contents ---- */

static u64 where_of(struct folio *folio)
{
	return PFN_PHYS(folio_pfn(folio)) | folio_order(folio) |
	       (folio_test_uptodate(folio) ? 0 : KHOFS_UNWRITTEN);
}

static bool extent_goes_on(const struct khofs_extent *e, struct folio *folio)
{
	u64 nr = khofs_extent_folios(e);
	unsigned int order = khofs_extent_order(e);

	return nr < KHOFS_NR_MAX &&
	       khofs_extent_index(e) + (nr << order) == folio->index &&
	       e->where + (nr << (order + PAGE_SHIFT)) == where_of(folio);
}

static int add_extent(struct khofs_inode *ki, u32 *room, struct folio *folio)
{
	u64 index = folio->index;
	struct khofs_extent *e;

	if (ki->nr_extents &&
	    extent_goes_on(&ki->extents[ki->nr_extents - 1], folio)) {
		ki->extents[ki->nr_extents - 1].at++;
		return 0;
	}
	if (index >> (64 - KHOFS_NR_BITS))
		return -EFBIG;
	e = khofs_grow(ki->extents, ki->nr_extents, room, sizeof(*e));
	if (!e)
		return -ENOMEM;
	ki->extents = e;
	e += ki->nr_extents++;
	e->at = index << KHOFS_NR_BITS;
	e->where = where_of(folio);
	return 0;
}

/* Returned locked; a swapped one is brought in. */
static struct folio *get_folio(struct inode *inode, pgoff_t index)
{
	struct folio *folio = filemap_lock_folio(inode->i_mapping, index);
	int err;

	if (!IS_ERR(folio))
		return folio;
	err = shmem_get_folio(inode, index, 0, &folio, SGP_FALLOC);
	return err ? ERR_PTR(err) : folio;
}

static int save_contents(struct inode *inode, struct khofs_inode *ki)
{
	unsigned long index = 0;
	struct folio *folio;
	u32 room = 0;
	int err;

	while (xa_find(&inode->i_mapping->i_pages, &index, ULONG_MAX,
		       XA_PRESENT)) {
		folio = get_folio(inode, index);
		if (IS_ERR(folio))
			return PTR_ERR(folio);
		index = folio_next_index(folio);
		err = kstate_preserve_folio(folio) ?:
		      add_extent(ki, &room, folio);
		folio_unlock(folio);
		folio_put(folio);
		if (err || !index)
			return err;
		cond_resched();
	}
	return 0;
}

/* ---- Attributes ---- */

static struct khofs_time khofs_time(struct timespec64 ts)
{
	return (struct khofs_time){ .sec = ts.tv_sec, .nsec = ts.tv_nsec };
}

static int save_acl(struct inode *inode, int type, void **value, u32 *size)
{
	struct posix_acl *acl = get_cached_acl(inode, type);
	int ret;

	if (IS_ERR_OR_NULL(acl))
		return PTR_ERR(acl);
	ret = posix_acl_to_xattr(&init_user_ns, acl, NULL, 0);
	if (ret > 0) {
		*value = kvzalloc(ret, GFP_KERNEL);
		*size = ret;
		ret = *value ? posix_acl_to_xattr(&init_user_ns, acl, *value,
						  ret) : -ENOMEM;
	}
	posix_acl_release(acl);
	return min(ret, 0);
}

static int save_xattr(const struct simple_xattr *xattr, struct khofs_xattr *kx)
{
	kx->name = kstrdup(xattr->name, GFP_KERNEL);
	if (!kx->name)
		return -ENOMEM;
	if (!xattr->size)
		return 0;
	kx->value = kvmemdup(xattr->value, xattr->size, GFP_KERNEL);
	kx->size = xattr->size;
	return kx->value ? 0 : -ENOMEM;
}

static int save_xattrs(struct inode *inode, struct khofs_inode *ki)
{
	struct simple_xattrs *xattrs = &SHMEM_I(inode)->xattrs;
	struct khofs_xattr *kx;
	struct rb_node *node;
	u32 room = 0;
	int err;

	/* The tree of a frozen super block's inode does not change. */
	for (node = rb_first(&xattrs->rb_root); node; node = rb_next(node)) {
		kx = khofs_grow(ki->xattrs, ki->nr_xattrs, &room, sizeof(*kx));
		if (!kx)
			return -ENOMEM;
		ki->xattrs = kx;
		err = save_xattr(rb_entry(node, struct simple_xattr, rb_node),
				 &kx[ki->nr_xattrs++]);
		if (err)
			return err;
	}
	return 0;
}

static void save_attributes(struct inode *inode, struct khofs_inode *ki)
{
	const struct shmem_inode_info *info = SHMEM_I(inode);

	ki->ino = inode->i_ino;
	ki->generation = inode->i_generation;
	ki->mode = inode->i_mode;
	ki->uid = from_kuid(&init_user_ns, inode->i_uid);
	ki->gid = from_kgid(&init_user_ns, inode->i_gid);
	ki->rdev = new_encode_dev(inode->i_rdev);
	ki->atime = khofs_time(inode_get_atime(inode));
	ki->mtime = khofs_time(inode_get_mtime(inode));
	ki->ctime = khofs_time(inode_get_ctime(inode));
	ki->crtime = khofs_time(info->i_crtime);
	ki->seals = info->seals;
	ki->fsflags = info->fsflags;
	if (S_ISREG(inode->i_mode)) {
		ki->size = i_size_read(inode);
		ki->fallocend = info->fallocend;
	}
}

static int save_inode(struct inode *inode, struct khofs_inode *ki)
{
	int err;

	save_attributes(inode, ki);
	err = save_xattrs(inode, ki);
	err = err ?: save_acl(inode, ACL_TYPE_ACCESS, &ki->acl, &ki->acl_size);
	err = err ?: save_acl(inode, ACL_TYPE_DEFAULT, &ki->default_acl,
			      &ki->default_acl_size);
	if (!err && S_ISREG(inode->i_mode))
		err = save_contents(inode, ki);
	return err;
}

/* ---- Names ---- */

static int save_link(struct dentry *dentry, struct khofs_inode *ki)
{
	DEFINE_DELAYED_CALL(done);
	const char *link = vfs_get_link(dentry, &done);

	if (IS_ERR(link))
		return PTR_ERR(link);
	ki->link = kstrdup(link, GFP_KERNEL);
	do_delayed_call(&done);
	return ki->link ? 0 : -ENOMEM;
}

/* Add an inode to the image; return its place in it. */
static int add_inode(struct saving *s, struct inode *inode)
{
	u32 nr = s->image->nr_inodes, room = s->room_inodes;
	void *array;

	array = khofs_grow(s->image->inodes, nr, &room, sizeof(*s->image->inodes));
	if (!array || nr >= INT_MAX)
		return -ENOMEM;
	s->image->inodes = array;
	array = khofs_grow(s->inodes, nr, &s->room_inodes, sizeof(*s->inodes));
	if (!array)
		return -ENOMEM;
	s->inodes = array;
	s->inodes[nr] = inode;
	s->image->nr_inodes++;
	return nr;
}

static int place_of(struct saving *s, struct dentry *dentry)
{
	struct inode *inode = d_inode(dentry);
	void *place;
	int nr, err;

	place = xa_load(&s->seen, (unsigned long)inode);
	if (place)
		return xa_to_value(place);
	nr = add_inode(s, inode);
	if (nr < 0)
		return nr;
	if (S_ISLNK(inode->i_mode)) {
		err = save_link(dentry, &s->image->inodes[nr]);
		if (err)
			return err;
	}
	if (inode->i_nlink < 2 || S_ISDIR(inode->i_mode))
		return nr;
	return xa_err(xa_store(&s->seen, (unsigned long)inode, xa_mk_value(nr),
			       GFP_KERNEL)) ?: nr;
}

static int add_name(struct saving *s, u32 dir, struct dentry *dentry)
{
	struct khofs_image *image = s->image;
	struct khofs_name *name;
	int nr = place_of(s, dentry);

	if (nr < 0)
		return nr;
	name = khofs_grow(image->names, image->nr_names, &s->room_names,
			  sizeof(*name));
	if (!name)
		return -ENOMEM;
	image->names = name;
	name += image->nr_names++;
	name->dir = dir;
	name->inode = nr;
	name->name = kmemdup_nul(dentry->d_name.name, dentry->d_name.len,
				 GFP_KERNEL);
	return name->name ? 0 : -ENOMEM;
}

/*
 * The first name of a directory, or the one after @child. What is there has a
 * reference of its own until it is removed, and that waits for the hand-over.
 */
static struct dentry *next_name(struct dentry *dir, struct dentry *child)
{
	spin_lock(&dir->d_lock);
	child = child ? d_next_sibling(child) : d_first_child(dir);
	hlist_for_each_entry_from(child, d_sib) {
		if (simple_positive(child))
			break;
	}
	spin_unlock(&dir->d_lock);
	return child;
}

static void reverse_names(struct khofs_name *names, u32 nr)
{
	u32 i;

	for (i = 0; i < nr / 2; i++)
		swap(names[i], names[nr - 1 - i]);
}

/*
 * A directory lists its youngest name first, so the next kernel has to make
 * that one last. That is not the order of its offsets: a name that was moved
 * may have the offset of the one that it took the place of.
 */
static int add_names(struct saving *s, u32 nr)
{
	struct dentry *dir = d_find_any_alias(s->inodes[nr]), *child = NULL;
	u32 first = s->image->nr_names;
	int err = 0;

	while (!err && (child = next_name(dir, child))) {
		err = add_name(s, nr, child);
		cond_resched();
	}
	dput(dir);
	reverse_names(s->image->names + first, s->image->nr_names - first);
	return err;
}

static int save_tree(struct saving *s, struct inode *root)
{
	int err = add_inode(s, root);
	u32 i;

	/* The list grows while directories are on it. */
	for (i = 0; err >= 0 && i < s->image->nr_inodes; i++) {
		err = save_inode(s->inodes[i], &s->image->inodes[i]);
		if (!err && S_ISDIR(s->inodes[i]->i_mode))
			err = add_names(s, i);
	}
	return min(err, 0);
}

#ifdef CONFIG_NUMA
/* One that names so many nodes that there is no room for them is left out. */
static void save_policy(struct mempolicy *mpol, struct khofs_image *image)
{
	char text[2 * sizeof(image->mpol)];

	if (!mpol)
		return;
	mpol_to_str(text, sizeof(text), mpol);
	if (strscpy(image->mpol, text, sizeof(image->mpol)) < 0)
		image->mpol[0] = 0;
}
#else
static void save_policy(struct mempolicy *mpol, struct khofs_image *image)
{
}
#endif

static void save_options(const struct khofs_tree *tree,
			 struct khofs_image *image)
{
	static const char * const huge[] = {
		"never", "always", "within_size", "advise",
	};
	const struct shmem_sb_info *sbinfo = tree->sb->s_fs_info;

	/* A remount would change them. */
	guard(rwsem_read)(&tree->sb->s_umount);
	strscpy(image->name, tree->name, sizeof(image->name));
	image->max_blocks = sbinfo->max_blocks;
	image->max_inodes = sbinfo->max_inodes;
	image->next_ino = sbinfo->next_ino;
	image->inode64 = sbinfo->full_inums;
	image->noswap = sbinfo->noswap;
	if (sbinfo->huge < ARRAY_SIZE(huge))
		strscpy(image->huge, huge[sbinfo->huge], sizeof(image->huge));
	save_policy(sbinfo->mpol, image);
}

/**
 * khofs_save - make the image of a tree
 * @tree: the tree; its super block is frozen
 *
 * The pages of its files are preserved, to be unpreserved by KSTATE if the
 * hand-over comes to nothing.
 *
 * Context: may sleep; from KSTATE's prepare hook.
 *
 * Return: the image, to be freed with khofs_image_free(); ERR_PTR() of -ENOMEM,
 * -EFBIG for a file of more than 64 PiB, or an errno of kstate_preserve_folio()
 * or of bringing swapped pages in.
 */
struct khofs_image *khofs_save(struct khofs_tree *tree)
{
	struct saving s = { };
	int err = -ENOMEM;

	xa_init(&s.seen);
	s.image = kvzalloc(sizeof(*s.image), GFP_KERNEL);
	if (s.image) {
		save_options(tree, s.image);
		err = save_tree(&s, d_inode(tree->sb->s_root));
		err = err ?: khofs_save_quotas(tree->sb, s.image);
	}
	xa_destroy(&s.seen);
	kvfree(s.inodes);
	if (!err)
		return s.image;
	khofs_image_free(s.image);
	return ERR_PTR(err);
}

static void free_inode(struct khofs_inode *ki)
{
	u32 i;

	for (i = 0; i < ki->nr_xattrs; i++) {
		kvfree(ki->xattrs[i].name);
		kvfree(ki->xattrs[i].value);
	}
	kvfree(ki->xattrs);
	kvfree(ki->extents);
	kvfree(ki->link);
	kvfree(ki->acl);
	kvfree(ki->default_acl);
}

/**
 * khofs_image_free - free the image of a tree
 * @image: the image, or NULL; what it says of memory does not matter
 *
 * Context: may sleep.
 */
void khofs_image_free(struct khofs_image *image)
{
	u32 i;

	if (!image)
		return;
	for (i = 0; i < image->nr_inodes; i++)
		free_inode(&image->inodes[i]);
	for (i = 0; i < image->nr_names; i++)
		kvfree(image->names[i].name);
	for (i = 0; i < image->nr_quotas; i++)
		kvfree(image->quotas[i].limits);
	kvfree(image->quotas);
	kvfree(image->inodes);
	kvfree(image->names);
	kvfree(image);
}
