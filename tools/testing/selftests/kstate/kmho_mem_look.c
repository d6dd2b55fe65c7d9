// SPDX-License-Identifier: GPL-2.0-only
/*
 * What kmho_mem looks at in memory that it has taken over.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kmho_mem.h"

/*
 * What /proc/self/smaps has in all of a piece, in KiB, or, with a flag, whether it
 * is among the words of any of the lines; -1: no such line
 */
static long in_smaps(const struct piece *p, const char *name, const char *flag)
{
	unsigned long start, end, sum = 0, value;
	FILE *f = fopen("/proc/self/smaps", "r");
	bool inside = false, found = false;
	size_t len = strlen(name);
	char line[512];

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
			inside = start < p->at + p->length && end > p->at;
		if (!inside || strncmp(line, name, len))
			continue;
		found = true;
		if (flag)
			sum |= !!strstr(line, flag);
		else if (sscanf(line + len, ": %lu", &value) == 1)
			sum += value;
	}
	if (f)
		fclose(f);
	return found ? (long)sum : -1;
}

static bool can_write(const struct piece *p, unsigned long page)
{
	int fds[2], n;

	if (pipe(fds) || write(fds[1], "x", 1) != 1)
		die("pipe");
	/* The kernel says EFAULT where the program would get a signal. */
	n = read(fds[0], (char *)(p->at + page * PAGE + 8), 1);
	close(fds[0]);
	close(fds[1]);
	return n == 1;
}

/* What is there is in the page cache; looking at a hole fills it. */
static void look_at_shared(const struct piece *p)
{
	unsigned long i, wrong = 0, nr_pages = p->length / PAGE;
	unsigned char *there = malloc(nr_pages);

	if (!there || mincore((void *)p->at, p->length, there))
		die("mincore");
	for (i = 0; i < nr_pages; i++)
		wrong += (there[i] & 1) != is_filled(p, i);
	result(!wrong, "what was there is there", kinds[p->kind]);
	if (wrong)
		printf("# %lu of %lu pages\n", wrong, nr_pages);
	free(there);
}

void look_at_layout(const struct piece *p)
{
	const char *kind = kinds[p->kind];
	unsigned long page = (p->base - p->map) / PAGE, kib = 0, huge = 0;
	unsigned long end = page + p->length / PAGE;

	if (is_shared(p)) {
		look_at_shared(p);
		return;
	}

	for (; page < end; page++)
		kib += is_filled(p, page) ? PAGE / 1024 : 0;
	result(in_smaps(p, "Rss", NULL) == (long)kib, "what was there is there", kind);
	if (in_smaps(p, "Rss", NULL) != (long)kib)
		printf("# %ld KiB, wanted %lu\n", in_smaps(p, "Rss", NULL), kib);
	/* What was shared was copied page by page. */
	if (p->kind == THP && !opt.share)
		huge = p->length / 1024;
	if (p->kind == CUT)
		huge = (p->length - HUGE) / 1024;
	result(in_smaps(p, "AnonHugePages", NULL) == (long)huge, "in huge pages", kind);
	if (p->kind == LOCKED)
		result(in_smaps(p, "VmFlags", " lo") == 1, "is locked again", kind);
	if (p->kind == THP)
		result(in_smaps(p, "VmFlags", " hg") == 1, "is advised again", kind);
}

static void look_at_memfd(const struct piece *p)
{
	char path[80], name[80] = "";
	struct stat st;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/map_files/%lx-%lx", p->at,
		 p->at + p->length);
	fd = open(path, O_RDWR);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	result(fd >= 0 && readlink(path, name, sizeof(name) - 1) > 0 &&
	       !strcmp(name, "/memfd:kmho mem (deleted)"), "has its name", NULL);
	result(!fstat(fd, &st) &&
	       st.st_size == (off_t)(BEFORE + p->size + AFTER), "has its size",
	       NULL);
	result(fcntl(fd, F_GET_SEALS) == F_SEAL_SHRINK &&
	       ftruncate(fd, PAGE) && errno == EPERM, "has its seals", NULL);
	close(fd);
}

/* What is stored in one mapping is seen in the other. */
static void look_at_twin(const struct piece *p)
{
	const struct piece *other = p - 1;
	unsigned long page = 0, *a, *b, was;

	while (!is_filled(p, page))
		page++;
	a = (unsigned long *)(p->at + page * PAGE);
	b = (unsigned long *)(other->at + p->first - other->first + page * PAGE);
	was = *a;
	*a = was + 1;
	result(*b == was + 1, "is shared again",
	       kinds[p->kind]);
	*a = was;
}

static void look_again(const struct piece *p)
{
	if (p->kind == MEMFD && !opt.uid)
		look_at_memfd(p);
	if (p->kind == TWIN)
		look_at_twin(p);
	if (p->kind == SHTHP)
		result(in_smaps(p, "ShmemPmdMapped", NULL) == (long)p->length / 1024,
		       "in huge pages", kinds[p->kind]);
}

void look(const struct piece *p)
{
	unsigned long pages = p->length / PAGE;

	result(is_right(p), "contents", kinds[p->kind]);
	if (p->kind == MIXED)
		result(can_write(p, 0) && !can_write(p, pages / 2) &&
		       !can_write(p, pages - 1), "permissions", kinds[p->kind]);
	else if (!opt.again)
		result(can_write(p, 0) && can_write(p, pages - 1),
		       "can be stored to", kinds[p->kind]);
	look_again(p);
}
