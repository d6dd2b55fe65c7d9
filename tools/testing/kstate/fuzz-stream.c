// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzzer of streams. All objects of a stream are restored into all samples,
 * whatever their names, empty ones and such that have memory already.
 *
 * A fuzzer does not guess checksums, and seldom lengths. So they are mended: in
 * a stream whose first byte is 1, only the checksums. Any other input is made a
 * stream by fuzz_sections().
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/kernel.h>

#include "fuzz.h"
#include "hop.h"
#include "samples.h"
#include "shim_mem.h"

/* ---- From the input to a stream ---- */

static struct stream from_raw(const u8 *data, size_t size)
{
	struct stream in = { .data = (u8 *)data, .len = size, .preserved = ~0U };

	return stream_copy(&in, size);
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
			    fuzz_sections(data, size);
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
