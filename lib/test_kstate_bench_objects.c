// SPDX-License-Identifier: GPL-2.0-only
/*
 * KSTATE: the benchmark's objects, described, and packed by hand.
 */
#include <linux/array_size.h>
#include <linux/kstate.h>
#include <linux/string.h>

#include "../kernel/kstate_codec.h"
#include "test_kstate_bench.h"

static const struct kstate_field bench_fields[] = {
	KSTATE_SIMPLE(struct bench_obj, id),
	KSTATE_SIMPLE(struct bench_obj, flags),
	KSTATE_SIMPLE(struct bench_obj, type),
	KSTATE_SIMPLE(struct bench_obj, state),
	KSTATE_SIMPLE(struct bench_obj, active),
	KSTATE_SIMPLE(struct bench_obj, offset),
	KSTATE_ARRAY(struct bench_obj, regs),
	KSTATE_ARRAY(struct bench_obj, mac),
	KSTATE_SIMPLE(struct bench_obj, vlan),
	KSTATE_ARRAY(struct bench_obj, counters),
	KSTATE_ARRAY(struct bench_obj, name),
	KSTATE_SIMPLE(struct bench_obj, error),
	KSTATE_ARRAY(struct bench_obj, queue),
	KSTATE_SIMPLE(struct bench_obj, stamp),
	KSTATE_SIMPLE(struct bench_obj, promisc),
	KSTATE_ARRAY(struct bench_obj, pad),
	KSTATE_END()
};

const struct kstate_description bench_desc = {
	.name = "bench.object", .version = 1, .min_version = 1,
	.size = sizeof(struct bench_obj), .fields = bench_fields,
};

static const struct kstate_field bench_next_fields[] = {
	KSTATE_ARRAY(struct bench_next, name),
	KSTATE_SIMPLE(struct bench_next, flags),
	KSTATE_SIMPLE(struct bench_next, id),
	KSTATE_SIMPLE(struct bench_next, type),
	KSTATE_SIMPLE(struct bench_next, state),
	KSTATE_SIMPLE(struct bench_next, active),
	KSTATE_ARRAY(struct bench_next, regs),
	KSTATE_SIMPLE(struct bench_next, added, .flags = KSTATE_FIELD_DEFAULT,
		      .value = 42),
	KSTATE_ARRAY(struct bench_next, mac),
	KSTATE_SIMPLE(struct bench_next, tag, .alias = "vlan"),
	KSTATE_ARRAY(struct bench_next, counters),
	KSTATE_SIMPLE(struct bench_next, error),
	KSTATE_ARRAY(struct bench_next, queue),
	KSTATE_SIMPLE(struct bench_next, stamp),
	KSTATE_SIMPLE(struct bench_next, promisc),
	KSTATE_END()
};

const struct kstate_description bench_next_desc = {
	.name = "bench.object", .version = 1, .min_version = 1,
	.size = sizeof(struct bench_next), .fields = bench_next_fields,
};

/* Bytes that look like data; what lies between the fields stays zero. */
void bench_fill(struct bench_obj *obj, u32 nr)
{
	u8 bytes[BENCH_PACKED];
	size_t i;

	for (i = 0; i < sizeof(bytes); i++) {
		nr = nr * 1664525 + 1013904223;
		bytes[i] = nr >> 24;
	}
	bytes[15] &= 1;				/* active */
	bytes[BENCH_PACKED - 15] &= 1;		/* promisc */
	bench_unpack(bytes, obj);
}

bool bench_same(const struct bench_obj *a, const struct bench_obj *b)
{
	return !memcmp(a, b, sizeof(*a));
}

bool bench_next_same(const struct bench_obj *a, const struct bench_next *b)
{
	return a->id == b->id && a->flags == b->flags && a->type == b->type &&
	       a->error == b->error && a->vlan == b->tag && b->added == 42 &&
	       a->promisc == b->promisc && a->active == b->active &&
	       !memcmp(a->name, b->name, sizeof(a->name)) &&
	       !memcmp(a->regs, b->regs, sizeof(a->regs)) &&
	       !memcmp(a->counters, b->counters, sizeof(a->counters));
}

/* Bytes of the description's schema, with its section, or an errno */
ssize_t bench_schema_size(void)
{
	struct kstate_report report = { };
	struct kstate_writer w = {
		.s = { .counting = true, .report = &report },
	};
	size_t before;
	int ret;

	ret = kstate_writer_begin(&w);
	before = w.s.pos;
	if (!ret)
		ret = kstate_writer_schema(&w, &bench_desc);
	kstate_writer_free(&w);
	return ret < 0 ? ret : w.s.pos - before;
}

#define PUT(_f) do {						\
	memcpy(p, &obj->_f, sizeof(obj->_f));			\
	p += sizeof(obj->_f);					\
} while (0)

u8 *bench_pack(u8 *p, const struct bench_obj *obj)
{
	PUT(id);
	PUT(flags);
	PUT(type);
	PUT(state);
	PUT(active);
	PUT(offset);
	PUT(regs);
	PUT(mac);
	PUT(vlan);
	PUT(counters);
	PUT(name);
	PUT(error);
	PUT(queue);
	PUT(stamp);
	PUT(promisc);
	PUT(pad);
	return p;
}

#define GET(_f) do {						\
	memcpy(&obj->_f, p, sizeof(obj->_f));			\
	p += sizeof(obj->_f);					\
} while (0)

const u8 *bench_unpack(const u8 *p, struct bench_obj *obj)
{
	GET(id);
	GET(flags);
	GET(type);
	GET(state);
	GET(active);
	GET(offset);
	GET(regs);
	GET(mac);
	GET(vlan);
	GET(counters);
	GET(name);
	GET(error);
	GET(queue);
	GET(stamp);
	GET(promisc);
	GET(pad);
	return p;
}

/* ---- In a device tree ---- */

void bench_fdt_fields(struct bench_fdt_field to[BENCH_FIELDS])
{
	const struct kstate_field *f;

	BUILD_BUG_ON(ARRAY_SIZE(bench_fields) != BENCH_FIELDS + 1);
	for (f = bench_fields; f->kind != KS_END; f++, to++)
		*to = (struct bench_fdt_field){ f->name, f->offset,
						f->size * f->count };
}
