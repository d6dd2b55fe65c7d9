// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes one step on the way to the next kernel fail at every point where it can:
 * it is done again and again, and each time another allocation in it fails, by
 * /proc/self/fail-nth, until there is none left; or whoever does it is killed, at
 * times that are spread over what it takes.
 *
 * Each time the error has to be one that is documented, KSTATE has to have said
 * why if it is what fails, and nothing may be left of it. Prints a result line for
 * each of this, and how many points there were.
 *
 * usage: abort_walk [-k KILLS | -n FROM] [-t SECONDS] [-r SEED] STEP [ARG...]
 *
 *	-k	be killed so many times, instead
 *	-n	begin at this allocation, without counting them before
 *	-t	take about as long: not every point, but each n-th from a random one,
 *		and LEAST of them at least
 *	-r	what is random is made from this
 *
 * STEP is one of steps[], in abort_steps.c.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "abort_walk.h"
#include "program.h"

#define KSTATE	"/sys/kernel/kstate/"
/* However little time there is */
#define LEAST	40

/* No step allocates as often */
#define FAR	1000000000U

void die(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	exit(2);
}

static const struct {
	int err;
	const char *name;
} errnos[] = {
	{ ENOMEM, "ENOMEM" }, { ENOSPC, "ENOSPC" }, { ENOEXEC, "ENOEXEC" },
	{ EADDRNOTAVAIL, "EADDRNOTAVAIL" }, { EINTR, "EINTR" },
};

static const char *errno_name(int err)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(errnos); i++)
		if (errnos[i].err == err)
			return errnos[i].name;
	return strerror(err);
}

/* ---- What must not change ---- */

static const char * const state_files[] = {
	KSTATE "state", KSTATE "counts", KSTATE "preserved",
	KSTATE "registered", "/sys/kernel/kexec_loaded", "/proc/modules",
	"/proc/mounts",
};

struct state {
	char text[ARRAY_SIZE(state_files)][16384];
};

static void read_state(struct state *state)
{
	unsigned int i;
	ssize_t len, n;
	int fd;

	for (i = 0; i < ARRAY_SIZE(state_files); i++) {
		fd = must(open(state_files[i], O_RDONLY));
		for (len = 0; (n = read(fd, state->text[i] + len,
					sizeof(state->text[i]) - 1 - len)) > 0;)
			len += n;
		state->text[i][len] = '\0';
		close(fd);
	}
}

/* The file that is not as it was, or NULL */
static const char *state_differs(const struct state *was)
{
	static struct state is;
	unsigned int i;

	read_state(&is);
	for (i = 0; i < ARRAY_SIZE(state_files); i++)
		if (strcmp(was->text[i], is.text[i]))
			return state_files[i];
	return NULL;
}

/* ---- What was said ---- */

static int kmsg = -1;

static void log_start(void)
{
	if (kmsg < 0)
		kmsg = must(open("/dev/kmsg", O_RDONLY | O_NONBLOCK));
	lseek(kmsg, 0, SEEK_END);
}

/* Did KSTATE log an error since log_start()? If so, does it say this one? */
static bool log_has(const char *name, bool *named)
{
	char line[2048], *text, word[32];
	bool any = false;
	ssize_t n;

	*named = false;
	snprintf(word, sizeof(word), "-%s", name);
	while ((n = read(kmsg, line, sizeof(line) - 1)) > 0 ||
	       (n < 0 && errno == EPIPE)) {
		if (n < 0)
			continue;
		line[n] = '\0';
		text = strchr(line, ';');
		if (!text || strncmp(++text, "kstate: ", 8) || atoi(line) > 3)
			continue;
		any = true;
		/* The words for these are all that there is. */
		*named |= strstr(text, word) || strstr(text, ": no memory") ||
			  strstr(text, "not have enough memory") ||
			  strstr(text, "contiguous memory");
	}
	return any;
}

static bool last_error_has(const char *name)
{
	int fd = must(open(KSTATE "last_error", O_RDONLY));
	char line[1024], word[32];
	ssize_t n = read(fd, line, sizeof(line) - 1);

	close(fd);
	line[n > 0 ? n : 0] = '\0';
	snprintf(word, sizeof(word), " -%s ", name);
	return strstr(line, word);
}

/* ---- Failing ---- */

static int fail_nth = -1;

static void fail_set(unsigned int nth)
{
	char text[16];
	int len = sprintf(text, "%u", nth);

	if (pwrite(fail_nth, text, len, 0) != len)
		die("fail-nth");
}

/* How many more allocations until one is to fail; 0: it has */
static unsigned int fail_get(void)
{
	char text[16] = "";

	must(pread(fail_nth, text, sizeof(text) - 1, 0));
	return strtoul(text, NULL, 10);
}

/* ---- Walking ---- */

enum wrong { NONE, ERRNO, SAID, LEFT, WRONGS };

static const char * const expected[WRONGS] = {
	[NONE]	= "it can be made to fail",
	[ERRNO]	= "each error is one that is documented",
	[SAID]	= "what failed is told",
	[LEFT]	= "nothing is left of it",
};

static struct {
	const struct step *step;
	char **arg;
	unsigned int points;
	unsigned int failed;
	unsigned int done;
	unsigned int told;
	unsigned int by_errno[4096];
	unsigned int bad[WRONGS];
	struct state was;
} walk;

static void wrong(enum wrong what, unsigned int at, const char *why)
{
	if (walk.bad[what]++ < 3)
		printf("# %s: point %u: %s\n", walk.step->name, at, why);
}

static bool documented(const struct step *step, int err)
{
	int i;

	for (i = 0; i < MOST_ERRNOS && step->errnos[i]; i++)
		if (step->errnos[i] == err)
			return true;
	return false;
}

static void judge_told(unsigned int at, int err)
{
	const char *name = errno_name(err);
	bool named, any = log_has(name, &named);

	if (!any && walk.step->told == TOLD_BY_KSTATE)
		return;
	walk.told++;
	if (!named)
		wrong(SAID, at, "the log does not have it");
	if (!last_error_has(name))
		wrong(SAID, at, "last_error does not have it");
}

static void judge_error(unsigned int at, int err)
{
	walk.failed++;
	walk.by_errno[err]++;
	if (!documented(walk.step, err))
		wrong(ERRNO, at, strerror(err));
	if (walk.step->told)
		judge_told(at, err);
}

static void judge_left(unsigned int at)
{
	const char *file = state_differs(&walk.was);

	if (!file)
		return;
	wrong(LEFT, at, file);
	/* once is enough */
	read_state(&walk.was);
}

/* Fail the @nth allocation; returns how many were missing to get there. */
static unsigned int point(unsigned int nth)
{
	const struct step *step = walk.step;
	unsigned int left;
	int ret, err;

	if (step->before)
		step->before(walk.arg);
	if (step->told)
		log_start();
	fail_set(nth);
	ret = step->call(walk.arg);
	err = errno;
	left = fail_get();
	fail_set(0);
	if (ret)
		judge_error(nth, err);
	else
		walk.done++;
	if (step->undo && (!ret || step->always))
		step->undo(walk.arg);
	if (!ret && step->spends)
		read_state(&walk.was);
	judge_left(nth);
	return left;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static void walk_allocations(double seconds, uint64_t seed, unsigned int from)
{
	unsigned int all, nth, stride = 1;
	double start, each;

	fail_nth = must(open("/proc/self/fail-nth", O_RDWR));
	if (from) {
		for (nth = from; !point(nth); nth++)
			walk.points++;
		return;
	}
	point(FAR);		/* whatever is made once */
	start = now();
	all = FAR - point(FAR);
	each = now() - start;
	/* a failure takes about half as long as a success */
	if (seconds && all * each > 2 * seconds && all >= 2 * LEAST)
		stride = all / (2 * seconds / each > LEAST ?
				2 * seconds / each : LEAST);
	nth = 1 + mix(seed) % stride;
	printf("# %s: %u allocations, %.0f ms, every %u. from %u on\n",
	       walk.step->name, all, each * 1000, stride, nth);
	memset(walk.by_errno, 0, sizeof(walk.by_errno));
	walk.failed = 0;
	walk.done = 0;
	walk.told = 0;
	for (; !point(nth); nth += stride)
		walk.points++;
}

/* Nothing failed, so whatever KSTATE says of a failure is wrong. */
static void judge_killed(unsigned int at)
{
	bool named;

	walk.failed++;
	if (walk.step->told == TOLD_BY_KSTATE && log_has("EINTR", &named))
		wrong(SAID, at, "KSTATE says that something else failed");
}

/* Returns the microseconds that it took if nobody killed it. */
static double one_kill(unsigned int at, double after)
{
	double start = now();
	int status;
	pid_t pid;

	if (walk.step->told)
		log_start();
	pid = must(fork());
	if (!pid)
		_exit(walk.step->call(walk.arg) ? errno : 0);
	if (after) {
		usleep(after);
		kill(pid, SIGKILL);
	}
	must(waitpid(pid, &status, 0));
	start = (now() - start) * 1e6;
	if (WIFSIGNALED(status))
		judge_killed(at);
	else if (WEXITSTATUS(status))
		judge_error(at, WEXITSTATUS(status));
	else
		walk.done++;
	if (walk.step->undo)
		walk.step->undo(walk.arg);
	judge_left(at);
	return start;
}

static void walk_kills(unsigned int kills, double seconds, uint64_t seed)
{
	double takes, part;

	one_kill(0, 0);		/* whatever is made once */
	takes = one_kill(0, 0);
	while (seconds && kills > LEAST / 4 && kills * takes > 2e6 * seconds)
		kills--;
	printf("# %s: %.0f ms\n", walk.step->name, takes / 1000);
	walk.failed = 0;
	walk.done = 0;
	walk.told = 0;
	memset(walk.by_errno, 0, sizeof(walk.by_errno));
	/* more of them early: what takes long comes at the end */
	for (walk.points = 0; walk.points < kills; walk.points++) {
		part = (walk.points + mix(seed + walk.points) % 1000 / 1e3) /
		       kills;
		one_kill(walk.points, takes * 1.1 * part * part + 1);
	}
}

static int results(const char *how)
{
	unsigned int i, bad = 0;

	if (!walk.failed && walk.step->errnos[0])
		wrong(NONE, 0, "nothing fails");
	for (i = 0; i < WRONGS; i++) {
		bad += walk.bad[i];
		if ((i == SAID && !walk.step->told) ||
		    (i < SAID && !walk.step->errnos[0]))
			continue;
		printf("%sok - %s, %s: %s\n", walk.bad[i] ? "not " : "",
		       walk.step->name, how, expected[i]);
	}
	printf("# %s, %s: %u points, %u failed, %u did not, %u told by KSTATE",
	       walk.step->name, how, walk.points, walk.failed, walk.done,
	       walk.told);
	for (i = 0; i < 4096; i++)
		if (walk.by_errno[i])
			printf(", %s %u", errno_name(i), walk.by_errno[i]);
	printf("\n");
	return bad ? 1 : 0;
}

int main(int argc, char **argv)
{
	unsigned int kills = 0, from = 0;
	double seconds = 0;
	uint64_t seed = 1;
	int opt;

	while ((opt = getopt(argc, argv, "+k:n:t:r:")) != -1) {
		if (opt == 'k')
			kills = atoi(optarg);
		else if (opt == 'n')
			from = atoi(optarg);
		else if (opt == 't')
			seconds = atof(optarg);
		else if (opt == 'r')
			seed = strtoull(optarg, NULL, 10);
		else
			return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	walk.step = find_step(argv[optind], argc - optind - 1);
	walk.arg = argv + optind + 1;
	read_state(&walk.was);
	if (kills)
		walk_kills(kills, seconds, seed);
	else
		walk_allocations(seconds, seed, from);
	return results(kills ? "killed" : "no memory");
}
