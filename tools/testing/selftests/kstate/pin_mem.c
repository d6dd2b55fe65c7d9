// SPDX-License-Identifier: GPL-2.0-only
/*
 * Maps memory of a kind and has the module test_kstate_user preserve it.
 *
 * usage: pin_mem pin|movable NAME SIZE [huge=BYTES|thp] [node=N]
 *		SIZE bytes, of huge pages of the given size, of transparent
 *		huge pages, on the given node
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FILES		"/sys/kernel/debug/test_kstate_user/"
#define MPOL_BIND	2
#define THP_SIZE	(2UL << 20)

static void die(const char *what)
{
	fprintf(stderr, "pin_mem: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void bind_to(unsigned int node)
{
	unsigned long mask = 1UL << node;

	if (syscall(SYS_set_mempolicy, MPOL_BIND, &mask, 8 * sizeof(mask)))
		die("set_mempolicy");
}

static char *map(size_t size, unsigned long huge, int thp)
{
	int flags = MAP_PRIVATE | MAP_ANONYMOUS;
	char *at;
	size_t i;

	if (huge)
		flags |= MAP_HUGETLB |
			 __builtin_ctzl(huge) << MAP_HUGE_SHIFT;
	/* Room to align transparent huge pages; those of a pool are. */
	at = mmap(NULL, huge ? size : size + THP_SIZE, PROT_READ | PROT_WRITE,
		  flags, -1, 0);
	if (at == MAP_FAILED)
		die("mmap");
	if (!huge)
		at = (char *)(((unsigned long)at + THP_SIZE - 1) & -THP_SIZE);
	if (!huge && madvise(at, size, thp ? MADV_HUGEPAGE : MADV_NOHUGEPAGE))
		die("madvise");
	for (i = 0; i < size; i += 4096)
		at[i] = 1;
	return at;
}

int main(int argc, char **argv)
{
	unsigned long huge = 0;
	char line[128], path[128], *at;
	int i, fd, len, thp = 0;
	size_t size;

	if (argc < 4)
		return 2;
	size = strtoul(argv[3], NULL, 0);
	for (i = 4; i < argc; i++) {
		if (!strncmp(argv[i], "huge=", 5))
			huge = strtoul(argv[i] + 5, NULL, 0);
		else if (!strcmp(argv[i], "thp"))
			thp = 1;
		else if (!strncmp(argv[i], "node=", 5))
			bind_to(atoi(argv[i] + 5));
	}
	at = map(size, huge, thp);
	snprintf(path, sizeof(path), FILES "%s", argv[1]);
	len = snprintf(line, sizeof(line), "%lx %zu %s", (unsigned long)at,
		       size, argv[2]);
	fd = open(path, O_WRONLY);
	if (fd < 0)
		die(path);
	if (write(fd, line, len) != len)
		die(argv[2]);
	return 0;
}
