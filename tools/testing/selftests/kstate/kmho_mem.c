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
 *	shared	shared anonymous memory
 *	shthp	the same, in huge pages
 *	memfd	part of a memfd, of which every third page is there
 *	twin	the second half of the KIND before it, which is memfd, once more
 *
 * OPTION is
 *	seed=N	what contents are made from
 *	uid=N	be that user
 *	gen=N	give: store another generation after the call; take: expect it
 *	swap	give: swap it out before
 *	share	give: have a child have the same memory, since before; take: that
 *		was so
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
#include "program.h"

#define FIRST		0x100000000000UL
#define DISTANCE	0x100000000UL
#define SHIFT		0x10000000000UL
#define PAGE		4096UL
#define HUGE		(2UL << 20)
#define MOST		16

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT	21
#endif

enum kind {
	SMALL, THP, CUT, SPARSE, ZERO, MIXED, LOCKED, HOLE, SHARED, SHTHP, MEMFD,
	TWIN, KINDS
};

static const char * const kinds[KINDS] = {
	"small", "thp", "cut", "sparse", "zero", "mixed", "locked", "hole",
	"shared", "shthp", "memfd", "twin",
};

/* Where in the memfd the piece begins, and how much longer it is */
#define BEFORE		(2 * PAGE)
#define AFTER		HUGE

/*
 * What is mapped, what of it is handed over, and where it is now. Contents are
 * made from addresses, those of a twin from the other's.
 */
struct piece {
	enum kind kind;
	unsigned long map;
	unsigned long first;
	unsigned long size;
	unsigned long base;
	unsigned long length;
	unsigned long at;
};

static struct piece pieces[MOST];
static unsigned int nr;

static struct {
	unsigned long key, seed, uid, gen, other;
	bool swap, share, fork, kill, unmap, wait, bench;
	bool any, shift, all, one, apart, again;
} opt = { .gen = 1 };

/* What is read has to be used for something. */
unsigned int read_sum;

static bool good = true;

static void result(bool is, const char *what, const char *kind)
{
	printf("%sok - %s%s%s\n", is ? "" : "not ", what, kind ? ": " : "",
	       kind ? kind : "");
	good &= is;
}

static void die(const char *what)
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

/* Is something in this page? @page is where it is in what is mapped. */
static bool is_filled(const struct piece *p, unsigned long page)
{
	switch (p->kind) {
	case SPARSE:
		return page % 4 == 0;
	case ZERO:
	case HOLE:
		return false;
	case MIXED:
		return page != p->size / PAGE - 1;
	case MEMFD:
	case TWIN:
		return (p->first / PAGE + page) % 3 == 0;
	default:
		return true;
	}
}

static bool is_shared(const struct piece *p)
{
	return p->kind >= SHARED;
}

static bool is_closed(const struct piece *p, unsigned long page)
{
	return p->kind == MIXED && page == p->size / PAGE - 1;
}

static void fill(const struct piece *p, unsigned long gen)
{
	unsigned long page, i, *at;

	for (page = 0; page < p->size / PAGE; page++) {
		at = (unsigned long *)(p->map + page * PAGE);
		if (!is_filled(p, page) || (gen > 1 && p->kind == MIXED &&
					    page >= p->size / PAGE / 2))
			continue;
		for (i = 0; i < PAGE / sizeof(*at); i += 8)
			at[i] = word_of(p->first + page * PAGE +
					i * sizeof(*at), gen);
	}
}

static bool page_is_right(const struct piece *p, unsigned long page)
{
	unsigned long was = p->map + page * PAGE, want, i;
	unsigned long *at = (unsigned long *)(p->at + was - p->base);
	unsigned long first = p->first + page * PAGE;
	unsigned long gen = opt.gen;

	if (p->kind == MIXED && page >= p->size / PAGE / 2)
		gen = 1;
	for (i = 0; i < PAGE / sizeof(*at); i += 8) {
		want = is_filled(p, page) ?
		       word_of(first + i * sizeof(*at), gen) : 0;
		if (at[i] != want)
			return false;
	}
	return true;
}

static bool is_right(const struct piece *p)
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
	fill(p, 1);
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
	return done;
}

static void hand_over(void)
{
	unsigned long start, copied = opt.bench ? by_tmpfs(pieces) : 0;
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
	result(!err, "handed over", NULL);
	printf("# in %lu us%s%s\n", now_us() - start, err ? ": " : "",
	       err ? strerror(errno) : "");
	if (copied)
		printf("# the first by tmpfs in %lu us\n", copied);
	if (opt.swap)
		result(op.swapped, "brought in from swap", NULL);
	else if (op.swapped)
		printf("# %llu pages were swapped out\n", op.swapped);
}

static void give(void)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		map_piece(&pieces[i]);
	if (opt.share)
		share();
	hand_over();
	if (opt.fork)
		fork_and_store();
	for (i = 0; i < nr && opt.gen > 1; i++)
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

static void look_at_layout(const struct piece *p)
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

static void look(const struct piece *p)
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
		{ "swap", &opt.swap }, { "share", &opt.share },
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
