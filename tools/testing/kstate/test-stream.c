// SPDX-License-Identifier: GPL-2.0
/*
 * What every kind looks like in the stream, and what becomes of a stream that
 * is cut off or damaged.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/kernel.h>
#include <linux/slab.h>

#include "hop.h"
#include "samples.h"
#include "shim_mem.h"
#include "tap.h"

#define INSTANCE	7

/* The object of sample @s that seed 1 gives, as a stream */
static struct stream write_sample(const struct sample *s)
{
	union sample_obj src = { };
	struct stream out = { };

	shim_assert(s->desc->size <= sizeof(src));
	shim_mem_reset();
	s->fill(&src, 1, true);
	CHECK_EQ(hop_write(s->desc, &src, INSTANCE, &out), 0);
	s->release(&src);
	return out;
}

/* Does @obj have what seed @seed gives? */
static bool has(const struct sample *s, const union sample_obj *obj,
		unsigned int seed, bool source)
{
	union sample_obj want = { };
	bool ret;

	s->fill(&want, seed, source);
	ret = s->same(obj, &want);
	s->release(&want);
	return ret;
}

/* ---- Streams as they should be ---- */

static void round_trip_into_nothing(void)
{
	union sample_obj dst = { };
	const struct sample *s;
	struct stream in;

	for (s = samples; s < samples + nr_samples; s++) {
		in = write_sample(s);
		CHECK_EQ(hop_read(&in, s->desc, &dst, INSTANCE), 0);
		CHECK(has(s, &dst, 1, true));
		s->release(&dst);
		stream_free(&in);
	}
}

/* What the object has already is overwritten, not replaced. */
static void round_trip_into_memory(void)
{
	union sample_obj dst = { };
	const struct sample *s;
	struct stream in;

	for (s = samples; s < samples + nr_samples; s++) {
		in = write_sample(s);
		s->fill(&dst, 2, false);
		CHECK_EQ(hop_read(&in, s->desc, &dst, INSTANCE), 0);
		CHECK(has(s, &dst, 1, true));
		s->release(&dst);
		stream_free(&in);
	}
}

static void round_trip_of_nothing(void)
{
	union sample_obj src = { }, dst = { };
	const struct sample *s;
	struct stream in;

	for (s = samples; s < samples + nr_samples; s++) {
		CHECK_EQ(hop_write(s->desc, &src, INSTANCE, &in), 0);
		CHECK_EQ(hop_read(&in, s->desc, &dst, INSTANCE), 0);
		CHECK(s->same(&src, &dst));
		s->release(&dst);
		stream_free(&in);
	}
}

/* ---- Golden bytes ---- */

static void print_hex(FILE *f, const struct stream *s)
{
	size_t i;

	for (i = 0; i < s->len; i++)
		fprintf(f, "%02x%c", s->data[i],
			i % 8 == 7 || i == s->len - 1 ? '\n' : ' ');
}

/* KSTATE_GOLDEN names the directory; with KSTATE_GOLDEN_WRITE it is written. */
static FILE *open_golden(const char *name, const char *mode)
{
	const char *dir = getenv("KSTATE_GOLDEN");
	char path[512];

	snprintf(path, sizeof(path), "%s/%s.hex", dir ?: "golden", name);
	return fopen(path, mode);
}

static bool same_as_file(const struct stream *s, FILE *f)
{
	unsigned int byte;
	size_t i;

	for (i = 0; i < s->len; i++) {
		if (fscanf(f, "%x", &byte) != 1)
			return CHECK_EQ(i, s->len);
		if (byte != s->data[i])
			return tap_check(false, __FILE__, __LINE__,
					 "byte %zu is %02x, not %02x", i,
					 s->data[i], byte);
	}
	return CHECK(fscanf(f, "%x", &byte) == EOF);
}

static void check_golden(const char *name, const struct stream *s)
{
	bool write = getenv("KSTATE_GOLDEN_WRITE");
	FILE *f = open_golden(name, write ? "w" : "r");

	if (!f) {
		tap_check(false, __FILE__, __LINE__, "no golden file of %s",
			  name);
		return;
	}
	if (write)
		print_hex(f, s);
	else if (!same_as_file(s, f))
		printf("# golden bytes of %s\n", name);
	fclose(f);
}

static void golden_bytes(void)
{
	const struct sample *s;
	struct stream out;

	for (s = samples; s < samples + nr_samples; s++) {
		out = write_sample(s);
		check_golden(s->name, &out);
		stream_free(&out);
	}
}

/* ---- Streams that end early ---- */

static void refused(const struct sample *s, const struct stream *in, int err)
{
	union sample_obj dst = { };

	s->fill(&dst, 2, false);
	CHECK_EQ(hop_read(in, s->desc, &dst, INSTANCE), err);
	CHECK(has(s, &dst, 2, false));
	s->release(&dst);
}

static void truncated(void)
{
	struct stream whole, part;
	const struct sample *s;
	size_t len;

	for (s = samples; s < samples + nr_samples; s++) {
		whole = write_sample(s);
		for (len = 0; len < whole.len; len++) {
			part = stream_copy(&whole, len);
			refused(s, &part, -EBADMSG);
			stream_free(&part);
		}
		stream_free(&whole);
	}
}

/* The header says so, and all checksums are right. */
static void truncated_on_purpose(void)
{
	struct stream whole, part;
	struct kstate_abi_stream *head;
	const struct sample *s;
	size_t len;

	for (s = samples; s < samples + nr_samples; s++) {
		whole = write_sample(s);
		for (len = sizeof(*head); len < whole.len; len++) {
			part = stream_copy(&whole, len);
			head = (struct kstate_abi_stream *)part.data;
			head->length = cpu_to_le64(len);
			stream_fix_crc(part.data, len);
			refused(s, &part, -EBADMSG);
			stream_free(&part);
		}
		stream_free(&whole);
	}
}

static struct kstate_abi_section *find_section(struct stream *s, u32 type)
{
	size_t at = sizeof(struct kstate_abi_stream);
	struct kstate_abi_section *sect;

	while ((sect = stream_section(s->data, s->len, at))) {
		if (le32_to_cpu(sect->type) == type)
			return sect;
		at += le64_to_cpu(sect->span);
	}
	abort();
}

/* An object or schema whose section is shorter than its contents */
static void sections_truncated(void)
{
	static const u32 types[] = {
		KSTATE_ABI_SECT_SCHEMA, KSTATE_ABI_SECT_GROUP
	};
	struct kstate_abi_section *sect;
	struct stream whole, part;
	const struct sample *s;
	unsigned int i;
	u64 len;

	for (s = samples; s < samples + nr_samples; s++) {
		whole = write_sample(s);
		for (i = 0; i < ARRAY_SIZE(types); i++) {
			sect = find_section(&whole, types[i]);
			for (len = 0; len < le64_to_cpu(sect->length); len++) {
				part = stream_copy(&whole, whole.len);
				find_section(&part, types[i])->length =
					cpu_to_le64(len);
				stream_fix_crc(part.data, part.len);
				refused(s, &part, -EBADMSG);
				stream_free(&part);
			}
		}
		stream_free(&whole);
	}
}

/* ---- Damaged streams ---- */

/* Padding has no checksum and no meaning; all else is covered. */
static void bit_flips(void)
{
	union sample_obj dst = { };
	const struct sample *s;
	struct stream in;
	size_t bit;

	for (s = samples; s < samples + nr_samples; s++) {
		in = write_sample(s);
		for (bit = 0; bit < in.len * 8; bit++) {
			in.data[bit / 8] ^= 1 << bit % 8;
			if (!stream_is_padding(&in, bit / 8)) {
				refused(s, &in, -EBADMSG);
			} else {
				CHECK_EQ(hop_read(&in, s->desc, &dst, INSTANCE),
					 0);
				CHECK(has(s, &dst, 1, true));
				s->release(&dst);
			}
			in.data[bit / 8] ^= 1 << bit % 8;
		}
		stream_free(&in);
	}
}

/*
 * A writer that lies: the checksums are right. Anything may come out of it but
 * a crash, a leak, or an object that is half restored.
 */
static void read_lie(const struct sample *s, const struct stream *in)
{
	union sample_obj dst = { }, zero = { };
	int err;

	err = hop_read(in, s->desc, &dst, INSTANCE);
	if (err) {
		CHECK(!memcmp(&dst, &zero, sizeof(dst)));
		CHECK(err != -ENOMEM);
	}
	s->release(&dst);

	s->fill(&dst, 2, false);
	if (hop_read(in, s->desc, &dst, INSTANCE))
		CHECK(has(s, &dst, 2, false));
	s->release(&dst);
}

static void lies(bool (*change)(struct stream *s, size_t nr))
{
	struct stream whole, lie;
	const struct sample *s;
	size_t nr;
	bool more;

	for (s = samples; s < samples + nr_samples; s++) {
		whole = write_sample(s);
		for (nr = 0, more = true; more; nr++) {
			lie = stream_copy(&whole, whole.len);
			more = change(&lie, nr);
			stream_fix_crc(lie.data, lie.len);
			if (more)
				read_lie(s, &lie);
			stream_free(&lie);
		}
		stream_free(&whole);
	}
}

static bool flip_bit(struct stream *s, size_t nr)
{
	if (nr >= s->len * 8)
		return false;
	s->data[nr / 8] ^= 1 << nr % 8;
	return true;
}

static bool set_word(struct stream *s, size_t nr)
{
	static const u32 words[] = {
		0, 1, 2, 0x10, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff,
	};
	size_t at = nr / ARRAY_SIZE(words);

	if (at + sizeof(u32) > s->len)
		return false;
	memcpy(s->data + at, &words[nr % ARRAY_SIZE(words)], sizeof(u32));
	return true;
}

static void lying_bits(void)
{
	lies(flip_bit);
}

static void lying_words(void)
{
	lies(set_word);
}

int main(void)
{
	static const struct tap_test tests[] = {
		TAP_TEST(round_trip_into_nothing),
		TAP_TEST(round_trip_into_memory),
		TAP_TEST(round_trip_of_nothing),
		TAP_TEST(golden_bytes),
		TAP_TEST(truncated),
		TAP_TEST(truncated_on_purpose),
		TAP_TEST(sections_truncated),
		TAP_TEST(bit_flips),
		TAP_TEST(lying_bits),
		TAP_TEST(lying_words),
	};

	return tap_run(tests, ARRAY_SIZE(tests));
}
