// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes a directory tree that has one of everything, and lists all that can be
 * seen of a tree, so that two lists are equal when the trees are.
 *
 * usage: khofs_tree make DIRECTORY SEED
 *	  khofs_tree list DIRECTORY
 *	  khofs_tree hold DIRECTORY	open files that have no name, and stay
 *	  khofs_tree unlock FILE	let it be changed and removed again
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "program.h"

#define KIB		1024L
#define MIB		(1024 * KIB)
#define FNV_PRIME	0x100000001b3ull
#define FNV_BASIS	0xcbf29ce484222325ull

static const char *doing = "";

static void die(const char *what)
{
	fprintf(stderr, "khofs_tree: %s: %s: %s\n", doing, what,
		strerror(errno));
	exit(1);
}

/* ---- Making ---- */

static uint64_t seed;

static void fill(int fd, off_t from, size_t size)
{
	uint64_t *buf = must((uint64_t *)malloc(64 * KIB));
	size_t done, part, i;

	for (done = 0; done < size; done += part) {
		part = size - done < 64 * KIB ? size - done : 64 * KIB;
		for (i = 0; i < 64 * KIB / 8; i++)
			buf[i] = mix(seed ^ (from + done + 8 * i));
		if (must(pwrite(fd, buf, part, from + done)) != (ssize_t)part)
			die("short write");
	}
	free(buf);
}

static int make(const char *name)
{
	doing = name;
	seed = mix(seed);
	return must(open(name, O_CREAT | O_EXCL | O_RDWR, 0640));
}

static void make_contents(void)
{
	char *at;
	int fd;

	fd = make("empty");
	close(fd);
	fd = make("short");
	fill(fd, 0, 777);
	close(fd);
	fd = make("large");
	fill(fd, 0, 5 * MIB + 123);
	close(fd);
	/* Page by page, and not in their order. */
	fd = make("scattered");
	for (int i = 0; i < 600; i++)
		fill(fd, (i * 7919 % 600) * 8 * KIB, 4 * KIB);
	close(fd);
	fd = make("sparse");
	fill(fd, 3 * 1024 * MIB, 100);
	fill(fd, 40 * KIB, 5);
	must(ftruncate(fd, 5 * 1024 * MIB));
	close(fd);
	fd = make("allocated");
	fill(fd, 0, 10);
	must(fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 200 * KIB));
	must(fallocate(fd, 0, MIB, 64 * KIB));
	close(fd);
	fd = make("punched");
	fill(fd, 0, MIB);
	must(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
		       100 * KIB, 300 * KIB));
	close(fd);
	fd = make("mapped");
	must(ftruncate(fd, 4 * MIB));
	at = must((char *)mmap(NULL, 4 * MIB, PROT_READ | PROT_WRITE,
			       MAP_SHARED, fd, 0));
	for (size_t i = 0; i < 4 * MIB; i += 12345)
		at[i] = mix(seed + i);
	munmap(at, 4 * MIB);
	close(fd);
}

static void make_kinds(void)
{
	struct sockaddr_un un = {
		.sun_family = AF_UNIX, .sun_path = "socket",
	};
	char target[3000];
	int fd;

	doing = "kinds of files";
	must(symlink("short", "link"));
	memset(target, 'x', sizeof(target) - 1);
	target[sizeof(target) - 1] = '\0';
	must(symlink(target, "long link"));
	must(symlink("nowhere", "dangling"));
	must(mkfifo("fifo", 0600));
	must(mknod("null", S_IFCHR | 0666, makedev(1, 3)));
	must(mknod("block", S_IFBLK | 0600, makedev(259, 300000)));
	fd = must(socket(AF_UNIX, SOCK_STREAM, 0));
	must(bind(fd, (struct sockaddr *)&un, sizeof(un)));
	close(fd);
	must(link("large", "second name"));
	must(mkdir("directory", 01777));
	must(link("large", "directory/third name"));
	must(link("fifo", "directory/fifo too"));
}

static void make_names(void)
{
	char name[256];
	int i;

	doing = "names";
	must(mkdir("names", 0755));
	for (i = 1; i < 256; i++) {
		if (i == '/' || i == '.')
			continue;
		snprintf(name, sizeof(name), "names/%c", i);
		close(must(open(name, O_CREAT | O_EXCL | O_WRONLY, 0600)));
	}
	must(mkdir("names/...", 0700));
	memset(name, 'n', 255);
	name[255] = '\0';
	must(chdir("names"));
	must(mkdir(name, 0711));
	/* Gaps among the offsets of a directory */
	for (i = 'a'; i < 'z'; i += 2) {
		snprintf(name, sizeof(name), "%c", i);
		must(unlink(name));
	}
	must(rename("b", "renamed"));
	/* Names whose places are not those of their offsets */
	must(renameat2(AT_FDCWD, "A", AT_FDCWD, "z", RENAME_EXCHANGE));
	must(rename("d", "x"));
	must(rename("2", "f"));
	for (i = 0; i < 40; i++) {
		must(mkdir("deeper", 0750));
		must(chdir("deeper"));
	}
	close(must(open("bottom", O_CREAT | O_WRONLY, 0644)));
	for (i = 0; i < 42; i++)
		must(chdir(i == 41 ? "." : ".."));
}

/* An ACL as extended attributes have it, with entries for so many users */
static void set_acl(const char *name, const char *type, unsigned int users)
{
	struct entry {
		uint16_t tag, perm;
		uint32_t id;
	};
	struct {
		uint32_t version;
		struct entry entries[300];
	} acl = { .version = 2 };
	struct entry *e = acl.entries;

	doing = name;
	*e++ = (struct entry){ 0x01, 7, -1 };
	for (unsigned int i = 0; i < users; i++)
		*e++ = (struct entry){ 0x02, i % 8, 1234 + i };
	*e++ = (struct entry){ 0x04, 5, -1 };
	*e++ = (struct entry){ 0x08, 6, 4000000000u };
	*e++ = (struct entry){ 0x10, 7, -1 };
	*e++ = (struct entry){ 0x20, 1, -1 };
	must(setxattr(name, type, &acl, (char *)e - (char *)&acl, 0));
}

static void make_acls(void)
{
	static const char access[] = "system.posix_acl_access";
	static const char inherited[] = "system.posix_acl_default";

	must(mkdir("acls", 02770));
	must(chdir("acls"));
	close(must(open("few", O_CREAT | O_WRONLY, 06755)));
	set_acl("few", access, 1);
	close(must(open("many", O_CREAT | O_WRONLY, 0600)));
	set_acl("many", access, 290);
	must(mkfifo("fifo", 0600));
	set_acl("fifo", access, 2);
	must(mknod("null", S_IFCHR | 0666, makedev(1, 3)));
	set_acl("null", access, 3);
	must(mkdir("both", 0700));
	set_acl("both", access, 4);
	set_acl("both", inherited, 5);
	/* These get theirs from the directory. */
	must(mkdir("both/heir", 0777));
	must(mkdir("both/heir/heir", 0770));
	close(must(open("both/heir/file", O_CREAT | O_WRONLY, 0666)));
	must(symlink("file", "both/heir/link"));
	must(link("many", "both/many"));
	must(chdir(".."));
	set_acl("acls", inherited, 6);
}

static void make_attributes(void)
{
	struct timespec times[2] = { { -5, 999999999 }, { 4000000000, 7 } };
	char value[4000];
	int fd, flags;

	doing = "attributes";
	close(must(open("owned", O_CREAT | O_WRONLY, 0600)));
	must(chown("owned", 4000000000u, 65534));
	must(chmod("owned", 06755));
	must(lchown("link", 12, 34));
	memset(value, 0xa5, sizeof(value));
	must(setxattr("short", "user.long", value, sizeof(value), 0));
	must(setxattr("short", "user.empty", "", 0, 0));
	must(setxattr("short", "trusted.t", "\0b\0", 3, 0));
	must(setxattr("directory", "user.d", "dir", 3, 0));
	must(setxattr("block", "trusted.dev", "1", 1, 0));
	close(must(open("immutable", O_CREAT | O_WRONLY, 0444)));
	fd = must(open("immutable", O_RDONLY));
	flags = FS_IMMUTABLE_FL | FS_NODUMP_FL;
	must(ioctl(fd, FS_IOC_SETFLAGS, &flags));
	close(fd);
	must(utimensat(AT_FDCWD, "owned", times, 0));
	must(utimensat(AT_FDCWD, "fifo", times, 0));
	must(utimensat(AT_FDCWD, "dangling", times, AT_SYMLINK_NOFOLLOW));
	must(utimensat(AT_FDCWD, "names", times, 0));
}

static int cmd_make(const char *dir, const char *seed_word)
{
	seed = mix(strtoull(seed_word, NULL, 0));
	umask(0);
	doing = dir;
	must(mkdir(dir, 0755));
	must(chdir(dir));
	make_contents();
	make_kinds();
	make_names();
	make_acls();
	make_attributes();
	return 0;
}

/* ---- Listing ---- */

static void print_text(const char *text, size_t len)
{
	for (; len; len--, text++) {
		if (*text > ' ' && *text < 127 && *text != '\\')
			putchar(*text);
		else
			printf("\\%03o", (unsigned char)*text);
	}
}

static uint64_t hash(uint64_t h, const void *data, size_t len)
{
	const unsigned char *p = data;

	for (; len; len--)
		h = (h ^ *p++) * FNV_PRIME;
	return h;
}

/* What is data, and what is in it: the holes are not read. */
static void list_contents(const char *name)
{
	int fd = must(open(name, O_RDONLY | O_NOATIME));
	static char buf[64 * KIB];
	uint64_t h = FNV_BASIS;
	off_t at = 0, end;
	ssize_t n;

	printf(" data");
	while ((at = lseek(fd, at, SEEK_DATA)) >= 0) {
		end = must(lseek(fd, at, SEEK_HOLE));
		printf(" %lld-%lld", (long long)at, (long long)end);
		while (at < end && (n = must(pread(fd, buf, sizeof(buf), at)))) {
			h = hash(h, buf, n);
			at += n;
		}
	}
	printf(" hash %016llx", (unsigned long long)h);
	close(fd);
}

static void list_flags(const char *name)
{
	int flags = 0, fd = open(name, O_RDONLY | O_NOATIME | O_NONBLOCK);

	if (fd >= 0 && !ioctl(fd, FS_IOC_GETFLAGS, &flags))
		printf(" flags %x", flags);
	close(fd);
}

static void list_xattrs(const char *name)
{
	static char names[64 * KIB], value[64 * KIB];
	ssize_t all = llistxattr(name, names, sizeof(names)), n, at;

	for (at = 0; at < all; at += strlen(names + at) + 1) {
		/* Not each value that can be set can be read. */
		n = lgetxattr(name, names + at, value, sizeof(value));
		printf(" %s=%zd:%016llx", names + at, n,
		       (unsigned long long)hash(FNV_BASIS, value,
						n > 0 ? n : 0));
	}
}

/* The handle, and whether it leads to the same file. */
static void list_handle(const char *name, int root, uint64_t ino)
{
	union {
		struct file_handle handle;
		char room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
	} u = { .handle.handle_bytes = MAX_HANDLE_SZ };
	struct stat st = { };
	int id, fd;

	must(name_to_handle_at(AT_FDCWD, name, &u.handle, &id, 0));
	printf(" handle %d:", u.handle.handle_type);
	for (unsigned int i = 0; i < u.handle.handle_bytes; i++)
		printf("%02x", u.handle.f_handle[i]);
	fd = open_by_handle_at(root, &u.handle, O_PATH);
	if (fd < 0 || fstat(fd, &st) || st.st_ino != ino)
		printf(" lost");
	close(fd);
}

static void list_link(const char *name)
{
	static char target[8 * KIB];
	ssize_t n = must(readlink(name, target, sizeof(target)));

	printf(" -> ");
	print_text(target, n);
}

static void list_stat(const struct statx *stx)
{
	const struct statx_timestamp *times[] = {
		&stx->stx_atime, &stx->stx_mtime, &stx->stx_ctime,
		&stx->stx_btime,
	};

	printf(" ino %llu mode %o links %u owner %u:%u dev %x:%x size %llu blocks %llu",
	       (unsigned long long)stx->stx_ino, stx->stx_mode, stx->stx_nlink,
	       stx->stx_uid, stx->stx_gid, stx->stx_rdev_major,
	       stx->stx_rdev_minor, (unsigned long long)stx->stx_size,
	       (unsigned long long)stx->stx_blocks);
	for (int i = 0; i < 4; i++)
		printf(" %lld.%09u", (long long)times[i]->tv_sec,
		       times[i]->tv_nsec);
}

static void list_dir(const char *path, int root);

static void list_one(const char *path, const char *name, int root)
{
	struct statx stx;

	must(statx(AT_FDCWD, name, AT_SYMLINK_NOFOLLOW, STATX_ALL, &stx));
	print_text(path, strlen(path));
	putchar('/');
	print_text(name, strlen(name));
	list_stat(&stx);
	list_handle(name, root, stx.stx_ino);
	list_xattrs(name);
	if (S_ISLNK(stx.stx_mode))
		list_link(name);
	if (S_ISREG(stx.stx_mode) || S_ISDIR(stx.stx_mode))
		list_flags(name);
	if (S_ISREG(stx.stx_mode))
		list_contents(name);
	putchar('\n');
}

static void list_dir(const char *path, int root)
{
	DIR *dir = opendir(".");
	struct dirent *entry;
	char *below;

	doing = path;
	if (!dir)
		die("opendir");
	while ((entry = readdir(dir))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		list_one(path, entry->d_name, root);
		if (entry->d_type != DT_DIR)
			continue;
		must(asprintf(&below, "%s/%s", path, entry->d_name));
		must(chdir(entry->d_name));
		list_dir(below, root);
		must(chdir(".."));
		free(below);
	}
	closedir(dir);
}

static int cmd_list(const char *dir)
{
	int root = must(open(dir, O_RDONLY | O_DIRECTORY));

	must(chdir(dir));
	list_one("", ".", root);
	list_dir("", root);
	return 0;
}

/* ---- Files without a name ---- */

static int cmd_hold(const char *dir)
{
	int fd;

	must(chdir(dir));
	fd = must(open("unlinked", O_CREAT | O_EXCL | O_RDWR, 0600));
	fill(fd, 0, 3 * MIB);
	must(unlink("unlinked"));
	fd = must(open(".", O_TMPFILE | O_RDWR, 0600));
	fill(fd, 0, 3 * MIB);
	if (fork())
		return 0;
	setsid();
	close(0);
	close(1);
	close(2);
	for (;;)
		pause();
}

static int cmd_unlock(const char *name)
{
	int flags = 0, fd;

	doing = name;
	fd = must(open(name, O_RDONLY));
	must(ioctl(fd, FS_IOC_SETFLAGS, &flags));
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "make"))
		return cmd_make(argv[2], argv[3]);
	if (argc == 3 && !strcmp(argv[1], "list"))
		return cmd_list(argv[2]);
	if (argc == 3 && !strcmp(argv[1], "hold"))
		return cmd_hold(argv[2]);
	if (argc == 3 && !strcmp(argv[1], "unlock"))
		return cmd_unlock(argv[2]);
	fprintf(stderr,
		"usage: khofs_tree make DIRECTORY SEED | list|hold DIRECTORY | unlock FILE\n");
	return 2;
}
