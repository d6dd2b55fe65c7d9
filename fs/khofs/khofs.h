/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * khofs: tmpfs whose files are there again after kexec.
 */
#ifndef _FS_KHOFS_H
#define _FS_KHOFS_H

#include <linux/fs.h>
#include <linux/kobject.h>
#include <linux/list.h>
#include <linux/types.h>

#define KHOFS_NAME_MAX	63

/**
 * struct khofs_tree - a mounted tree, or one that waits to be mounted
 * @kobj: its directory in /sys/fs/khofs; frees it
 * @list: on the list of all
 * @sb: its super block; gone when the tree is
 * @name: what mount(8) calls it by, ``name=``
 * @kept: the tree has a reference to @sb, and outlives its last mount
 * @holds: references to the super block that khofs has for a moment
 * @frozen: by the hand-over that is being prepared
 * @freezing: it is just being frozen or thawed, and may have a reference for that
 * @dropped: it is not mounted, and not to be mounted any more
 * @dying: its last reference is gone
 */
struct khofs_tree {
	struct kobject kobj;
	struct list_head list;
	struct super_block *sb;
	char name[KHOFS_NAME_MAX + 1];
	bool kept;
	int holds;
	bool frozen;
	bool freezing;
	bool dropped;
	bool dying;
};

/*
 * What follows is how trees are described to the next kernel. KSTATE's schema
 * has the members by name; nothing else depends on their order or sizes.
 */

/**
 * struct khofs_extent - folios of one order, in a row in the file and in memory
 * @at: index of the first page in the file, shifted by KHOFS_NR_BITS, and how
 *	many more folios follow the first
 * @where: physical address of the first folio, and in the bits of a page's
 *	offset the order, and KHOFS_UNWRITTEN if fallocate(2) was all that happened
 */
struct khofs_extent {
	u64 at;
	u64 where;
};

#define KHOFS_UNWRITTEN	BIT(11)
#define KHOFS_ORDER	(KHOFS_UNWRITTEN - 1)

#define KHOFS_NR_BITS	20
#define KHOFS_NR_MAX	BIT(KHOFS_NR_BITS)

/* The size that a file can have: indices of its pages have to fit into @at. */
#define KHOFS_MAX_BYTES	BIT_ULL(64 - KHOFS_NR_BITS + PAGE_SHIFT)

static inline u64 khofs_extent_index(const struct khofs_extent *e)
{
	return e->at >> KHOFS_NR_BITS;
}

static inline u64 khofs_extent_folios(const struct khofs_extent *e)
{
	return (e->at & (KHOFS_NR_MAX - 1)) + 1;
}

static inline unsigned int khofs_extent_order(const struct khofs_extent *e)
{
	return e->where & KHOFS_ORDER;
}

/**
 * struct khofs_xattr - an extended attribute
 * @name: with its prefix
 * @value: its bytes, or NULL if there are none
 * @size: their number
 */
struct khofs_xattr {
	char *name;
	void *value;
	u32 size;
};

/**
 * struct khofs_time - when something happened
 * @sec: seconds since 1970
 * @nsec: nanoseconds
 */
struct khofs_time {
	s64 sec;
	u32 nsec;
};

/**
 * struct khofs_inode - a file of any type; the first of a tree is its root
 * @ino: inode number
 * @generation: for file handles
 * @mode: type and permissions
 * @uid: owner, as the initial user namespace has it
 * @gid: group, likewise
 * @rdev: of a device node, as new_encode_dev() writes it
 * @size: bytes of a regular file
 * @atime: time of the last access
 * @mtime: time of the last change of contents
 * @ctime: time of the last change of the inode
 * @crtime: time of creation
 * @seals: F_SEAL_*
 * @fsflags: what chattr(1) set, FS_*_FL
 * @fallocend: index after the last page that fallocate(2) was asked for
 * @link: where a symbolic link points, or NULL
 * @acl: POSIX ACL for access, as extended attributes have it, or NULL
 * @acl_size: its bytes
 * @default_acl: POSIX ACL for new entries of a directory, likewise
 * @default_acl_size: its bytes
 * @xattrs: extended attributes
 * @nr_xattrs: their number
 * @extents: contents of a regular file; what is in none is a hole
 * @nr_extents: their number
 */
struct khofs_inode {
	u64 ino;
	u32 generation;
	u32 mode;
	u32 uid;
	u32 gid;
	u32 rdev;
	u64 size;
	struct khofs_time atime;
	struct khofs_time mtime;
	struct khofs_time ctime;
	struct khofs_time crtime;
	u32 seals;
	u32 fsflags;
	u64 fallocend;
	char *link;
	void *acl;
	u32 acl_size;
	void *default_acl;
	u32 default_acl_size;
	struct khofs_xattr *xattrs;
	u32 nr_xattrs;
	struct khofs_extent *extents;
	u32 nr_extents;
};

/**
 * struct khofs_name - a directory entry
 * @dir: which of the tree's inodes is the directory; comes before what is in it
 * @inode: which of the tree's inodes it names
 * @name: how it is called
 */
struct khofs_name {
	u32 dir;
	u32 inode;
	char *name;
};

/**
 * struct khofs_limits - what a user, or a group, may have
 * @id: who, as the initial user namespace has it
 * @space_hard: bytes, 0 for any number
 * @space_soft: bytes that it may have for longer than a while, likewise
 * @inodes_hard: files of any type, 0 for any number
 * @inodes_soft: files that it may have for longer than a while, likewise
 * @space_until: when that while ends, in seconds since 1970; 0: there is less
 * @inodes_until: likewise
 */
struct khofs_limits {
	u32 id;
	u64 space_hard;
	u64 space_soft;
	u64 inodes_hard;
	u64 inodes_soft;
	s64 space_until;
	s64 inodes_until;
};

/**
 * struct khofs_quota - quotas of users, or of groups
 * @type: USRQUOTA or GRPQUOTA
 * @enforced: limits hold; else files and bytes are only counted
 * @space_hard: as in &struct khofs_limits, of whoever has no limits of its own
 * @inodes_hard: likewise
 * @space_grace: how long the while is, in seconds
 * @inodes_grace: likewise
 * @limits: those of users, or groups
 * @nr_limits: their number
 */
struct khofs_quota {
	u32 type;
	bool enforced;
	u64 space_hard;
	u64 inodes_hard;
	u32 space_grace;
	u32 inodes_grace;
	struct khofs_limits *limits;
	u32 nr_limits;
};

/**
 * struct khofs_image - a tree as it is handed over
 * @list: on the list of &struct khofs_state
 * @name: as in &struct khofs_tree
 * @max_blocks: pages that its files may have, 0 for any number
 * @max_inodes: inodes that it may have, 0 for any number
 * @next_ino: number of the next inode
 * @huge: when to use huge pages, as ``huge=`` says it
 * @inode64: inode numbers may have more than 32 bits
 * @noswap: its pages are not swapped out
 * @mpol: memory policy of new pages, as ``mpol=`` says it
 * @inodes: what is in it
 * @nr_inodes: their number
 * @names: directory entries; those of each directory last come first when it is
 *	listed
 * @nr_names: their number
 * @quotas: of users and of groups, where that is counted
 * @nr_quotas: their number
 */
struct khofs_image {
	struct list_head list;
	char name[KHOFS_NAME_MAX + 1];
	u64 max_blocks;
	u64 max_inodes;
	u64 next_ino;
	char huge[16];
	bool inode64;
	bool noswap;
	char mpol[64];
	struct khofs_inode *inodes;
	u32 nr_inodes;
	struct khofs_name *names;
	u32 nr_names;
	struct khofs_quota *quotas;
	u32 nr_quotas;
};

/**
 * struct khofs_state - the object that KSTATE knows: all trees
 * @images: of &struct khofs_image
 */
struct khofs_state {
	struct list_head images;
};

/* super.c */
struct khofs_tree *khofs_next_tree(struct khofs_tree *tree);
struct khofs_tree *khofs_find_tree(const char *name);
void khofs_tree_frozen(struct khofs_tree *tree, bool freezing, bool frozen);
void khofs_put_tree(struct khofs_tree *tree);
bool khofs_tree_mounted(const struct khofs_tree *tree);
u64 khofs_tree_bytes(const struct khofs_tree *tree);
int khofs_drop_tree(struct khofs_tree *tree, bool mounted);
struct khofs_tree *khofs_make_tree(const struct khofs_image *image);
int khofs_set_number(struct fs_context *fc, const char *key, u64 value);

/* state.c */
bool khofs_state_pending(void);
int khofs_register(void);
void khofs_unregister(void);

/* save.c */
struct khofs_image *khofs_save(struct khofs_tree *tree);
void khofs_image_free(struct khofs_image *image);
void *khofs_grow(void *array, u32 nr, u32 *room, size_t size);

/* load.c */
int khofs_load(struct super_block *sb, const struct khofs_image *image);

/* quota.c */
#ifdef CONFIG_TMPFS_QUOTA
extern const struct kstate_description khofs_quotas_desc;
bool khofs_has_quotas(const void *obj);
int khofs_save_quotas(struct super_block *sb, struct khofs_image *image);
int khofs_load_quotas(struct super_block *sb, const struct khofs_image *image);
int khofs_set_quotas(struct fs_context *fc, const struct khofs_image *image);
#else
static inline int khofs_save_quotas(struct super_block *sb,
				    struct khofs_image *image)
{
	return 0;
}

static inline int khofs_load_quotas(struct super_block *sb,
				    const struct khofs_image *image)
{
	return 0;
}

static inline int khofs_set_quotas(struct fs_context *fc,
				   const struct khofs_image *image)
{
	return 0;
}
#endif

/* sysfs.c */
int khofs_sysfs_init(void);
int khofs_sysfs_add(struct khofs_tree *tree);
struct khofs_tree *khofs_tree_alloc(const char *name);

#endif /* _FS_KHOFS_H */
