/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KSTATE: the codec, which makes bytes of objects and objects of bytes.
 *
 * Knows nothing of registry, kexec and architecture. Also built in user space.
 */
#ifndef _KERNEL_KSTATE_CODEC_H
#define _KERNEL_KSTATE_CODEC_H

#include <linux/kstate.h>
#include <linux/kstate_abi.h>
#include <linux/list.h>
#include <linux/string.h>
#include <linux/unaligned.h>

struct kstate_flat;
struct kstate_moves;

/* ---- Errors ---- */

/**
 * struct kstate_report - what went wrong first, for the log and for sysfs
 * @desc: name of the description, possibly a nested one, or ""
 * @field: name of the field, or ""
 * @why: constant text
 * @err: errno, 0 as long as nothing went wrong
 * @untried: nothing was changed and no hook was called, and what was missing
 *	may be there at another try
 */
struct kstate_report {
	char desc[KSTATE_ABI_NAME_MAX + 1];
	char field[KSTATE_ABI_NAME_MAX + 1];
	const char *why;
	int err;
	bool untried;
};

int kstate_fail(struct kstate_report *report, const char *desc,
		const char *field, const char *why, int err);

/* ---- What it is told of the world ---- */

/**
 * struct kstate_mem_ops - what the codec must know of memory kept in place
 * @locate: physical address and order of the folio behind a pointer
 * @preserve: keep it in place across the jump; 0 or errno
 * @preserved: is it going to be kept
 * @claimable: the previous kernel kept it and nobody has it yet
 * @claim: get it, with one reference; NULL if it cannot be had
 * @release: give up what @claim returned
 * @preserve_range: keep a range in place; 0 or errno
 * @claim_range: get a range that the previous kernel kept; 0 or errno
 * @release_range: give up what @claim_range got
 */
struct kstate_mem_ops {
	void (*locate)(void *folio, u64 *phys, u32 *order);
	int (*preserve)(void *folio);
	bool (*preserved)(u64 phys, u64 size);
	bool (*claimable)(u64 phys, u32 order);
	void *(*claim)(u64 phys, u32 order);
	void (*release)(void *folio);
	int (*preserve_range)(u64 phys, u64 size);
	int (*claim_range)(u64 phys, u64 size);
	void (*release_range)(u64 phys, u64 size);
};

/**
 * struct kstate_refs - which objects there are, for references to them
 * @instance: that of the object @obj of a description; 0 or -ENOENT
 * @object: the object of a description and an instance, or NULL
 * @priv: for both
 */
struct kstate_refs {
	int (*instance)(void *priv, const struct kstate_description *desc,
			const void *obj, u64 *instance);
	void *(*object)(void *priv, const struct kstate_description *desc,
			u64 instance);
	void *priv;
};

/**
 * struct kstate_stream - a position in bytes that are written or read
 * @data: the bytes, when they are written; may be NULL while @size is 0
 * @in: the bytes, when they are read
 * @pos: the next byte
 * @size: bytes at @data or @in
 * @counting: nothing is written, only @pos moves: sizes, and preserves folios
 * @grow: makes @data at least that large or returns an errno; NULL: it cannot
 * @priv: for @grow
 * @mem: how to treat memory that stays in place
 * @refs: how to treat references to objects
 * @report: where errors are told
 */
struct kstate_stream {
	union {
		u8 *data;
		const u8 *in;
	};
	size_t pos;
	size_t size;
	bool counting;
	int (*grow)(struct kstate_stream *stream, size_t size);
	void *priv;
	const struct kstate_mem_ops *mem;
	const struct kstate_refs *refs;
	struct kstate_report *report;
};

/* Is an element of this type a number, of which its width says the bytes? */
static inline bool kstate_is_number(u32 type)
{
	return type >= KSTATE_ABI_BOOL && type <= KSTATE_ABI_BYTE;
}

/**
 * kstate_get_native - read an unsigned integer of a width known at run time
 * @from: where it is
 * @width: its bytes: 1, 2, 4 or 8
 *
 * Return: its value, not sign-extended
 */
static inline u64 kstate_get_native(const void *from, u32 width)
{
	switch (width) {
	case 1:
		return *(const u8 *)from;
	case 2:
		return get_unaligned((const u16 *)from);
	case 4:
		return get_unaligned((const u32 *)from);
	default:
		return get_unaligned((const u64 *)from);
	}
}

/**
 * kstate_put_native - write an integer of a width known at run time
 * @to: where
 * @width: its bytes: 1, 2, 4 or 8
 * @value: what, of which the low @width bytes count
 */
static inline void kstate_put_native(void *to, u32 width, u64 value)
{
	switch (width) {
	case 1:
		*(u8 *)to = value;
		break;
	case 2:
		put_unaligned((u16)value, (u16 *)to);
		break;
	case 4:
		put_unaligned((u32)value, (u32 *)to);
		break;
	default:
		put_unaligned(value, (u64 *)to);
		break;
	}
}

u32 kstate_crc(const void *data, size_t len);

int kstate_stream_room(struct kstate_stream *stream, size_t len);
int kstate_stream_grow(struct kstate_stream *stream, size_t size);
int kstate_write_zeroes(struct kstate_stream *stream, size_t len);
int kstate_encode(struct kstate_stream *stream,
		  const struct kstate_description *desc, const void *obj);

/**
 * struct kstate_writer - a stream that is being written
 * @s: the bytes; the caller fills in all but pos
 * @descs: the description of each schema written so far
 * @flats: how its objects are written, if they are flat, or NULL
 * @nr_schemas: entries of @descs
 * @max_schemas: room at @descs and @flats
 * @nr_objects: objects written or reserved so far
 * @group: where the section of the group begins that is being written, 0: none
 * @group_schema: the schema of its objects
 * @group_count: how many they are
 * @at: where the section or record of the last object begins
 */
struct kstate_writer {
	struct kstate_stream s;
	const struct kstate_description **descs;
	struct kstate_flat **flats;
	u32 nr_schemas;
	u32 max_schemas;
	u32 nr_objects;
	size_t group;
	u32 group_schema;
	u32 group_count;
	size_t at;
};

int kstate_writer_begin(struct kstate_writer *w);
int kstate_writer_schema(struct kstate_writer *w,
			 const struct kstate_description *desc);
int kstate_writer_object(struct kstate_writer *w,
			 const struct kstate_description *desc,
			 const void *obj, u64 instance);
int kstate_writer_reserve(struct kstate_writer *w, u32 schema, u64 instance,
			  size_t span);
int kstate_writer_late(struct kstate_writer *w, size_t at,
		       const struct kstate_description *desc, const void *obj);
void kstate_writer_lose(struct kstate_writer *w, size_t at, size_t group);
void kstate_writer_seal(struct kstate_writer *w, size_t group);
int kstate_writer_flush(struct kstate_writer *w);
int kstate_writer_end(struct kstate_writer *w);
void kstate_writer_free(struct kstate_writer *w);

/**
 * struct kstate_schema - a schema, checked
 * @name: the description's name
 * @payload: of the schema's section; names and attributes are offsets in it
 * @len: bytes of it
 * @fields: the fields, in the payload
 * @nr_fields: entries of @fields, at least 1
 * @nr: its number
 * @flags: KSTATE_ABI_SCHEMA_*
 * @attrs: where its attributes are, for kstate_schema_attr()
 * @version: the version of the description
 * @min_version: the oldest version that it thinks of, on the other side
 * @depth: levels of structs, itself included
 * @min_size: least bytes that an object of it takes in the stream, not 0
 * @all: all schemas of the stream, by number
 * @resolutions: list of &struct kstate_resolution, for top-level readers
 */
struct kstate_schema {
	const char *name;
	const char *payload;
	size_t len;
	const struct kstate_abi_field *fields;
	u32 nr_fields;
	u32 nr;
	u32 flags;
	__le32 attrs;
	u32 version;
	u32 min_version;
	u32 depth;
	u64 min_size;
	const struct kstate_schema *all;
	struct list_head resolutions;
};

/**
 * struct kstate_attr - an attribute of a schema or of a field
 * @tag: KSTATE_ABI_ATTR_*
 * @len: its bytes
 * @data: they, not aligned
 */
struct kstate_attr {
	u32 tag;
	u32 len;
	const u8 *data;
};

/* The length of the next name of a list with commas; 0 at the end */
static inline size_t kstate_next_name(const char **list)
{
	if (!*list || !**list)
		return 0;
	return strcspn(*list, ",");
}

/* Go on behind a name of @len characters and its comma. */
static inline void kstate_skip_name(const char **list, size_t len)
{
	*list += len;
	if (**list == ',')
		(*list)++;
}

const char *kstate_schema_str(const struct kstate_schema *s, __le32 at);
bool kstate_schema_attr(const struct kstate_schema *s, __le32 attrs, u32 *pos,
			struct kstate_attr *attr);
const struct kstate_abi_field *
kstate_schema_find(const struct kstate_schema *s, const char *name);

/* What became of an object in an incoming stream. */
enum kstate_in_state {
	KSTATE_IN_PENDING,
	KSTATE_IN_RESTORED,
	KSTATE_IN_REFUSED,
	KSTATE_IN_LOST,
	KSTATE_IN_STATES,
};

/**
 * struct kstate_in_object - an object in an incoming stream
 * @schema: what it is
 * @instance: which one
 * @data: its bytes
 * @len: how many
 * @state: what became of it
 * @report: why it was refused, or NULL
 */
struct kstate_in_object {
	struct kstate_schema *schema;
	u64 instance;
	const u8 *data;
	size_t len;
	enum kstate_in_state state;
	struct kstate_report *report;
};

/**
 * struct kstate_reader - a stream that is being read
 * @schemas: by number
 * @objects: sorted by name and instance
 * @nr_schemas: entries of @schemas
 * @nr_objects: entries of @objects
 * @next: the object that will probably be asked for next
 * @report: what is wrong with the stream
 */
struct kstate_reader {
	struct kstate_schema *schemas;
	struct kstate_in_object *objects;
	u32 nr_schemas;
	u32 nr_objects;
	u32 next;
	struct kstate_report report;
};

int kstate_reader_open(struct kstate_reader *r, const void *data, size_t len);
void kstate_reader_free(struct kstate_reader *r);
void kstate_reader_forget(struct kstate_reader *r);
struct kstate_in_object *kstate_reader_find(struct kstate_reader *r,
					    const char *name, u64 instance);

/**
 * struct kstate_op - how one field of the stream is read
 * @from: the writer's field, NULL: there is none, the default is taken
 * @to: the reader's field in its schema, NULL: skip it
 * @field: the reader's field in its description, NULL: skip it, or verify only
 * @sub: program of the struct, if it is of structs and not skipped
 * @copy: the bytes can be copied as they are
 * @refuse: skipping it is an error, when it is there
 * @has_min: @min counts
 * @has_max: @max counts
 * @run_ops: this op and the next ones can be copied at once, so many in all
 * @run: bytes of them
 * @min: least legal value, of the reader's sign
 * @max: greatest legal value, likewise
 * @values: the only legal values, __le64 each, not aligned, or NULL
 * @nr_values: how many
 * @count_bits: of the reader's count or selector, 0: it has none
 */
struct kstate_op {
	const struct kstate_abi_field *from;
	const struct kstate_abi_field *to;
	const struct kstate_field *field;
	const struct kstate_program *sub;
	bool copy;
	bool refuse;
	bool has_min;
	bool has_max;
	u32 run_ops;
	u32 run;
	u64 min;
	u64 max;
	const u8 *values;
	u32 nr_values;
	u32 count_bits;
};

/**
 * struct kstate_program - how structs of one schema become ones of another
 * @list: in the resolution
 * @from: the writer's schema
 * @to: the reader's
 * @desc: the reader's description, NULL: for verifying only
 * @flat_size: bytes of it in the stream, if it can go the way of
 *	kernel/kstate_flat.c, else 0
 * @moves: how it goes that way, if it can
 * @nr_ops: entries of @ops; those of the writer's fields come first, by number
 * @ops: in the order of the stream
 */
struct kstate_program {
	struct list_head list;
	const struct kstate_schema *from;
	const struct kstate_schema *to;
	const struct kstate_description *desc;
	u64 flat_size;
	struct kstate_moves *moves;
	u32 nr_ops;
	struct kstate_op ops[] __counted_by(nr_ops);
};

/**
 * struct kstate_resolution - all that resolving a pair of schemas made
 * @list: in the writer's schema
 * @desc: the reader's description, NULL: for verifying only
 * @own: the schemas of @desc, when they were made for this
 * @bytes: where @own is in memory
 * @descs: the description of each schema of @own
 * @programs: list of &struct kstate_program, one for each pair in the pair
 * @top: the one of the pair itself
 */
struct kstate_resolution {
	struct list_head list;
	const struct kstate_description *desc;
	struct kstate_reader own;
	void *bytes;
	const struct kstate_description **descs;
	struct list_head programs;
	const struct kstate_program *top;
};

/* ---- kstate_check.c ---- */
bool kstate_good_name(const char *name, size_t len);
int kstate_check_description(const struct kstate_description *desc,
			     struct kstate_report *report);

/* ---- kstate_schema.c ---- */
int kstate_schema_write(struct kstate_writer *w,
			const struct kstate_description *desc);
int kstate_schema_parse(struct kstate_reader *r, u32 nr, const void *payload,
			size_t len);

/* ---- kstate_resolve.c ---- */
struct kstate_resolution *
kstate_resolve_schemas(const struct kstate_schema *from,
		       const struct kstate_schema *to,
		       struct kstate_report *report);
const struct kstate_program *
kstate_resolve(struct kstate_schema *schema,
	       const struct kstate_description *desc,
	       struct kstate_report *report);
void kstate_resolution_free(struct kstate_resolution *res);

/* ---- kstate_load.c ---- */
int kstate_load(const struct kstate_program *prog,
		const struct kstate_in_object *in, void *obj,
		const struct kstate_mem_ops *mem,
		const struct kstate_refs *refs, struct kstate_report *report);

/* ---- kstate_verify.c ---- */
int kstate_verify(const struct kstate_program *prog, const void *data,
		  size_t len, struct kstate_report *report);
bool kstate_value_fits(const struct kstate_op *op, u64 value, bool sign);

/* ---- kstate_image.c ---- */

/**
 * struct kstate_verdict - what becomes of the objects of one description
 * @from: the schema that they are saved with
 * @to: the one that they would be restored with, or NULL
 * @mandatory: losing them is no option
 * @res: how they would be restored, NULL: they are not
 * @report: why not
 */
struct kstate_verdict {
	const struct kstate_schema *from;
	const struct kstate_schema *to;
	bool mandatory;
	struct kstate_resolution *res;
	struct kstate_report report;
};

const void *kstate_image_find(const void *bzimage, size_t len,
			      size_t *blob_len, const char **why);
int kstate_image_declare(void *data, size_t len, const u32 *numbers, u32 nr);
const struct kstate_schema *
kstate_image_match(const struct kstate_reader *to, const char *name);
bool kstate_image_has_objects(const struct kstate_reader *r,
			      const struct kstate_schema *s);
struct kstate_resolution *kstate_image_resolve(const struct kstate_reader *from,
					       const struct kstate_schema *s,
					       const struct kstate_schema *to,
					       struct kstate_report *report);
int kstate_image_check(const struct kstate_reader *from,
		       const struct kstate_reader *to,
		       int (*tell)(struct kstate_verdict *v, void *priv),
		       void *priv);

#endif /* _KERNEL_KSTATE_CODEC_H */
