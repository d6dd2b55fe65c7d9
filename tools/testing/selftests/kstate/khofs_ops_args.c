// SPDX-License-Identifier: GPL-2.0-only
/*
 * Arguments of the calls that khofs_ops makes. They must not depend on what
 * calls before returned: both sides, and whoever plays a sequence again, have to
 * make the same ones.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "khofs_ops.h"

char buf[BUF_SIZE] __attribute__((aligned(ALIGNED)));

uint64_t any(struct call *c, uint64_t n)
{
	return draw(&c->rng, n);
}

void say(struct call *c, const char *fmt, ...)
{
	size_t room = sizeof(c->text) - c->len;
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(c->text + c->len, room, fmt, args);
	va_end(args);
	if (n > 0)
		c->len += (size_t)n < room ? (size_t)n : room - 1;
}

void note(struct call *c, const void *data, size_t len)
{
	c->out = hash(c->out, data, len);
}

void note_number(struct call *c, long long number)
{
	note(c, &number, sizeof(number));
}

/*
 * Mostly of a few, so that they meet again; those of directories are others,
 * most often.
 */
static const char *any_name(struct call *c, char *room, int dir)
{
	static const char * const files[] = {
		"a", "b", "c", "f", "g", "h", "i", "j",
	};
	static const char * const dirs[] = { "d", "d", "e", "k" };

	switch (any(c, 100)) {
	case 0:
		memset(room, 'n', 256);
		room[255 + any(c, 2)] = '\0';
		return room;
	case 1:
		return ".";
	case 2:
		return "..";
	case 3:
		return "\377\n\\";
	case 4 ... 8:
		dir = !dir;
	}
	return dir ? one_of(c, dirs) : one_of(c, files);
}

const char *make_path(struct call *c, int is_dir)
{
	static char paths[4][2048];
	static unsigned int last;
	char *path = paths[last++ % ARRAY_SIZE(paths)], room[257];
	unsigned int depth = any(c, 2) * (1 + any(c, 2)), size = sizeof(paths[0]), len = 0;

	path[0] = '\0';
	if (any(c, 200) == 0)
		depth = 20;
	if (any(c, 20) == 0)
		len += snprintf(path, size, "/");
	while (depth--)
		len += snprintf(path + len, size - len, "%.60s/",
				any_name(c, room, 1));
	if (any(c, 200) == 0)
		say(c, " (no last name)");
	else
		len += snprintf(path + len, size - len, "%s",
				any_name(c, room, is_dir));
	if (any(c, 40) == 0)
		snprintf(path + len, size - len, "/");
	say(c, " %.80s", path);
	return path;
}

const char *any_path(struct call *c)
{
	return make_path(c, 0);
}

const char *any_dir(struct call *c)
{
	return make_path(c, 1);
}

int any_fd(struct call *c)
{
	unsigned int slot = any(c, NR_FDS);

	say(c, " fd%u", slot);
	return c->side->fds[slot];
}

/* Far from where files of khofs have to end, and those of tmpfs not */
long long any_number(struct call *c, long long max)
{
	static const long long edges[] = {
		0, 1, 4095, 4096, 4097, 8192, 65536, 262144, -1, -4096,
		1ll << 31, 1ll << 32, 1ll << 40, 1ll << 50,
	};
	long long n;

	switch (any(c, 30)) {
	case 0:
		n = one_of(c, edges);
		break;
	case 1 ... 8:
		n = any(c, max / 4096 + 1) * 4096;
		break;
	case 9 ... 14:
		n = any(c, 100);
		break;
	default:
		n = any(c, max);
	}
	say(c, " %lld", n);
	return n;
}

size_t any_size(struct call *c)
{
	size_t size = any(c, 6) ? any(c, 20 * KIB) : any(c, BUF_SIZE);

	if (any(c, 4) == 0)
		size &= ~(size_t)(ALIGNED - 1);
	say(c, " size %zu", size);
	return size;
}

unsigned int any_mode(struct call *c)
{
	static const unsigned int modes[] = {
		0777, 0777, 0777, 0777, 0755, 0700, 0666, 0666, 0644, 0640,
		0600, 0400, 0070, 0007, 0, 01777, 02775, 04755, 06711,
	};
	unsigned int mode = any(c, 8) ? one_of(c, modes) : any(c, 010000);

	say(c, " mode %o", mode);
	return mode;
}

unsigned int any_id(struct call *c)
{
	static const unsigned int ids[] = {
		0, 1000, 1000, 1001, 2000, 65534, 4000000000u, -1,
	};
	unsigned int id = one_of(c, ids);

	say(c, " id %d", (int)id);
	return id;
}

int at_flags(struct call *c, int flag)
{
	int flags = any(c, 2) ? flag : 0;

	if (any(c, 60) == 0)
		flags |= 0x8000000;
	say(c, " flags %x", flags);
	return flags;
}

void fill_buf(struct call *c, size_t size)
{
	uint64_t x = any(c, UINT64_MAX), *words = (uint64_t *)buf;

	for (size_t i = 0; i < (size + 7) / 8; i++)
		words[i] = x += 0x9e3779b97f4a7c15ull;
}
