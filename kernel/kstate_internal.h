/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What KSTATE's own files share.
 */
#ifndef _KERNEL_KSTATE_INTERNAL_H
#define _KERNEL_KSTATE_INTERNAL_H

#include <linux/kstate.h>
#include <linux/kstate_abi.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/rbtree.h>
#include <linux/spinlock.h>

struct kimage;
struct kstate_core;
struct kstate_flat;
struct kstate_target;
struct page;
struct task_struct;

/*
 * ---- Errors ----
 */

/**
 * struct kstate_report - what went wrong first, for the log and for sysfs
 * @desc: name of the description, possibly a nested one, or ""
 * @field: name of the field, or ""
 * @why: constant text
 * @err: errno, 0 as long as nothing went wrong
 */
struct kstate_report {
	char desc[KSTATE_ABI_NAME_MAX + 1];
	char field[KSTATE_ABI_NAME_MAX + 1];
	const char *why;
	int err;
};

int kstate_fail(struct kstate_report *report, const char *desc,
		const char *field, const char *why, int err);

/*
 * ---- The codec: kstate_stream.c, kstate_schema.c, kstate_load.c ----
 *
 * Knows nothing of registry, kexec and architecture. Also built in user space.
 */

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

u64 kstate_get_native(const void *from, u32 width);
void kstate_put_native(void *to, u32 width, u64 value);
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

bool kstate_good_name(const char *name, size_t len);
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
 * @at: where it is in the stream, in a program with a flat_size
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
	u32 at;
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
 * @nr_ops: entries of @ops; those of the writer's fields come first, by number
 * @ops: in the order of the stream
 */
struct kstate_program {
	struct list_head list;
	const struct kstate_schema *from;
	const struct kstate_schema *to;
	const struct kstate_description *desc;
	u64 flat_size;
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

int kstate_check_description(const struct kstate_description *desc,
			     struct kstate_report *report);
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
int kstate_image_check(const struct kstate_reader *from,
		       const struct kstate_reader *to,
		       int (*tell)(struct kstate_verdict *v, void *priv),
		       void *priv);

int kstate_load(const struct kstate_program *prog,
		const struct kstate_in_object *in, void *obj,
		const struct kstate_mem_ops *mem,
		const struct kstate_refs *refs, struct kstate_report *report);

/*
 * ---- The life cycle: kstate.c, kstate_out.c ----
 *
 * Called by kernel/kstate_kexec.c around the jump. The sequence is
 * kstate_out_save() and then either kstate_out_abort() or, with all other CPUs
 * stopped and interrupts off, kstate_out_late(). kstate_buf.vaddr then begins
 * with a struct kstate_abi_stream whose length says how much of it is used.
 */
struct kstate_buf;

int kstate_out_save(struct kstate_buf *buf, const struct kstate_target *target);
int kstate_out_save_locked(struct kstate_buf *buf,
			   const struct kstate_target *target);
void kstate_out_late(struct kstate_buf *buf);
void kstate_out_abort(void);

/* A new kernel found @len bytes of stream at @data, mapped for good. */
int kstate_in_open(const void *data, size_t len);

/*
 * Record that @nr pages from @pfn were preserved, with a reference if they are
 * a folio, or are no longer. While kstate_out_save() prepares, the core notes
 * what its task's hooks preserve and undoes it on abort. Called by
 * mm/kstate_mem.c. May sleep.
 */
void kstate_note_preserved(unsigned long pfn, unsigned long nr, bool folio);
void kstate_note_unpreserved(unsigned long pfn, unsigned long nr);

/**
 * struct kstate_target - what a kernel image says that it can restore
 * @reader: its schemas
 * @bytes: where they are in memory
 * @why: why it says nothing, NULL: it does
 */
struct kstate_target {
	struct kstate_reader reader;
	void *bytes;
	const char *why;
};

/**
 * struct kstate_forecast - what an image will make of what is registered
 * @own: the schemas of what is registered
 * @bytes: where they are in memory
 * @descs: the description of each
 * @res: how the image restores objects of each; NULL: there are none, or it
 *	does not
 */
struct kstate_forecast {
	struct kstate_reader own;
	void *bytes;
	const struct kstate_description **descs;
	struct kstate_resolution **res;
};

/**
 * struct kstate_cost - what it takes to save the objects of a description
 * @name: the description's
 * @objects: how many were prepared
 * @bytes: they take in the stream
 * @ns: nanoseconds of preparing, counting, and saving early
 * @lost: why the image cannot restore them, if its err is not 0
 */
struct kstate_cost {
	char name[KSTATE_ABI_NAME_MAX + 1];
	u64 objects;
	u64 bytes;
	u64 ns;
	struct kstate_report lost;
};

/**
 * struct kstate_meter - what a dry run notes
 * @rows: one for each description
 * @nr: entries of @rows
 * @max: room at @rows
 * @last: the row that was used last
 * @report: how it ended
 * @failed: the description of the object that it failed with, or ""
 */
struct kstate_meter {
	struct kstate_cost *rows;
	u32 nr;
	u32 max;
	u32 last;
	struct kstate_report report;
	char failed[KSTATE_ABI_NAME_MAX + 1];
};

struct kstate_target *kstate_target_new(const void *bzimage, size_t len);
void kstate_target_free(struct kstate_target *target);
int kstate_core_check(struct kstate_core *core,
		      const struct kstate_target *target);
void *kstate_core_schemas(struct kstate_core *core, size_t *len);
struct kstate_forecast *
kstate_forecast_new(struct kstate_core *core,
		    const struct kstate_target *target);
int kstate_forecast_verify(struct kstate_core *core,
			   const struct kstate_forecast *forecast);
void kstate_forecast_free(struct kstate_forecast *forecast);

/* True if an object is registered: there is something to lose. */
bool kstate_have_objects(void);

void kstate_refuse_jump(const char *why, int err);

enum kstate_phase {
	KSTATE_IDLE,
	KSTATE_SAVING,
	KSTATE_SAVED,
};

/**
 * struct kstate_object - a registered object
 * @node: in the registry
 * @obj_node: in the registry by object
 * @desc: its description
 * @obj: itself
 * @instance: which one
 * @phase: how far the hand-over has come with it
 * @gone: unregistered since it was saved
 * @at: where its section or record is in the stream
 * @group: where the section of its record is, 0: it has its own
 * @bound: most bytes that its section will need
 */
struct kstate_object {
	struct rb_node node;
	struct rb_node obj_node;
	const struct kstate_description *desc;
	void *obj;
	u64 instance;
	enum { KSTATE_OBJ_IDLE, KSTATE_OBJ_HELD, KSTATE_OBJ_PREPARED } phase;
	bool gone;
	size_t at;
	size_t group;
	size_t bound;
};

/**
 * struct kstate_core - a registry with what it hands over and what it got
 * @lock: protects all of it; held while hooks run
 * @objects: the registered objects, by name and instance
 * @by_obj: the same, by object
 * @nr_objects: how many they are
 * @phase: where a hand-over stands; nothing is registered in any but
 *	KSTATE_IDLE
 * @writer: the stream being written
 * @refs: for references in it
 * @out: the objects of the hand-over, in its order; fixed in KSTATE_SAVED
 * @nr_out: entries of @out
 * @notes: ranges of pages preserved for the hand-over, by first page
 * @notes_lock: protects @notes
 * @owner: the task that runs the hand-over's hooks, or NULL
 * @reader: the stream of the previous kernel
 * @opened: @reader is valid
 * @last: what went wrong last
 * @last_name: the object that it went wrong with
 * @last_instance: likewise
 * @mem: how to treat folios
 * @target: the image that the hand-over is for; NULL: nothing is known of it
 * @meter: what a dry run notes, or NULL
 * @in: the stream of the previous kernel while @opened
 * @in_len: its bytes
 * @force: lose mandatory state, if the image cannot restore it
 * @quiet: nothing is logged
 *
 * There is one, and the tests have more, which are quiet.
 */
struct kstate_core {
	struct mutex lock;
	struct rb_root objects;
	struct rb_root by_obj;
	u32 nr_objects;
	enum kstate_phase phase;
	struct kstate_writer writer;
	struct kstate_refs refs;
	struct kstate_object **out;
	u32 nr_out;
	struct rb_root notes;
	spinlock_t notes_lock;
	struct task_struct *owner;
	struct kstate_reader reader;
	bool opened;
	struct kstate_report last;
	char last_name[KSTATE_ABI_NAME_MAX + 1];
	u64 last_instance;
	const struct kstate_mem_ops *mem;
	const struct kstate_target *target;
	struct kstate_meter *meter;
	const void *in;
	size_t in_len;
	bool force;
	bool quiet;
};

#define KSTATE_CORE_INIT(_name, _mem) {					\
	.lock = __MUTEX_INITIALIZER((_name).lock),			\
	.notes_lock = __SPIN_LOCK_UNLOCKED((_name).notes_lock),		\
	.objects = RB_ROOT, .by_obj = RB_ROOT, .notes = RB_ROOT, .mem = (_mem) }

extern struct kstate_core kstate_core;

/* One for a test */
static inline void kstate_core_init(struct kstate_core *core,
				    const struct kstate_mem_ops *mem)
{
	*core = (struct kstate_core) { .mem = mem, .quiet = true };
	mutex_init(&core->lock);
	spin_lock_init(&core->notes_lock);
}

int kstate_core_register(struct kstate_core *core,
			 const struct kstate_description *desc, void *obj,
			 u64 instance);
void kstate_core_unregister(struct kstate_core *core,
			    const struct kstate_description *desc,
			    u64 instance);
int kstate_core_restore(struct kstate_core *core,
			const struct kstate_description *desc, void *obj,
			u64 instance);
bool kstate_core_pending(struct kstate_core *core,
			 const struct kstate_description *desc, u64 instance);
int kstate_core_open(struct kstate_core *core, const void *data, size_t len);
void kstate_core_close(struct kstate_core *core);
int kstate_core_finish(struct kstate_core *core);
void kstate_core_remove(struct kstate_core *core, struct kstate_object *o);
struct kstate_refs kstate_core_refs(struct kstate_core *core);
void kstate_core_error(struct kstate_core *core, const char *what,
		       const char *name, u64 instance);

int kstate_core_save(struct kstate_core *core, u8 *data, size_t size,
		     int (*grow)(struct kstate_stream *stream, size_t size),
		     void *priv);
void kstate_core_late(struct kstate_core *core);
void kstate_core_abort(struct kstate_core *core);
int kstate_core_save_locked(struct kstate_core *core, u8 *data, size_t size,
			    int (*grow)(struct kstate_stream *stream,
					size_t size), void *priv);
void kstate_core_abort_locked(struct kstate_core *core);
void kstate_core_note(struct kstate_core *core, unsigned long pfn,
		      unsigned long nr, bool folio);
void kstate_core_unnote(struct kstate_core *core, unsigned long pfn,
			unsigned long nr);

/* ---- kstate_meter.c ---- */
u64 kstate_meter_start(const struct kstate_core *core);
void kstate_meter_stop(struct kstate_core *core,
		       const struct kstate_description *desc, u64 start,
		       u32 objects, u64 bytes);
void kstate_meter_lost(struct kstate_core *core, const char *name,
		       const struct kstate_report *report);
void kstate_meter_result(struct kstate_core *core, struct kstate_meter *m,
			 int err);
void kstate_meter_reset(struct kstate_meter *m);
int kstate_meter_print(const struct kstate_meter *m, u32 nr, char *buf,
		       size_t size);

/*
 * ---- Hand-over, kernel/kstate_kexec.c ----
 */

struct kstate_abi_root;

/**
 * struct kstate_buf - the stream's memory: scattered pages, mapped in a row
 * @vaddr: where the pages are mapped, writable; changes when it grows
 * @size: bytes there, a multiple of PAGE_SIZE
 * @pages: the pages, @size / PAGE_SIZE of them
 */
struct kstate_buf {
	void *vaddr;
	size_t size;
	struct page **pages;
};

#ifdef CONFIG_KSTATE_KEXEC

/*
 * Make room for at least @size bytes; keeps the contents, never shrinks. May
 * sleep. 0 or -ENOMEM, and then @buf is as it was.
 */
int kstate_buf_grow(struct kstate_buf *buf, size_t size);

/* What sysfs shows of the hand-over itself, kernel/kstate_kexec.c */
u32 kstate_generation(void);

int kstate_dry_run(struct kstate_meter *meter);

void kstate_buf_free(struct kstate_buf *buf);

/* Release what nobody claimed, the map and the stream: pages released. */
unsigned long kstate_finish(void);

/* Open the stream that @root announces. NULL, or why it cannot be used. */
const char *kstate_handover_open(const struct kstate_abi_root *root);

#else /* !CONFIG_KSTATE_KEXEC: only for KUnit */

static inline int kstate_buf_grow(struct kstate_buf *buf, size_t size)
{
	return -EOPNOTSUPP;
}

static inline u32 kstate_generation(void)
{
	return 0;
}

static inline int kstate_dry_run(struct kstate_meter *meter)
{
	return -EOPNOTSUPP;
}

static inline unsigned long kstate_finish(void)
{
	return 0;
}

static inline const char *
kstate_handover_open(const struct kstate_abi_root *root)
{
	return "this kernel cannot take state over";
}

#endif /* CONFIG_KSTATE_KEXEC */

/*
 * ---- Damage for tests, kernel/kstate_fault.c ----
 */
#ifdef CONFIG_KSTATE_FAULT
void kstate_fault_commit(struct kstate_abi_root *root);
#else
static inline void kstate_fault_commit(struct kstate_abi_root *root)
{
}
#endif

/*
 * ---- Memory, mm/kstate_mem.c and mm/kstate_boot.c ----
 */
bool kstate_range_preserved(phys_addr_t start, phys_addr_t size);
bool kstate_anything_preserved(void);
int kstate_preserve_own(struct page *page);
void kstate_unpreserve_own(struct page *page);
int kstate_mem_prepare(unsigned long image_pages, bool freeze);
bool kstate_arch_ram(phys_addr_t start, phys_addr_t end);
void kstate_mem_commit(struct kstate_abi_root *root);

bool kstate_folio_claimable(phys_addr_t phys, unsigned int order);
void *kstate_boot_own_page(phys_addr_t phys);
unsigned long kstate_boot_release(void);

#endif /* _KERNEL_KSTATE_INTERNAL_H */
