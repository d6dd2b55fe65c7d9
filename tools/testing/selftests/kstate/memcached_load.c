// SPDX-License-Identifier: GPL-2.0
/*
 * A client of memcached(1): sets keys whose values follow from their numbers,
 * and gets them again to compare every byte, by the text protocol.
 *
 *   memcached_load SOCKET set|get PREFIX SEED BYTES
 *   memcached_load SOCKET stats
 *
 * As many keys as it takes for BYTES of values. Says what came of it in one
 * line; fails unless all of them were stored, or were there and are right.
 */
#include <err.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "program.h"

/* The most that a value has: memcached keeps that in one piece. */
#define VALUE_MAX	(400 * 1024)

/* Random words that values are taken from */
#define POOL		(128 * 1024)

static FILE *to, *from;
static char value[VALUE_MAX], got[VALUE_MAX + 2];
static unsigned long pool[POOL];

static void make_pool(unsigned long seed)
{
	for (size_t i = 0; i < POOL; i++)
		pool[i] = mix(seed + i * 0x9e3779b97f4a7c15UL);
}

/*
 * From some bytes to many, as each size is a slab class of its own. A value is
 * a piece of the pool, from any byte on, that begins with its number.
 */
static size_t make_value(unsigned long number)
{
	unsigned long x = mix(pool[number % POOL] + number), bits = x % 10;
	size_t most = bits ? 64 << bits : VALUE_MAX - 64;
	size_t len = 64 + (x >> 8) % most;

	memcpy(value, (char *)pool + (x >> 32) % (sizeof(pool) - len), len);
	memcpy(value, &number, sizeof(number));
	return len;
}

static void receive(char *line, size_t size)
{
	if (!fgets(line, size, from))
		err(1, "nothing from memcached");
	line[strcspn(line, "\r\n")] = '\0';
}

static bool store(const char *key, size_t len)
{
	char line[256];

	fprintf(to, "set %s 0 0 %zu\r\n", key, len);
	fwrite(value, len, 1, to);
	fputs("\r\n", to);
	fflush(to);
	receive(line, sizeof(line));
	if (!strcmp(line, "STORED"))
		return true;
	warnx("%s, %zu bytes: %s", key, len, line);
	return false;
}

static bool fetch(const char *key, size_t len, bool *missing)
{
	char line[256], name[256];
	size_t size = 0;
	bool same;

	fprintf(to, "get %s\r\n", key);
	fflush(to);
	receive(line, sizeof(line));
	*missing = !strcmp(line, "END");
	if (*missing)
		return false;
	if (sscanf(line, "VALUE %255s %*u %zu", name, &size) != 2 ||
	    size > VALUE_MAX || fread(got, size + 2, 1, from) != 1)
		errx(1, "%s: %s", key, line);
	same = size == len && !memcmp(got, value, len) && !strcmp(name, key);
	receive(line, sizeof(line));
	if (strcmp(line, "END"))
		errx(1, "%s: %s", key, line);
	return same;
}

static int run(bool storing, const char *prefix, unsigned long seed, unsigned long bytes)
{
	unsigned long keys = 0, good = 0, missed = 0;
	unsigned long done = 0;

	make_pool(seed);
	for (; done < bytes; keys++) {
		size_t len = make_value(keys);
		bool missing = false;
		char key[128];

		snprintf(key, sizeof(key), "%s-%lu", prefix, keys);
		good += storing ? store(key, len) : fetch(key, len, &missing);
		missed += missing;
		done += len;
	}
	printf("%lu keys with %lu bytes: %lu %s, %lu missed\n", keys,
	       done, good, storing ? "set" : "right", missed);
	return good != keys;
}

static int print_stats(void)
{
	char line[256];

	fputs("stats\r\n", to);
	fflush(to);
	for (;;) {
		receive(line, sizeof(line));
		if (!strncmp(line, "STAT ", 5))
			puts(line + 5);
		else
			return strcmp(line, "END") != 0;
	}
}

static void connect_to(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	if (fd < 0 || connect(fd, (struct sockaddr *)&addr, sizeof(addr)))
		err(1, "%s", path);
	to = fdopen(fd, "w");
	from = fdopen(dup(fd), "r");
	if (!to || !from)
		err(1, "%s", path);
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[2], "stats")) {
		connect_to(argv[1]);
		return print_stats();
	}
	if (argc != 6 || (strcmp(argv[2], "set") && strcmp(argv[2], "get")))
		errx(2, "usage: SOCKET stats|set|get [PREFIX SEED BYTES]");
	connect_to(argv[1]);
	return run(!strcmp(argv[2], "set"), argv[3],
		   strtoul(argv[4], NULL, 0), strtoul(argv[5], NULL, 0));
}
