// SPDX-License-Identifier: GPL-2.0-only
/*
 * KSTATE: schemas, which say what the bytes of an object mean.
 *
 * A description is checked, becomes a schema in the writer's stream, is parsed
 * by the reader, and is resolved there with the reader's own description.
 */
#include <kunit/visibility.h>
#include <linux/export.h>
#include <linux/kstate.h>
#include <linux/list.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "kstate_internal.h"

/* ---- Descriptions ---- */

static bool good_name(const char *name)
{
	return name && *name &&
	       strnlen(name, KSTATE_ABI_NAME_MAX + 1) <= KSTATE_ABI_NAME_MAX;
}

static bool good_scalar(u32 type, u32 width)
{
	switch (type) {
	case KSTATE_ABI_BOOL:
	case KSTATE_ABI_BYTE:
		return width == 1;
	case KSTATE_ABI_UINT:
	case KSTATE_ABI_SINT:
		return width == 1 || width == 2 || width == 4 || width == 8;
	default:
		return false;
	}
}

static bool same_name(const char *a, const char *b)
{
	return a && b && !strcmp(a, b);
}

static bool name_taken(const struct kstate_field *fields,
		       const struct kstate_field *f)
{
	const struct kstate_field *g;

	for (g = fields; g < f; g++) {
		if (same_name(g->name, f->name) ||
		    same_name(g->name, f->alias) ||
		    same_name(g->alias, f->name) ||
		    same_name(g->alias, f->alias))
			return true;
	}
	return same_name(f->name, f->alias);
}

/* Memory of the object that a field stands for: first byte and bytes. */
static u64 field_span(const struct kstate_field *f, u32 *start)
{
	*start = f->offset;
	switch (f->kind) {
	case KS_SIMPLE:
	case KS_STRUCT:
		return (u64)f->size * f->count;
	case KS_CUSTOM:
		return 0;
	default:
		return sizeof(void *);
	}
}

static bool overlap(u32 a, u64 a_len, u32 b, u64 b_len)
{
	return a_len && b_len && a < b + b_len && b < a + a_len;
}

/* Restoring writes each byte once, counts included. */
static bool bytes_taken(const struct kstate_field *fields,
			const struct kstate_field *f)
{
	const struct kstate_field *g;
	u32 start, other;
	u64 len, other_len;

	len = field_span(f, &start);
	for (g = fields; g < f; g++) {
		other_len = field_span(g, &other);
		if (overlap(start, len, other, other_len) ||
		    overlap(start, len, g->count_offset, g->count_size) ||
		    overlap(f->count_offset, f->count_size, other, other_len) ||
		    overlap(f->count_offset, f->count_size,
			    g->count_offset, g->count_size))
			return true;
	}
	return overlap(start, len, f->count_offset, f->count_size);
}

/* Do @nr elements of @size bytes at @offset lie within @limit bytes? */
static bool inside(u32 offset, u32 size, u32 nr, u32 limit)
{
	return (u64)size * nr <= limit && offset <= limit - size * nr;
}

/* What an element is: a scalar or a struct, and its size. */
static const char *check_element(const struct kstate_field *f)
{
	if (!f->desc)
		return good_scalar(f->type, f->size) ?
		       NULL : "is neither a scalar nor a struct";
	if (f->type != KST_NONE)
		return "is both a scalar and a struct";
	if (f->size != f->desc->size)
		return "has a size that its description has not";
	return NULL;
}

static const char *check_count(const struct kstate_description *desc,
			       const struct kstate_field *f)
{
	if (!f->count_size)
		return f->count ? NULL : "has no elements";
	if (f->count || !good_scalar(KST_UINT, f->count_size))
		return "has a strange count";
	if (!inside(f->count_offset, f->count_size, 1, desc->size))
		return "has a count outside the object";
	return NULL;
}

static const char *check_kind(const struct kstate_description *desc,
			      const struct kstate_field *f)
{
	u32 nr = 1, size = sizeof(void *);
	const char *why = NULL;

	switch (f->kind) {
	case KS_STRUCT:
		if (!f->desc)
			return "has no description";
		fallthrough;
	case KS_SIMPLE:
		if (f->count_size)
			return "is embedded with a variable count";
		why = check_element(f);
		size = f->size;
		nr = f->count;
		break;
	case KS_ARRAY_OF_POINTER:
		if (!f->desc || !f->count_size)
			return "has no description or no count";
		fallthrough;
	case KS_POINTER:
		why = check_element(f);
		break;
	case KS_CUSTOM:
		if (!f->ops || !f->ops->size || !f->ops->save || !f->ops->load)
			return "lacks hooks";
		size = 0;
		break;
	case KS_FOLIO:
		break;
	default:
		return "has no known kind";
	}
	if (why)
		return why;
	if (f->kind == KS_SIMPLE && f->desc)
		return "is both a scalar and a struct";
	if (!inside(f->offset, size, nr, desc->size))
		return "is outside the object";
	if (f->kind == KS_CUSTOM)
		return f->desc || f->type || f->count_size ?
		       "has more than hooks" : NULL;
	if (f->kind == KS_FOLIO && (f->desc || f->type))
		return "is a folio and more";
	return check_count(desc, f);
}

static int check_level(const struct kstate_description *desc, unsigned int depth,
		       struct kstate_report *report)
{
	const struct kstate_field *f;
	const char *why;
	int err;

	if (!good_name(desc->name))
		return kstate_fail(report, desc->name, NULL,
				   "has no good name", -EINVAL);
	if (depth > KSTATE_ABI_MAX_DEPTH)
		return kstate_fail(report, desc->name, NULL,
				   "is nested too deep", -EINVAL);
	if (desc->min_version > desc->version)
		return kstate_fail(report, desc->name, NULL,
				   "has min_version above version", -EINVAL);
	if (desc->flags & ~KSTATE_LATE)
		return kstate_fail(report, desc->name, NULL,
				   "has unknown flags", -EINVAL);
	if (!desc->fields || desc->fields->kind == KS_END)
		return kstate_fail(report, desc->name, NULL,
				   "has no fields", -EINVAL);

	for (f = desc->fields; f->kind != KS_END; f++) {
		why = NULL;
		if (f - desc->fields >= KSTATE_ABI_MAX_FIELDS)
			why = "is one field too many";
		else if (!good_name(f->name) ||
			 (f->alias && !good_name(f->alias)))
			why = "has no good name";
		else if (name_taken(desc->fields, f))
			why = "has a name that is taken";
		else if (f->flags & ~KSTATE_FIELD_MANDATORY)
			why = "has unknown flags";
		else
			why = check_kind(desc, f);
		if (!why && bytes_taken(desc->fields, f))
			why = "overlaps another field or count";
		if (why)
			return kstate_fail(report, desc->name, f->name, why,
					   -EINVAL);
		err = f->desc ? check_level(f->desc, depth + 1, report) : 0;
		if (err)
			return err;
	}
	return 0;
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
	return check_level(desc, 1, report);
}

/* ---- Writing ---- */

static int schema_of(struct kstate_writer *w, const struct kstate_field *f)
{
	return f->desc ? kstate_writer_schema(w, f->desc) : KSTATE_ABI_NO_SCHEMA;
}

static int write_field(struct kstate_writer *w, const struct kstate_field *f,
		       u32 name)
{
	struct kstate_abi_field wire = {
		.kind = cpu_to_le16(f->kind),
		.type = cpu_to_le16(f->type),
		.flags = cpu_to_le32(f->flags),
		.width = cpu_to_le32(f->type == KST_NONE ? 0 : f->size),
		.schema = cpu_to_le32(schema_of(w, f)),
		.name = cpu_to_le32(name),
	};

	if (f->kind == KS_CUSTOM || f->kind == KS_FOLIO)
		wire.count = cpu_to_le32(1);
	else if (!f->count_size)
		wire.count = cpu_to_le32(f->count);
	return kstate_write(&w->s, &wire, sizeof(wire));
}

/**
 * kstate_schema_write - write the payload of a schema's section
 * @w: the stream; has the schemas of all nested descriptions already
 * @desc: the description
 *
 * Context: may sleep if the stream can grow.
 * Return: 0 or the errno of kstate_stream_room()
 */
int kstate_schema_write(struct kstate_writer *w,
			const struct kstate_description *desc)
{
	struct kstate_abi_schema wire = {
		.version = cpu_to_le32(desc->version),
		.min_version = cpu_to_le32(desc->min_version),
	};
	const struct kstate_field *f;
	u32 nr = 0, name;
	int err;

	for (f = desc->fields; f->kind != KS_END; f++)
		nr++;
	name = sizeof(wire) + nr * sizeof(struct kstate_abi_field);
	wire.nr_fields = cpu_to_le32(nr);
	wire.name = cpu_to_le32(name);
	name += strlen(desc->name) + 1;

	err = kstate_write(&w->s, &wire, sizeof(wire));
	for (f = desc->fields; !err && f->kind != KS_END; f++) {
		err = write_field(w, f, name);
		name += strlen(f->name) + 1;
	}
	if (!err)
		err = kstate_write(&w->s, desc->name, strlen(desc->name) + 1);
	for (f = desc->fields; !err && f->kind != KS_END; f++)
		err = kstate_write(&w->s, f->name, strlen(f->name) + 1);
	return err;
}

/* ---- Parsing ---- */

/* A name in a payload, or NULL if it is none. */
static const char *parse_name(const void *payload, size_t len, __le32 wire)
{
	size_t at = le32_to_cpu(wire), left;
	const char *name = payload + at;

	if (at >= len)
		return NULL;
	left = min_t(size_t, len - at, KSTATE_ABI_NAME_MAX + 1);
	return *name && strnlen(name, left) < left ? name : NULL;
}

/* Least bytes of one element, 0 if the field makes no sense. */
static u64 element_size(const struct kstate_reader *r, u32 nr,
			const struct kstate_abi_field *f)
{
	u32 type = le16_to_cpu(f->type), width = le32_to_cpu(f->width);
	u32 schema = le32_to_cpu(f->schema);

	if (schema == KSTATE_ABI_NO_SCHEMA)
		return good_scalar(type, width) ? width : 0;
	/* only earlier schemas: so they cannot contain themselves */
	if (schema >= nr || type != KSTATE_ABI_NONE || width)
		return 0;
	return r->schemas[schema].min_size;
}

/* Least bytes of a field, 0 if it makes no sense. */
static u64 field_size(const struct kstate_reader *r, u32 nr,
		      const struct kstate_abi_field *f)
{
	bool is_struct = le32_to_cpu(f->schema) != KSTATE_ABI_NO_SCHEMA;
	bool is_plain = !is_struct && !f->type && !f->width;
	u32 count = le32_to_cpu(f->count);
	u32 kind = le16_to_cpu(f->kind);
	u64 size;

	switch (kind) {
	case KSTATE_ABI_SIMPLE:
	case KSTATE_ABI_STRUCT:
		if (kind == KSTATE_ABI_STRUCT ? !is_struct : is_struct)
			return 0;
		if (check_mul_overflow(element_size(r, nr, f), (u64)count,
				       &size))
			return 0;
		return size;
	case KSTATE_ABI_POINTER:
		return element_size(r, nr, f) ? sizeof(u8) : 0;
	case KSTATE_ABI_ARRAY_OF_POINTER:
		return is_struct && !count && element_size(r, nr, f) ?
		       sizeof(u8) : 0;
	case KSTATE_ABI_CUSTOM:
		return is_plain && count == 1 ? sizeof(u32) : 0;
	case KSTATE_ABI_FOLIO:
		return is_plain && count == 1 ? sizeof(u8) : 0;
	default:
		return 0;
	}
}

static int bad_schema(struct kstate_reader *r, const char *name,
		      const char *field, const char *why)
{
	return kstate_fail(&r->report, name, field, why, -EBADMSG);
}

static int parse_field(struct kstate_reader *r, u32 nr, struct kstate_schema *s,
		       const struct kstate_abi_field *f, size_t len)
{
	const char *name = parse_name(s->payload, len, f->name);
	u32 schema = le32_to_cpu(f->schema);
	u64 size;

	if (!name)
		return bad_schema(r, s->name, NULL, "schema without names");
	if (le32_to_cpu(f->flags) & ~KSTATE_ABI_FIELD_MANDATORY)
		return bad_schema(r, s->name, name, "unknown flags in schema");
	size = field_size(r, nr, f);
	if (!size || check_add_overflow(s->min_size, size, &s->min_size))
		return bad_schema(r, s->name, name, "strange field in schema");
	if (schema != KSTATE_ABI_NO_SCHEMA)
		s->depth = max(s->depth, r->schemas[schema].depth + 1);
	if (s->depth > KSTATE_ABI_MAX_DEPTH)
		return bad_schema(r, s->name, name, "schema is nested too deep");
	return 0;
}

/**
 * kstate_schema_parse - check a schema and keep it
 * @r: the reader; holds all schemas before this one
 * @nr: its number
 * @payload: payload of its section, aligned to 8 bytes
 * @len: its bytes
 *
 * Context: any.
 * Return: 0 or -EBADMSG
 */
int kstate_schema_parse(struct kstate_reader *r, u32 nr, const void *payload,
			size_t len)
{
	const struct kstate_abi_schema *wire = payload;
	struct kstate_schema *s = &r->schemas[nr];
	int err;
	u32 i;

	if (len < sizeof(*wire))
		return bad_schema(r, NULL, NULL, "schema is too short");
	s->payload = payload;
	s->fields = payload + sizeof(*wire);
	s->version = le32_to_cpu(wire->version);
	s->min_version = le32_to_cpu(wire->min_version);
	s->nr_fields = le32_to_cpu(wire->nr_fields);
	s->depth = 1;
	s->name = parse_name(payload, len, wire->name);
	if (!s->name)
		return bad_schema(r, NULL, NULL, "schema without a name");
	if (!s->nr_fields || s->nr_fields > KSTATE_ABI_MAX_FIELDS ||
	    (len - sizeof(*wire)) / sizeof(*s->fields) < s->nr_fields)
		return bad_schema(r, s->name, NULL, "strange number of fields");
	if (s->min_version > s->version)
		return bad_schema(r, s->name, NULL, "strange version");

	for (i = 0; i < s->nr_fields; i++) {
		err = parse_field(r, nr, s, &s->fields[i], len);
		if (err)
			return err;
	}
	return 0;
}

/* ---- Resolving ---- */

static const char *wire_name(const struct kstate_schema *s,
			     const struct kstate_abi_field *f)
{
	return s->payload + le32_to_cpu(f->name);
}

static const struct kstate_abi_field *
find_wire(const struct kstate_schema *s, const char *name)
{
	u32 i;

	for (i = 0; name && i < s->nr_fields; i++) {
		if (!strcmp(wire_name(s, &s->fields[i]), name))
			return &s->fields[i];
	}
	return NULL;
}

/* A field's own name goes before its alias. */
static const struct kstate_abi_field *
match_field(const struct kstate_schema *s, const struct kstate_field *to)
{
	return find_wire(s, to->name) ?: find_wire(s, to->alias);
}

static int refuse(struct kstate_report *report,
		  const struct kstate_description *desc, const char *field,
		  const char *why, int err)
{
	return kstate_fail(report, desc->name, field, why, err);
}

static int check_versions(const struct kstate_schema *s,
			  const struct kstate_description *desc,
			  struct kstate_report *report)
{
	if (s->version < desc->min_version)
		return refuse(report, desc, NULL,
			      "was saved in a version too old for this kernel",
			      -EOPNOTSUPP);
	if (s->version > desc->version && s->min_version > desc->version)
		return refuse(report, desc, NULL,
			      "was saved in a version too new for this kernel",
			      -EOPNOTSUPP);
	return 0;
}

/* Values are converted within a class: structs, text, numbers. */
static u32 type_class(u32 type)
{
	return type == KST_NONE || type == KST_BYTE ? type : KST_UINT;
}

/* Can what @from says be read into what @to says, if all values fit? */
static int check_pair(const struct kstate_description *desc,
		      const struct kstate_abi_field *from,
		      const struct kstate_field *to,
		      struct kstate_report *report)
{
	u32 count = to->count_size ? 0 : to->count;

	if (le16_to_cpu(from->kind) != to->kind)
		return refuse(report, desc, to->name,
			      "was saved as another kind of field", -EPROTO);
	if (to->kind == KS_CUSTOM || to->kind == KS_FOLIO)
		return 0;
	if (type_class(le16_to_cpu(from->type)) != type_class(to->type))
		return refuse(report, desc, to->name,
			      "was saved as another type", -EPROTO);
	if (le32_to_cpu(from->count) != count)
		return refuse(report, desc, to->name,
			      "was saved with another number of elements",
			      -EMSGSIZE);
	return 0;
}

static struct kstate_program *resolve(struct kstate_reader *r,
				      const struct kstate_schema *schema,
				      const struct kstate_description *desc,
				      struct kstate_report *report);

static int resolve_op(struct kstate_reader *r, struct kstate_op *op,
		      const struct kstate_description *desc,
		      struct kstate_report *report)
{
	struct kstate_program *prog;
	int err;

	/* A field to be skipped is walked by its schema alone. */
	if (!op->to)
		return 0;

	err = check_pair(desc, op->from, op->to, report);
	if (err)
		return err;
	/* A bool is checked to be one. */
	op->copy = le16_to_cpu(op->from->type) == op->to->type &&
		   le32_to_cpu(op->from->width) == op->to->size &&
		   op->to->type != KST_BOOL &&
		   cpu_to_le64(1) == (__force __le64)1ULL;
	if (!op->to->desc)
		return 0;

	prog = resolve(r, &r->schemas[le32_to_cpu(op->from->schema)],
		       op->to->desc, report);
	if (IS_ERR(prog))
		return PTR_ERR(prog);
	op->sub = prog;
	return 0;
}

/* Point the ops of matching fields at the reader's fields. */
static int match_fields(struct kstate_program *prog,
			struct kstate_report *report)
{
	const struct kstate_schema *s = prog->schema;
	const struct kstate_abi_field *from;
	const struct kstate_field *f;
	u32 i;

	for (f = prog->desc->fields; f->kind != KS_END; f++) {
		from = match_field(s, f);
		if (from)
			prog->ops[from - s->fields].to = f;
		else if (f->flags & KSTATE_FIELD_MANDATORY)
			return refuse(report, prog->desc, f->name,
				      "is mandatory and was not saved", -EPROTO);
	}
	for (i = 0; i < s->nr_fields; i++) {
		from = &s->fields[i];
		if (!prog->ops[i].to &&
		    (le32_to_cpu(from->flags) & KSTATE_ABI_FIELD_MANDATORY))
			return refuse(report, prog->desc, wire_name(s, from),
				      "was saved as mandatory and is not known",
				      -EPROTO);
	}
	return 0;
}

static int fill_program(struct kstate_reader *r, struct kstate_program *prog,
			struct kstate_report *report)
{
	int err;
	u32 i;

	for (i = 0; i < prog->nr_ops; i++)
		prog->ops[i].from = &prog->schema->fields[i];
	err = check_versions(prog->schema, prog->desc, report) ?:
	      match_fields(prog, report);
	for (i = 0; !err && i < prog->nr_ops; i++)
		err = resolve_op(r, &prog->ops[i], prog->desc, report);
	return err;
}

static struct kstate_program *resolve(struct kstate_reader *r,
				      const struct kstate_schema *schema,
				      const struct kstate_description *desc,
				      struct kstate_report *report)
{
	struct kstate_program *prog;
	int err;

	prog = kvzalloc(struct_size(prog, ops, schema->nr_fields), GFP_KERNEL);
	if (!prog)
		return ERR_PTR(kstate_fail(report, desc->name, NULL,
					   "no memory", -ENOMEM));
	INIT_LIST_HEAD(&prog->list);
	prog->schema = schema;
	prog->desc = desc;
	prog->nr_ops = schema->nr_fields;

	err = fill_program(r, prog, report);
	if (err) {
		kstate_program_free(prog);
		return ERR_PTR(err);
	}
	return prog;
}

/**
 * kstate_resolve - how objects of a schema are read into a description's
 * @r: the reader that has the schema
 * @schema: the writer's schema
 * @desc: the reader's description
 * @report: where to tell why not
 *
 * The program is made once and kept until kstate_reader_forget().
 *
 * Context: may sleep. Calls itself for nested structs, at most
 * KSTATE_ABI_MAX_DEPTH deep.
 * Return: the program, or an ERR_PTR(): -EOPNOTSUPP if the versions do not
 * meet, -EPROTO if a mandatory field is missing on either side or kind or type
 * of a field differ, -EMSGSIZE if the number of elements differs, -ENOMEM.
 */
struct kstate_program *kstate_resolve(struct kstate_reader *r,
				      struct kstate_schema *schema,
				      const struct kstate_description *desc,
				      struct kstate_report *report)
{
	struct kstate_program *prog;

	list_for_each_entry(prog, &schema->programs, list) {
		if (prog->desc == desc)
			return prog;
	}
	prog = resolve(r, schema, desc, report);
	if (!IS_ERR(prog))
		list_add(&prog->list, &schema->programs);
	return prog;
}

/**
 * kstate_program_free - free a program and its parts
 * @prog: not in a list any more; may be NULL
 */
void kstate_program_free(struct kstate_program *prog)
{
	u32 i;

	if (!prog)
		return;
	for (i = 0; i < prog->nr_ops; i++)
		kstate_program_free(prog->ops[i].sub);
	kvfree(prog);
}
