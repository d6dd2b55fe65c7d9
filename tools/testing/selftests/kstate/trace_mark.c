// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes markers into the trace and checks that they are all accounted for.
 *
 * usage: trace_mark write FIRST COUNT CPUS
 *		COUNT markers on each of the CPUs from 0 up, numbered from FIRST
 *	  trace_mark check WRITTEN CPUS
 *		per_cpu/cpuN/trace has the last ones of WRITTEN, in order, and
 *		per_cpu/cpuN/stats says where the others are
 *	  trace_mark order
 *		in what comes in on standard input (the text of "trace"), the
 *		markers of each CPU are in order and time does not go backwards;
 *		prints how many there are
 *	  trace_mark where CPU NR
 *		prints the physical address of the sub-buffer that has marker NR
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define TRACING		"/sys/kernel/tracing/"
#define MAX_CPUS	64

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static uint32_t hash(uint32_t cpu, uint32_t nr)
{
	uint32_t h = 2166136261u;
	int i;

	for (i = 0; i < 4; i++) {
		h = (h ^ (nr >> (8 * i) & 0xff)) * 16777619u;
		h = (h ^ (cpu + i)) * 16777619u;
	}
	return h;
}

static void write_markers(int cpu, unsigned int first, unsigned int count)
{
	cpu_set_t set;
	char text[64];
	unsigned int i;
	int fd, len;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		die("sched_setaffinity");
	fd = open(TRACING "trace_marker", O_WRONLY);
	if (fd < 0)
		die("trace_marker");
	for (i = first; i < first + count; i++) {
		len = snprintf(text, sizeof(text), "mark %d %u %08x\n", cpu, i,
			       hash(cpu, i));
		if (write(fd, text, len) != len)
			die("write");
	}
	exit(0);
}

static int write_all(unsigned int first, unsigned int count, int cpus)
{
	int cpu, status, ret = 0;

	for (cpu = 0; cpu < cpus; cpu++)
		if (!fork())
			write_markers(cpu, first, count);
	while (wait(&status) > 0)
		if (status)
			ret = 1;
	return ret;
}

struct marker {
	unsigned int on;	/* the CPU that the line names */
	unsigned int cpu;	/* the CPU that the marker names */
	unsigned int nr;
	double time;
};

/* 1: a marker, 0: something else, -1: a marker that is broken */
static int parse(const char *line, struct marker *m)
{
	const char *mark = strstr(line, ": mark ");
	const char *cpu = strstr(line, " [");
	char flags[16];
	unsigned int h;

	if (!mark || line[0] == '#')
		return 0;
	if (!cpu || sscanf(cpu, " [%u] %15s %lf:", &m->on, flags, &m->time) != 3)
		return -1;
	if (sscanf(mark, ": mark %u %u %x", &m->cpu, &m->nr, &h) != 3)
		return -1;
	if (h != hash(m->cpu, m->nr) || m->cpu != m->on || m->cpu >= MAX_CPUS)
		return -1;
	return strstr(line, "tracing_mark_write: mark ") ? 1 : -1;
}

static unsigned long long stat_of(int cpu, const char *name)
{
	char path[64], line[128];
	unsigned long long val;
	FILE *f;

	snprintf(path, sizeof(path), TRACING "per_cpu/cpu%d/stats", cpu);
	f = fopen(path, "r");
	if (!f)
		die(path);
	while (fgets(line, sizeof(line), f)) {
		if (!strncmp(line, name, strlen(name)) &&
		    sscanf(line + strlen(name), ": %llu", &val) == 1) {
			fclose(f);
			return val;
		}
	}
	die(name);
	return 0;
}

static int check_cpu(int cpu, unsigned int written)
{
	unsigned long long entries = stat_of(cpu, "entries");
	unsigned long long overrun = stat_of(cpu, "overrun");
	unsigned long long dropped = stat_of(cpu, "dropped events");
	unsigned long long consumed = stat_of(cpu, "read events");
	unsigned int seen = 0, next = written - entries;
	char path[64], line[512];
	struct marker m;
	double time = 0;
	int bad = 0;
	FILE *f;

	snprintf(path, sizeof(path), TRACING "per_cpu/cpu%d/trace", cpu);
	f = fopen(path, "r");
	if (!f)
		die(path);
	while (fgets(line, sizeof(line), f)) {
		int ret = parse(line, &m);

		if (!ret)
			continue;
		if (ret < 0 || m.nr != next || m.cpu != (unsigned int)cpu ||
		    m.time < time) {
			if (!bad++)
				printf("cpu %d: wanted %u, got: %s", cpu, next, line);
		}
		next = m.nr + 1;
		time = m.time;
		seen++;
	}
	fclose(f);
	printf("cpu %d: written %u = kept %llu + overrun %llu + dropped %llu",
	       cpu, written, entries, overrun, dropped);
	printf(" + read %llu; seen %u, bad %d\n", consumed, seen, bad);
	return bad || seen != entries ||
	       entries + overrun + dropped + consumed != written;
}

static int check_order(void)
{
	unsigned int last[MAX_CPUS], nr = 0, bad = 0;
	char line[512];
	struct marker m;
	double time = 0;
	int ret;

	memset(last, 0xff, sizeof(last));
	while (fgets(line, sizeof(line), stdin)) {
		ret = parse(line, &m);
		if (!ret)
			continue;
		if (ret < 0 || m.time < time ||
		    (last[m.cpu] != ~0u && m.nr != last[m.cpu] + 1)) {
			if (!bad++)
				fprintf(stderr, "not in order: %s", line);
		}
		if (ret > 0)
			last[m.cpu] = m.nr;
		time = m.time;
		nr++;
	}
	printf("%u\n", nr);
	return !!bad;
}

/* The beginning of struct trace_buffer_meta, of <linux/trace_mmap.h> */
struct meta {
	uint32_t meta_page_size;
	uint32_t meta_struct_len;
	uint32_t subbuf_size;
	uint32_t nr_subbufs;
};

static uint64_t phys_of(const void *addr)
{
	uint64_t entry, page = sysconf(_SC_PAGESIZE);
	int fd = open("/proc/self/pagemap", O_RDONLY);

	if (fd < 0 || pread(fd, &entry, sizeof(entry), (uintptr_t)addr / page *
			    sizeof(entry)) != sizeof(entry))
		die("pagemap");
	close(fd);
	return (entry & ((1ULL << 55) - 1)) * page;
}

/* The sub-buffers of a CPU, mapped one after the other */
static const char *map_subbufs(int cpu, struct meta *m)
{
	char path[64];
	void *at;
	int fd;

	snprintf(path, sizeof(path), TRACING "per_cpu/cpu%d/trace_pipe_raw", cpu);
	fd = open(path, O_RDONLY | O_NONBLOCK);
	if (fd < 0)
		die(path);
	at = mmap(NULL, sysconf(_SC_PAGESIZE), PROT_READ, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		die("meta page");
	*m = *(struct meta *)at;
	at = mmap(NULL, (size_t)m->subbuf_size * m->nr_subbufs, PROT_READ,
		  MAP_SHARED, fd, m->meta_page_size);
	if (at == MAP_FAILED)
		die("sub-buffers");
	return at;
}

static int where(int cpu, unsigned int nr)
{
	const char *subbuf;
	struct meta m;
	char text[64];
	uint32_t i;

	subbuf = map_subbufs(cpu, &m);
	snprintf(text, sizeof(text), "mark %d %u %08x", cpu, nr, hash(cpu, nr));
	for (i = 0; i < m.nr_subbufs; i++, subbuf += m.subbuf_size) {
		if (memmem(subbuf, m.subbuf_size, text, strlen(text))) {
			printf("%#llx\n", (unsigned long long)phys_of(subbuf));
			return 0;
		}
	}
	fprintf(stderr, "no marker %u\n", nr);
	return 1;
}

int main(int argc, char **argv)
{
	int cpu, ret = 0;

	if (argc == 5 && !strcmp(argv[1], "write"))
		return write_all(atoi(argv[2]), atoi(argv[3]), atoi(argv[4]));
	if (argc == 4 && !strcmp(argv[1], "check")) {
		for (cpu = 0; cpu < atoi(argv[3]); cpu++)
			ret |= check_cpu(cpu, atoi(argv[2]));
		return ret;
	}
	if (argc == 2 && !strcmp(argv[1], "order"))
		return check_order();
	if (argc == 4 && !strcmp(argv[1], "where"))
		return where(atoi(argv[2]), atoi(argv[3]));
	fprintf(stderr, "usage: see the source\n");
	return 2;
}
