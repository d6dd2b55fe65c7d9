// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes random system calls in two directories side by side, and compares what
 * each returns: one lies in tmpfs, of which it is known what is right.
 *
 * usage: khofs_ops run SEED FIRST COUNT LEFT RIGHT
 *		sequences of calls, by number; 1 as soon as a call differs
 *	  khofs_ops replay SEED FIRST COUNT DIRECTORY
 *		the same calls in one directory, which is like the others then
 *	  khofs_ops compare LEFT RIGHT
 *		all that can be seen of two trees, but for inode numbers and
 *		times of about now
 *
 * Each sequence is made by root or by somebody else, and ends with all files
 * closed. What it does follows from its number and the seed alone.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/fs.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include "khofs_ops.h"
#include "program.h"

static void die(const char *what)
{
	fprintf(stderr, "khofs_ops: %s: %s\n", what, strerror(errno));
	exit(2);
}

uint64_t draw(uint64_t *rng, uint64_t n)
{
	*rng = mix(*rng);
	return *rng % n;
}

uint64_t hash(uint64_t h, const void *data, size_t len)
{
	const unsigned char *p = data;

	for (; len; len--)
		h = (h ^ *p++) * FNV_PRIME;
	return h;
}

static int is_name(const struct dirent *entry)
{
	return strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..");
}

/*
 * In the order of the alphabet. That of a directory may depend on names that are
 * gone: tmpfs keeps the dentry of what was a whiteout for the next of its name.
 */
static int scan(struct dirent ***names)
{
	return must(scandir(".", names, is_name, alphasort));
}

/* ---- Sequences of calls ---- */

/* In a root of its own there is no way out by ".." or by a link. */
static void enter(const struct side *side)
{
	must(fchdir(side->root));
	must(chroot("."));
}

static void become(unsigned int who)
{
	static const gid_t groups[] = { 2000, 2001 };

	if (!who) {
		must(setresuid(0, 0, 0));
		must(setresgid(0, 0, 0));
		must(setgroups(0, NULL));
		return;
	}
	must(setgroups(who == 1 ? 2 : 0, groups));
	must(setresgid(999 + who, 999 + who, 0));
	must(setresuid(999 + who, 999 + who, 0));
}

static unsigned int weight_of(const struct op *op)
{
	unsigned int all = 0;

	for (; op->name; op++)
		all += op->weight;
	return all;
}

static const struct op *choose(uint64_t *rng)
{
	static unsigned int files, names;
	const struct op *op = file_ops;
	uint64_t n;

	if (!files) {
		files = weight_of(file_ops);
		names = weight_of(name_ops);
	}
	n = draw(rng, files + names);
	if (n >= files) {
		n -= files;
		op = name_ops;
	}
	for (; n >= op->weight; op++)
		n -= op->weight;
	return op;
}

static void call(const struct op *op, struct call *c, unsigned int who)
{
	enter(c->side);
	become(who);
	errno = 0;
	c->ret = op->run(c);
	c->err = c->ret < 0 ? errno : 0;
	must(setresuid(0, 0, 0));
}

static int differ(const struct call *a, const struct call *b)
{
	return a->ret != b->ret || a->err != b->err || a->out != b->out;
}

static void tell(const struct op *op, const struct call *c, unsigned int who)
{
	printf("%s: %s%s: %ld, %s, output %016llx (as %u)\n", c->side->name,
	       op->name, c->text, c->ret, strerror(c->err),
	       (unsigned long long)c->out, who);
}

/* Flags that are in the way of what a sequence does */
static void clear_flags(const char *name)
{
	int fd = open(name, O_RDONLY | O_NOFOLLOW | O_NOATIME), flags = 0;

	if (fd < 0)
		return;
	ioctl(fd, FS_IOC_SETFLAGS, &flags);
	close(fd);
}

static void remove_some(uint64_t *rng)
{
	struct dirent **names;
	int nr = scan(&names);

	for (int i = 0; i < nr; i++) {
		const char *name = names[i]->d_name;

		if (names[i]->d_type == DT_REG || names[i]->d_type == DT_DIR)
			clear_flags(name);
		if (names[i]->d_type == DT_DIR) {
			must(chdir(name));
			remove_some(rng);
			must(chdir(".."));
		}
		if (draw(rng, 3) == 0)
			remove(name);
		free(names[i]);
	}
	free(names);
}

/* Else all would soon be in the way of itself, immutable or full. */
static void tidy(const struct side *side, uint64_t rng)
{
	enter(side);
	clear_flags(".");
	remove_some(&rng);
	must(chown(".", 0, 0));
	must(chmod(".", 01777));
}

static void close_files(struct side *side)
{
	for (int i = 0; i < NR_FDS; i++) {
		if (side->fds[i] >= 0)
			close(side->fds[i]);
		side->fds[i] = -1;
	}
	if (side->inotify >= 0)
		close(side->inotify);
	side->inotify = -1;
}

static int verbose;

/* Returns how many of the calls succeeded, or -1 if one differs. */
static long sequence(struct side *sides, int nr, uint64_t rng)
{
	unsigned int who = draw(&rng, 4) ? 0 : 1 + draw(&rng, 2);
	unsigned int calls = 10 + draw(&rng, 60), mask = 0;
	const struct op *op = &file_ops[0];
	unsigned int started = 0;
	long done = 0;

	if (draw(&rng, 2))
		mask = draw(&rng, 2) ? 022 : draw(&rng, 01000);
	while (calls--) {
		struct call c[2];

		for (int i = 0; i < nr; i++) {
			c[i] = (struct call){ .side = &sides[i], .rng = rng };
			umask(mask);
			call(op, &c[i], who);
		}
		if (verbose)
			tell(op, &c[0], who);
		if (nr == 2 && differ(&c[0], &c[1])) {
			tell(op, &c[0], who);
			tell(op, &c[1], who);
			return -1;
		}
		done += c[0].ret >= 0;
		draw(&rng, 2);
		rng = mix(rng);
		/* There is little to be done before some are open. */
		op = started++ < 5 ? &file_ops[0] : choose(&rng);
	}
	for (int i = 0; i < nr; i++)
		close_files(&sides[i]);
	become(0);
	umask(0);
	return done;
}

static void open_side(struct side *side, const char *name)
{
	side->name = name;
	side->root = must(open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	side->inotify = -1;
	for (int i = 0; i < NR_FDS; i++)
		side->fds[i] = -1;
}

static int cmd_run(int nr, char **words)
{
	uint64_t seed = strtoull(words[0], NULL, 0);
	unsigned long first = strtoul(words[1], NULL, 0), i;
	unsigned long count = strtoul(words[2], NULL, 0);
	struct side sides[2];
	long done = 0, ret;

	for (int s = 0; s < nr; s++)
		open_side(&sides[s], words[3 + s]);
	verbose = !!getenv("VERBOSE");
	signal(SIGIO, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	umask(0);
	for (i = first; i < first + count; i++) {
		/* A call that does not return */
		alarm(60);
		for (int s = 0; s < nr && i % 8 == 0; s++)
			tidy(&sides[s], mix(seed ^ i));
		ret = sequence(sides, nr, mix(mix(seed) + i));
		if (ret < 0) {
			printf("in sequence %lu of seed %llu\n", i,
			       (unsigned long long)seed);
			return 1;
		}
		done += ret;
	}
	printf("%lu sequences, %ld calls that did something\n", count, done);
	return 0;
}

/* ---- Trees ---- */

/* What a walk has seen of inodes with several names */
struct link {
	uint64_t ino;
	unsigned int number;
	struct link *next;
};

struct walk {
	FILE *out;
	struct link *links;
	unsigned int entries;
};

static unsigned int number_of(struct walk *walk, uint64_t ino)
{
	struct link *link;

	for (link = walk->links; link; link = link->next)
		if (link->ino == ino)
			return link->number;
	link = calloc(1, sizeof(*link));
	if (!link)
		die("calloc");
	link->ino = ino;
	link->number = walk->entries;
	link->next = walk->links;
	walk->links = link;
	return link->number;
}

static void print_text(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text > ' ' && *text < 127 && *text != '\\')
			fputc(*text, out);
		else
			fprintf(out, "\\%03o", (unsigned char)*text);
	}
}

/* Those that a call has set are far from now; the others cannot be equal. */
static void print_time(FILE *out, const struct statx_timestamp *ts)
{
	if (llabs(ts->tv_sec - time(NULL)) < 24 * 3600)
		fprintf(out, " now");
	else
		fprintf(out, " %lld.%09u", (long long)ts->tv_sec, ts->tv_nsec);
}

static void print_stat(struct walk *walk, const struct statx *stx)
{
	fprintf(walk->out, " mode %o links %u owner %u:%u dev %x:%x",
		stx->stx_mode, stx->stx_nlink, stx->stx_uid, stx->stx_gid,
		stx->stx_rdev_major, stx->stx_rdev_minor);
	fprintf(walk->out, " size %llu blocks %llu flags %llx",
		(unsigned long long)stx->stx_size,
		(unsigned long long)stx->stx_blocks,
		(unsigned long long)stx->stx_attributes);
	print_time(walk->out, &stx->stx_atime);
	print_time(walk->out, &stx->stx_mtime);
	print_time(walk->out, &stx->stx_ctime);
	if (stx->stx_nlink > 1 && !S_ISDIR(stx->stx_mode))
		fprintf(walk->out, " same as %u",
			number_of(walk, stx->stx_ino));
}

static void print_contents(struct walk *walk, const char *name)
{
	int fd = must(open(name, O_RDONLY | O_NOATIME)), flags;
	static char part[64 * KIB];
	uint64_t h = FNV_BASIS;
	off_t at = 0, end;
	ssize_t n;

	if (!ioctl(fd, FS_IOC_GETFLAGS, &flags))
		fprintf(walk->out, " chattr %x", flags);
	fprintf(walk->out, " data");
	while ((at = lseek(fd, at, SEEK_DATA)) >= 0) {
		end = must(lseek(fd, at, SEEK_HOLE));
		fprintf(walk->out, " %lld-%lld", (long long)at, (long long)end);
		while (at < end && (n = must(pread(fd, part, sizeof(part), at)))) {
			h = hash(h, part, n);
			at += n;
		}
	}
	fprintf(walk->out, " hash %016llx", (unsigned long long)h);
	close(fd);
}

static void print_xattrs(struct walk *walk, const char *name)
{
	static char names[64 * KIB], value[64 * KIB];
	ssize_t all = must(llistxattr(name, names, sizeof(names))), n, at;

	for (at = 0; at < all; at += strlen(names + at) + 1) {
		n = lgetxattr(name, names + at, value, sizeof(value));
		fprintf(walk->out, " %.60s=%zd:%016llx", names + at, n,
			(unsigned long long)hash(FNV_BASIS, value,
						 n > 0 ? n : 0));
	}
}

static void print_link(struct walk *walk, const char *name)
{
	static char target[8 * KIB];
	ssize_t n = must(readlink(name, target, sizeof(target) - 1));

	target[n] = '\0';
	fprintf(walk->out, " -> ");
	print_text(walk->out, target);
}

static void print_dir(struct walk *walk, const char *path);

static void print_entry(struct walk *walk, const char *path, const char *name,
			unsigned int type)
{
	struct statx stx;
	char *below;

	must(statx(AT_FDCWD, name, AT_SYMLINK_NOFOLLOW, STATX_ALL, &stx));
	walk->entries++;
	print_text(walk->out, path);
	fputc('/', walk->out);
	print_text(walk->out, name);
	fprintf(walk->out, " type %u", type);
	print_stat(walk, &stx);
	print_xattrs(walk, name);
	if (S_ISLNK(stx.stx_mode))
		print_link(walk, name);
	if (S_ISREG(stx.stx_mode))
		print_contents(walk, name);
	fputc('\n', walk->out);
	if (!S_ISDIR(stx.stx_mode) || !strcmp(name, "."))
		return;
	must(asprintf(&below, "%s/%s", path, name));
	must(chdir(name));
	print_dir(walk, below);
	must(chdir(".."));
	free(below);
}

static void print_dir(struct walk *walk, const char *path)
{
	struct dirent **names;
	int nr = scan(&names);

	for (int i = 0; i < nr; i++) {
		print_entry(walk, path, names[i]->d_name, names[i]->d_type);
		free(names[i]);
	}
	free(names);
}

static char *list(const char *name, unsigned int *entries)
{
	struct walk walk = { };
	struct side side;
	char *text;
	size_t size;

	open_side(&side, name);
	must(fchdir(side.root));
	walk.out = open_memstream(&text, &size);
	if (!walk.out)
		die("open_memstream");
	print_entry(&walk, "", ".", DT_DIR);
	print_dir(&walk, "");
	fclose(walk.out);
	*entries = walk.entries;
	return text;
}

static int cmd_compare(const char *left, const char *right)
{
	int cwd = must(open(".", O_RDONLY | O_DIRECTORY));
	unsigned int entries, others;
	char *a = list(left, &entries), *b;

	must(fchdir(cwd));
	b = list(right, &others);
	while (*a && *a == *b) {
		size_t n = strcspn(a, "\n") + 1;

		if (strncmp(a, b, n))
			break;
		a += n;
		b += n;
	}
	if (*a || *b) {
		printf("%s: %.*s\n%s: %.*s\n", left, (int)strcspn(a, "\n"), a,
		       right, (int)strcspn(b, "\n"), b);
		return 1;
	}
	printf("%u entries\n", entries);
	return 0;
}

int main(int argc, char **argv)
{
	/* Which line comes last is what counts if this is killed. */
	setlinebuf(stdout);
	if (argc == 7 && !strcmp(argv[1], "run"))
		return cmd_run(2, argv + 2);
	if (argc == 6 && !strcmp(argv[1], "replay"))
		return cmd_run(1, argv + 2);
	if (argc == 4 && !strcmp(argv[1], "compare"))
		return cmd_compare(argv[2], argv[3]);
	fprintf(stderr,
		"usage: khofs_ops run SEED FIRST COUNT LEFT RIGHT | replay SEED FIRST COUNT DIRECTORY | compare LEFT RIGHT\n");
	return 2;
}
