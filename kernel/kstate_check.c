// SPDX-License-Identifier: GPL-2.0-only
/*
 * KSTATE: is a description fit for use?
 *
 * What is wrong with one is said when it is registered, in words that its author
 * understands, not found out when it is needed. kstate_schema.c writes what is right.
 */
#include <linux/kstate.h>
#include <linux/string.h>
#include <linux/xarray.h>

#include "kstate_codec.h"

/* ---- Names ---- */

/**
 * kstate_good_name - is it fit to be the name of a description or a field?
 * @name: the name
 * @len: its characters
 *
 * Names go to logs and lists: nothing in them may look like more than a name.
 *
 * Return: true if it is
 */
bool kstate_good_name(const char *name, size_t len)
{
	size_t i;

	if (!len || len > KSTATE_ABI_NAME_MAX)
		return false;
	for (i = 0; i < len; i++) {
		if (name[i] <= ' ' || name[i] > '~' || name[i] == ',')
			return false;
	}
	return true;
}

static bool good_name(const char *name)
{
	return name &&
	       kstate_good_name(name, strnlen(name, KSTATE_ABI_NAME_MAX + 1));
}

static bool good_names(const char *list)
{
	size_t len, nr = 0;

	if (!list)
		return true;
	do {
		len = kstate_next_name(&list);
		/* each becomes an attribute, as do some more things */
		if (!kstate_good_name(list, len) ||
		    ++nr > KSTATE_ABI_MAX_ATTRS / 2)
			return false;
		kstate_skip_name(&list, len);
	} while (*list);
	return true;
}

static bool list_has(const char *list, const char *name, size_t name_len)
{
	size_t len;

	while ((len = kstate_next_name(&list))) {
		if (len == name_len && !strncmp(list, name, len))
			return true;
		kstate_skip_name(&list, len);
	}
	return false;
}

/* Does one of the names in @list stand for @f? */
static bool names_meet(const struct kstate_field *f, const char *list)
{
	size_t len;

	while ((len = kstate_next_name(&list))) {
		if (list_has(f->name, list, len) || list_has(f->alias, list, len))
			return true;
		kstate_skip_name(&list, len);
	}
	return false;
}

static bool name_taken(const struct kstate_field *fields,
		       const struct kstate_field *f)
{
	const struct kstate_field *g;

	for (g = fields; g < f; g++) {
		if (names_meet(g, f->name) || names_meet(g, f->alias))
			return true;
	}
	return f->alias && list_has(f->alias, f->name, strlen(f->name));
}

/* ---- Memory ---- */

/* Memory of the object that a field stands for. */
static u64 field_span(const struct kstate_field *f)
{
	switch (f->kind) {
	case KS_SIMPLE:
	case KS_STRUCT:
	case KS_UNION:
		return (u64)f->size * f->count;
	case KS_BITMAP:
		return f->count_size ? sizeof(void *) : f->size;
	case KS_LIST:
		return sizeof(struct list_head);
	case KS_XARRAY:
		return sizeof(struct xarray);
	case KS_CUSTOM:
	case KS_SUBSECTION:
	case KS_UNUSED:
		return 0;
	default:
		return sizeof(void *);
	}
}

static bool overlap(u32 a, u64 a_len, u32 b, u64 b_len)
{
	return a_len && b_len && a < b + b_len && b < a + a_len;
}

static bool fields_overlap(const struct kstate_field *f,
			   const struct kstate_field *g)
{
	u64 len = field_span(f), other = field_span(g);

	return overlap(f->offset, len, g->offset, other) ||
	       overlap(f->offset, len, g->count_offset, g->count_size) ||
	       overlap(f->count_offset, f->count_size, g->offset, other) ||
	       overlap(f->count_offset, f->count_size,
		       g->count_offset, g->count_size);
}

/* Has one of @fields, up to @end or all, bytes that are @f's? */
static bool bytes_of(const struct kstate_field *fields,
		     const struct kstate_field *end,
		     const struct kstate_field *f)
{
	const struct kstate_field *g;

	for (g = fields; g != end && g->kind != KS_END; g++) {
		if (g->kind == KS_SUBSECTION ?
		    bytes_of(g->desc->fields, NULL, f) : fields_overlap(f, g))
			return true;
	}
	return false;
}

/* Are bytes of @f, which comes at or in @end, those of a field before @end? */
static bool bytes_before(const struct kstate_field *fields,
			 const struct kstate_field *end,
			 const struct kstate_field *f)
{
	const struct kstate_field *g;

	if (f->kind != KS_SUBSECTION)
		return bytes_of(fields, end, f);
	for (g = f->desc->fields; g->kind != KS_END; g++) {
		if (bytes_before(fields, end, g))
			return true;
	}
	return false;
}

/* Restoring writes each byte once, counts included. */
static bool bytes_taken(const struct kstate_field *fields,
			const struct kstate_field *f)
{
	return bytes_before(fields, f, f) ||
	       overlap(f->offset, field_span(f),
		       f->count_offset, f->count_size);
}

/* Do @nr elements of @size bytes at @offset lie within @limit bytes? */
static bool inside(u32 offset, u64 len, u32 limit)
{
	return len <= limit && offset <= limit - len;
}

/* ---- Descriptions ---- */

static bool good_number(u32 type, u32 width)
{
	if (type == KST_BOOL || type == KST_BYTE)
		return width == 1;
	return (type == KST_UINT || type == KST_SINT) &&
	       (width == 1 || width == 2 || width == 4 || width == 8);
}

/* What an element is, and its size. */
static const char *check_element(const struct kstate_field *f)
{
	bool good;

	if (f->desc) {
		if (f->type != KST_NONE)
			return "is both a struct and something else";
		if (f->desc->flags & KSTATE_ARMS && f->kind != KS_UNION)
			return "is a union without selector";
		return f->size == f->desc->size ?
		       NULL : "has a size that its description has not";
	}
	switch (f->type) {
	case KST_FOLIO:
	case KST_STRING:
		good = f->size == sizeof(void *);
		break;
	case KST_REF:
		good = f->size == sizeof(void *) && f->target &&
		       good_name(f->target->name);
		break;
	case KST_RANGE:
		good = f->size == sizeof(struct kstate_range);
		break;
	case KST_TEXT:
		good = f->size && f->kind == KS_SIMPLE;
		break;
	default:
		good = good_number(f->type, f->size);
	}
	return good ? NULL : "is neither a struct nor anything else";
}

static const char *check_count(const struct kstate_description *desc,
			       const struct kstate_field *f)
{
	if (!f->count_size)
		return f->count ? NULL : "has no elements";
	if (f->kind != KS_UNION && f->count)
		return "has two counts";
	if (!good_number(KST_UINT, f->count_size) ||
	    !inside(f->count_offset, f->count_size, desc->size))
		return "has a count that cannot be one";
	return NULL;
}

static const char *check_embedded(const struct kstate_description *desc,
				  const struct kstate_field *f)
{
	if (f->kind == KS_STRUCT ? !f->desc : !!f->desc)
		return "is a struct without description, or the reverse";
	if (f->count_size)
		return "is embedded with a variable count";
	return check_element(f) ?: check_count(desc, f);
}

static const char *check_pointer(const struct kstate_description *desc,
				 const struct kstate_field *f)
{
	if (f->kind == KS_ARRAY_OF_POINTER && (!f->desc || !f->count_size))
		return "has no description or no count";
	return check_element(f) ?: check_count(desc, f);
}

static const char *check_bitmap(const struct kstate_description *desc,
				const struct kstate_field *f)
{
	if (f->desc || f->type)
		return "is a bitmap and more";
	if (!f->count_size && f->count > (u64)f->size * 8)
		return "has more bits than room";
	return check_count(desc, f);
}

static const char *check_collection(const struct kstate_field *f)
{
	u32 node = f->kind == KS_LIST ? sizeof(struct list_head) :
		   f->kind == KS_HLIST ? sizeof(struct hlist_node) : 0;

	if (!f->desc)
		return "has no description";
	if (f->count || f->count_size)
		return "has a count";
	if (!inside(f->node, node, f->size))
		return "has its node outside the element";
	return check_element(f);
}

/* Is there an XArray embedded in it? Its memory has to be one at all times. */
static bool has_xarray(const struct kstate_description *desc)
{
	const struct kstate_field *f;

	for (f = desc->fields; f->kind != KS_END; f++) {
		if (f->kind == KS_XARRAY)
			return true;
		if ((f->kind == KS_STRUCT || f->kind == KS_SUBSECTION) &&
		    has_xarray(f->desc))
			return true;
	}
	return false;
}

/* A union's arms: one value each, and nothing that needs to be there before. */
static const char *check_arms(const struct kstate_description *arms,
			      u32 selector_size)
{
	const struct kstate_field *f, *g;

	if (has_xarray(arms))
		return "has an arm with an XArray";
	for (f = arms->fields; f->kind != KS_END; f++) {
		if (f->kind != KS_SIMPLE && f->kind != KS_STRUCT &&
		    (f->kind != KS_POINTER || f->count_size))
			return "has an arm that cannot be one";
		if (f->value > U64_MAX >> (64 - selector_size * 8))
			return "has an arm that its selector cannot select";
		for (g = arms->fields; g < f; g++) {
			if (g->value == f->value)
				return "has two arms of the same value";
		}
	}
	return NULL;
}

static const char *check_union(const struct kstate_description *desc,
			       const struct kstate_field *f)
{
	if (!f->desc || !(f->desc->flags & KSTATE_ARMS))
		return "has no description of its arms";
	if (!f->count_size || f->count != 1)
		return "has no selector";
	return check_element(f) ?: check_count(desc, f) ?:
	       check_arms(f->desc, f->count_size);
}

static const char *check_subsection(const struct kstate_description *desc,
				    const struct kstate_field *f)
{
	if (!f->desc || f->desc->flags & KSTATE_ARMS || !f->needed)
		return "has no description or no test";
	if (f->desc->size != desc->size || f->offset)
		return "is of another struct";
	return NULL;
}

static const char *check_custom(const struct kstate_field *f)
{
	if (!f->ops || !f->ops->size || !f->ops->save || !f->ops->load)
		return "lacks hooks";
	return f->desc || f->type || f->count_size ?
	       "has more than hooks" : NULL;
}

static const char *check_kind(const struct kstate_description *desc,
			      const struct kstate_field *f)
{
	switch (f->kind) {
	case KS_SIMPLE:
	case KS_STRUCT:
		return check_embedded(desc, f);
	case KS_POINTER:
	case KS_ARRAY_OF_POINTER:
		return check_pointer(desc, f);
	case KS_BITMAP:
		return check_bitmap(desc, f);
	case KS_LIST:
	case KS_HLIST:
	case KS_XARRAY:
		return check_collection(f);
	case KS_UNION:
		return check_union(desc, f);
	case KS_SUBSECTION:
		return check_subsection(desc, f);
	case KS_CUSTOM:
		return check_custom(f);
	case KS_UNUSED:
		return NULL;
	default:
		return "has no known kind";
	}
}

static const char *check_rules(const struct kstate_description *desc,
			       const struct kstate_field *f)
{
	u32 numbers = KSTATE_FIELD_EQUAL | KSTATE_FIELD_DEFAULT;
	u32 arrays = KSTATE_FIELD_GROW | KSTATE_FIELD_SHRINK;

	if (f->flags & ~(KSTATE_FIELD_MANDATORY | arrays | numbers))
		return "has unknown flags";
	if (f->flags & arrays && f->kind != KS_SIMPLE &&
	    f->kind != KS_STRUCT && f->kind != KS_POINTER)
		return "has a rule for arrays that it cannot follow";
	if (((f->flags & numbers) && f->kind != KS_SIMPLE) ||
	    ((f->check || (f->flags & numbers)) && !kstate_is_number(f->type)))
		return "has a rule for numbers and is none";
	if (f->check && f->check->values &&
	    (!f->check->nr_values ||
	     f->check->nr_values > KSTATE_ABI_MAX_FIELDS))
		return "has no or too many legal values";
	if (f->since > desc->version)
		return "is since a version that is to come";
	return NULL;
}

static const char *check_field(const struct kstate_description *desc,
			       const struct kstate_field *f)
{
	const char *why;

	if (f - desc->fields >= KSTATE_ABI_MAX_FIELDS)
		return "is one field too many";
	if (!good_name(f->name) || !good_names(f->alias))
		return "has no good name";
	if (name_taken(desc->fields, f))
		return "has a name that is taken";
	why = check_rules(desc, f) ?: check_kind(desc, f);
	if (why)
		return why;
	if (!inside(f->offset, field_span(f), desc->size))
		return "is outside the object";
	if (!(desc->flags & KSTATE_ARMS) && bytes_taken(desc->fields, f))
		return "overlaps another field or count";
	return NULL;
}

static const char *check_head(const struct kstate_description *desc,
			      unsigned int depth)
{
	if (!good_name(desc->name) || !good_names(desc->alias))
		return "has no good name";
	if (depth > KSTATE_ABI_MAX_DEPTH)
		return "is nested too deep";
	if (desc->min_version > desc->version)
		return "has min_version above version";
	if (desc->flags & ~(KSTATE_LATE | KSTATE_MANDATORY | KSTATE_ARMS |
			    KSTATE_STOP))
		return "has unknown flags";
	if ((desc->flags & (KSTATE_STOP | KSTATE_MANDATORY)) == KSTATE_STOP)
		return "stops the kernel, but is not mandatory";
	if (!desc->fields || desc->fields->kind == KS_END)
		return "has no fields";
	return NULL;
}

static int check_level(const struct kstate_description *desc, unsigned int depth,
		       struct kstate_report *report)
{
	const struct kstate_field *f;
	const char *why;
	bool any = false;
	int err;

	why = check_head(desc, depth);
	if (why)
		return kstate_fail(report, desc->name, NULL, why, -EINVAL);

	for (f = desc->fields; f->kind != KS_END; f++) {
		/* before anything looks into it */
		err = f->desc ? check_level(f->desc, depth + 1, report) : 0;
		if (err)
			return err;
		why = check_field(desc, f);
		if (why)
			return kstate_fail(report, desc->name, f->name, why,
					   -EINVAL);
		any |= f->kind != KS_UNUSED;
	}
	return any ? 0 : kstate_fail(report, desc->name, NULL,
				     "has only names that are not used",
				     -EINVAL);
}

/**
 * kstate_check_description - is a description fit for use?
 * @desc: the description
 * @report: where to tell what is wrong with it
 *
 * Context: any. Calls itself for nested descriptions, at most
 * KSTATE_ABI_MAX_DEPTH deep.
 * Return: 0 or -EINVAL
 */
int kstate_check_description(const struct kstate_description *desc,
			     struct kstate_report *report)
{
	if (desc->flags & KSTATE_ARMS)
		return kstate_fail(report, desc->name, NULL,
				   "is of a union and cannot stand alone",
				   -EINVAL);
	return check_level(desc, 1, report);
}
