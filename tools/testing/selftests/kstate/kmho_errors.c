// SPDX-License-Identifier: GPL-2.0-only
/*
 * Everything that kmho(2) has to refuse, and with which error. Nothing may be
 * left of it: at the end the user has as many keys as before.
 *
 * usage: kmho_errors given		before there is any key
 *	kmho_errors arrived KEY		KEY has arrived, with two ranges, of which
 *					the first one has huge pages
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/wait.h>

#include "../../../kstate/kmho.h"

#define PAGE	4096UL
#define HUGE	(2UL << 20)
#define NOBODY	1234

static bool good = true;

static void result(bool is, const char *what)
{
	printf("%sok - %s\n", is ? "" : "not ", what);
	good &= is;
}

static void fails(int ret, int err, const char *what)
{
	bool is = ret == -1 && errno == err;
	int got = errno;

	result(is, what);
	if (!is)
		printf("# %d, errno %d, wanted %d\n", ret, got, err);
}

static char *map(size_t size, int prot, int flags, int fd)
{
	char *at = mmap(NULL, size, prot, flags, fd, 0);

	if (at == MAP_FAILED) {
		printf("not ok - mmap: %s\n", strerror(errno));
		exit(1);
	}
	return at;
}

static char *anon(size_t size)
{
	char *at = map(size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1);

	memset(at, 1, size);
	return at;
}

static int give(uint64_t key, const void *at, size_t size)
{
	struct kmho_range range = { (uintptr_t)at, size };

	return kmho_handover(key, &range, 1);
}

static int give_two(const char *a, size_t a_size, const char *b, size_t b_size)
{
	struct kmho_range ranges[] = {
		{ (uintptr_t)a, a_size }, { (uintptr_t)b, b_size },
	};

	return kmho_handover(1, ranges, 2);
}

/* ---- Structs ---- */

static void bad_sizes(const char *at)
{
	struct kmho_range range = { (uintptr_t)at, PAGE };
	struct {
		struct kmho_handover op;
		uint64_t more;
	} op = {
		.op = { .size = sizeof(op), .key = 1, .num_ranges = 1,
			.ranges = (uintptr_t)&range },
		.more = 1,
	};
	char *closed = anon(PAGE);

	fails(kmho(99, &op), EINVAL, "an opcode that is not known");
	fails(kmho(KMHO_HANDOVER, NULL), EFAULT, "no struct");
	fails(kmho(KMHO_HANDOVER, &op), E2BIG, "a member that is not known");
	op.op.size = 0;
	fails(kmho(KMHO_HANDOVER, &op), EINVAL, "no size");
	op.op.size = sizeof(op.op) - 1;
	fails(kmho(KMHO_HANDOVER, &op), EINVAL, "a size that is too small");
	op.op.size = 1 << 20;
	fails(kmho(KMHO_HANDOVER, &op), E2BIG, "a size that is too large");
	op.op.size = sizeof(op);
	op.more = 0;
	result(!kmho(KMHO_HANDOVER, &op) && !kmho_cancel(1),
	       "a larger struct with nothing in it");
	op.op.size = sizeof(op.op);
	memcpy(closed, &op.op, sizeof(op.op));
	mprotect(closed, PAGE, PROT_READ);
	fails(kmho(KMHO_HANDOVER, closed), EFAULT, "a struct that is read only");
	op.op.flags = 1;
	fails(kmho(KMHO_HANDOVER, &op), EINVAL, "a flag that is not known");
	op.op.flags = 0;
	op.op.reserved = 1;
	fails(kmho(KMHO_HANDOVER, &op), EINVAL, "a reserved member");
}

/* ---- Ranges ---- */

static void bad_ranges(char *at)
{
	static struct kmho_range many[KMHO_MAX_RANGES + 1];

	fails(kmho_handover(1, NULL, 0), EINVAL, "no ranges");
	fails(kmho_handover(1, NULL, 1), EFAULT, "ranges nowhere");
	fails(kmho_handover(1, many, KMHO_MAX_RANGES + 1), EINVAL,
	      "too many ranges");
	fails(give(1, at + 8, PAGE), EINVAL, "an address in a page");
	fails(give(1, at, 0), EINVAL, "an empty range");
	fails(give(1, at, PAGE + 8), EINVAL, "a part of a page");
	fails(give(1, at, -PAGE), EINVAL, "a range around the end");
	fails(give(1, (void *)(-4 * PAGE), PAGE), EFAULT, "the kernel's memory");
	fails(give_two(at, 2 * PAGE, at + PAGE, PAGE), EINVAL,
	      "ranges that overlap");
	fails(give_two(at, PAGE, at, PAGE), EINVAL, "a range twice");
	munmap(at + 2 * PAGE, PAGE);
	fails(give(1, at + 2 * PAGE, PAGE), EFAULT, "memory that is not there");
	fails(give(1, at, 4 * PAGE), EFAULT, "memory with a gap");
	fails(give_two(at, PAGE, at + 2 * PAGE, PAGE), EFAULT,
	      "a range that is there and one that is not");
}

/* It could not be mapped anew as it is. */
static char *sealed(void)
{
	int fd = memfd_create("kmho", MFD_ALLOW_SEALING);
	char *at;

	if (ftruncate(fd, PAGE))
		result(false, "ftruncate");
	at = map(PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd);
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE))
		result(false, "F_ADD_SEALS");
	close(fd);
	return at;
}

static void bad_kinds(void)
{
	int rw = PROT_READ | PROT_WRITE, fd = memfd_create("kmho", 0);
	int tmp = open("/tmp/kmho_errors", O_RDWR | O_CREAT, 0600);
	int exe = open("/proc/self/exe", O_RDONLY);
	char *at = anon(HUGE);

	if (ftruncate(fd, HUGE) || ftruncate(tmp, HUGE))
		result(false, "ftruncate");
	fails(give(1, map(PAGE, PROT_READ, MAP_PRIVATE, exe), PAGE), EOPNOTSUPP,
	      "a private mapping of a file");
	fails(give(1, map(PAGE, rw, MAP_PRIVATE, fd), PAGE), EOPNOTSUPP,
	      "a private mapping of a memfd");
	fails(give(1, map(PAGE, rw, MAP_SHARED, tmp), PAGE), EOPNOTSUPP,
	      "a file on tmpfs");
	unlink("/tmp/kmho_errors");
	fails(give(1, map(PAGE, rw, MAP_SHARED, tmp), PAGE), EOPNOTSUPP,
	      "one that is unlinked");
	fails(give(1, shmat(shmget(IPC_PRIVATE, PAGE, 0600), NULL, 0), PAGE),
	      EOPNOTSUPP, "a segment of System V");
	fails(give(1, sealed(), PAGE), EOPNOTSUPP,
	      "a memfd that others cannot write to");
	fails(give(1, map(HUGE, rw, MAP_PRIVATE | MAP_ANONYMOUS |
			  MAP_HUGETLB | MAP_NORESERVE, -1), HUGE),
	      EOPNOTSUPP, "hugetlb pages");
	fails(give(1, (void *)getauxval(AT_SYSINFO_EHDR), PAGE), EOPNOTSUPP,
	      "the vDSO");
	fails(give_two(at, PAGE, map(PAGE, rw, MAP_SHARED, tmp), PAGE),
	      EOPNOTSUPP, "a range that can be and one that cannot");
	close(exe);
	close(tmp);
	close(fd);
}

/* ---- Keys ---- */

static void bad_keys(char *at)
{
	struct kmho_info info;
	struct kmho_takeover take = { .size = sizeof(take), .key = 7 };
	struct kmho_cancel cancel = { .size = sizeof(cancel), .key = 7 };

	fails(kmho(KMHO_TAKEOVER, &take), ENOENT, "taking what is not there");
	fails(kmho(KMHO_CANCEL, &cancel), ENOENT, "giving up what is not there");
	result(!give(7, at, PAGE), "one page");
	fails(give(7, at + PAGE, PAGE), EEXIST, "a key twice");
	fails(give(8, at, PAGE), EBUSY, "a page twice");
	fails(kmho(KMHO_TAKEOVER, &take), EINPROGRESS, "taking before the jump");
	result(kmho_keys(&info, 0) == 1, "a query without room");
	result(kmho_keys(&info, 1) == 1 && info.key == 7 && !info.uid &&
	       info.state == KMHO_HANDED_OVER && info.num_ranges == 1 &&
	       info.num_extents == 1 && info.length == PAGE &&
	       info.bytes == PAGE, "a query");
	take.uid = 1;
	fails(kmho(KMHO_TAKEOVER, &take), EINVAL, "taking: a user without flag");
	take.flags = KMHO_OTHER_USER;
	fails(kmho(KMHO_TAKEOVER, &take), ENOENT, "taking: another user's");
	take.uid = -1;
	fails(kmho(KMHO_TAKEOVER, &take), EINVAL, "taking: nobody's");
	take.flags = KMHO_QUERY_ALL;
	fails(kmho(KMHO_TAKEOVER, &take), EINVAL, "taking: another flag");
	cancel.reserved = 1;
	fails(kmho(KMHO_CANCEL, &cancel), EINVAL, "giving up: a reserved member");
	cancel.reserved = 0;
	cancel.flags = KMHO_QUERY_ALL;
	fails(kmho(KMHO_CANCEL, &cancel), EINVAL, "giving up: another flag");
	result(!kmho_cancel(7), "giving it up");
	result(!give(8, at, PAGE) && !kmho_cancel(8), "the page is free again");
}

static void bad_queries(void)
{
	struct kmho_query op = { .size = sizeof(op), .key = 1 };

	fails(kmho(KMHO_QUERY, &op), EINVAL, "a query with a key it has no use for");
	op.flags = KMHO_QUERY_RANGES;
	fails(kmho(KMHO_QUERY, &op), ENOENT, "a query of a key that is not there");
	op.flags = KMHO_QUERY_RANGES | KMHO_QUERY_ALL;
	fails(kmho(KMHO_QUERY, &op), EINVAL, "a query of two kinds");
	op.flags = 1 << 31;
	fails(kmho(KMHO_QUERY, &op), EINVAL, "a query of no kind");
	op.flags = KMHO_QUERY_ALL;
	op.key = 0;
	result(!kmho(KMHO_QUERY, &op) && !op.num, "a query of all");
	op.num = KMHO_MAX_RANGES + 1;
	fails(kmho(KMHO_QUERY, &op), EINVAL, "a query of too much");
}

/* ---- Another user ---- */

static void as_nobody(char *at)
{
	struct kmho_query all = { .size = sizeof(all), .flags = KMHO_QUERY_ALL };
	struct kmho_cancel cancel = {
		.size = sizeof(cancel), .key = 7, .flags = KMHO_OTHER_USER,
	};
	struct rlimit limit = { 64 * PAGE, 64 * PAGE };

	if (setrlimit(RLIMIT_MEMLOCK, &limit) ||
	    setresuid(NOBODY, NOBODY, NOBODY))
		exit(2);
	fails(kmho_cancel(7), ENOENT, "user: root's key is not there");
	fails(kmho(KMHO_CANCEL, &cancel), EPERM, "user: giving up root's");
	fails(kmho(KMHO_QUERY, &all), EPERM, "user: a query of all");
	result(!kmho_keys(NULL, 0), "user: no keys");
	result(!give(7, at, 8 * PAGE), "user: the same key is another one");
	fails(give(8, at + 64 * PAGE, 64 * PAGE), EDQUOT, "user: too much");
	result(!give(8, at + 64 * PAGE, 32 * PAGE), "user: less");
	fails(give(9, at + 128 * PAGE, 32 * PAGE), EDQUOT, "user: in all too much");
	result(kmho_keys(NULL, 0) == 2, "user: has two");
	result(!kmho_cancel(7) && !kmho_cancel(8), "user: gives them up");
	result(!give(9, at + 128 * PAGE, 32 * PAGE) && !kmho_cancel(9),
	       "user: now there is room");
	exit(!good);
}

static void another_user(char *at)
{
	struct kmho_info info;
	int status = -1;
	pid_t pid;

	result(!give(7, at + 200 * PAGE, PAGE), "root has a key");
	fflush(stdout);
	pid = fork();
	if (!pid)
		as_nobody(at);
	result(pid > 0 && waitpid(pid, &status, 0) == pid && !status,
	       "as another user");
	result(kmho_keys(&info, 1) == 1 && info.key == 7, "root still has it");
	kmho_cancel(7);
}

/* ---- What arrived ---- */

static int take(uint64_t key, const struct kmho_range *range, uint64_t to)
{
	struct kmho_map map = { range->base, range->length, to };

	return kmho_takeover(key, &map, 1);
}

static void arrived(uint64_t key)
{
	struct kmho_range r[2], part;
	struct kmho_map twice[2];
	char *used;

	result(kmho_ranges(key, r, 2) == 2, "there are two ranges");
	result(kmho_ranges(key, NULL, 0) == 2, "also without room");
	part = r[0];
	part.length -= PAGE;
	fails(take(key, &part, 0), ENOENT, "a part of a range");
	part = r[1];
	part.base += PAGE;
	fails(take(key, &part, 0), ENOENT, "a range that is not there");
	twice[0] = (struct kmho_map){ r[0].base, r[0].length, 0 };
	twice[1] = twice[0];
	fails(kmho_takeover(key, twice, 2), EINVAL, "a range twice");
	fails(take(key, &r[0], r[0].base + PAGE), EINVAL,
	      "huge pages where they cannot be");
	fails(take(key, &r[0], r[0].base + 8), EINVAL, "in the midst of a page");
	fails(take(key, &r[1], r[1].base + 8), EINVAL, "of a small one, too");
	fails(take(key, &r[1], 1UL << 62), ENOMEM, "above all addresses");
	used = map(PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	fails(take(key, &r[1], (uintptr_t)used), EEXIST, "where something is");
	/* The first one could be; then it must not have been. */
	twice[1] = (struct kmho_map){ r[1].base, r[1].length,
				      (uintptr_t)used };
	twice[0].remap_addr = r[0].base;
	fails(kmho_takeover(key, twice, 2), EEXIST, "one where something is");
	fails(msync((void *)r[0].base, PAGE, MS_ASYNC), ENOMEM,
	      "then the other is not there either");
	fails(give(key, used, PAGE), EEXIST, "its key for something else");
	if (setresuid(NOBODY, NOBODY, NOBODY))
		result(false, "setresuid");
	fails(kmho_takeover(key, NULL, 0), ENOENT, "as another user");
}

int main(int argc, char **argv)
{
	char *at;

	if (argc == 3) {
		arrived(strtoul(argv[2], NULL, 0));
		return !good;
	}
	at = anon(256 * PAGE);
	madvise(at, 256 * PAGE, MADV_NOHUGEPAGE);
	bad_sizes(at);
	bad_ranges(anon(4 * PAGE));
	bad_kinds();
	bad_keys(at);
	bad_queries();
	another_user(at);
	result(!kmho_keys(NULL, 0), "nothing is left");
	return !good;
}
