// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzzer of streams. All objects of a stream are restored into all samples,
 * whatever their names, empty ones and such that have memory already.
 *
 * A fuzzer does not guess checksums, and seldom lengths. So they are mended: in
 * a stream whose first byte is 1, only the checksums. Any other input is a list
 * of sections in short form, of which a stream is made: u8 type, u8 schema, u8
 * instance or count of records, u16 length, payload.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/kernel.h>
#include <linux/unaligned.h>

#include "fuzz.h"
#include "hop.h"
#include "samples.h"
#include "shim_mem.h"

#define SHORT_HEAD	5
#define MAX_SECTIONS	64

/* ---- From the input to a stream ---- */

static struct stream from_raw(const u8 *data, size_t size)
{
	struct stream in = { .data = (u8 *)data, .len = size, .preserved = ~0U };

	return stream_copy(&in, size);
}

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

static struct stream from_short(const u8 *data, size_t size)
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

/* ---- From the stream to objects ---- */

static bool same_as_filled(const struct sample *s, const void *obj)
{
	union sample_obj want = { };
	bool ret;

	s->fill(&want, 2, false);
	ret = s->same(obj, &want);
	s->release(&want);
	return ret;
}

static bool known_error(int err)
{
	return err == -EBADMSG || err == -ERANGE || err == -EMSGSIZE ||
	       err == -EEXIST || err == -ESTALE || err == -EINVAL ||
	       err == -ENODATA || err == -EPROTO || err == -ENOENT;
}

/* What could be restored can be saved, and restored once more. */
static void hop_once_more(const struct sample *s, union sample_obj *obj)
{
	union sample_obj again = { };
	struct stream out = { };

	shim_assert(!hop_write(s->desc, obj, 1, &out));
	shim_assert(!hop_read(&out, s->desc, &again, 1));
	shim_assert(s->same(obj, &again));
	stream_free(&out);
	s->release(&again);
}

/* What is said of it beforehand, from the schemas and the bytes alone */
static int foretell(const struct kstate_in_object *in,
		    const struct kstate_program *prog)
{
	struct kstate_report report = { };
	struct kstate_resolution *res;
	int err;

	res = kstate_resolve_schemas(in->schema, prog->to, &report);
	shim_assert(!IS_ERR(res));
	err = kstate_verify(res->top, in->data, in->len, &report);
	shim_assert(err == report.err);
	kstate_resolution_free(res);
	return err;
}

/* Does it depend on what else there is, and not on the bytes alone? */
static bool is_of_world(const struct kstate_report *report)
{
	return report->err == -EINVAL || report->err == -ENOENT ||
	       report->err == -ESTALE ||
	       strstr(report->why, "was refused by its load hook");
}

/*
 * What will be refused is, and for the same reason, unless another comes first.
 * The rest is read into an object that has nothing, if all that it refers to is
 * there, is what it must be, and suits a hook.
 */
static bool came_true(int foretold, const struct kstate_report *report,
		      bool filled)
{
	int err = report->err;

	if (!err)
		return !foretold;
	if (err == foretold || is_of_world(report))
		return true;
	return filled && (err == -EEXIST || err == -EMSGSIZE || err == -ERANGE);
}

static void restore(struct kstate_in_object *in, const struct sample *s,
		    bool filled)
{
	union sample_obj dst = { }, zero = { };
	struct kstate_report report = { };
	const struct kstate_program *prog;
	struct kstate_refs refs = kstate_core_refs(&kstate_core);
	unsigned int i;
	int err;

	shim_mem_reset();
	for (i = 0; i < SHIM_FOLIOS; i++)
		shim_folios[i].page.preserved = true;
	prog = kstate_resolve(in->schema, s->desc, &report);
	if (IS_ERR(prog))
		return;
	if (filled)
		s->fill(&dst, 2, false);
	shim_assert(!sample_register_targets(&kstate_core, s->desc));
	err = kstate_load(prog, in, &dst, kstate_core.mem, &refs, &report);
	sample_unregister_targets(&kstate_core);
	shim_assert(err == report.err);
	shim_assert(came_true(foretell(in, prog), &report, filled));
	if (!err)
		hop_once_more(s, &dst);
	else
		shim_assert(known_error(err) &&
			    (filled ? same_as_filled(s, &dst) :
				      !memcmp(&dst, &zero, sizeof(dst))));
	s->release(&dst);
}

/* A tool has the reader's schemas from an image: they are input as well. */
static void foretell_all(const struct kstate_reader *r,
			 const struct kstate_in_object *in)
{
	struct kstate_report report;
	struct kstate_resolution *res;
	u32 i;

	for (i = 0; i < r->nr_schemas; i++) {
		report.err = 0;
		res = kstate_resolve_schemas(in->schema, &r->schemas[i],
					     &report);
		if (IS_ERR(res)) {
			shim_assert(report.err == PTR_ERR(res));
			continue;
		}
		kstate_verify(res->top, in->data, in->len, &report);
		kstate_resolution_free(res);
	}
}

static void walk(struct kstate_reader *r)
{
	const struct sample *s;
	u32 i;

	for (i = 0; i < r->nr_objects; i++) {
		foretell_all(r, &r->objects[i]);
		for (s = samples; s < samples + nr_samples; s++) {
			restore(&r->objects[i], s, false);
			restore(&r->objects[i], s, true);
		}
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct kstate_reader r;
	struct stream in;
	long before;

	if (size < 1)
		return -1;
	in = data[0] == 1 ? from_raw(data + 1, size - 1) :
			    from_short(data, size);
	stream_fix_crc(in.data, in.len);
	before = shim_allocated();
	if (!kstate_reader_open(&r, in.data, in.len)) {
		walk(&r);
		kstate_reader_free(&r);
	}
	shim_assert(shim_allocated() == before);
	stream_free(&in);
	return 0;
}
