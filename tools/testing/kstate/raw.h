/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Streams put together by hand, with anything in them but a wrong checksum.
 */
#ifndef _KSTATE_RAW_H
#define _KSTATE_RAW_H

#include <linux/kstate.h>

#include "hop.h"

#define RAW_INSTANCE	7
#define RAW_MAX_STREAM	0x100000
#define NO_SCHEMA	KSTATE_ABI_NO_SCHEMA

/* The stream, how much there is of it, and where its last section begins */
extern u8 raw_buf[RAW_MAX_STREAM];
extern size_t raw_used, raw_at;

/* What the header will say that there is */
extern u32 raw_schemas, raw_objects;

struct kstate_abi_stream *raw_head(void);
struct kstate_abi_section *raw_section(void);

void raw_begin(void);
void raw_finish(void);
void raw_begin_section(u32 type, u32 schema, u64 instance);
void raw_end_section(void);
void raw_put(const void *bytes, size_t len);
void raw_put8(u8 value);
void raw_put32(u32 value);
void raw_put64(u64 value);

/* ---- Schemas ---- */

struct raw_field {
	u16 kind, type;
	u32 flags, width, count, schema;
	u32 name;		/* offset, or 0: that of "a" */
	u32 attrs;		/* offset, or 0: none */
};

#define SCHEMA_SIZE	sizeof(struct kstate_abi_schema)
#define FIELD_SIZE	sizeof(struct kstate_abi_field)

#define U32_FIELD	{ KSTATE_ABI_SIMPLE, KSTATE_ABI_UINT, 0, 4, 1, NO_SCHEMA }
#define BOOL_FIELD	{ KSTATE_ABI_SIMPLE, KSTATE_ABI_BOOL, 0, 1, 1, NO_SCHEMA }

/* A schema named "t"; names are "t", "a", "b" and so on after the fields. */
void raw_schema(const struct raw_field *f, u32 nr);

/* The same in two steps, with a number of fields that need not be @nr */
void raw_schema_begin(u32 nr_fields, const struct raw_field *f, u32 nr);
void raw_schema_end(u32 nr);

/* The same with flags, and with more bytes at the offset raw_extra(nr) */
static inline u32 raw_extra(u32 nr)
{
	return SCHEMA_SIZE + nr * FIELD_SIZE + 2 + 2 * nr;
}

void raw_schema_extra(u32 flags, const struct raw_field *f, u32 nr,
		      const void *extra, size_t len);

/* ---- Objects ---- */

void raw_object(u32 schema, const void *bytes, size_t len);
void raw_begin_group(u32 schema);
void raw_record(u64 instance, u32 flags, const void *bytes, size_t len);

/* Mend the checksums and read it as a kernel would. */
int raw_read(const struct kstate_description *desc, void *obj);

/* ---- A stream with nothing wrong: u32 "a" of 5, bool "b" of false ---- */

struct raw_thing {
	u32 a;
	bool flag;
};

extern const struct kstate_description raw_thing_desc;
extern const struct raw_field raw_good[2];

void raw_good_stream(void);
int raw_read_thing(void);

#endif /* _KSTATE_RAW_H */
