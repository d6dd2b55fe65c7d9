// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzzer of kernel images. What an image says that it can restore is found and
 * opened; then it is asked about the samples that it names, as at the load and at
 * the reboot, and about itself.
 *
 * The first byte says what the others are: an image (1); the numbers of a setup
 * header, and what follows the setup sectors (2); or the schemas in an image
 * that is right, for fuzz_sections(). Checksums are mended.
 */
#define _GNU_SOURCE		/* memmem() */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/unaligned.h>

#include "fuzz.h"
#include "samples.h"
#include "shim_mem.h"

#define SECTOR		512
#define MAX_SECTORS	5
#define PARTS_HEAD	7
#define INFO_SIZE	12
#define OBJECT_HEAD	8
#define INSTANCE	7

/* ---- From the input to an image ---- */

/* As many setup sectors as there can be, then @len bytes */
static struct stream new_image(u8 sectors, u16 version, u32 info, size_t len)
{
	size_t start = ((sectors ?: 4) + 1) * SECTOR;
	struct stream image = {
		.data = calloc(1, start + len), .len = start + len,
	};

	image.data[0x1f1] = sectors;
	memcpy(image.data + 0x202, "HdrS", 4);
	put_unaligned_le16(version, image.data + 0x206);
	put_unaligned_le32(info, image.data + 0x268);
	return image;
}

static struct stream from_parts(const u8 *data, size_t size)
{
	struct stream image;

	if (size < PARTS_HEAD)
		return new_image(1, 0x20f, 0, 0);
	image = new_image(data[0] % (MAX_SECTORS + 1),
			  get_unaligned_le16(data + 1),
			  get_unaligned_le32(data + 3), size - PARTS_HEAD);
	memcpy(image.data + image.len - (size - PARTS_HEAD), data + PARTS_HEAD,
	       size - PARTS_HEAD);
	return image;
}

static struct stream from_schemas(const u8 *data, size_t size)
{
	struct stream blob = fuzz_sections(data, size), image;
	u8 *info;

	image = new_image(1, 0x20f, 0, INFO_SIZE + OBJECT_HEAD + blob.len);
	info = image.data + 2 * SECTOR;
	memcpy(info, "LToP", 4);
	put_unaligned_le32(INFO_SIZE, info + 4);
	put_unaligned_le32(image.len - 2 * SECTOR, info + 8);
	memcpy(info + INFO_SIZE, KSTATE_ABI_IMAGE_MAGIC, 4);
	put_unaligned_le32(OBJECT_HEAD + blob.len, info + INFO_SIZE + 4);
	memcpy(info + INFO_SIZE + OBJECT_HEAD, blob.data, blob.len);
	stream_free(&blob);
	return image;
}

static struct stream new_input(const u8 *data, size_t size)
{
	struct stream raw = { .data = (u8 *)data + 1, .len = size - 1 };

	switch (data[0]) {
	case 1:
		return stream_copy(&raw, raw.len);
	case 2:
		return from_parts(data + 1, size - 1);
	default:
		return from_schemas(data + 1, size - 1);
	}
}

/* ---- This kernel: an object of some samples ---- */

static union sample_obj objects[32];
static bool registered[32];

static bool mentions(const struct stream *image, const char *name)
{
	return memmem(image->data, image->len, name, strlen(name));
}

/* All of them would take time. Of mandatory ones it matters also without name. */
static void register_samples(const struct stream *image)
{
	const struct sample *s;
	unsigned int i;

	shim_mem_reset();
	shim_assert(nr_samples <= ARRAY_SIZE(objects));
	for (i = 0; i < nr_samples; i++) {
		s = &samples[i];
		registered[i] = s->desc->flags & KSTATE_MANDATORY ||
				mentions(image, s->desc->name);
		if (!registered[i])
			continue;
		s->fill(&objects[i], 2, true);
		shim_assert(!sample_register_targets(&kstate_core, s->desc));
		shim_assert(!kstate_register(s->desc, &objects[i], INSTANCE));
	}
}

static void unregister_samples(void)
{
	unsigned int i;

	for (i = 0; i < nr_samples; i++) {
		if (!registered[i])
			continue;
		kstate_unregister(samples[i].desc, INSTANCE);
		samples[i].release(&objects[i]);
	}
	sample_unregister_targets(&kstate_core);
}

/* A reboot into an image: what comes of it */
static int save(const struct kstate_target *target)
{
	struct stream out = { };
	int err;

	kstate_core.target = target;
	err = hop_save(&out);
	kstate_core.target = NULL;
	stream_free(&out);
	return err;
}

static bool known_error(int err)
{
	return err == -EPROTO || err == -ENODATA || err == -EBADMSG ||
	       err == -ERANGE || err == -EMSGSIZE;
}

/* Only with the objects saved may there be more to refuse. */
static void reboot(const struct kstate_target *target)
{
	int err = kstate_core_check(&kstate_core, target), later;

	shim_assert(!err || err == -EPROTO || err == -ENODATA);
	later = save(target);
	shim_assert(err ? later == err : !later || known_error(later));
	if (!later)
		return;
	/* nothing is left of that, and the operator may know better */
	kstate_core.force = true;
	shim_assert(!save(target));
	kstate_core.force = false;
}

/* ---- As kstate(8) asks ---- */

/* What of @priv, a reader with objects perhaps, is judged: are they read? */
static int verify_objects(struct kstate_verdict *v, void *priv)
{
	const struct kstate_reader *r = priv;
	struct kstate_report report = { };
	u32 i;

	shim_assert(!v->res == !!v->report.err);
	shim_assert(v->to || v->report.err == -EPROTO);
	for (i = 0; v->res && i < r->nr_objects; i++) {
		if (r->objects[i].schema != v->from)
			continue;
		report.err = 0;
		shim_assert(kstate_verify(v->res->top, r->objects[i].data,
					  r->objects[i].len, &report) ==
			    report.err);
	}
	return 0;
}

static void compare(struct kstate_reader *image)
{
	struct kstate_reader own;
	size_t len;
	void *blob = kstate_core_schemas(&kstate_core, &len);

	shim_assert(!IS_ERR(blob));
	shim_assert(!kstate_reader_open(&own, blob, len));
	shim_assert(!kstate_image_check(image, &own, verify_objects, image));
	shim_assert(!kstate_image_check(&own, image, verify_objects, &own));
	shim_assert(!kstate_image_check(image, image, verify_objects, image));
	kstate_reader_free(&own);
	kvfree(blob);
}

/* What is found lies within the image. */
static void find(const struct stream *image)
{
	const char *why = NULL;
	const u8 *blob;
	size_t len = 0;

	blob = kstate_image_find(image->data, image->len, &len, &why);
	shim_assert(!blob == !!why);
	if (blob)
		shim_assert(blob >= image->data &&
			    len <= image->len - (blob - image->data));
}

static void ask(const struct stream *image)
{
	struct kstate_target *target;

	find(image);
	target = kstate_target_new(image->data, image->len);
	shim_assert(!IS_ERR(target));
	register_samples(image);
	reboot(target);
	if (!target->why)
		compare(&target->reader);
	unregister_samples();
	kstate_target_free(target);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct stream image;
	long before;

	if (size < 1)
		return -1;
	image = new_input(data, size);
	fuzz_mend(image.data, image.len);
	before = shim_allocated();
	ask(&image);
	shim_assert(shim_allocated() == before);
	stream_free(&image);
	return 0;
}
