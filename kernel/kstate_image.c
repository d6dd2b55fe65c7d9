// SPDX-License-Identifier: GPL-2.0-only
/*
 * KSTATE: what a kernel image says about the state that it can restore.
 *
 * The schemas of all descriptions that are declared with KSTATE_DECLARE() are
 * in the image, as a stream without objects: in the variable-length data of
 * x86's kernel_info, which lies outside of what is compressed, see
 * Documentation/arch/x86/boot.rst.
 *
 * An image is input. This file is also built in user space.
 */
#include <kunit/visibility.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/kstate.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include "kstate_codec.h"

/* ---- Where the schemas are ---- */

/* x86's setup header */
#define SETUP_SECTS		0x1f1
#define SETUP_MAGIC		0x202	/* "HdrS" */
#define SETUP_VERSION		0x206
#define SETUP_KERNEL_INFO	0x268
#define SETUP_END		0x26c
#define SETUP_VERSION_INFO	0x20f	/* the first with kernel_info */
#define SECTOR			512

/* kernel_info, and an object of its variable-length data */
#define INFO_SIZE		4
#define INFO_SIZE_TOTAL		8
#define INFO_MIN		12
#define OBJECT_SIZE		4
#define OBJECT_MIN		8

static const void *not_found(const char **why, const char *text)
{
	*why = text;
	return NULL;
}

/* The kernel_info of an image, which is complete: @total bytes. */
static const u8 *find_info(const u8 *image, size_t len, size_t *total,
			   const char **why)
{
	size_t start, offset;
	const u8 *info;

	if (len < SETUP_END || memcmp(image + SETUP_MAGIC, "HdrS", 4))
		return not_found(why, "the image is no bzImage");
	if (get_unaligned_le16(image + SETUP_VERSION) < SETUP_VERSION_INFO)
		return not_found(why, "the image is too old to have schemas");
	start = (image[SETUP_SECTS] ?: 4) + 1;
	start *= SECTOR;
	offset = get_unaligned_le32(image + SETUP_KERNEL_INFO);
	if (start > len || offset > len - start ||
	    len - start - offset < INFO_MIN)
		return not_found(why, "the image is truncated");
	info = image + start + offset;
	*total = get_unaligned_le32(info + INFO_SIZE_TOTAL);
	if (memcmp(info, "LToP", 4) || *total > len - start - offset)
		return not_found(why, "the image's kernel_info is damaged");
	return info;
}

/**
 * kstate_image_find - find the schemas in a bzImage
 * @bzimage: the image; need not be aligned
 * @len: its bytes
 * @blob_len: gets the bytes of the schemas
 * @why: gets why there are none, constant text
 *
 * Context: any.
 * Return: the schemas, which are within @bzimage, not aligned and not checked;
 * NULL if there are none.
 */
const void *kstate_image_find(const void *bzimage, size_t len,
			      size_t *blob_len, const char **why)
{
	size_t total, pos, size;
	const u8 *info;

	info = find_info(bzimage, len, &total, why);
	if (!info)
		return NULL;
	pos = get_unaligned_le32(info + INFO_SIZE);
	if (pos < INFO_MIN || pos > total)
		return not_found(why, "the image's kernel_info is damaged");
	for (; total - pos >= OBJECT_MIN; pos += size) {
		size = get_unaligned_le32(info + pos + OBJECT_SIZE);
		if (size < OBJECT_MIN || size > total - pos)
			return not_found(why,
					 "the image's kernel_info is damaged");
		if (memcmp(info + pos, KSTATE_ABI_IMAGE_MAGIC, 4))
			continue;
		*blob_len = size - OBJECT_MIN;
		return info + pos + OBJECT_MIN;
	}
	return not_found(why, "the image has no schemas");
}
EXPORT_SYMBOL_IF_KUNIT(kstate_image_find);

/* ---- Making them ---- */

/* Bytes of a section's header that its checksum is of */
#define SECTION_CRC	offsetof(struct kstate_abi_section, crc)

/* The section of schema @nr, or NULL: @data was not written as it should be. */
static struct kstate_abi_section *find_schema(void *data, size_t len, u32 nr)
{
	size_t pos = sizeof(struct kstate_abi_stream), span;
	struct kstate_abi_section *sect;

	while (pos < len && len - pos >= sizeof(*sect)) {
		sect = data + pos;
		span = le64_to_cpu(sect->span);
		if (span > len - pos || span < sizeof(*sect))
			break;
		if (le32_to_cpu(sect->type) == KSTATE_ABI_SECT_SCHEMA &&
		    le32_to_cpu(sect->schema) == nr)
			return sect;
		pos += span;
	}
	return NULL;
}

/**
 * kstate_image_declare - mark the schemas of what can be restored
 * @data: a stream that kstate_writer_end() was called for, aligned to 8 bytes
 * @len: its bytes
 * @numbers: of the schemas that objects are registered with; the others are
 *	only there because those contain them
 * @nr: entries of @numbers
 *
 * Context: any.
 * Return: 0; -EINVAL if @data has no such schema.
 */
int kstate_image_declare(void *data, size_t len, const u32 *numbers, u32 nr)
{
	struct kstate_abi_section *sect;
	struct kstate_abi_schema *schema;
	u32 i;

	for (i = 0; i < nr; i++) {
		sect = find_schema(data, len, numbers[i]);
		if (!sect || le64_to_cpu(sect->length) < sizeof(*schema))
			return -EINVAL;
		schema = (void *)(sect + 1);
		schema->flags |= cpu_to_le32(KSTATE_ABI_SCHEMA_DECLARED);
		sect->payload_crc =
			cpu_to_le32(kstate_crc(schema,
					       le64_to_cpu(sect->length)));
		sect->crc = cpu_to_le32(kstate_crc(sect, SECTION_CRC));
	}
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(kstate_image_declare);

/* ---- Comparing them ---- */

static bool has_alias(const struct kstate_schema *s, const char *name)
{
	struct kstate_attr attr;
	u32 pos = 0;

	while (kstate_schema_attr(s, s->attrs, &pos, &attr)) {
		if (attr.tag == KSTATE_ABI_ATTR_ALIAS &&
		    !strcmp((const char *)attr.data, name))
			return true;
	}
	return false;
}

/**
 * kstate_image_match - what would restore an object of this name?
 * @to: the schemas of a kernel
 * @name: the name of the description that it was saved with
 *
 * Context: any.
 * Return: the schema that is declared with that name, or else with that name
 * as an older one; NULL if there is none.
 */
const struct kstate_schema *
kstate_image_match(const struct kstate_reader *to, const char *name)
{
	const struct kstate_schema *alias = NULL, *s;

	for (s = to->schemas; s < to->schemas + to->nr_schemas; s++) {
		if (!(s->flags & KSTATE_ABI_SCHEMA_DECLARED))
			continue;
		if (!strcmp(s->name, name))
			return s;
		if (!alias && has_alias(s, name))
			alias = s;
	}
	return alias;
}
EXPORT_SYMBOL_IF_KUNIT(kstate_image_match);

/**
 * kstate_image_has_objects - are there objects of a description, or may there be?
 * @r: the schemas of an image or a stream
 * @s: one of them
 *
 * Others are of parts of objects only.
 *
 * Context: any.
 * Return: true if @s was declared or @r has objects of it
 */
bool kstate_image_has_objects(const struct kstate_reader *r,
			      const struct kstate_schema *s)
{
	const struct kstate_in_object *in;

	if (s->flags & KSTATE_ABI_SCHEMA_DECLARED)
		return true;
	for (in = r->objects; in < r->objects + r->nr_objects; in++) {
		if (in->schema == s)
			return true;
	}
	return false;
}

static const struct kstate_schema *find_named(const struct kstate_reader *r,
					      const char *name)
{
	const struct kstate_schema *s;

	for (s = r->schemas; s < r->schemas + r->nr_schemas; s++) {
		if (!strcmp(s->name, name) && kstate_image_has_objects(r, s))
			return s;
	}
	return NULL;
}

/*
 * The schema whose objects are restored in place of those of @s, or NULL. A
 * description takes objects by its own name, or else by one of its older names,
 * the newest first. If two of these names have objects of the same instance, one
 * of them is never asked for. Instances are not looked at: which there will be,
 * an image does not say.
 */
static const struct kstate_schema *find_rival(const struct kstate_reader *from,
					      const struct kstate_schema *s,
					      const struct kstate_schema *to)
{
	const struct kstate_schema *rival;
	struct kstate_attr attr;
	u32 pos = 0;

	if (!strcmp(s->name, to->name))
		return NULL;
	rival = find_named(from, to->name);
	while (!rival && kstate_schema_attr(to, to->attrs, &pos, &attr)) {
		if (attr.tag != KSTATE_ABI_ATTR_ALIAS)
			continue;
		if (!strcmp((const char *)attr.data, s->name))
			return NULL;
		rival = find_named(from, (const char *)attr.data);
	}
	return rival;
}

/**
 * kstate_image_resolve - could objects be restored, and how?
 * @from: the schemas of the kernel that saves
 * @s: the one that the objects are saved with
 * @to: the one that they would be restored with
 * @report: returns why not
 *
 * Context: may sleep.
 * Return: to be freed with kstate_resolution_free(); ERR_PTR() of -EPROTO if
 * objects of another description would be restored in their place, or of the
 * errno of kstate_resolve_schemas()
 */
struct kstate_resolution *kstate_image_resolve(const struct kstate_reader *from,
					       const struct kstate_schema *s,
					       const struct kstate_schema *to,
					       struct kstate_report *report)
{
	const struct kstate_schema *rival = find_rival(from, s, to);

	if (rival)
		return ERR_PTR(kstate_fail(report, rival->name, NULL,
					   "takes its place in the image",
					   -EPROTO));
	return kstate_resolve_schemas(s, to, report);
}
EXPORT_SYMBOL_IF_KUNIT(kstate_image_resolve);

static int judge(struct kstate_verdict *v, const struct kstate_reader *from,
		 const struct kstate_reader *to)
{
	int err;

	v->mandatory = v->from->flags & KSTATE_ABI_SCHEMA_MANDATORY;
	v->to = kstate_image_match(to, v->from->name);
	if (!v->to) {
		kstate_fail(&v->report, v->from->name, NULL,
			    "is not known to the image", -EPROTO);
		return 0;
	}
	v->res = kstate_image_resolve(from, v->from, v->to, &v->report);
	if (!IS_ERR(v->res))
		return 0;
	err = PTR_ERR(v->res);
	v->res = NULL;
	return err == -ENOMEM ? err : 0;
}

/**
 * kstate_image_check - can a kernel restore what another one saves?
 * @from: the schemas of the one that saves
 * @to: those of the one that restores
 * @tell: called for each declared schema of @from, with what becomes of it; an
 *	error ends the check. May take &kstate_verdict.res by setting it to NULL.
 * @priv: for @tell
 *
 * Context: may sleep.
 * Return: 0, whatever the verdicts are; -ENOMEM; or what @tell returned.
 */
int kstate_image_check(const struct kstate_reader *from,
		       const struct kstate_reader *to,
		       int (*tell)(struct kstate_verdict *v, void *priv),
		       void *priv)
{
	const struct kstate_schema *s;
	int err = 0;

	for (s = from->schemas; !err && s < from->schemas + from->nr_schemas;
	     s++) {
		struct kstate_verdict v = { .from = s };

		if (!(s->flags & KSTATE_ABI_SCHEMA_DECLARED))
			continue;
		err = judge(&v, from, to) ?: tell(&v, priv);
		if (v.res)
			kstate_resolution_free(v.res);
	}
	return err;
}
EXPORT_SYMBOL_IF_KUNIT(kstate_image_check);
