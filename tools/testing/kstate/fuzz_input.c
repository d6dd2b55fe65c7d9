// SPDX-License-Identifier: GPL-2.0
/*
 * What a fuzzer does not guess: lengths, and checksums.
 */
#include <stdlib.h>
#include <string.h>

#include <linux/kernel.h>
#include <linux/unaligned.h>

#include "fuzz.h"

#define SHORT_HEAD	5
#define MAX_SECTIONS	64

static void put_section(struct stream *s, u32 type, const u8 *head,
			const u8 *payload, size_t len)
{
	struct kstate_abi_section *sect = (void *)(s->data + s->len);

	sect->type = cpu_to_le32(type);
	sect->length = cpu_to_le64(len);
	sect->span = cpu_to_le64(sizeof(*sect) + ALIGN(len, 8));
	if (head) {
		sect->schema = cpu_to_le32(head[1]);
		if (type == KSTATE_ABI_SECT_OBJECT)
			sect->instance = cpu_to_le64(head[2]);
		if (type == KSTATE_ABI_SECT_GROUP)
			sect->count = cpu_to_le32(head[2]);
	}
	if (len)
		memcpy(sect + 1, payload, len);
	s->len += le64_to_cpu(sect->span);
}

static void put_header(struct stream *s, u32 schemas, u32 objects)
{
	struct kstate_abi_stream *head = (struct kstate_abi_stream *)s->data;

	head->magic = cpu_to_le64(KSTATE_ABI_STREAM_MAGIC);
	head->format = cpu_to_le32(KSTATE_ABI_STREAM_FORMAT);
	head->header_size = cpu_to_le32(sizeof(*head));
	head->length = cpu_to_le64(s->len);
	head->nr_schemas = cpu_to_le32(schemas);
	head->nr_objects = cpu_to_le32(objects);
}

struct stream fuzz_sections(const u8 *data, size_t size)
{
	static const u32 types[] = {
		KSTATE_ABI_SECT_SCHEMA, KSTATE_ABI_SECT_OBJECT,
		KSTATE_ABI_SECT_GROUP,
	};
	u32 schemas = 0, objects = 0, type, i;
	struct stream s = { .preserved = ~0U };
	struct stream exact;
	size_t len;

	s.data = calloc(1, size + 64 * (MAX_SECTIONS + 2));
	s.len = sizeof(struct kstate_abi_stream);
	for (i = 0; i < MAX_SECTIONS && size >= SHORT_HEAD; i++) {
		len = min_t(size_t, get_unaligned_le16(data + 3),
			    size - SHORT_HEAD);
		type = types[data[0] % ARRAY_SIZE(types)];
		objects += type == KSTATE_ABI_SECT_OBJECT ? 1 :
			   type == KSTATE_ABI_SECT_GROUP ? data[2] : 0;
		schemas += type == KSTATE_ABI_SECT_SCHEMA;
		put_section(&s, type, data, data + SHORT_HEAD, len);
		data += SHORT_HEAD + len;
		size -= SHORT_HEAD + len;
	}
	put_section(&s, KSTATE_ABI_SECT_END, NULL, NULL, 0);
	put_header(&s, schemas, objects);
	exact = stream_copy(&s, s.len);
	stream_free(&s);
	return exact;
}

/* A stream needs to be aligned; where it is found it is not. */
static void mend_at(u8 *data, size_t len)
{
	struct stream in = { .data = data, .len = len };
	struct stream copy = stream_copy(&in, len);

	stream_fix_crc(copy.data, len);
	memcpy(data, copy.data, len);
	stream_free(&copy);
}

void fuzz_mend(u8 *data, size_t len)
{
	size_t i;

	for (i = 0; i + sizeof(struct kstate_abi_stream) <= len; i++) {
		if (get_unaligned_le64(data + i) == KSTATE_ABI_STREAM_MAGIC)
			mend_at(data + i, len - i);
	}
}
