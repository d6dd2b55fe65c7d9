// SPDX-License-Identifier: GPL-2.0-only
/*
 * abort_walk: the steps that can be walked. Each is a system call, or some in a row
 * that belong together, with what has to be done before and what undoes it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>
#include <linux/kexec.h>
#include <linux/reboot.h>

#include "../../../kstate/kmho.h"
#include "abort_walk.h"
#include "program.h"

#define KMHO_SIZE	(4UL << 20)

/* What a step works on is opened once, not by what is to fail. */
static int opened(const char *path, int flags)
{
	static struct {
		const char *path;
		int fd;
	} files[4];
	int i = 0;

	while (files[i].path && strcmp(files[i].path, path))
		i++;
	if (!files[i].path) {
		files[i].fd = must(open(path, flags));
		files[i].path = path;
	}
	return files[i].fd;
}

static int call_load(char **arg)
{
	int kernel = opened(arg[0], O_RDONLY);
	int initrd = strcmp(arg[1], "-") ? opened(arg[1], O_RDONLY) : -1;

	return syscall(SYS_kexec_file_load, kernel, initrd, strlen(arg[2]) + 1,
		       arg[2], initrd < 0 ? KEXEC_FILE_NO_INITRAMFS : 0);
}

static int call_unload(char **arg)
{
	return syscall(SYS_kexec_file_load, -1, -1, 0, NULL, KEXEC_FILE_UNLOAD);
}

static void undo_load(char **arg)
{
	must(call_unload(arg));
}

static void before_unload(char **arg)
{
	must(call_load(arg));
}

static int call_reboot(char **arg)
{
	return reboot(LINUX_REBOOT_CMD_KEXEC);
}

static int call_dry_run(char **arg)
{
	return pwrite(opened("/sys/kernel/kstate/dry_run", O_WRONLY), "1", 1,
		      0) == 1 ? 0 : -1;
}

static int call_insmod(char **arg)
{
	return syscall(SYS_finit_module, opened(arg[0], O_RDONLY), arg[2], 0);
}

static int call_rmmod(char **arg)
{
	return syscall(SYS_delete_module, arg[1], O_NONBLOCK);
}

static void undo_insmod(char **arg)
{
	if (call_rmmod(arg) && errno != ENOENT)
		die(arg[1]);
}

static void before_rmmod(char **arg)
{
	must(call_insmod(arg));
}

static int call_mount(char **arg)
{
	return mount("none", arg[0], "khofs", 0, arg[2]);
}

static int call_umount(char **arg)
{
	return umount(arg[0]);
}

static int call_drop(char **arg)
{
	int fd = opened("/sys/fs/khofs/drop", O_WRONLY);

	lseek(fd, 0, SEEK_SET);
	return write(fd, arg[1], strlen(arg[1])) < 0 ? -1 : 0;
}

static void undo_mount(char **arg)
{
	umount(arg[0]);
	if (!arg[3])
		call_drop(arg);
}

static void before_umount(char **arg)
{
	must(call_mount(arg));
}

static void before_drop(char **arg)
{
	must(call_mount(arg));
	must(call_umount(arg));
}

static void path_of(char *path, char **arg, const char *name)
{
	snprintf(path, PATH_MAX, "%s/%s", arg[0], name);
}

/* A directory with a file that has an attribute, and another name. */
static int call_files(char **arg)
{
	static const char block[3 * 4096] = "contents";
	char path[PATH_MAX], other[PATH_MAX];
	int fd, ret, err;

	path_of(path, arg, "");
	if (mkdir(path, 0700))
		return -1;
	path_of(path, arg, "file");
	fd = open(path, O_RDWR | O_CREAT | O_EXCL, 0600);
	if (fd < 0)
		return -1;
	ret = write(fd, block, sizeof(block));
	if (ret > 0)
		ret = ftruncate(fd, 2 * sizeof(block));
	if (!ret)
		ret = fsetxattr(fd, "user.walk", "value", 5, 0);
	path_of(other, arg, "other");
	if (!ret)
		ret = link(path, other);
	if (!ret)
		ret = symlink("file", strcat(other, ".symlink"));
	err = errno;
	close(fd);
	errno = err;
	return ret < 0 ? -1 : 0;
}

static void undo_files(char **arg)
{
	static const char * const names[] = {
		"file", "other", "other.symlink",
	};
	char path[PATH_MAX];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		path_of(path, arg, names[i]);
		unlink(path);
	}
	rmdir(arg[0]);
}

static uint64_t key_of(char **arg)
{
	return strtoull(arg[0], NULL, 0);
}

/* A child has what its parent has, but for a part, until that ends. */
static void have_in_common(char *at)
{
	pid_t parent = getpid(), pid = must(fork());
	size_t where;

	if (pid)
		return;
	for (where = 0; where < KMHO_SIZE / 2; where += 3 * 4096)
		at[where] = 3;
	if (!prctl(PR_SET_PDEATHSIG, SIGKILL) && getppid() == parent)
		pause();
	_exit(0);
}

/* Pages of its own, some that others have, too, holes, and some of a memfd */
static int call_give(char **arg)
{
	static struct kmho_range ranges[2];
	static char *at[2];
	static int fd;
	unsigned int i;
	size_t where;

	if (!at[0]) {
		fd = must((int)syscall(SYS_memfd_create, "walk", 0));
		must(ftruncate(fd, KMHO_SIZE));
		at[0] = must(mmap(NULL, KMHO_SIZE, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
		at[1] = must(mmap(NULL, KMHO_SIZE, PROT_READ | PROT_WRITE,
				  MAP_SHARED, fd, 0));
		for (where = 0; where < KMHO_SIZE; where += 3 * 4096) {
			at[0][where] = 1;
			at[1][where] = 2;
		}
		have_in_common(at[0]);
	}
	for (i = 0; i < 2; i++)
		ranges[i] = (struct kmho_range){ (uintptr_t)at[i], KMHO_SIZE };
	return kmho_handover(key_of(arg), ranges, 2);
}

static int call_cancel(char **arg)
{
	return kmho_cancel(key_of(arg));
}

static void undo_give(char **arg)
{
	if (call_cancel(arg) && errno != ENOENT)
		die("kmho_cancel");
}

static void before_cancel(char **arg)
{
	must(call_give(arg));
}

static int call_query(char **arg)
{
	struct kmho_range ranges[8];
	struct kmho_info infos[8];

	if (kmho_keys(infos, 8) < 0)
		return -1;
	return kmho_ranges(key_of(arg), ranges, 8) < 0 ? -1 : 0;
}

/* Keys in a row have the same contents, at the same place. */
static struct {
	uint64_t nr;
	struct kmho_range ranges[8];
	int nr_ranges;
	uint64_t sum;
} taken;

static void before_take(char **arg)
{
	if (key_of(arg) + taken.nr > key_of(arg + 1)) {
		fprintf(stderr, "take: there are too few keys\n");
		exit(2);
	}
	taken.nr_ranges = must(kmho_ranges(key_of(arg) + taken.nr,
					   taken.ranges, 8));
}

static int call_take(char **arg)
{
	return kmho_takeover(key_of(arg) + taken.nr, NULL, 0);
}

static void undo_take(char **arg)
{
	uint64_t sum = 0, *word, *end;
	int i;

	for (i = 0; i < taken.nr_ranges; i++) {
		word = (void *)(uintptr_t)taken.ranges[i].base;
		end = word + taken.ranges[i].length / sizeof(*word);
		while (word < end)
			sum = mix(sum ^ *word++);
		must(munmap((void *)(uintptr_t)taken.ranges[i].base,
			    taken.ranges[i].length));
	}
	if (taken.nr && sum != taken.sum)
		printf("not ok - take: key %llu has what the first one had\n",
		       (unsigned long long)(key_of(arg) + taken.nr));
	taken.sum = sum;
	taken.nr++;
}

static const struct step steps[] = {
	/* KERNEL INITRD|- CMDLINE */
	{ "load", 3, NULL, call_load, undo_load, false, TOLD_BY_KSTATE,
	  { ENOMEM, EADDRNOTAVAIL } },
	{ "unload", 3, before_unload, call_unload, undo_load, true, UNTOLD,
	  { } },
	/* has to be refused at its end, by what is not left for the next kernel */
	{ "reboot", 0, NULL, call_reboot, NULL, false, TOLD,
	  { ENOMEM, ENOSPC } },
	{ "dry_run", 0, NULL, call_dry_run, NULL, false, TOLD, { ENOMEM } },
	/* FILE NAME PARAMETERS */
	{ "insmod", 3, NULL, call_insmod, undo_insmod, false, UNTOLD,
	  { ENOMEM } },
	{ "rmmod", 3, before_rmmod, call_rmmod, undo_insmod, true, UNTOLD,
	  { } },
	/* DIRECTORY NAME OPTIONS [WORD], the latter if the tree is to stay */
	{ "mount", 3, NULL, call_mount, undo_mount, false, UNTOLD,
	  /* the latter as tmpfs has it when there is no memory for an inode */
	  { ENOMEM, ENOSPC } },
	{ "umount", 3, before_umount, call_umount, undo_mount, true, UNTOLD,
	  { ENOMEM } },
	{ "drop", 3, before_drop, call_drop, undo_mount, true, UNTOLD,
	  { ENOMEM } },
	/* DIRECTORY, to be made */
	{ "files", 1, NULL, call_files, undo_files, true, UNTOLD,
	  { ENOMEM, ENOSPC } },
	/* KEY */
	{ "give", 1, NULL, call_give, undo_give, false, UNTOLD, { ENOMEM } },
	{ "query", 1, NULL, call_query, NULL, false, UNTOLD, { ENOMEM } },
	{ "cancel", 1, before_cancel, call_cancel, undo_give, true, UNTOLD,
	  { } },
	/* KEY KEY, the first and the last of some */
	{ "take", 2, before_take, call_take, undo_take, false, UNTOLD,
	  { ENOMEM }, true },
};

const struct step *find_step(const char *name, int args)
{
	unsigned int i;

	for (i = 0; name && i < ARRAY_SIZE(steps); i++)
		if (!strcmp(name, steps[i].name) && args >= steps[i].args)
			return &steps[i];
	fprintf(stderr, "abort_walk: which step?\n");
	exit(2);
}
