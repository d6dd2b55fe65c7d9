// SPDX-License-Identifier: GPL-2.0-only
/*
 * Damage a stream in many ways, with checksums that are right, and have it
 * shown and checked. To be built with sanitizers: there is no other verdict.
 *
 * usage: mutate STREAM IMAGE ROUNDS
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tool.h"

static u64 seed = 1;

/* The same in every run */
static u32 any(u32 below)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (seed >> 33) % below;
}

static void fix_section(struct kstate_abi_section *sect)
{
	sect->payload_crc = cpu_to_le32(kstate_crc(sect + 1,
						   le64_to_cpu(sect->length)));
	sect->crc = cpu_to_le32(kstate_crc(sect, offsetof(typeof(*sect), crc)));
}

/* What an attacker would write: small numbers, ends of ranges, anything. */
static u8 any_byte(void)
{
	static const u8 bytes[] = { 0, 1, 2, 3, 0x7f, 0x80, 0xff };

	return any(4) ? bytes[any(ARRAY_SIZE(bytes))] : any(256);
}

/* Change one to four bytes of a payload, and now and then of all of them. */
static void damage(u8 *stream, size_t len)
{
	size_t at = sizeof(struct kstate_abi_stream), length;
	struct kstate_abi_section *sect;
	unsigned int n;

	for (; at < len; at += le64_to_cpu(sect->span)) {
		sect = (struct kstate_abi_section *)(stream + at);
		length = le64_to_cpu(sect->length);
		if (!length || any(3))
			continue;
		for (n = 1 + any(4); n; n--)
			((u8 *)(sect + 1))[any(length)] = any_byte();
		fix_section(sect);
	}
}

static void show(const struct kstate_reader *r)
{
	struct kstate_report report = { };
	struct json_object *json;
	u32 i;

	for (i = 0; i < r->nr_schemas; i++) {
		json = schema_json(&r->schemas[i]);
		json_object_to_json_string(json);
		json_object_put(json);
		schema_print(&r->schemas[i], "");
	}
	for (i = 0; i < r->nr_objects; i++) {
		json = object_json(&r->objects[i], true, &report);
		if (!json)
			continue;
		print_tree("object", json, 0);
		json_object_put(json);
	}
}

static void check(struct source *a, struct source *b)
{
	struct json_object *json;
	int status;

	json = check_sources(a, &(struct sources) { b, 1 }, &status);
	print_check(json);
	json_object_put(json);
}

int main(int argc, char **argv)
{
	unsigned long rounds, opened = 0, i;
	struct source whole, other = { .name = "other" };
	size_t len;
	u8 *bytes;

	if (argc != 4 || source_open(&whole, argv[2]))
		return 1;
	bytes = need(read_all(argv[1], &len));
	other.bytes = need(malloc(len));
	rounds = strtoul(argv[3], NULL, 10);
	for (i = 0; i < rounds; i++) {
		memcpy(other.bytes, bytes, len);
		damage(other.bytes, len);
		if (kstate_reader_open(&other.reader, other.bytes, len))
			continue;
		opened++;
		show(&other.reader);
		check(&whole, &other);
		check(&other, &whole);
		kstate_reader_free(&other.reader);
	}
	fprintf(stderr, "%lu of %lu were opened\n", opened, rounds);
	free(other.bytes);
	free(bytes);
	source_close(&whole);
	return !opened;
}
