// SPDX-License-Identifier: GPL-2.0-only
/*
 * A parent and its child have memory in common and each hands it over with kmho(2),
 * or each takes its own over and looks whether it is in common still. Prints a
 * result line for each thing that is looked at.
 *
 * usage: kmho_fork give|take|overlap KEY MIB [OPTION...]
 *
 * The parent's key is KEY, the child's is the next one or what is told. Both store to some of the
 * pages after the fork, before and after the hand-over: see generation().
 *
 * overlap hands ranges over of which one is not there yet, and one is in common, tries
 * both together under another key, and then stores to the former.
 *
 * OPTION is
 *	seed=N	what contents are made from
 *	child=N	the child's key
 *	uid=N	be that user
 *	limit=N	KiB that may be locked
 *	thp	give: in huge pages
 *	out	give: swapped out, before the fork
 *	lazy	give: some pages may go if memory is short
 *	wait	give: both stay until they are killed
 *	shift	take: the child's is taken over 1 TiB above where it was
 *	lone	take: the child's is left where it is
 *	again	take: both are handed over anew, at the end, under the same keys
 *	twice	take: both are taken over by one process, which hands them over as one
 *	one	take: that is what was handed over
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "../../../kstate/kmho.h"
#include "program.h"

#define PLACE		0x200000000000UL
#define SHIFT		0x10000000000UL
#define PAGE		4096UL
#define PFN_MASK	((1UL << 55) - 1)
#define SWAPPED		0x4000000000000000UL

enum who { PARENT, CHILD };

static const char * const names[] = { "parent", "child" };

static unsigned long keys[2], size, seed, uid, limit;
static bool huge, out, lazy, stay, shift, lone, again, twice, one;
static bool good = true;

/* What is read has to be used for something. */
unsigned int read_sum;

/* One end for each */
static int to_child[2], to_parent[2];

static void result(bool is, const char *what, const char *whose)
{
	printf("%sok - %s: %s\n", is ? "" : "not ", what, whose);
	good &= is;
}

static void die(const char *what)
{
	printf("not ok - %s: %s\n", what, strerror(errno));
	fflush(stdout);
	_exit(1);
}

/* ---- Contents ---- */

static bool in_common(unsigned long page)
{
	return page % 16 != 1 && page % 16 != 2 && page % 16 != 5 && page % 16 != 9;
}

/*
 * Of 16 pages the child stores to one before it hands them over, and to one after
 * it, the parent to another one after it. The parent discards two more, of which it
 * reads one, which is all zeros by that.
 */
static unsigned int generation(enum who who, unsigned long page)
{
	switch (page % 16) {
	case 1:
		return who == CHILD ? 2 : 1;
	case 2:
		return who == PARENT ? 3 : 1;
	case 5:
		return who == CHILD ? 4 : 1;
	case 9:
		return who == PARENT ? 0 : 1;
	default:
		return 1;
	}
}

static unsigned long word_of(unsigned long page, unsigned long i, unsigned long gen)
{
	return gen ? mix((page * PAGE + i) ^ seed ^ gen << 56) : 0;
}

static void fill(unsigned long base, unsigned long page, unsigned int gen)
{
	unsigned long i, *at = (unsigned long *)(base + page * PAGE);

	for (i = 0; i < PAGE / sizeof(*at); i += 8)
		at[i] = word_of(page, i, gen);
}

static void fill_some(unsigned long base, unsigned int rest, unsigned int gen)
{
	unsigned long page;

	for (page = rest; page < size / PAGE; page += 16)
		fill(base, page, gen);
}

static void discard_some(unsigned long base)
{
	unsigned long page;

	for (page = 9; page < size / PAGE; page += 16) {
		char *at = (char *)(base + page * PAGE);

		must(madvise(at, PAGE, MADV_DONTNEED));
		must(madvise(at + 2 * PAGE, PAGE, MADV_DONTNEED));
		read_sum += *at;
	}
}

/* Nobody is short of memory, so they stay. */
static void free_some(unsigned long base)
{
	unsigned long page;

	for (page = 13; page < size / PAGE; page += 16)
		must(madvise((char *)(base + page * PAGE), PAGE, MADV_FREE));
}

static bool is_right(unsigned long base, unsigned long page, unsigned int gen)
{
	unsigned long i, *at = (unsigned long *)(base + page * PAGE);

	for (i = 0; i < PAGE / sizeof(*at); i += 8)
		if (at[i] != word_of(page, i, gen))
			return false;
	return true;
}

static unsigned long count_bad(unsigned long base, enum who who)
{
	unsigned long page, nr = 0;

	for (page = 0; page < size / PAGE; page++)
		nr += !is_right(base, page, generation(who, page));
	if (nr)
		printf("# %lu pages are wrong\n", nr);
	return nr;
}

/* ---- Page frames ---- */

static unsigned long *read_frames(pid_t pid, unsigned long base)
{
	size_t length = size / PAGE * sizeof(long);
	unsigned long *frames = malloc(length);
	char path[40];
	int fd;

	if (!frames)
		die("malloc");

	snprintf(path, sizeof(path), "/proc/%d/pagemap", pid);
	fd = must(open(path, O_RDONLY));
	if (pread(fd, frames, length, base / PAGE * sizeof(*frames)) != (ssize_t)length)
		die("pagemap");
	close(fd);
	return frames;
}

/* ---- One after the other ---- */

static void tell(const int *pipe)
{
	fflush(stdout);
	must(write(pipe[1], "x", 1));
}

static void hear(const int *pipe)
{
	char c;

	if (read(pipe[0], &c, 1) != 1)
		die("the other one is gone");
}

/* Nobody is to wait for who has ended. */
static pid_t split(void)
{
	pid_t pid;

	must(pipe(to_child));
	must(pipe(to_parent));
	fflush(stdout);
	pid = must(fork());
	close(pid ? to_child[0] : to_child[1]);
	close(pid ? to_parent[1] : to_parent[0]);
	return pid;
}

static void join(pid_t pid)
{
	int status;

	must(waitpid(pid, &status, 0));
	good &= WIFEXITED(status) && !WEXITSTATUS(status);
}

/* ---- Giving ---- */

static void swap_out(void)
{
	unsigned long *frames, page, nr = 0;

	must(madvise((void *)PLACE, size, MADV_PAGEOUT));
	frames = read_frames(getpid(), PLACE);
	for (page = 0; page < size / PAGE; page++)
		nr += !!(frames[page] & SWAPPED);
	free(frames);
	printf("# %lu of %lu pages are swapped out\n", nr, size / PAGE);
	result(nr > size / PAGE / 2, "is swapped out", "parent");
}

static void hand_over(unsigned long base, enum who who)
{
	struct kmho_range halves[] = {
		{ .base = base, .length = size / 2 },
		{ .base = base + size / 2, .length = size / 2 },
	};
	int err = kmho_handover(keys[who], halves, 2);

	if (err)
		printf("# %s\n", strerror(errno));
	result(!err, "handed over", names[who]);
}

static void give(void)
{
	unsigned long page;
	pid_t pid;

	if (mmap((void *)PLACE, size, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) !=
	    (void *)PLACE)
		die("mmap");
	must(madvise((void *)PLACE, size, huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE));
	for (page = 0; page < size / PAGE; page++)
		fill(PLACE, page, 1);
	if (lazy)
		free_some(PLACE);
	if (out)
		swap_out();
	pid = split();
	if (!pid) {
		fill_some(PLACE, 1, 2);
		hand_over(PLACE, CHILD);
		tell(to_parent);
		hear(to_child);
		fill_some(PLACE, 5, 4);
	} else {
		hear(to_parent);
		hand_over(PLACE, PARENT);
		tell(to_child);
		fill_some(PLACE, 2, 3);
		discard_some(PLACE);
		if (!stay)
			join(pid);
	}
	fflush(stdout);
	if (stay)
		pause();
	if (!pid)
		_exit(!good);
}

/* ---- Taking ---- */

/* What one half has mapped goes again if the other one cannot be mapped. */
static void try_in_vain(enum who who, struct kmho_map *halves)
{
	void *place = (void *)(halves[1].remap_addr + PAGE);

	if (mmap(place, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS |
		 MAP_FIXED_NOREPLACE, -1, 0) != place)
		die("mmap");
	result(kmho_takeover(keys[who], halves, 2) && errno == EEXIST,
	       "is not taken over in part", names[who]);
	must(munmap(place, PAGE));
}

static void take_at(enum who who, unsigned long from, unsigned long base)
{
	struct kmho_map halves[] = {
		{ from, size / 2, base },
		{ from + size / 2, size / 2, base + size / 2 },
	};

	try_in_vain(who, halves);
	if (kmho_takeover(keys[who], halves, 2))
		die("KMHO_TAKEOVER");
}

static unsigned long take_one(enum who who)
{
	unsigned long base = PLACE + (shift && who == CHILD ? SHIFT : 0);

	take_at(who, PLACE, base);
	result(!count_bad(base, who), "contents", names[who]);
	return base;
}

static void look_at_frames(pid_t child)
{
	unsigned long *mine = read_frames(getpid(), PLACE);
	unsigned long *others = read_frames(child, PLACE + (shift ? SHIFT : 0));
	unsigned long page, same = 0, common = 0, bad = 0;

	for (page = 0; page < size / PAGE; page++) {
		common += in_common(page);
		if (!(mine[page] & PFN_MASK) || !(others[page] & PFN_MASK))
			die("a frame is not known");
		if ((mine[page] & PFN_MASK) != (others[page] & PFN_MASK))
			continue;
		same++;
		bad += !in_common(page);
	}
	printf("# %lu of %lu pages are in common\n", same, size / PAGE);
	result(same == (shift ? 0 : common) && !bad,
	       shift ? "has its own pages" : "in common are the same pages", "both");
	free(mine);
	free(others);
}

/* What one stores the other one does not see. */
static void child_stores(unsigned long base)
{
	unsigned long page;
	bool is = true;

	fill_some(base, 0, 5);
	for (page = 0; page < size / PAGE; page++)
		is &= is_right(base, page, page % 16 ? generation(CHILD, page) : 5);
	result(is, "can be stored to", "child");
}

static void parent_stores(void)
{
	fill_some(PLACE, 3, 6);
	result(is_right(PLACE, 3, 6), "can be stored to", "parent");
}

static void parent_looks(void)
{
	result(!count_bad(PLACE, PARENT), "stores of the other are not seen", "parent");
	parent_stores();
}

static void child_looks(unsigned long base)
{
	unsigned long page;
	bool is = true;

	for (page = 3; page < size / PAGE; page += 16)
		is &= is_right(base, page, 1);
	result(is, "stores of the other are not seen", "child");
}

static void take_child(void)
{
	unsigned long base = take_one(CHILD);

	tell(to_parent);
	hear(to_child);
	if (again) {
		hand_over(base, CHILD);
	} else {
		child_stores(base);
		tell(to_parent);
		hear(to_child);
		child_looks(base);
	}
	fflush(stdout);
	_exit(!good);
}

/* ---- By one process ---- */

static void look_at_both(void)
{
	unsigned long *mine, *others, page, same = 0;

	result(!count_bad(PLACE + SHIFT, PARENT), "contents", "parent");
	result(!count_bad(PLACE, CHILD), "contents", "child");
	mine = read_frames(getpid(), PLACE);
	others = read_frames(getpid(), PLACE + SHIFT);
	for (page = 0; page < size / PAGE; page++)
		same += (mine[page] & PFN_MASK) == (others[page] & PFN_MASK);
	printf("# %lu of %lu pages are in common\n", same, size / PAGE);
	free(mine);
	free(others);
}

/* The parent's goes aside, so that the child's can be mapped where it was, too. */
static void take_twice(void)
{
	struct kmho_range ranges[] = {
		{ PLACE, size }, { PLACE + SHIFT, size },
	};
	unsigned long half;

	take_one(PARENT);
	for (half = PLACE; half < PLACE + size; half += size / 2)
		if (mremap((void *)half, size / 2, size / 2,
			   MREMAP_MAYMOVE | MREMAP_FIXED, (void *)(half + SHIFT)) !=
		    (void *)(half + SHIFT))
			die("mremap");
	take_one(CHILD);
	look_at_both();
	result(!kmho_handover(keys[PARENT], ranges, 2), "handed over", "both");
}

static void take_as_one(void)
{
	if (kmho_takeover(keys[PARENT], NULL, 0))
		die("KMHO_TAKEOVER");
	look_at_both();
}

/* ---- Ranges that overlap ---- */

static void overlap(void)
{
	struct kmho_range range = { PLACE, 2 * size };
	char *at = mmap((void *)PLACE, 2 * size, PROT_READ | PROT_WRITE, MAP_PRIVATE |
			MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	pid_t pid;

	if (at == MAP_FAILED)
		die("mmap");
	must(madvise(at, 2 * size, MADV_NOHUGEPAGE));
	memset(at + size, 1, size);
	pid = must(fork());
	if (!pid)
		pause();
	range.length = size;
	result(!kmho_handover(keys[PARENT], &range, 1), "handed over", "nothing");
	range.base += size;
	result(!kmho_handover(keys[CHILD], &range, 1), "handed over", "in common");
	range = (struct kmho_range){ PLACE, 2 * size };
	result(kmho_handover(keys[CHILD] + 1, &range, 1) && errno == EBUSY,
	       "is refused", "both");
	at[0] = 1;
	kill(pid, SIGKILL);
}

static void take(void)
{
	pid_t pid;

	if (one) {
		take_as_one();
		return;
	}
	if (twice) {
		take_twice();
		return;
	}

	if (lone) {
		take_one(PARENT);
		parent_stores();
		return;
	}
	pid = split();
	if (!pid)
		take_child();
	hear(to_parent);
	take_one(PARENT);
	look_at_frames(pid);
	tell(to_child);
	if (again) {
		hand_over(PLACE, PARENT);
	} else {
		hear(to_parent);
		parent_looks();
		tell(to_child);
	}
	join(pid);
}

static void take_word(const char *word)
{
	static const struct {
		const char *name;
		bool *flag;
	} words[] = {
		{ "thp", &huge }, { "out", &out }, { "lazy", &lazy },
		{ "wait", &stay }, { "shift", &shift }, { "lone", &lone },
		{ "again", &again }, { "twice", &twice }, { "one", &one },
	};
	static const struct {
		const char *name;
		unsigned long *value;
	} values[] = {
		{ "seed=", &seed }, { "child=", &keys[CHILD] }, { "uid=", &uid },
		{ "limit=", &limit },
	};
	unsigned int i;

	for (i = 0; i < sizeof(values) / sizeof(*values); i++) {
		if (!strncmp(word, values[i].name, strlen(values[i].name))) {
			*values[i].value = strtoul(strchr(word, '=') + 1, NULL, 0);
			return;
		}
	}
	for (i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (!strcmp(word, words[i].name)) {
			*words[i].flag = true;
			return;
		}
	}
	exit(2);
}

static void be_user(void)
{
	struct rlimit rlimit = { limit << 10, limit << 10 };

	if (limit)
		must(setrlimit(RLIMIT_MEMLOCK, &rlimit));
	if (uid)
		must(setresuid(uid, uid, uid));
}

int main(int argc, char **argv)
{
	int i;

	if (argc < 4)
		return 2;
	keys[PARENT] = strtoul(argv[2], NULL, 0);
	keys[CHILD] = keys[PARENT] + 1;
	size = strtoul(argv[3], NULL, 0) << 20;
	for (i = 4; i < argc; i++)
		take_word(argv[i]);
	be_user();
	if (!strcmp(argv[1], "give"))
		give();
	else if (!strcmp(argv[1], "overlap"))
		overlap();
	else
		take();
	return !good;
}
