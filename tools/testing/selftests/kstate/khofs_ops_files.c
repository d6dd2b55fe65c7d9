// SPDX-License-Identifier: GPL-2.0-only
/*
 * The calls that khofs_ops makes on files that it has open.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include "khofs_ops.h"

static long put_fd(struct call *c, unsigned int slot, int fd)
{
	if (fd < 0)
		return fd;
	if (c->side->fds[slot] >= 0)
		close(c->side->fds[slot]);
	c->side->fds[slot] = fd;
	return 0;
}

static long op_create(struct call *c)
{
	unsigned int slot = any(c, NR_FDS);
	const char *path;

	say(c, " fd%u =", slot);
	path = any_path(c);
	return put_fd(c, slot, open(path, O_CREAT | O_RDWR | O_NONBLOCK,
				    any_mode(c)));
}

static long op_open(struct call *c)
{
	static const int more[] = {
		0, 0, 0, 0, 0, 0, O_CREAT, O_CREAT, O_CREAT | O_EXCL,
		O_CREAT | O_TRUNC, O_TRUNC, O_APPEND, O_APPEND | O_CREAT,
		O_DIRECT | O_CREAT, O_NOFOLLOW, O_DIRECTORY, O_PATH,
		O_NOATIME, O_SYNC | O_CREAT, O_DIRECTORY | O_CREAT,
	};
	static const int access[] = { O_RDONLY, O_WRONLY, O_RDWR, O_RDWR };
	unsigned int slot = any(c, NR_FDS);
	const char *path;
	int flags;

	say(c, " fd%u =", slot);
	path = make_path(c, any(c, 10) == 0);
	/* FIFOs must not make us wait. */
	flags = one_of(c, more) | one_of(c, access) | O_NONBLOCK;
	say(c, " flags %o", flags);
	return put_fd(c, slot, open(path, flags, any_mode(c)));
}

static long op_tmpfile(struct call *c)
{
	unsigned int slot = any(c, NR_FDS);
	int flags = O_TMPFILE | (any(c, 9) ? O_RDWR : O_RDONLY);
	const char *path;

	if (any(c, 6) == 0)
		flags |= O_EXCL;
	say(c, " fd%u = flags %o", slot, flags);
	path = any(c, 2) ? "." : any_dir(c);
	return put_fd(c, slot, open(path, flags, any_mode(c)));
}

static long op_link_fd(struct call *c)
{
	int fd = any_fd(c);

	return linkat(fd, "", AT_FDCWD, any_path(c), AT_EMPTY_PATH);
}

static long op_close(struct call *c)
{
	unsigned int slot = any(c, NR_FDS);
	long ret = close(c->side->fds[slot]);

	say(c, " fd%u", slot);
	c->side->fds[slot] = -1;
	return ret;
}

static long op_write(struct call *c)
{
	int fd = any_fd(c);
	size_t size = any_size(c);

	fill_buf(c, size);
	return write(fd, buf, size);
}

static long op_pwrite(struct call *c)
{
	int fd = any_fd(c);
	size_t size = any_size(c);
	off_t at = any_number(c, 512 * KIB);

	fill_buf(c, size);
	return pwrite(fd, buf, size, at);
}

static long op_read(struct call *c)
{
	int fd = any_fd(c);
	size_t size = any_size(c);
	ssize_t n = read(fd, buf, size);

	note(c, buf, n > 0 ? n : 0);
	return n;
}

static long op_pread(struct call *c)
{
	int fd = any_fd(c);
	size_t size = any_size(c);
	ssize_t n = pread(fd, buf, size, any_number(c, 512 * KIB));

	note(c, buf, n > 0 ? n : 0);
	return n;
}

static long op_lseek(struct call *c)
{
	static const int whence[] = {
		SEEK_SET, SEEK_CUR, SEEK_END, SEEK_DATA, SEEK_DATA, SEEK_HOLE,
		SEEK_HOLE, 77,
	};
	int fd = any_fd(c), how = one_of(c, whence);

	say(c, " whence %d", how);
	return lseek(fd, any_number(c, 512 * KIB), how);
}

static long op_ftruncate(struct call *c)
{
	int fd = any_fd(c);

	return ftruncate(fd, any_number(c, 512 * KIB));
}

static long op_truncate(struct call *c)
{
	const char *path = any_path(c);

	return truncate(path, any_number(c, 512 * KIB));
}

static long op_fallocate(struct call *c)
{
	static const int modes[] = {
		0, 0, FALLOC_FL_KEEP_SIZE, FALLOC_FL_KEEP_SIZE,
		FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
		FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
		FALLOC_FL_PUNCH_HOLE, FALLOC_FL_COLLAPSE_RANGE,
		FALLOC_FL_ZERO_RANGE, FALLOC_FL_INSERT_RANGE,
		FALLOC_FL_UNSHARE_RANGE, 0x8000,
	};
	int fd = any_fd(c), mode = one_of(c, modes);
	off_t at;

	say(c, " mode %x", mode);
	at = any_number(c, 512 * KIB);
	return fallocate(fd, mode, at, any_number(c, 200 * KIB));
}

static sigjmp_buf bus_error;

static void on_bus_error(int sig)
{
	siglongjmp(bus_error, 1);
}

/* Stores up to the end of the file: into holes, and where there is no room. */
static long op_mmap(struct call *c)
{
	struct sigaction action = { .sa_handler = on_bus_error };
	size_t size = (1 + any(c, 16)) * ALIGNED, step = 1 + any(c, 9000);
	int fd = any_fd(c), sync = any(c, 2) ? MS_SYNC : MS_ASYNC;
	off_t at = any(c, 64) * ALIGNED;
	char value = any(c, 256), *map;
	volatile size_t done = 0;
	long ret = 0;

	say(c, " %zu at %lld, step %zu", size, (long long)at, step);
	map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, at);
	if (map == MAP_FAILED)
		return -1;
	sigaction(SIGBUS, &action, NULL);
	if (!sigsetjmp(bus_error, 1)) {
		for (; done < size; done += step)
			map[done] = value;
		ret = msync(map, size, sync);
	}
	note_number(c, done);
	munmap(map, size);
	return ret;
}

static long op_copy_range(struct call *c)
{
	int from = any_fd(c), to = any_fd(c);
	off_t from_at = any_number(c, 64 * KIB), to_at = any_number(c, 64 * KIB);

	return copy_file_range(from, &from_at, to, &to_at, any_size(c), 0);
}

static long op_sendfile(struct call *c)
{
	int from = any_fd(c), to = any_fd(c);
	off_t at = any_number(c, 64 * KIB);

	return sendfile(to, from, &at, any_size(c));
}

static long op_splice(struct call *c)
{
	int from = any_fd(c), to = any_fd(c), pipes[2];
	off_t from_at = any_number(c, 64 * KIB), to_at = any_number(c, 64 * KIB);
	size_t size = any_size(c);
	long ret;

	if (pipe2(pipes, O_NONBLOCK))
		return -1;
	ret = splice(from, &from_at, pipes[1], NULL, size, SPLICE_F_NONBLOCK);
	if (ret > 0)
		ret = splice(pipes[0], NULL, to, &to_at, ret,
			     SPLICE_F_NONBLOCK);
	close(pipes[0]);
	close(pipes[1]);
	return ret;
}

static long op_sync(struct call *c)
{
	int fd = any_fd(c);

	switch (any(c, 4)) {
	case 0:
		return fsync(fd);
	case 1:
		return fdatasync(fd);
	case 2:
		return sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
	default:
		return posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	}
}

static long op_lock(struct call *c)
{
	static const short types[] = { F_RDLCK, F_WRLCK, F_UNLCK };
	static const int flocks[] = { LOCK_SH, LOCK_EX, LOCK_UN };
	struct flock lock = { .l_whence = SEEK_SET };
	int fd = any_fd(c);
	long ret;

	switch (any(c, 3)) {
	case 0:
		return flock(fd, one_of(c, flocks) | LOCK_NB);
	case 1:
		/* Not kept: a truncate() would have to wait for us. */
		ret = fcntl(fd, F_SETLEASE, one_of(c, types));
		note_number(c, fcntl(fd, F_GETLEASE));
		if (!ret)
			fcntl(fd, F_SETLEASE, F_UNLCK);
		return ret;
	default:
		lock.l_type = one_of(c, types);
		lock.l_start = any_number(c, 1000);
		lock.l_len = any_number(c, 1000);
		return fcntl(fd, F_OFD_SETLK, &lock);
	}
}

static long op_seals(struct call *c)
{
	int fd = any_fd(c);

	if (any(c, 2))
		return fcntl(fd, F_GET_SEALS);
	return fcntl(fd, F_ADD_SEALS, 1 << any(c, 5));
}

static long op_chattr(struct call *c)
{
	static const int all[] = {
		0, 0, 0, FS_NODUMP_FL, FS_NOATIME_FL, FS_APPEND_FL,
		FS_IMMUTABLE_FL, FS_COMPR_FL,
	};
	int fd = any_fd(c), flags = one_of(c, all);
	long ret = ioctl(fd, FS_IOC_SETFLAGS, &flags);

	say(c, " %x", flags);
	if (ret)
		return ret;
	ret = ioctl(fd, FS_IOC_GETFLAGS, &flags);
	note_number(c, flags);
	return ret;
}

const struct op file_ops[] = {
	{ "create", 14, op_create },
	{ "open", 16, op_open },
	{ "tmpfile", 3, op_tmpfile },
	{ "linkat of a descriptor", 3, op_link_fd },
	{ "close", 3, op_close },
	{ "write", 10, op_write },
	{ "pwrite", 10, op_pwrite },
	{ "read", 6, op_read },
	{ "pread", 6, op_pread },
	{ "lseek", 8, op_lseek },
	{ "ftruncate", 5, op_ftruncate },
	{ "truncate", 3, op_truncate },
	{ "fallocate", 8, op_fallocate },
	{ "mmap", 6, op_mmap },
	{ "copy_file_range", 4, op_copy_range },
	{ "sendfile", 4, op_sendfile },
	{ "splice", 4, op_splice },
	{ "sync", 2, op_sync },
	{ "lock", 4, op_lock },
	{ "seals", 2, op_seals },
	{ "chattr", 3, op_chattr },
	{ }
};
