// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <string.h>

#include <linux/kernel.h>

#include "raw.h"
#include "shim_mem.h"
#include "tap.h"

u8 raw_buf[RAW_MAX_STREAM] __aligned(8);
size_t raw_used, raw_at;
u32 raw_schemas, raw_objects;

struct kstate_abi_stream *raw_head(void)
{
	return (struct kstate_abi_stream *)raw_buf;
}

struct kstate_abi_section *raw_section(void)
{
	return (struct kstate_abi_section *)(raw_buf + raw_at);
}

void raw_put(const void *bytes, size_t len)
{
	shim_assert(raw_used + len <= sizeof(raw_buf));
	memcpy(raw_buf + raw_used, bytes, len);
	raw_used += len;
}

void raw_put32(u32 value)
{
	raw_put(&value, sizeof(value));
}

void raw_put64(u64 value)
{
	raw_put(&value, sizeof(value));
}

void raw_put8(u8 value)
{
	raw_put(&value, 1);
}

void raw_begin(void)
{
	memset(raw_buf, 0, sizeof(raw_buf));
	raw_used = sizeof(struct kstate_abi_stream);
	raw_schemas = 0;
	raw_objects = 0;
	raw_head()->magic = cpu_to_le64(KSTATE_ABI_STREAM_MAGIC);
	raw_head()->format = cpu_to_le32(KSTATE_ABI_STREAM_FORMAT);
	raw_head()->header_size = cpu_to_le32(sizeof(struct kstate_abi_stream));
}

void raw_begin_section(u32 type, u32 schema, u64 instance)
{
	raw_at = raw_used;
	raw_used += sizeof(struct kstate_abi_section);
	raw_section()->type = cpu_to_le32(type);
	raw_section()->schema = cpu_to_le32(schema);
	raw_section()->instance = cpu_to_le64(instance);
}

void raw_end_section(void)
{
	size_t len = raw_used - raw_at - sizeof(struct kstate_abi_section);

	raw_used = ALIGN(raw_used, 8);
	raw_section()->length = cpu_to_le64(len);
	raw_section()->span = cpu_to_le64(raw_used - raw_at);
}

void raw_object(u32 schema, const void *bytes, size_t len)
{
	raw_begin_section(KSTATE_ABI_SECT_OBJECT, schema, RAW_INSTANCE);
	raw_put(bytes, len);
	raw_end_section();
	raw_objects++;
}

void raw_finish(void)
{
	raw_begin_section(KSTATE_ABI_SECT_END, 0, 0);
	raw_end_section();
	raw_head()->length = cpu_to_le64(raw_used);
	raw_head()->nr_schemas = cpu_to_le32(raw_schemas);
	raw_head()->nr_objects = cpu_to_le32(raw_objects);
}

/* A schema named "t"; names are "t", "a", "b" and so on after the fields. */
void raw_schema_begin(u32 nr_fields, const struct raw_field *f, u32 nr)
{
	u32 names = SCHEMA_SIZE + nr * FIELD_SIZE;
	u32 i;

	raw_begin_section(KSTATE_ABI_SECT_SCHEMA, raw_schemas++, 0);
	raw_put32(1);
	raw_put32(1);
	raw_put32(nr_fields);
	raw_put32(0);
	raw_put32(names);
	raw_put32(0);
	for (i = 0; i < nr; i++) {
		raw_put(&f[i].kind, 2);
		raw_put(&f[i].type, 2);
		raw_put32(f[i].flags);
		raw_put32(f[i].width);
		raw_put32(f[i].count);
		raw_put32(f[i].schema);
		raw_put32(f[i].name ?: names + 2 + 2 * i);
		raw_put32(f[i].attrs);
	}
}

void raw_schema_end(u32 nr)
{
	u32 i;

	raw_put("t", 2);
	for (i = 0; i < nr; i++) {
		raw_put8('a' + i % 26);
		raw_put8(0);
	}
	raw_end_section();
}

void raw_schema(const struct raw_field *f, u32 nr)
{
	raw_schema_begin(nr, f, nr);
	raw_schema_end(nr);
}

void raw_schema_extra(u32 flags, const struct raw_field *f, u32 nr,
		      const void *extra, size_t len)
{
	struct kstate_abi_schema *head;

	raw_schema_begin(nr, f, nr);
	head = (struct kstate_abi_schema *)(raw_section() + 1);
	head->flags = cpu_to_le32(flags);
	raw_schema_end(nr);
	raw_used = raw_at + sizeof(struct kstate_abi_section) + raw_extra(nr);
	raw_put(extra, len);
	raw_end_section();
}

void raw_begin_group(u32 schema)
{
	raw_begin_section(KSTATE_ABI_SECT_GROUP, schema, 0);
}

void raw_record(u64 instance, u32 flags, const void *bytes, size_t len)
{
	raw_put64(instance);
	raw_put32(len);
	raw_put32(flags);
	raw_put(bytes, len);
	raw_section()->count = cpu_to_le32(le32_to_cpu(raw_section()->count) +
					   1);
	raw_objects++;
}

/* Mend the checksums and read it as a kernel would. */
int raw_read(const struct kstate_description *desc, void *obj)
{
	struct stream whole = { .data = raw_buf, .len = raw_used, .preserved = 1 };
	struct stream s;
	int err;

	stream_fix_crc(raw_buf, raw_used);
	s = stream_copy(&whole, raw_used);
	err = hop_read(&s, desc, obj, RAW_INSTANCE);
	stream_free(&s);
	return err;
}

static const struct kstate_field thing_fields[] = {
	KSTATE_SIMPLE(struct raw_thing, a),
	KSTATE_SIMPLE(struct raw_thing, flag, .name = "b"),
	KSTATE_END()
};

const struct kstate_description raw_thing_desc = {
	.name = "t", .version = 1, .size = sizeof(struct raw_thing),
	.fields = thing_fields,
};

int raw_read_thing(void)
{
	struct raw_thing obj = { 1, true };
	int err = raw_read(&raw_thing_desc, &obj);

	if (err)
		CHECK(obj.a == 1 && obj.flag);
	return err;
}

const struct raw_field raw_good[2] = { U32_FIELD, BOOL_FIELD };

void raw_good_stream(void)
{
	raw_begin();
	raw_schema(raw_good, 2);
	raw_object(0, "\x05\0\0\0\0", 5);
	raw_finish();
}

