// SPDX-License-Identifier: GPL-2.0-only
/*
 * The calls that khofs_ops makes on names: directories, attributes, events.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "khofs_ops.h"

/* ---- Names ---- */

static long op_mkdir(struct call *c)
{
	const char *path = any_dir(c);

	return mkdir(path, any_mode(c));
}

static long op_rmdir(struct call *c)
{
	return rmdir(any_dir(c));
}

static long op_unlink(struct call *c)
{
	const char *path = make_path(c, any(c, 6) == 0);

	/* Directories too, so that names become free */
	return any(c, 2) ? unlink(path) : remove(path);
}

static long op_link(struct call *c)
{
	const char *from = any_path(c), *to = any_path(c);

	return linkat(AT_FDCWD, from, AT_FDCWD, to,
		      at_flags(c, AT_SYMLINK_FOLLOW));
}

static long op_symlink(struct call *c)
{
	char target[5000];
	size_t len;

	if (any(c, 8))
		return symlink(any_path(c), any_path(c));
	/* Those of 128 bytes and more lie in a page. */
	len = any(c, 2) ? any(c, 300) : 4090 + any(c, 10);
	memset(target, 'x', len);
	target[len] = '\0';
	say(c, " %zu bytes", len);
	return symlink(target, any_path(c));
}

static long op_readlink(struct call *c)
{
	ssize_t n = readlink(any_path(c), buf, any(c, 4) ? BUF_SIZE : any(c, 5));

	note(c, buf, n > 0 ? n : 0);
	return n;
}

static long op_rename(struct call *c)
{
	static const unsigned int all[] = {
		0, 0, 0, 0, RENAME_NOREPLACE, RENAME_EXCHANGE, RENAME_EXCHANGE,
		RENAME_WHITEOUT, RENAME_WHITEOUT,
		RENAME_NOREPLACE | RENAME_EXCHANGE,
		RENAME_WHITEOUT | RENAME_NOREPLACE,
		RENAME_WHITEOUT | RENAME_EXCHANGE, 8,
	};
	int dirs = any(c, 4) == 0;
	const char *from = make_path(c, dirs), *to = make_path(c, dirs);
	unsigned int flags = one_of(c, all);

	say(c, " flags %x", flags);
	return renameat2(AT_FDCWD, from, AT_FDCWD, to, flags);
}

static long op_mknod(struct call *c)
{
	static const unsigned int types[] = {
		S_IFIFO, S_IFSOCK, S_IFREG, S_IFCHR, S_IFBLK, S_IFDIR, 0,
		S_IFLNK,
	};
	/* The first two can be opened by nobody. */
	const dev_t devs[] = {
		makedev(0, 0), makedev(4095, 1048575), makedev(1, 3),
	};
	const char *path = any_path(c);
	unsigned int mode = any_mode(c) | one_of(c, types);

	say(c, " type %o", mode & S_IFMT);
	return mknod(path, mode, one_of(c, devs));
}

static long op_bind(struct call *c)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	long ret;

	if (fd < 0)
		return -1;
	snprintf(un.sun_path, sizeof(un.sun_path), "%s", any_path(c));
	ret = bind(fd, (struct sockaddr *)&un, sizeof(un));
	close(fd);
	return ret;
}

static long op_readdir(struct call *c)
{
	DIR *dir = opendir(any_dir(c));
	struct dirent *entry;

	if (!dir)
		return -1;
	/* In any order, see khofs_ops.c. */
	while ((entry = readdir(dir)))
		c->out += hash(FNV_BASIS + entry->d_type, entry->d_name,
			       strlen(entry->d_name));
	return closedir(dir);
}

/* The handle is of another inode, but leads to it all the same. */
static long op_handle(struct call *c)
{
	union {
		struct file_handle handle;
		char room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
	} u = { .handle.handle_bytes = MAX_HANDLE_SZ };
	const char *path = any_path(c);
	struct stat st, st2;
	int id, fd;

	if (name_to_handle_at(AT_FDCWD, path, &u.handle, &id, 0) ||
	    lstat(path, &st))
		return -1;
	note_number(c, u.handle.handle_type);
	note_number(c, u.handle.handle_bytes);
	fd = open_by_handle_at(c->side->root, &u.handle, O_PATH);
	if (fd < 0)
		return -1;
	if (!fstat(fd, &st2))
		note_number(c, st.st_ino == st2.st_ino);
	close(fd);
	return 0;
}

/* ---- Attributes ---- */

static void note_stat(struct call *c, const struct statx *stx)
{
	note_number(c, stx->stx_mode);
	note_number(c, stx->stx_nlink);
	note_number(c, stx->stx_uid);
	note_number(c, stx->stx_gid);
	note_number(c, stx->stx_rdev_major);
	note_number(c, stx->stx_rdev_minor);
	note_number(c, stx->stx_size);
	note_number(c, stx->stx_blocks);
	note_number(c, stx->stx_blksize);
	note_number(c, stx->stx_attributes);
	note_number(c, stx->stx_attributes_mask);
	note_number(c, stx->stx_mask);
	say(c, " = mode %o links %u owner %u:%u size %llu blocks %llu",
	    stx->stx_mode, stx->stx_nlink, stx->stx_uid, stx->stx_gid,
	    stx->stx_size, stx->stx_blocks);
}

static long op_stat(struct call *c)
{
	const char *path = any_path(c);
	struct statx stx;
	long ret = statx(AT_FDCWD, path, at_flags(c, AT_SYMLINK_NOFOLLOW),
			 STATX_ALL, &stx);

	if (!ret)
		note_stat(c, &stx);
	return ret;
}

static long op_fstat(struct call *c)
{
	struct statx stx;
	long ret = statx(any_fd(c), "", AT_EMPTY_PATH, STATX_ALL, &stx);

	if (!ret)
		note_stat(c, &stx);
	return ret;
}

static long op_statfs(struct call *c)
{
	struct statfs st;
	long ret = statfs(".", &st);

	note_number(c, st.f_type);
	note_number(c, st.f_bsize);
	note_number(c, st.f_blocks);
	note_number(c, st.f_bfree);
	note_number(c, st.f_bavail);
	note_number(c, st.f_files);
	note_number(c, st.f_ffree);
	note_number(c, st.f_namelen);
	note_number(c, st.f_flags);
	say(c, " = %lu of %lu blocks free, %lu of %lu inodes",
	    (long)st.f_bfree, (long)st.f_blocks, (long)st.f_ffree,
	    (long)st.f_files);
	return ret;
}

static long op_access(struct call *c)
{
	const char *path = any_path(c);

	return faccessat(AT_FDCWD, path, any(c, 8), AT_EACCESS);
}

static long op_chmod(struct call *c)
{
	const char *path = make_path(c, any(c, 4) == 0);

	return chmod(path, any_mode(c));
}

static long op_fchmod(struct call *c)
{
	int fd = any_fd(c);

	return fchmod(fd, any_mode(c));
}

static long op_chown(struct call *c)
{
	const char *path = make_path(c, any(c, 4) == 0);
	unsigned int uid = any_id(c), gid = any_id(c);

	return fchownat(AT_FDCWD, path, uid, gid,
			at_flags(c, AT_SYMLINK_NOFOLLOW));
}

/* Times that are told are far from now: that is how they are known later. */
static long op_utimens(struct call *c)
{
	static const long secs[] = { 0, -5, 1000000000, 4000000000, 1l << 40 };
	static const long nsecs[] = {
		0, 1, 999999999, UTIME_NOW, UTIME_OMIT, 1000000000,
	};
	const char *path = any_path(c);
	struct timespec times[2];

	for (int i = 0; i < 2; i++) {
		times[i].tv_sec = one_of(c, secs);
		times[i].tv_nsec = any(c, 2) ? any(c, 1000000000) :
				   (uint64_t)one_of(c, nsecs);
		say(c, " %ld.%ld", times[i].tv_sec, times[i].tv_nsec);
	}
	return utimensat(AT_FDCWD, path, any(c, 8) ? times : NULL,
			 at_flags(c, AT_SYMLINK_NOFOLLOW));
}

/* ---- Extended attributes and ACLs ---- */

struct acl_entry {
	uint16_t tag, perm;
	uint32_t id;
};

static size_t add_entry(char *value, size_t size, unsigned int tag,
			unsigned int perm, uint32_t id)
{
	struct acl_entry entry = { tag, perm, id };

	memcpy(value + size, &entry, sizeof(entry));
	return size + sizeof(entry);
}

/* An ACL as extended attributes have it; one out of four is damaged. */
static size_t any_acl(struct call *c, char *value)
{
	uint32_t version = any(c, 60) ? 2 : any(c, 4);
	unsigned int users = any(c, 3), groups = any(c, 3), i;
	size_t size = sizeof(version);

	memcpy(value, &version, size);
	size = add_entry(value, size, 0x01, any(c, 8), -1);
	for (i = 0; i < users; i++)
		size = add_entry(value, size, 0x02, any(c, 8),
				 1000 + i + any(c, 2));
	size = add_entry(value, size, 0x04, any(c, 8), -1);
	for (i = 0; i < groups; i++)
		size = add_entry(value, size, 0x08, any(c, 8),
				 2000 + i + any(c, 2));
	if (users + groups || any(c, 4) == 0)
		size = add_entry(value, size, 0x10, any(c, 8), -1);
	size = add_entry(value, size, 0x20, any(c, 8), -1);
	if (any(c, 4) == 0)
		value[any(c, size)] ^= 1 << any(c, 8);
	if (any(c, 20) == 0)
		size -= any(c, size);
	say(c, " ACL of %u users, %u groups, %zu bytes", users, groups, size);
	return size;
}

static const char *any_attr(struct call *c)
{
	static const char * const names[] = {
		"user.a", "user.a", "user.b", "user.c", "trusted.a",
		"trusted.b", "security.s", "security.capability",
		"system.posix_acl_access", "system.posix_acl_access",
		"system.posix_acl_access", "system.posix_acl_default",
		"system.posix_acl_default", "system.x", "bogus", "user.", "",
	};
	static char longest[300];
	const char *name = one_of(c, names);

	if (any(c, 60) == 0) {
		memset(longest, 'u', sizeof(longest));
		memcpy(longest, "user.", 5);
		longest[255 + any(c, 2)] = '\0';
		name = longest;
	}
	say(c, " %.40s", name);
	return name;
}

static size_t any_value(struct call *c, const char *name)
{
	static const size_t sizes[] = { 0, 1, 20, 20, 100, 4000, 65536, 65537 };
	/* Revision 2: two sets of two words, and a flag */
	static const uint32_t caps[] = { 0x02000001, 0xff, 0, 0, 0 };
	size_t size;

	if (strstr(name, "acl"))
		return any_acl(c, buf);
	size = one_of(c, sizes);
	fill_buf(c, size);
	if (size == sizeof(caps) && any(c, 4))
		memcpy(buf, caps, sizeof(caps));
	say(c, " %zu bytes", size);
	return size;
}

static long op_setxattr(struct call *c)
{
	static const int all[] = { 0, 0, 0, XATTR_CREATE, XATTR_REPLACE, 3, 4 };
	const char *name = any_attr(c);
	size_t size = any_value(c, name);
	int flags = one_of(c, all), fd = any_fd(c);
	const char *path = make_path(c, any(c, 4) == 0);

	say(c, " flags %d", flags);
	switch (any(c, 3)) {
	case 0:
		say(c, " to fd");
		return fsetxattr(fd, name, buf, size, flags);
	case 1:
		return lsetxattr(path, name, buf, size, flags);
	default:
		return setxattr(path, name, buf, size, flags);
	}
}

static long op_getxattr(struct call *c)
{
	const char *name = any_attr(c), *path = any_path(c);
	size_t size = any(c, 4) ? BUF_SIZE : any(c, 60);
	ssize_t n = any(c, 2) ? getxattr(path, name, buf, size) :
				lgetxattr(path, name, buf, size);

	note(c, buf, size && n > 0 ? n : 0);
	return n;
}

static long op_listxattr(struct call *c)
{
	const char *path = any_path(c);
	size_t size = any(c, 4) ? BUF_SIZE : any(c, 30);
	ssize_t n = llistxattr(path, buf, size);

	note(c, buf, size && n > 0 ? n : 0);
	return n;
}

static long op_removexattr(struct call *c)
{
	const char *name = any_attr(c), *path = any_path(c);

	return any(c, 2) ? removexattr(path, name) : lremovexattr(path, name);
}

/* ---- Events ---- */

static long op_watch(struct call *c)
{
	const char *path = make_path(c, any(c, 2));

	if (c->side->inotify < 0)
		c->side->inotify = inotify_init1(IN_NONBLOCK);
	return inotify_add_watch(c->side->inotify, path, IN_ALL_EVENTS);
}

static long op_events(struct call *c)
{
	const struct inotify_event *event;
	ssize_t n = read(c->side->inotify, buf, 4096), at;

	for (at = 0; at < n; at += sizeof(*event) + event->len) {
		event = (const struct inotify_event *)(buf + at);
		note_number(c, event->wd);
		note_number(c, event->mask);
		note_number(c, !!event->cookie);
		note(c, event->name, event->len);
	}
	return n;
}

const struct op name_ops[] = {
	{ "mkdir", 8, op_mkdir },
	{ "rmdir", 3, op_rmdir },
	{ "unlink", 11, op_unlink },
	{ "link", 6, op_link },
	{ "symlink", 5, op_symlink },
	{ "readlink", 3, op_readlink },
	{ "rename", 10, op_rename },
	{ "mknod", 6, op_mknod },
	{ "bind", 2, op_bind },
	{ "readdir", 5, op_readdir },
	{ "handle", 2, op_handle },
	{ "stat", 10, op_stat },
	{ "fstat", 8, op_fstat },
	{ "statfs", 4, op_statfs },
	{ "access", 4, op_access },
	{ "chmod", 6, op_chmod },
	{ "fchmod", 3, op_fchmod },
	{ "chown", 6, op_chown },
	{ "utimensat", 5, op_utimens },
	{ "setxattr", 14, op_setxattr },
	{ "getxattr", 5, op_getxattr },
	{ "listxattr", 4, op_listxattr },
	{ "removexattr", 4, op_removexattr },
	{ "watch", 3, op_watch },
	{ "events", 5, op_events },
	{ }
};
