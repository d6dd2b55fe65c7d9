// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hands memory over with kmho(2), or takes it over and looks whether all is as it
 * was. Prints a result line for each thing that is looked at.
 *
 * usage: kmho_mem give|take KEY [OPTION...] KIND:MIB...
 *	kmho_mem cancel KEY [OPTION...]
 *	kmho_mem keys 0 [OPTION...]	lists "KEY STATE RANGES BYTES"
 *
 * The N-th KIND lies 4 GiB after the one before it, so that both sides know where
 * everything was. What is in a word depends on its address, the seed and the
 * generation: 1, or 2 for what is stored after the call.
 *
 * KIND is
 *	small	pages of 4K
 *	thp	transparent huge pages
 *	cut	transparent huge pages, of which the first half of the first one and
 *		the last half of the last one are not handed over
 *	sparse	of four pages one is there and one is only read
 *	zero	huge pages that are only read
 *	mixed	half of it read only, after it a page without permissions
 *	locked	locked in memory
 *	hole	nothing at all
 *	late	a mark at its end; of the rest every third page is stored to after
 *		the call only
 *	gone	the same, but mapped anew before that, so that it is not handed over
 *	devzero	a private mapping of /dev/zero
 *	shared	shared anonymous memory
 *	shthp	the same, in huge pages
 *	memfd	part of a memfd, of which every third page is there
 *	twin	the second half of the KIND before it, which is memfd, once more
 *	shlate	late, in shared anonymous memory
 *
 * OPTION is
 *	seed=N	what contents are made from
 *	uid=N	be that user
 *	gen=N	give: store another generation after the call; take: expect it
 *	swap	give: swap it out before
 *	share	give: have a child have the same memory, since before; take: that
 *		was so
 *	collapse give: have a child make huge pages of it during the call
 *	fork	give: have a child store after the call
 *	kill	give: end by a signal
 *	unmap	give: unmap it after the call
 *	wait	give: stay until killed
 *	bench	give: also tell how long it takes to write it to tmpfs and to read
 *		it back
 *	any	take: let the kernel choose where
 *	shift	take: 1 TiB above where it was
 *	all	take: all at once, without saying what
 *	one	take: first the last range, then the others
 *	apart	take: try the last range first, which cannot be without another
 *	again	take: hand it over anew, at the end, under the same key
 *	other=N	take, cancel: as the key of this user
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "../../../kstate/kmho.h"
#include "kmho_mem.h"
#include "program.h"

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT	21
#endif
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE	25
#endif

const char * const kinds[KINDS] = {
	"small", "thp", "cut", "sparse", "zero", "mixed", "locked", "hole",
	"late", "gone", "devzero", "shared", "shthp", "memfd", "twin", "shlate",
};

static struct piece pieces[MOST];
static unsigned int nr;

struct options opt = { .gen = 1 };

/* What is read has to be used for something. */
unsigned int read_sum;

static bool good = true;

void result(bool is, const char *what, const char *kind)
{
	printf("%sok - %s%s%s\n", is ? "" : "not ", what, kind ? ": " : "",
	       kind ? kind : "");
	good &= is;
}

void die(const char *what)
{
	printf("not ok - %s: %s\n", what, strerror(errno));
	exit(1);
}

static unsigned long now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000UL + t.tv_nsec / 1000;
}

/* ---- Contents ---- */

static unsigned long word_of(unsigned long addr, unsigned long gen)
{
	return mix(addr ^ opt.seed ^ gen << 56);
}

static bool is_late(const struct piece *p)
{
	return p->kind == LATE || p->kind == GONE || p->kind == SHLATE;
}

static bool is_last(const struct piece *p, unsigned long page)
{
	return page == p->size / PAGE - 1;
}

/* Is something in this page? @page is where it is in what is mapped. */
bool is_filled(const struct piece *p, unsigned long page)
{
	switch (p->kind) {
	case SPARSE:
		return page % 4 == 0;
	case ZERO:
	case HOLE:
		return false;
	case GONE:
		return is_last(p, page);
	case LATE:
	case SHLATE:
		return page % 3 == 0 || is_last(p, page);
	case MIXED:
		return !is_last(p, page);
	case MEMFD:
	case TWIN:
		return (p->first / PAGE + page) % 3 == 0;
	default:
		return true;
	}
}

bool is_shared(const struct piece *p)
{
	return p->kind >= SHARED;
}

static bool is_closed(const struct piece *p, unsigned long page)
{
	return p->kind == MIXED && is_last(p, page);
}

static void fill_from(const struct piece *p, unsigned long page, unsigned long gen)
{
	unsigned long i, *at;

	for (; page < p->size / PAGE; page++) {
		at = (unsigned long *)(p->map + page * PAGE);
		if (!is_filled(p, page) || (gen > 1 && p->kind == MIXED &&
					    page >= p->size / PAGE / 2))
			continue;
		for (i = 0; i < PAGE / sizeof(*at); i += 8)
			at[i] = word_of(p->first + page * PAGE +
					i * sizeof(*at), gen);
	}
}

static void fill(const struct piece *p, unsigned long gen)
{
	fill_from(p, 0, gen);
}

static bool page_is_right(const struct piece *p, unsigned long page)
{
	unsigned long was = p->map + page * PAGE, want, i;
	unsigned long *at = (unsigned long *)(p->at + was - p->base);
	unsigned long first = p->first + page * PAGE;
	unsigned long gen = opt.gen;

	if ((p->kind == MIXED && page >= p->size / PAGE / 2) || p->kind == GONE)
		gen = 1;
	for (i = 0; i < PAGE / sizeof(*at); i += 8) {
		want = is_filled(p, page) ?
		       word_of(first + i * sizeof(*at), gen) : 0;
		if (at[i] != want)
			return false;
	}
	return true;
}

bool is_right(const struct piece *p)
{
	unsigned long page = (p->base - p->map) / PAGE;
	unsigned long end = page + p->length / PAGE, bad = 0, first = 0;

	for (; page < end; page++) {
		/* Reading would fill it, and it is to be a hole once more. */
		if (is_shared(p) && opt.again && !is_filled(p, page))
			continue;
		if (is_closed(p, page) || page_is_right(p, page))
			continue;
		if (!bad++)
			first = page;
	}
	if (bad)
		printf("# %s: %lu pages wrong, first %lu\n", kinds[p->kind], bad,
		       first);
	return !bad;
}

/* ---- Giving ---- */

static int memfd = -1;

static int open_memfd(const struct piece *p)
{
	if (p->kind == MEMFD) {
		memfd = memfd_create("kmho mem", MFD_ALLOW_SEALING);
		if (memfd < 0 || ftruncate(memfd, BEFORE + p->size + AFTER) ||
		    fcntl(memfd, F_ADD_SEALS, F_SEAL_SHRINK))
			die("memfd");
	}
	return memfd;
}

static void map_memory(const struct piece *p)
{
	int fd = -1, flags = MAP_PRIVATE | MAP_ANONYMOUS;
	off_t offset = 0;

	if (p->kind == MEMFD || p->kind == TWIN) {
		fd = open_memfd(p);
		flags = MAP_SHARED;
		offset = BEFORE + (p->kind == TWIN ? p->size : 0);
	} else if (is_shared(p)) {
		flags = MAP_SHARED | MAP_ANONYMOUS;
	} else if (p->kind == DEVZERO) {
		fd = open("/dev/zero", O_RDWR);
		flags = MAP_PRIVATE;
	}
	if (mmap((void *)p->map, p->size, PROT_READ | PROT_WRITE,
		 flags | MAP_FIXED_NOREPLACE, fd, offset) != (void *)p->map)
		die("mmap");
}

static void map_piece(struct piece *p)
{
	bool huge = p->kind == THP || p->kind == CUT || p->kind == ZERO ||
		    p->kind == SHTHP;
	char *at = (char *)p->map;
	unsigned long page;

	map_memory(p);
	if (madvise(at, p->size,
		    huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE))
		die("madvise");
	fill_from(p, is_late(p) ? p->size / PAGE - 1 : 0, 1);
	for (page = 0; page < p->size / PAGE; page++)
		if (p->kind == ZERO || (p->kind == SPARSE && page % 4 == 1))
			read_sum += at[page * PAGE];
	if (p->kind == LOCKED && mlock(at, p->size))
		die("mlock");
	if (p->kind == MIXED &&
	    (mprotect(at + p->size / 2, p->size / 2, PROT_READ) ||
	     mprotect(at + p->size - PAGE, PAGE, PROT_NONE)))
		die("mprotect");
	if (opt.swap && p->kind != LOCKED &&
	    madvise(at, p->size, MADV_PAGEOUT))
		die("MADV_PAGEOUT");
}

/* A child that has all of it too, and stays */
static void share(void)
{
	pid_t pid = fork();

	if (!pid) {
		pause();
		_exit(0);
	}
	if (pid < 0)
		die("fork");
}

/* Where there are huge pages already, it does nothing. */
static pid_t start_collapse(void)
{
	pid_t pid = fork();
	unsigned int i;

	for (i = 0; i < nr && !pid; i++)
		must(madvise((void *)pieces[i].map, pieces[i].size, MADV_HUGEPAGE));
	while (!pid)
		for (i = 0; i < nr; i++)
			madvise((void *)pieces[i].map, pieces[i].size,
				MADV_COLLAPSE);
	if (pid < 0)
		die("fork");
	/* Some of it is to be done by then. */
	usleep(100000);
	return pid;
}

static void end_collapse(pid_t pid)
{
	if (kill(pid, SIGKILL) || waitpid(pid, NULL, 0) != pid)
		die("kill");
}

/* A child that stores what nobody is to see */
static void fork_and_store(void)
{
	pid_t pid = fork();
	unsigned int i;

	if (!pid) {
		for (i = 0; i < nr; i++)
			fill(&pieces[i], 3);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, NULL, 0) != pid)
		die("fork");
}

/* What it takes to keep a piece in a file, and have it again from there */
static unsigned long by_tmpfs(const struct piece *p)
{
	int fd = open("/tmp/kmho", O_RDWR | O_CREAT | O_TRUNC, 0600);
	unsigned long start = now_us(), done, end = p->base + p->length;
	char *again;

	again = mmap(NULL, p->length, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (done = p->base; done < end; done += HUGE)
		if (write(fd, (char *)done, HUGE) != HUGE)
			die("write");
	lseek(fd, 0, SEEK_SET);
	for (done = 0; done < p->length; done += HUGE)
		if (read(fd, again + done, HUGE) != HUGE)
			die("read");
	done = now_us() - start;
	munmap(again, p->length);
	close(fd);
	unlink("/tmp/kmho");
	/* What that was in is given back later, and is not to be measured. */
	sleep(3);
	return done;
}

static void hand_over(void)
{
	unsigned long start, took, copied = opt.bench ? by_tmpfs(pieces) : 0;
	struct kmho_range ranges[MOST];
	struct kmho_handover op = {
		.size = sizeof(op), .key = opt.key,
		.ranges = (unsigned long)ranges, .num_ranges = nr,
	};
	unsigned int i;
	int err;

	/* Not in order, since it need not be. */
	for (i = 0; i < nr; i++) {
		ranges[nr - 1 - i].base = pieces[i].base;
		ranges[nr - 1 - i].length = pieces[i].length;
	}
	start = now_us();
	err = kmho(KMHO_HANDOVER, &op);
	took = now_us() - start;
	result(!err, "handed over", NULL);
	printf("# in %lu us%s%s\n", took, err ? ": " : "",
	       err ? strerror(errno) : "");
	if (copied)
		printf("# the first by tmpfs in %lu us\n", copied);
	if (opt.swap)
		result(op.swapped, "brought in from swap", NULL);
	else if (op.swapped)
		printf("# %llu pages were swapped out\n", op.swapped);
}

/*
 * What was there goes, and something else comes; what was handed over is to stay
 * as it was.
 */
static void map_anew(const struct piece *p)
{
	if (munmap((void *)p->map, p->size))
		die("munmap");
	map_memory(p);
	memset((void *)p->map, 'x', p->size);
}

static void store_late(void)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		if (pieces[i].kind == GONE)
			map_anew(&pieces[i]);
		else if (is_late(&pieces[i]))
			fill(&pieces[i], 1);
	}
}

static void give(void)
{
	unsigned int i;
	pid_t pid = 0;

	for (i = 0; i < nr; i++)
		map_piece(&pieces[i]);
	if (opt.share)
		share();
	if (opt.collapse)
		pid = start_collapse();
	hand_over();
	if (pid)
		end_collapse(pid);
	store_late();
	if (opt.fork)
		fork_and_store();
	for (i = 0; i < nr && opt.gen > 1; i++)
		if (pieces[i].kind != GONE)
			fill(&pieces[i], opt.gen);
	for (i = 0; i < nr && opt.unmap; i++)
		if (munmap((void *)pieces[i].map, pieces[i].size))
			die("munmap");
	fflush(stdout);
	if (opt.wait)
		pause();
	if (opt.kill)
		raise(SIGKILL);
}

/* ---- Taking ---- */

static void ask(void)
{
	struct kmho_range ranges[MOST];
	unsigned int i;
	int n = kmho_ranges(opt.key, ranges, MOST);
	bool same = n == (int)nr;

	for (i = 0; i < nr && same; i++)
		same = ranges[i].base == pieces[i].base &&
		       ranges[i].length == pieces[i].length;
	result(same, "the ranges are told", NULL);
}

static int take_some(unsigned int first, unsigned int count)
{
	struct kmho_map maps[MOST];
	struct kmho_takeover op = {
		.size = sizeof(op), .key = opt.key, .uid = opt.other,
		.flags = opt.other ? KMHO_OTHER_USER : 0,
		.maps = (unsigned long)maps, .num_maps = opt.all ? 0 : count,
	};
	unsigned long start;
	unsigned int i;
	int err;

	for (i = 0; i < count; i++) {
		const struct piece *p = &pieces[first + i];

		maps[i].base = p->base;
		maps[i].length = p->length;
		maps[i].remap_addr = opt.any ? 0 :
				     p->base + (opt.shift ? SHIFT : 0);
	}
	start = now_us();
	err = kmho(KMHO_TAKEOVER, &op);
	if (!err)
		printf("# in %lu us\n", now_us() - start);
	for (i = 0; i < count && !err; i++)
		pieces[first + i].at = maps[i].remap_addr;
	return err;
}

static void take(void)
{
	unsigned int i;

	if (!opt.other)
		ask();
	if (opt.one) {
		result(!take_some(nr - 1, 1), "taken over in part", NULL);
		result(take_some(nr - 1, 1) && errno == ENOENT,
		       "the same part is gone", NULL);
		result(!take_some(0, nr - 1), "and the rest", NULL);
	} else {
		if (opt.apart)
			result(take_some(nr - 1, 1) && errno == EINVAL,
			       "what is shared is taken together", NULL);
		result(!take_some(0, nr), "taken over", NULL);
	}
	if (!good)
		die("kmho");
	result(take_some(0, nr) && errno == ENOENT, "only once", NULL);
	for (i = 0; i < nr && !opt.any; i++)
		result(pieces[i].at == pieces[i].base +
				       (opt.shift ? SHIFT : 0),
		       "where it is to be", kinds[pieces[i].kind]);
	/* before the first look into holes */
	for (i = 0; i < nr; i++)
		look_at_layout(&pieces[i]);
	for (i = 0; i < nr; i++)
		look(&pieces[i]);
	if (opt.again)
		hand_over();
}

static void cancel(void)
{
	struct kmho_cancel op = {
		.size = sizeof(op), .key = opt.key, .uid = opt.other,
		.flags = opt.other ? KMHO_OTHER_USER : 0,
	};
	int err = kmho(KMHO_CANCEL, &op);

	if (err)
		printf("# %s\n", strerror(errno));
	result(!err, "given up", NULL);
	result(kmho(KMHO_CANCEL, &op) && errno == ENOENT, "only once", NULL);
}

static void keys(void)
{
	struct kmho_info infos[MOST];
	int i, n = kmho_keys(infos, MOST);

	if (n < 0)
		die("kmho");
	for (i = 0; i < n && i < (int)MOST; i++)
		printf("%llu %u %u %llu\n", infos[i].key, infos[i].state,
		       infos[i].num_ranges, infos[i].bytes);
}

/* ---- Words ---- */

static void add_piece(const char *word)
{
	struct piece *p = &pieces[nr];
	const char *colon = strchr(word, ':');
	unsigned int i;

	if (!colon || nr == MOST)
		exit(2);
	for (i = 0; i < KINDS; i++)
		if (strlen(kinds[i]) == (size_t)(colon - word) &&
		    !strncmp(word, kinds[i], colon - word))
			break;
	if (i == KINDS)
		exit(2);
	p->kind = i;
	p->map = FIRST + nr++ * DISTANCE;
	p->size = strtoul(colon + 1, NULL, 0) << 20;
	p->base = p->map + (i == CUT ? HUGE / 2 : 0);
	p->length = p->size - (i == CUT ? HUGE : 0);
	p->first = p->map;
	if (i == TWIN)
		p->first = p[-1].map + p->size;
}

static void take_word(const char *word)
{
	static const struct {
		const char *name;
		bool *flag;
		unsigned long *value;
	} words[] = {
		{ "seed=", NULL, &opt.seed }, { "uid=", NULL, &opt.uid },
		{ "gen=", NULL, &opt.gen }, { "other=", NULL, &opt.other },
		{ "swap", &opt.swap }, { "collapse", &opt.collapse },
		{ "share", &opt.share },
		{ "fork", &opt.fork }, { "kill", &opt.kill },
		{ "unmap", &opt.unmap }, { "wait", &opt.wait },
		{ "bench", &opt.bench },
		{ "any", &opt.any }, { "shift", &opt.shift },
		{ "all", &opt.all }, { "one", &opt.one },
		{ "apart", &opt.apart }, { "again", &opt.again },
		{ }
	};
	unsigned int i;

	for (i = 0; words[i].name; i++) {
		size_t len = strlen(words[i].name);

		if (words[i].flag && !strcmp(word, words[i].name)) {
			*words[i].flag = true;
			return;
		}
		if (words[i].value && !strncmp(word, words[i].name, len)) {
			*words[i].value = strtoul(word + len, NULL, 0);
			return;
		}
	}
	add_piece(word);
}

int main(int argc, char **argv)
{
	int i;

	if (argc < 3)
		return 2;
	opt.key = strtoul(argv[2], NULL, 0);
	for (i = 3; i < argc; i++)
		take_word(argv[i]);
	if (opt.uid && setresuid(opt.uid, opt.uid, opt.uid))
		die("setresuid");
	if (!strcmp(argv[1], "give"))
		give();
	else if (!strcmp(argv[1], "take"))
		take();
	else if (!strcmp(argv[1], "cancel"))
		cancel();
	else
		keys();
	return !good;
}
