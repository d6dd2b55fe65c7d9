/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KSTATE: the objects that the benchmark saves, the other ways to save them,
 * and what it measures. Also built in user space.
 */
#ifndef _LIB_TEST_KSTATE_BENCH_H
#define _LIB_TEST_KSTATE_BENCH_H

#include <linux/kstate.h>

#include "test_kstate_bench_fdt.h"

/* 16 fields of all widths, as structs of drivers have them */
struct bench_obj {
	u64 id;
	u32 flags;
	u16 type;
	u8 state;
	bool active;
	s64 offset;
	u32 regs[16];
	u8 mac[6];
	u16 vlan;
	u64 counters[8];
	char name[32];
	s32 error;
	u32 queue[6];
	u64 stamp;
	bool promisc;
	u8 pad[14];
};

#define BENCH_FIELDS	16
#define BENCH_PACKED	(8 + 4 + 2 + 1 + 1 + 8 + 64 + 6 + 2 + 64 + 32 + 4 + 24 + \
			 8 + 1 + 14)

/* A later version of it: moved, widened, renamed, added, removed */
struct bench_next {
	char name[32];
	u64 flags;
	u64 id;
	u32 type;
	u8 state;
	bool active;
	u32 regs[16];
	u64 added;
	u8 mac[6];
	u16 tag;
	u64 counters[8];
	s64 error;
	u32 queue[6];
	u64 stamp;
	bool promisc;
};

extern const struct kstate_description bench_desc;
extern const struct kstate_description bench_next_desc;

void bench_fill(struct bench_obj *obj, u32 nr);
bool bench_same(const struct bench_obj *a, const struct bench_obj *b);
bool bench_next_same(const struct bench_obj *a, const struct bench_next *b);
ssize_t bench_schema_size(void);

u8 *bench_pack(u8 *p, const struct bench_obj *obj);
const u8 *bench_unpack(const u8 *p, struct bench_obj *obj);

void bench_fdt_fields(struct bench_fdt_field to[BENCH_FIELDS]);

/* Room for a line of bench_line() */
#define BENCH_LINE	160

struct bench;

struct bench *bench_new(u32 rounds);
int bench_run(struct bench *b);
int bench_line(const struct bench *b, u32 nr, char *buf, size_t size);
void bench_free(struct bench *b);

#endif /* _LIB_TEST_KSTATE_BENCH_H */
