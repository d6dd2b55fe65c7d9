// SPDX-License-Identifier: GPL-2.0-only
/*
 * Quotas of a mounted tree.
 *
 * usage: khofs_quota list DIR
 *	khofs_quota set DIR user|group ID SOFT HARD SOFT HARD
 *	khofs_quota grace DIR user|group SECONDS SECONDS
 *	khofs_quota off DIR user|group
 *
 * Of two limits or times the first is for space, in KiB, the second for inodes.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/quota.h>

#include "program.h"

#ifndef SYS_quotactl_fd
#define SYS_quotactl_fd 443
#endif

static const char * const types[] = {
	[USRQUOTA] = "user",
	[GRPQUOTA] = "group",
};

static void die(const char *what)
{
	fprintf(stderr, "khofs_quota: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int tell_usage(void)
{
	fprintf(stderr, "usage: khofs_quota list|set|grace|off DIR ...\n");
	return 2;
}

static long control(int dir, int cmd, int type, unsigned int id, void *arg)
{
	return syscall(SYS_quotactl_fd, dir, QCMD(cmd, type), id, arg);
}

static int type_of(const char *word)
{
	if (!strcmp(word, types[USRQUOTA]))
		return USRQUOTA;
	if (!strcmp(word, types[GRPQUOTA]))
		return GRPQUOTA;
	exit(tell_usage());
}

static void list_limits(unsigned long long soft, unsigned long long hard,
			const char *unit, unsigned long long until)
{
	printf(" of %llu to %llu%s until %llu", soft, hard, unit, until);
}

static void list_one(int type, const struct if_nextdqblk *dq)
{
	printf("%s %u: %llu bytes", types[type], dq->dqb_id,
	       (unsigned long long)dq->dqb_curspace);
	list_limits(dq->dqb_bsoftlimit, dq->dqb_bhardlimit, " KiB",
		    dq->dqb_btime);
	printf(", %llu files", (unsigned long long)dq->dqb_curinodes);
	list_limits(dq->dqb_isoftlimit, dq->dqb_ihardlimit, "", dq->dqb_itime);
	putchar('\n');
}

static void list_type(int dir, int type)
{
	struct if_dqinfo info = { };
	struct if_nextdqblk dq;
	unsigned int id = 0;

	if (control(dir, Q_GETINFO, type, 0, &info))
		die("Q_GETINFO");
	printf("%s: grace %llu and %llu s\n", types[type],
	       (unsigned long long)info.dqi_bgrace,
	       (unsigned long long)info.dqi_igrace);
	for (; !control(dir, Q_GETNEXTQUOTA, type, id, &dq); id = dq.dqb_id + 1)
		list_one(type, &dq);
	if (errno != ENOENT)
		die("Q_GETNEXTQUOTA");
}

static int set(int dir, char **words)
{
	struct if_dqblk dq = {
		.dqb_bsoftlimit = strtoull(words[2], NULL, 0),
		.dqb_bhardlimit = strtoull(words[3], NULL, 0),
		.dqb_isoftlimit = strtoull(words[4], NULL, 0),
		.dqb_ihardlimit = strtoull(words[5], NULL, 0),
		.dqb_valid = QIF_LIMITS,
	};

	must(control(dir, Q_SETQUOTA, type_of(words[0]),
		     strtoul(words[1], NULL, 0), &dq));
	return 0;
}

static int grace(int dir, char **words)
{
	struct if_dqinfo info = {
		.dqi_bgrace = strtoull(words[1], NULL, 0),
		.dqi_igrace = strtoull(words[2], NULL, 0),
		.dqi_valid = IIF_BGRACE | IIF_IGRACE,
	};

	must(control(dir, Q_SETINFO, type_of(words[0]), 0, &info));
	return 0;
}

int main(int argc, char **argv)
{
	int dir;

	if (argc < 3)
		return tell_usage();
	dir = must(open(argv[2], O_RDONLY | O_DIRECTORY));
	if (!strcmp(argv[1], "list") && argc == 3) {
		list_type(dir, USRQUOTA);
		list_type(dir, GRPQUOTA);
		return 0;
	}
	if (!strcmp(argv[1], "set") && argc == 9)
		return set(dir, argv + 3);
	if (!strcmp(argv[1], "grace") && argc == 6)
		return grace(dir, argv + 3);
	if (!strcmp(argv[1], "off") && argc == 4) {
		must(control(dir, Q_QUOTAOFF, type_of(argv[3]), 0, NULL));
		return 0;
	}
	return tell_usage();
}
