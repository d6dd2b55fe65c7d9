/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KSTATE: kernel state that survives kexec.
 *
 * A subsystem describes its state once, as a table of named fields, and
 * registers objects of it. At the reboot into a kexec image every registered
 * object is saved; the next kernel restores it by name and instance, even if
 * its structures look different by then.
 *
 * See Documentation/core-api/kstate/ for the concepts and a worked example.
 */
#ifndef _LINUX_KSTATE_H
#define _LINUX_KSTATE_H

#include <linux/array_size.h>
#include <linux/build_bug.h>
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/kstate_abi.h>
#include <linux/stddef.h>
#include <linux/types.h>

struct folio;
struct kstate_description;
struct kstate_field;
struct kstate_stream;
struct mm_struct;
struct module;
struct page;

/**
 * enum kstate_kind - how a field is laid out in the object
 * @KS_END: end of a field table
 * @KS_SIMPLE: an embedded element that is no struct, or an array of them
 * @KS_POINTER: a pointer to elements; one, or as many as a count member of the
 *	object says. NULL is legal.
 * @KS_STRUCT: an embedded described struct, or an array of them
 * @KS_CUSTOM: bytes that hooks write and read
 * @KS_ARRAY_OF_POINTER: a pointer to an array of pointers to described
 *	structs; the count comes from the object. NULL elements are legal.
 * @KS_LIST: a struct list_head with described structs on it
 * @KS_HLIST: a struct hlist_head with described structs on it
 * @KS_XARRAY: a struct xarray of pointers to described structs
 * @KS_BITMAP: an embedded bitmap, or with a count member a pointer to one
 * @KS_UNION: a union, with the member of the object that selects its arm
 * @KS_SUBSECTION: more fields of the same object, when they are needed
 * @KS_UNUSED: a name that once was a field's
 *
 * The numbers are part of the stream's schema and never change.
 */
enum kstate_kind {
	KS_END			= KSTATE_ABI_END,
	KS_SIMPLE		= KSTATE_ABI_SIMPLE,
	KS_POINTER		= KSTATE_ABI_POINTER,
	KS_STRUCT		= KSTATE_ABI_STRUCT,
	KS_CUSTOM		= KSTATE_ABI_CUSTOM,
	KS_ARRAY_OF_POINTER	= KSTATE_ABI_ARRAY_OF_POINTER,
	KS_LIST			= KSTATE_ABI_LIST,
	KS_HLIST		= KSTATE_ABI_HLIST,
	KS_XARRAY		= KSTATE_ABI_XARRAY,
	KS_BITMAP		= KSTATE_ABI_BITMAP,
	KS_UNION		= KSTATE_ABI_UNION,
	KS_SUBSECTION		= KSTATE_ABI_SUBSECTION,
	KS_UNUSED		= KSTATE_ABI_UNUSED,
};

/**
 * enum kstate_type - what an element is
 * @KST_NONE: a described struct, or the kind says it all
 * @KST_BOOL: a bool, one byte of 0 or 1 in the stream
 * @KST_UINT: an unsigned integer of 1, 2, 4 or 8 bytes
 * @KST_SINT: a signed integer of 1, 2, 4 or 8 bytes
 * @KST_BYTE: a plain char: text or opaque bytes
 * @KST_FOLIO: a pointer to a folio or page whose memory stays in place
 * @KST_RANGE: a struct kstate_range of memory that stays in place
 * @KST_REF: a pointer to another registered object
 * @KST_STRING: a pointer to a string
 * @KST_TEXT: a string in an array of chars
 */
enum kstate_type {
	KST_NONE		= KSTATE_ABI_NONE,
	KST_BOOL		= KSTATE_ABI_BOOL,
	KST_UINT		= KSTATE_ABI_UINT,
	KST_SINT		= KSTATE_ABI_SINT,
	KST_BYTE		= KSTATE_ABI_BYTE,
	KST_FOLIO		= KSTATE_ABI_FOLIO,
	KST_RANGE		= KSTATE_ABI_RANGE,
	KST_REF			= KSTATE_ABI_REF,
	KST_STRING		= KSTATE_ABI_STRING,
	KST_TEXT		= KSTATE_ABI_TEXT,
};

/**
 * struct kstate_range - physical memory that stays in place
 * @start: address, a multiple of PAGE_SIZE
 * @size: bytes, a multiple of PAGE_SIZE; 0: there is none
 */
struct kstate_range {
	phys_addr_t start;
	phys_addr_t size;
};

/**
 * struct kstate_check - what values of a number field are legal
 * @min: the least, of the field's own sign
 * @max: the greatest, likewise
 * @values: the only ones, or NULL
 * @nr_values: entries of @values
 *
 * Checked for every number that is read into the field. See KSTATE_MIN_MAX()
 * and KSTATE_ONE_OF().
 */
struct kstate_check {
	u64 min;
	u64 max;
	const u64 *values;
	u32 nr_values;
};

/**
 * struct kstate_custom_ops - hooks of a KS_CUSTOM field
 * @size: upper bound in bytes of what @save will write. Called at prepare,
 *	may sleep; a negative errno makes the hand-over fail.
 * @save: write the bytes with kstate_write(). Context as the description's
 *	saving moment: early saving may sleep, late saving must not.
 * @load: read the bytes with kstate_read() and change the object. Called
 *	after all other fields of the object are in place; may sleep. Must
 *	leave its part of the object as it was when it fails.
 * @undo: may be NULL. Take back a @load that succeeded, because something
 *	after it failed; may sleep.
 */
struct kstate_custom_ops {
	ssize_t (*size)(const void *obj, const struct kstate_field *field);
	int (*save)(struct kstate_stream *stream, const void *obj,
		    const struct kstate_field *field);
	int (*load)(struct kstate_stream *stream, void *obj,
		    const struct kstate_field *field);
	void (*undo)(void *obj, const struct kstate_field *field);
};

/* kstate_field.flags */
/* Reading a stream without this field fails, and so does dropping it. */
#define KSTATE_FIELD_MANDATORY	KSTATE_ABI_FIELD_MANDATORY
/* May be read from fewer elements; the others keep what the object has. */
#define KSTATE_FIELD_GROW	KSTATE_ABI_FIELD_GROW
/* May be read from more elements, if those that are too many are zero. */
#define KSTATE_FIELD_SHRINK	KSTATE_ABI_FIELD_SHRINK
/*
 * Is not changed: the stream must have what the object has. A struct that is
 * allocated, and an arm of a union that was not in use, get it.
 */
#define KSTATE_FIELD_EQUAL	KSTATE_ABI_FIELD_EQUAL
/* Gets kstate_field.value when the stream does not have it. */
#define KSTATE_FIELD_DEFAULT	BIT(16)

/**
 * struct kstate_field - one member of a described struct
 * @name: the field's identity in the stream
 * @alias: NULL, or the names that older kernels gave to this field, the
 *	newest first, separated by commas
 * @kind: how it is laid out
 * @type: what its elements are, KST_NONE for structs
 * @flags: KSTATE_FIELD_* or 0
 * @offset: bytes from the start of the object
 * @size: bytes of one element in memory
 * @count: elements, or bits of a bitmap, when @count_size is 0
 * @count_offset: where in the object the element count is, or the selector of
 *	a union
 * @count_size: bytes of that unsigned number, or 0 for a fixed @count
 * @node: where in an element its list node is
 * @since: version of the description that brought the field; from older ones
 *	it may be missing even if it is mandatory
 * @desc: description of the element struct, of a union's arms, or of a
 *	subsection
 * @target: description of the objects that a reference points to
 * @ops: hooks of a KS_CUSTOM field
 * @check: legal values of a number, or NULL
 * @needed: of a subsection: must it be saved with this object?
 * @value: with KSTATE_FIELD_DEFAULT the number to take when none was saved; of
 *	a union's arm the selector's value
 *
 * Not filled in by hand: use the macros of include/linux/kstate_fields.h. Each
 * takes further designated initialisers at its end
 * (``.alias = "old_name"``, ``.flags = KSTATE_FIELD_MANDATORY``).
 */
struct kstate_field {
	const char *name;
	const char *alias;
	enum kstate_kind kind;
	enum kstate_type type;
	u32 flags;
	u32 offset;
	u32 size;
	u32 count;
	u32 count_offset;
	u32 count_size;
	u32 node;
	u32 since;
	const struct kstate_description *desc;
	const struct kstate_description *target;
	const struct kstate_custom_ops *ops;
	const struct kstate_check *check;
	bool (*needed)(const void *obj);
	u64 value;
};

/* kstate_description.flags */
/*
 * Save after devices and all other CPUs are stopped, interrupts off, into
 * space that prepare sized: pre_save and custom save hooks must not sleep or
 * allocate, and arrays must not have grown since prepare.
 */
#define KSTATE_LATE		BIT(0)
/*
 * Losing an object of this description is no option: an image that cannot
 * restore it is not loaded, and not jumped to.
 */
#define KSTATE_MANDATORY	BIT(1)
/* The fields are the arms of a union, told apart by their values. */
#define KSTATE_ARMS		BIT(2)
/*
 * A kernel that was given such an object and cannot restore it is not to go on:
 * it stops, unless kstate_stop= says otherwise. Only with KSTATE_MANDATORY.
 */
#define KSTATE_STOP		BIT(3)

/**
 * struct kstate_description - the description of one kind of object
 * @name: identity, like "trace.ring_buffer_per_cpu". Out-of-tree code starts
 *	it with its vendor's name.
 * @alias: NULL, or the names that older kernels gave to the description, the
 *	newest first, separated by commas
 * @version: what the fields mean; raised when the meaning of a field changes
 * @min_version: oldest version of a stream that post_load still understands,
 *	and oldest version that may still read a stream of this one
 * @size: bytes of the object
 * @flags: KSTATE_LATE, KSTATE_MANDATORY, KSTATE_ARMS, KSTATE_STOP or 0
 * @owner: THIS_MODULE; a module's description without it is not registered.
 *	Its code stays while a hook or a hand-over needs it; a module unregisters
 *	what it registered before it goes.
 * @fields: table that ends with KSTATE_END()
 * @prepare: the hand-over begins: preserve memory, fix sizes. All CPUs run,
 *	may sleep, may fail. Memory preserved from in here is unpreserved by
 *	the core on abort.
 * @abort: the hand-over was called off after @prepare had succeeded. May
 *	sleep. Not called for an object whose @prepare failed.
 * @pre_save: called right before the fields are read; see KSTATE_LATE for
 *	the context. An error fails the hand-over.
 * @post_save: called after the fields were read, if @pre_save was called and
 *	had no error; in the same context
 * @pre_load: called before anything is changed, with the stream's version.
 *	May refuse.
 * @validate: called after all fields but folios, ranges and custom ones are
 *	in place, with the stream's version: is the object sound? An error takes
 *	them all back. Must not change the object.
 * @post_load: called after all fields are in place, with the stream's version;
 *	an error takes them all back.
 *
 * All hooks are called with KSTATE's lock held: they must not register,
 * unregister or restore. They belong to registered objects: those of a
 * description that is nested in another's are not called.
 *
 * No two fields may stand for the same bytes, counts included.
 */
struct kstate_description {
	const char *name;
	const char *alias;
	u32 version;
	u32 min_version;
	u32 size;
	u32 flags;
	struct module *owner;
	const struct kstate_field *fields;
	int (*prepare)(void *obj);
	void (*abort)(void *obj);
	int (*pre_save)(void *obj);
	void (*post_save)(void *obj);
	int (*pre_load)(void *obj, u32 version);
	int (*validate)(const void *obj, u32 version);
	int (*post_load)(void *obj, u32 version);
};

#include <linux/kstate_fields.h>

/* kstate_register() also restored the object */
#define KSTATE_RESTORED		1

#ifdef CONFIG_KSTATE

int kstate_register(const struct kstate_description *desc, void *obj,
		    u64 instance);
void kstate_unregister(const struct kstate_description *desc, u64 instance);
int kstate_restore(const struct kstate_description *desc, void *obj,
		   u64 instance);
bool kstate_pending(const struct kstate_description *desc, u64 instance);
void kstate_discard(const struct kstate_description *desc, u64 instance);

int __must_check kstate_write(struct kstate_stream *stream, const void *buf,
			      size_t len);
int __must_check kstate_read(struct kstate_stream *stream, void *buf,
			     size_t len);
size_t kstate_read_left(const struct kstate_stream *stream);

int __must_check kstate_preserve_folio(struct folio *folio);
void kstate_unpreserve_folio(struct folio *folio);
int __must_check kstate_preserve_range(phys_addr_t start, phys_addr_t size);
void kstate_unpreserve_range(phys_addr_t start, phys_addr_t size);
struct folio *kstate_restore_folio(phys_addr_t phys, unsigned int order);
int __must_check kstate_restore_range(phys_addr_t start, phys_addr_t size);
int __must_check kstate_charge_folio(struct folio *folio, struct mm_struct *mm);

#else /* !CONFIG_KSTATE */

static inline int kstate_register(const struct kstate_description *desc,
				  void *obj, u64 instance)
{
	return 0;
}

static inline void kstate_unregister(const struct kstate_description *desc,
				     u64 instance)
{
}

static inline int kstate_restore(const struct kstate_description *desc,
				 void *obj, u64 instance)
{
	return -ENOENT;
}

static inline bool kstate_pending(const struct kstate_description *desc,
				  u64 instance)
{
	return false;
}

static inline void kstate_discard(const struct kstate_description *desc,
				  u64 instance)
{
}

static inline int kstate_write(struct kstate_stream *stream, const void *buf,
			       size_t len)
{
	return -EOPNOTSUPP;
}

static inline int kstate_read(struct kstate_stream *stream, void *buf,
			      size_t len)
{
	return -EOPNOTSUPP;
}

static inline size_t kstate_read_left(const struct kstate_stream *stream)
{
	return 0;
}

static inline int kstate_preserve_folio(struct folio *folio)
{
	return -EOPNOTSUPP;
}

static inline void kstate_unpreserve_folio(struct folio *folio)
{
}

static inline int kstate_preserve_range(phys_addr_t start, phys_addr_t size)
{
	return -EOPNOTSUPP;
}

static inline void kstate_unpreserve_range(phys_addr_t start, phys_addr_t size)
{
}

static inline struct folio *kstate_restore_folio(phys_addr_t phys,
						 unsigned int order)
{
	return NULL;
}

static inline int kstate_restore_range(phys_addr_t start, phys_addr_t size)
{
	return -EOPNOTSUPP;
}

static inline int kstate_charge_folio(struct folio *folio,
				      struct mm_struct *mm)
{
	return -EOPNOTSUPP;
}

#endif /* CONFIG_KSTATE */

#endif /* _LINUX_KSTATE_H */
