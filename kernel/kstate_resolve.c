// SPDX-License-Identifier: GPL-2.0-only
/*
 * KSTATE: can what one schema says be read into what another one says?
 *
 * The writer's fields are matched with the reader's by name, once, which gives
 * a program that is then run for each object. The rules are those of the table
 * in Documentation/core-api/kstate/rules.rst; what depends on values is left to
 * kstate_verify.c and kstate_load.c.
 */
#include <kunit/visibility.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/kstate.h>
#include <linux/list.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include "kstate_flat.h"

static int refuse(struct kstate_report *report, const struct kstate_schema *to,
		  const char *field, const char *why, int err)
{
	return kstate_fail(report, to->name, field, why, err);
}

static const char *name_of(const struct kstate_schema *s,
			   const struct kstate_abi_field *f)
{
	return kstate_schema_str(s, f->name);
}

static bool get_attr(const struct kstate_schema *s, __le32 attrs, u32 tag,
		     struct kstate_attr *attr)
{
	u32 pos = 0;

	while (kstate_schema_attr(s, attrs, &pos, attr)) {
		if (attr->tag == tag)
			return true;
	}
	return false;
}

static int check_versions(const struct kstate_schema *from,
			  const struct kstate_schema *to,
			  struct kstate_report *report)
{
	if (from->version < to->min_version)
		return refuse(report, to, NULL,
			      "was saved in a version too old to be read",
			      -EOPNOTSUPP);
	if (from->version > to->version && from->min_version > to->version)
		return refuse(report, to, NULL,
			      "was saved in a version too new to be read",
			      -EOPNOTSUPP);
	if ((from->flags ^ to->flags) & KSTATE_ABI_SCHEMA_UNION)
		return refuse(report, to, NULL,
			      "is a union on one side only", -EPROTO);
	return 0;
}

/* ---- A pair of fields ---- */

/* Kinds of one class are read into each other. */
static u32 kind_class(u32 kind)
{
	switch (kind) {
	case KSTATE_ABI_STRUCT:
	case KSTATE_ABI_POINTER:
		return KSTATE_ABI_SIMPLE;
	case KSTATE_ABI_HLIST:
		return KSTATE_ABI_LIST;
	default:
		return kind;
	}
}

/* And so are types. */
static u32 type_class(u32 type)
{
	switch (type) {
	case KSTATE_ABI_BOOL:
	case KSTATE_ABI_SINT:
		return KSTATE_ABI_UINT;
	case KSTATE_ABI_TEXT:
		return KSTATE_ABI_STRING;
	default:
		return type;
	}
}

static bool same_target(const struct kstate_program *prog,
			const struct kstate_op *op)
{
	struct kstate_attr a, b;
	u32 pos = 0;

	if (!get_attr(prog->from, op->from->attrs, KSTATE_ABI_ATTR_TARGET, &a))
		return false;
	/* the reader has all the names that the target ever had */
	while (kstate_schema_attr(prog->to, op->to->attrs, &pos, &b)) {
		if (b.tag == KSTATE_ABI_ATTR_TARGET && a.len == b.len &&
		    !memcmp(a.data, b.data, a.len))
			return true;
	}
	return false;
}

static int check_counts(const struct kstate_program *prog,
			const struct kstate_op *op,
			struct kstate_report *report)
{
	u32 from = le32_to_cpu(op->from->count), to = le32_to_cpu(op->to->count);
	u32 flags = le32_to_cpu(op->to->flags);

	/* a count that is in the object, on either side, is checked there */
	if (!from || !to || from == to)
		return 0;
	if (from < to ? flags & KSTATE_ABI_FIELD_GROW :
			flags & KSTATE_ABI_FIELD_SHRINK)
		return 0;
	return refuse(report, prog->to, name_of(prog->to, op->to),
		      "was saved with another number of elements", -EMSGSIZE);
}

static int check_pair(const struct kstate_program *prog,
		      const struct kstate_op *op, struct kstate_report *report)
{
	const struct kstate_abi_field *from = op->from, *to = op->to;
	const char *name = name_of(prog->to, to);
	u32 kind = kind_class(le16_to_cpu(to->kind));

	if (kind_class(le16_to_cpu(from->kind)) != kind)
		return refuse(report, prog->to, name,
			      "was saved as another kind of field", -EPROTO);
	if (type_class(le16_to_cpu(from->type)) !=
	    type_class(le16_to_cpu(to->type)))
		return refuse(report, prog->to, name,
			      "was saved as another type", -EPROTO);
	if (le16_to_cpu(to->type) == KSTATE_ABI_REF && !same_target(prog, op))
		return refuse(report, prog->to, name,
			      "was saved as a reference to something else",
			      -EPROTO);
	return kind == KSTATE_ABI_SIMPLE ? check_counts(prog, op, report) : 0;
}

static void take_checks(const struct kstate_program *prog, struct kstate_op *op)
{
	struct kstate_attr attr;
	u32 pos = 0;

	while (kstate_schema_attr(prog->to, op->to->attrs, &pos, &attr)) {
		switch (attr.tag) {
		case KSTATE_ABI_ATTR_MIN:
			op->has_min = true;
			op->min = get_unaligned_le64(attr.data);
			break;
		case KSTATE_ABI_ATTR_MAX:
			op->has_max = true;
			op->max = get_unaligned_le64(attr.data);
			break;
		case KSTATE_ABI_ATTR_VALUES:
			op->values = attr.data;
			op->nr_values = attr.len / sizeof(u64);
			break;
		case KSTATE_ABI_ATTR_COUNT:
			op->count_bits = *attr.data * 8;
			break;
		}
	}
}

/* A bool is checked to be one, and a number to be legal. */
static bool can_copy(const struct kstate_op *op)
{
	u32 type = le16_to_cpu(op->to->type);

	return (type == KSTATE_ABI_UINT || type == KSTATE_ABI_SINT ||
		type == KSTATE_ABI_BYTE) &&
	       op->from->type == op->to->type &&
	       op->from->width == op->to->width &&
	       !op->has_min && !op->has_max && !op->values &&
	       !(le32_to_cpu(op->to->flags) & KSTATE_ABI_FIELD_EQUAL) &&
	       cpu_to_le64(1) == (__force __le64)1ULL;
}

static const struct kstate_program *
resolve_pair(struct kstate_resolution *res, const struct kstate_schema *from,
	     const struct kstate_schema *to, struct kstate_report *report);

static int resolve_op(struct kstate_resolution *res,
		      struct kstate_program *prog, struct kstate_op *op,
		      struct kstate_report *report)
{
	u32 from, to;
	int err;

	if (!op->to)
		return 0;
	take_checks(prog, op);
	if (!op->from)
		return 0;
	err = check_pair(prog, op, report);
	if (err)
		return err;
	op->copy = can_copy(op);
	from = le32_to_cpu(op->from->schema);
	to = le32_to_cpu(op->to->schema);
	if (to == KSTATE_ABI_NO_SCHEMA)
		return 0;
	op->sub = resolve_pair(res, &prog->from->all[from], &prog->to->all[to],
			       report);
	return PTR_ERR_OR_ZERO(op->sub);
}

/* ---- Matching ---- */

static bool is_unused(const struct kstate_abi_field *f)
{
	return le16_to_cpu(f->kind) == KSTATE_ABI_UNUSED;
}

/* A field of the writer's that is more than a name */
static const struct kstate_abi_field *find_used(const struct kstate_schema *from,
						const char *name)
{
	const struct kstate_abi_field *f = kstate_schema_find(from, name);

	return f && !is_unused(f) ? f : NULL;
}

/* A field's own name goes before its aliases. */
static const struct kstate_abi_field *
match_field(const struct kstate_schema *from, const struct kstate_schema *to,
	    const struct kstate_abi_field *f)
{
	const struct kstate_abi_field *found;
	struct kstate_attr attr;
	u32 pos = 0;

	found = find_used(from, name_of(to, f));
	while (!found && kstate_schema_attr(to, f->attrs, &pos, &attr)) {
		if (attr.tag == KSTATE_ABI_ATTR_ALIAS)
			found = find_used(from, (const char *)attr.data);
	}
	return found;
}

static u32 field_since(const struct kstate_schema *to,
		       const struct kstate_abi_field *f)
{
	struct kstate_attr attr;

	return get_attr(to, f->attrs, KSTATE_ABI_ATTR_SINCE, &attr) ?
	       get_unaligned_le32(attr.data) : 0;
}

static void bind(const struct kstate_program *prog, struct kstate_op *op,
		 const struct kstate_abi_field *to)
{
	op->to = to;
	if (prog->desc)
		op->field = &prog->desc->fields[to - prog->to->fields];
}

/* The reader has @f, and the writer has not. */
static int miss_field(struct kstate_program *prog,
		      const struct kstate_abi_field *f,
		      struct kstate_report *report)
{
	struct kstate_attr attr;

	/* of a union no arm needs to be there */
	if (prog->to->flags & KSTATE_ABI_SCHEMA_UNION)
		return 0;
	if ((le32_to_cpu(f->flags) & KSTATE_ABI_FIELD_MANDATORY) &&
	    le16_to_cpu(f->kind) != KSTATE_ABI_SUBSECTION &&
	    field_since(prog->to, f) <= prog->from->version)
		return refuse(report, prog->to, name_of(prog->to, f),
			      "is mandatory and was not saved", -EPROTO);
	if (get_attr(prog->to, f->attrs, KSTATE_ABI_ATTR_DEFAULT, &attr)) {
		prog->nr_ops++;
		bind(prog, &prog->ops[prog->nr_ops - 1], f);
	}
	return 0;
}

/* The writer has @f, and the reader has not. */
static int drop_field(struct kstate_program *prog, struct kstate_op *op,
		      struct kstate_report *report)
{
	bool mandatory = le32_to_cpu(op->from->flags) &
			 KSTATE_ABI_FIELD_MANDATORY;

	/* these are there or not, object by object */
	if (prog->to->flags & KSTATE_ABI_SCHEMA_UNION)
		op->refuse = true;
	else if (le16_to_cpu(op->from->kind) == KSTATE_ABI_SUBSECTION)
		op->refuse = mandatory;
	else if (mandatory)
		return refuse(report, prog->to, name_of(prog->from, op->from),
			      "was saved as mandatory and is not known",
			      -EPROTO);
	return 0;
}

/* Does the reader say that it knows the name and has no use for it? */
static bool known_unused(const struct kstate_schema *to, const char *name)
{
	const struct kstate_abi_field *f = kstate_schema_find(to, name);

	return f && is_unused(f);
}

/* Point the ops of matching fields at the reader's fields. */
static int match_fields(struct kstate_program *prog,
			struct kstate_report *report)
{
	const struct kstate_abi_field *from, *to;
	struct kstate_op *op;
	int err = 0;
	u32 i;

	for (i = 0; !err && i < prog->to->nr_fields; i++) {
		to = &prog->to->fields[i];
		if (is_unused(to))
			continue;
		from = match_field(prog->from, prog->to, to);
		if (from)
			bind(prog, &prog->ops[from - prog->from->fields], to);
		else
			err = miss_field(prog, to, report);
	}
	for (i = 0; !err && i < prog->from->nr_fields; i++) {
		op = &prog->ops[i];
		if (!op->to && !is_unused(op->from) &&
		    !known_unused(prog->to, name_of(prog->from, op->from)))
			err = drop_field(prog, op, report);
	}
	return err;
}

/* ---- Runs: neighbours in the stream and in the object ---- */

static u32 copied_bytes(const struct kstate_op *op)
{
	const struct kstate_field *f = op->field;

	if (!op->copy || !f || f->kind != KS_SIMPLE ||
	    le16_to_cpu(op->from->kind) != KSTATE_ABI_SIMPLE ||
	    le32_to_cpu(op->from->count) != f->count)
		return 0;
	return f->size * f->count;
}

static void find_runs(struct kstate_program *prog)
{
	struct kstate_op *op, *next;
	u32 i, bytes;

	for (i = prog->nr_ops; i > 0; i--) {
		op = &prog->ops[i - 1];
		bytes = copied_bytes(op);
		if (!bytes)
			continue;
		op->run = bytes;
		op->run_ops = 1;
		next = op + 1;
		if (i < prog->nr_ops && next->run_ops &&
		    op->field->offset + bytes == next->field->offset) {
			op->run += next->run;
			op->run_ops += next->run_ops;
		}
	}
}

/* ---- A pair of schemas ---- */

static int fill_program(struct kstate_resolution *res,
			struct kstate_program *prog,
			struct kstate_report *report)
{
	int err;
	u32 i;

	prog->nr_ops = prog->from->nr_fields;
	for (i = 0; i < prog->nr_ops; i++)
		prog->ops[i].from = &prog->from->fields[i];
	err = check_versions(prog->from, prog->to, report) ?:
	      match_fields(prog, report);
	for (i = 0; !err && i < prog->nr_ops; i++)
		err = resolve_op(res, prog, &prog->ops[i], report);
	if (err)
		return err;
	find_runs(prog);
	err = kstate_flat_resolve(prog);
	return err ? refuse(report, prog->to, NULL, "no memory", err) : 0;
}

/* Once for each pair, however often it is nested in others. */
static const struct kstate_program *
resolve_pair(struct kstate_resolution *res, const struct kstate_schema *from,
	     const struct kstate_schema *to, struct kstate_report *report)
{
	size_t max = size_add(from->nr_fields, to->nr_fields);
	struct kstate_program *prog;
	int err;

	list_for_each_entry(prog, &res->programs, list) {
		if (prog->from == from && prog->to == to)
			return prog;
	}
	prog = kvzalloc(struct_size(prog, ops, max), GFP_KERNEL);
	if (!prog)
		return ERR_PTR(refuse(report, to, NULL, "no memory", -ENOMEM));
	prog->from = from;
	prog->to = to;
	prog->desc = res->descs ? res->descs[to->nr] : NULL;
	prog->nr_ops = max;
	list_add(&prog->list, &res->programs);
	err = fill_program(res, prog, report);
	return err ? ERR_PTR(err) : prog;
}

/* ---- Resolutions ---- */

static struct kstate_resolution *new_resolution(void)
{
	struct kstate_resolution *res = kzalloc(sizeof(*res), GFP_KERNEL);

	if (res) {
		INIT_LIST_HEAD(&res->list);
		INIT_LIST_HEAD(&res->programs);
	}
	return res;
}

/**
 * kstate_resolution_free - free a resolution
 * @res: not in a list any more; may be NULL
 */
void kstate_resolution_free(struct kstate_resolution *res)
{
	struct kstate_program *prog, *next;

	if (!res)
		return;
	list_for_each_entry_safe(prog, next, &res->programs, list) {
		kvfree(prog->moves);
		kvfree(prog);
	}
	kstate_reader_free(&res->own);
	kvfree(res->bytes);
	kfree(res->descs);
	kfree(res);
}
EXPORT_SYMBOL_IF_KUNIT(kstate_resolution_free);

static int finish(struct kstate_resolution *res,
		  const struct kstate_schema *from,
		  const struct kstate_schema *to, struct kstate_report *report)
{
	res->top = resolve_pair(res, from, to, report);
	return PTR_ERR_OR_ZERO(res->top);
}

/**
 * kstate_resolve_schemas - can objects of one schema be read into another's?
 * @from: the writer's schema; in use until kstate_resolution_free()
 * @to: the reader's schema, likewise
 * @report: where to tell why not
 *
 * Neither side's descriptions are needed; the programs are for kstate_verify().
 *
 * Context: may sleep. Calls itself for nested structs, at most
 * KSTATE_ABI_MAX_DEPTH deep.
 * Return: the resolution, or an ERR_PTR() as of kstate_resolve()
 */
struct kstate_resolution *
kstate_resolve_schemas(const struct kstate_schema *from,
		       const struct kstate_schema *to,
		       struct kstate_report *report)
{
	struct kstate_resolution *res = new_resolution();
	int err;

	if (!res)
		return ERR_PTR(refuse(report, to, NULL, "no memory", -ENOMEM));
	err = finish(res, from, to, report);
	if (err) {
		kstate_resolution_free(res);
		return ERR_PTR(err);
	}
	return res;
}
EXPORT_SYMBOL_IF_KUNIT(kstate_resolve_schemas);

/* Write the schemas of @res's description and open them. */
static int own_schemas(struct kstate_resolution *res,
		       struct kstate_report *report)
{
	struct kstate_writer w = {
		.s = { .grow = kstate_stream_grow, .report = report },
	};
	int err, nr = 0;

	err = kstate_writer_begin(&w);
	if (!err)
		nr = kstate_writer_schema(&w, res->desc);
	err = err ?: (nr < 0 ? nr : kstate_writer_end(&w));
	res->bytes = w.s.data;
	res->descs = w.descs;
	w.descs = NULL;
	kstate_writer_free(&w);
	return err ?: kstate_reader_open(&res->own, res->bytes, w.s.pos);
}

static int resolve_desc(struct kstate_resolution *res,
			const struct kstate_schema *from,
			struct kstate_report *report)
{
	int err = own_schemas(res, report);

	if (err)
		return kstate_fail(report, res->desc->name, NULL,
				   "has schemas that cannot be made", err);
	/* nested ones come first */
	return finish(res, from, &res->own.schemas[res->own.nr_schemas - 1],
		      report);
}

/**
 * kstate_resolve - how objects of a schema are read into a description's
 * @schema: the writer's schema
 * @desc: the reader's description
 * @report: where to tell why not
 *
 * The program is made once and kept until kstate_reader_forget().
 *
 * Context: may sleep.
 * Return: the program, or an ERR_PTR(): -EOPNOTSUPP if the versions do not
 * meet, -EPROTO if a mandatory field is missing on either side or kind or type
 * of a field differ, -EMSGSIZE if the number of elements differs, -EINVAL if
 * the description is wrong, -ENOMEM.
 */
const struct kstate_program *
kstate_resolve(struct kstate_schema *schema,
	       const struct kstate_description *desc,
	       struct kstate_report *report)
{
	struct kstate_resolution *res;
	int err;

	list_for_each_entry(res, &schema->resolutions, list) {
		if (res->desc == desc)
			return res->top;
	}
	res = new_resolution();
	if (!res)
		return ERR_PTR(kstate_fail(report, desc->name, NULL,
					   "no memory", -ENOMEM));
	res->desc = desc;
	err = kstate_check_description(desc, report) ?:
	      resolve_desc(res, schema, report);
	if (err) {
		kstate_resolution_free(res);
		return ERR_PTR(err);
	}
	list_add(&res->list, &schema->resolutions);
	return res->top;
}
EXPORT_SYMBOL_IF_KUNIT(kstate_resolve);
