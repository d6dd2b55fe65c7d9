// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two processes to be dumped and restored by CRIU, which count, and tell all
 * that they have when they are asked over TCP.
 *
 * usage: criu_task run SEED PORT	from now on, with files made in the
 *					current directory
 *	  criu_task ask PORT		one line: what they have, and have counted
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "program.h"

#define KIB		1024L
#define MIB		(1024 * KIB)
#define PARENT_SIZE	(6 * MIB)
#define CHILD_SIZE	(3 * MIB)
#define PIPE_SIZE	(20 * KIB)
#define FNV_PRIME	0x100000001b3ull
#define FNV_BASIS	0xcbf29ce484222325ull

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* What the child tells the parent, in memory that they share */
struct told {
	volatile uint64_t sum;
	volatile uint64_t count;
	volatile uint64_t pid;
};

static uint64_t sum_of(const void *data, size_t size)
{
	const uint64_t *words = data;
	uint64_t sum = FNV_BASIS;

	for (size_t i = 0; i < size / sizeof(*words); i++)
		sum = (sum ^ words[i]) * FNV_PRIME;
	return sum;
}

static uint64_t *pattern(size_t size, uint64_t seed)
{
	uint64_t *words = must((uint64_t *)mmap(NULL, size,
			PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			-1, 0));

	for (size_t i = 0; i < size / sizeof(*words); i++)
		words[i] = mix(seed + i);
	return words;
}

static void wait_a_while(void)
{
	usleep(20000);
}

/* The file stays open, and is written to by its descriptor. */
static void write_count(int fd, uint64_t count)
{
	char text[32];
	int n = snprintf(text, sizeof(text), "%llu\n",
			 (unsigned long long)count);

	must(pwrite(fd, text, n, 0));
}

static void child(struct told *told, uint64_t seed)
{
	int fd = must(open("child", O_CREAT | O_RDWR | O_TRUNC, 0600));
	uint64_t *memory = pattern(CHILD_SIZE, seed);
	pid_t parent = getppid();

	told->pid = getpid();
	while (getppid() == parent) {
		told->sum = sum_of(memory, CHILD_SIZE);
		write_count(fd, ++told->count);
		wait_a_while();
	}
	exit(0);
}

static int listen_at(unsigned int port)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET, .sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = must(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)), one = 1;

	must(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)));
	must(bind(fd, (struct sockaddr *)&to, sizeof(to)));
	must(listen(fd, 3));
	return fd;
}

/* What is in the pipe, which is then in it again */
static uint64_t sum_of_pipe(const int *ends)
{
	static uint64_t part[PIPE_SIZE / sizeof(uint64_t)];
	ssize_t n = read(ends[0], part, sizeof(part));

	if (n <= 0)
		return 0;
	must(write(ends[1], part, n));
	return sum_of(part, n) ^ n;
}

static void answer(int fd, const uint64_t *memory, uint64_t count,
		   const int *ends, const struct told *told)
{
	char text[300];
	int n = snprintf(text, sizeof(text),
			 "pids %d,%llu memory %016llx,%016llx pipe %016llx position %lld counts %llu %llu\n",
			 getpid(), (unsigned long long)told->pid,
			 (unsigned long long)sum_of(memory, PARENT_SIZE),
			 (unsigned long long)told->sum,
			 (unsigned long long)sum_of_pipe(ends),
			 (long long)lseek(3, 0, SEEK_CUR),
			 (unsigned long long)count,
			 (unsigned long long)told->count);

	/* Whoever asked may be gone. */
	send(fd, text, n, MSG_NOSIGNAL);
	close(fd);
}

/* Until it is killed */
static void cmd_run(uint64_t seed, unsigned int port)
{
	int file = must(open("parent", O_CREAT | O_RDWR | O_TRUNC, 0600));
	struct told *told = must((struct told *)mmap(NULL, sizeof(*told),
			PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			-1, 0));
	uint64_t *memory = pattern(PARENT_SIZE, mix(seed)), count = 0;
	int ends[2], listener, fd;

	/* A descriptor by a known number, with a position in its file */
	must(write(file, memory, 12345));
	must(dup2(file, 3));
	must(pipe2(ends, O_NONBLOCK));
	must(write(ends[1], memory + 100, PIPE_SIZE));
	listener = listen_at(port);
	if (!must(fork()))
		child(told, mix(seed + 1));
	for (;;) {
		write_count(3, ++count);
		fd = accept(listener, NULL, NULL);
		if (fd >= 0)
			answer(fd, memory, count, ends, told);
		wait_a_while();
	}
}

static int cmd_ask(unsigned int port)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET, .sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = must(socket(AF_INET, SOCK_STREAM, 0));
	char text[300];
	ssize_t n;

	alarm(20);
	must(connect(fd, (struct sockaddr *)&to, sizeof(to)));
	while ((n = must(read(fd, text, sizeof(text)))) > 0)
		fwrite(text, n, 1, stdout);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "run"))
		cmd_run(strtoull(argv[2], NULL, 0), atoi(argv[3]));
	if (argc == 3 && !strcmp(argv[1], "ask"))
		return cmd_ask(atoi(argv[2]));
	fprintf(stderr, "usage: criu_task run SEED PORT | ask PORT\n");
	return 2;
}
