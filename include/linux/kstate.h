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
struct module;
struct page;

/**
 * enum kstate_kind - how a field is laid out in the object
 * @KS_END: end of a field table
 * @KS_SIMPLE: a scalar or an embedded array of scalars
 * @KS_POINTER: a pointer to scalars or to a described struct; one, or as many
 *	as a count member of the object says. NULL is legal.
 * @KS_STRUCT: an embedded described struct, or an array of them
 * @KS_CUSTOM: bytes that hooks write and read
 * @KS_ARRAY_OF_POINTER: a pointer to an array of pointers to described
 *	structs; the count comes from the object. NULL elements are legal.
 * @KS_FOLIO: a pointer to a folio or page whose memory stays in place
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
	KS_FOLIO		= KSTATE_ABI_FOLIO,
};

/**
 * enum kstate_type - what a scalar is
 * @KST_NONE: not a scalar
 * @KST_BOOL: a bool, one byte of 0 or 1 in the stream
 * @KST_UINT: an unsigned integer of 1, 2, 4 or 8 bytes
 * @KST_SINT: a signed integer of 1, 2, 4 or 8 bytes
 * @KST_BYTE: a plain char: text or opaque bytes
 */
enum kstate_type {
	KST_NONE		= KSTATE_ABI_NONE,
	KST_BOOL		= KSTATE_ABI_BOOL,
	KST_UINT		= KSTATE_ABI_UINT,
	KST_SINT		= KSTATE_ABI_SINT,
	KST_BYTE		= KSTATE_ABI_BYTE,
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

/**
 * struct kstate_field - one member of a described struct
 * @name: the field's identity in the stream
 * @alias: NULL, or the name that an older kernel gave to this field
 * @kind: how it is laid out
 * @type: what its scalars are, KST_NONE for structs, folios and custom bytes
 * @flags: KSTATE_FIELD_MANDATORY or 0
 * @offset: bytes from the start of the object
 * @size: bytes of one element (of the pointee for KS_POINTER and
 *	KS_ARRAY_OF_POINTER)
 * @count: elements, when @count_size is 0
 * @count_offset: where in the object the element count is
 * @count_size: bytes of that unsigned count, or 0 for a fixed @count
 * @desc: description of a nested struct, for @type KST_NONE
 * @ops: hooks of a KS_CUSTOM field
 *
 * Not filled in by hand: use the KSTATE_*() macros below. Each takes further
 * designated initialisers at its end (``.alias = "old_name"``,
 * ``.flags = KSTATE_FIELD_MANDATORY``).
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
	const struct kstate_description *desc;
	const struct kstate_custom_ops *ops;
};

/* kstate_description.flags */
/*
 * Save after devices and all other CPUs are stopped, interrupts off, into
 * space that prepare sized: pre_save and custom save hooks must not sleep or
 * allocate, and arrays must not have grown since prepare.
 */
#define KSTATE_LATE		BIT(0)

/**
 * struct kstate_description - the description of one kind of object
 * @name: identity, like "trace.ring_buffer_per_cpu". Out-of-tree code starts
 *	it with its vendor's name.
 * @version: what the fields mean; raised when the meaning of a field changes
 * @min_version: oldest version of a stream that post_load still understands,
 *	and oldest version that may still read a stream of this one
 * @size: bytes of the object
 * @flags: KSTATE_LATE or 0
 * @owner: THIS_MODULE. Its code stays while a hook or a hand-over needs it;
 *	a module unregisters what it registered before it goes.
 * @fields: table that ends with KSTATE_END()
 * @prepare: the hand-over begins: preserve memory, fix sizes. All CPUs run,
 *	may sleep, may fail. Memory preserved from in here is unpreserved by
 *	the core on abort.
 * @abort: the hand-over was called off after @prepare had succeeded. May
 *	sleep. Not called for an object whose @prepare failed.
 * @pre_save: called right before the fields are read; see KSTATE_LATE for
 *	the context. An error fails the hand-over.
 * @pre_load: called before anything is changed, with the stream's version.
 *	May refuse.
 * @post_load: called after all fields are in place; an error takes them all
 *	back.
 *
 * All hooks are called with KSTATE's lock held: they must not register,
 * unregister or restore. They belong to registered objects: those of a
 * description that is nested in another's are not called.
 *
 * No two fields may stand for the same bytes, counts included.
 */
struct kstate_description {
	const char *name;
	u32 version;
	u32 min_version;
	u32 size;
	u32 flags;
	struct module *owner;
	const struct kstate_field *fields;
	int (*prepare)(void *obj);
	void (*abort)(void *obj);
	int (*pre_save)(void *obj);
	int (*pre_load)(void *obj, u32 version);
	int (*post_load)(void *obj, u32 version);
};

/* The class of a scalar; anything that is not a scalar does not compile. */
#define __kstate_type(x) _Generic((x),					\
	bool: KST_BOOL, char: KST_BYTE,					\
	unsigned char: KST_UINT, signed char: KST_SINT,			\
	unsigned short: KST_UINT, short: KST_SINT,			\
	unsigned int: KST_UINT, int: KST_SINT,				\
	unsigned long: KST_UINT, long: KST_SINT,			\
	unsigned long long: KST_UINT, long long: KST_SINT)

#define __kstate_member(_s, _f)		(((_s *)NULL)->_f)

/* 0, or no compilation when member @_f of @_s is not of type @_t. */
#define __kstate_check(_s, _f, _t)					\
	BUILD_BUG_ON_ZERO(!__same_type(__kstate_member(_s, _f), _t))

/* 0, or no compilation when member @_n of @_s cannot be a count. */
#define __kstate_check_count(_s, _n)					\
	BUILD_BUG_ON_ZERO(__kstate_type(__kstate_member(_s, _n)) != KST_UINT)

#define __kstate_count(_s, _n)						\
	.count_offset = offsetof(_s, _n) + __kstate_check_count(_s, _n),	\
	.count_size = sizeof_field(_s, _n)

/**
 * KSTATE_SIMPLE - describe a scalar member
 * @_s: the struct's type
 * @_f: the member, an integer or bool
 */
#define KSTATE_SIMPLE(_s, _f, ...) {					\
	.name = #_f, .kind = KS_SIMPLE,					\
	.type = __kstate_type(__kstate_member(_s, _f)),			\
	.offset = offsetof(_s, _f), .size = sizeof_field(_s, _f),	\
	.count = 1, ##__VA_ARGS__ }

/**
 * KSTATE_ARRAY - describe an embedded array of scalars
 * @_s: the struct's type
 * @_f: the member, an array of integers, bools or chars
 */
#define KSTATE_ARRAY(_s, _f, ...) {					\
	.name = #_f, .kind = KS_SIMPLE,					\
	.type = __kstate_type(__kstate_member(_s, _f)[0]),		\
	.offset = offsetof(_s, _f),					\
	.size = sizeof(__kstate_member(_s, _f)[0]),			\
	.count = ARRAY_SIZE(__kstate_member(_s, _f)), ##__VA_ARGS__ }

/**
 * KSTATE_POINTER - describe a pointer to one scalar
 * @_s: the struct's type
 * @_f: the member, a pointer to an integer or bool; may be NULL
 *
 * When the object to be restored has NULL here and the stream has a value,
 * the pointee is allocated with kvcalloc(), to be freed with kvfree(), and
 * belongs to the object. What the object points at already is neither replaced
 * nor freed: then a NULL in the stream is refused with -EEXIST.
 */
#define KSTATE_POINTER(_s, _f, ...) {					\
	.name = #_f, .kind = KS_POINTER,				\
	.type = __kstate_type(*__kstate_member(_s, _f)),		\
	.offset = offsetof(_s, _f),					\
	.size = sizeof(*__kstate_member(_s, _f)),			\
	.count = 1, ##__VA_ARGS__ }

/**
 * KSTATE_VARRAY - describe a pointer to as many scalars as the object says
 * @_s: the struct's type
 * @_f: the member, a pointer to integers, bools or chars; may be NULL
 * @_n: the member with the count, an unsigned integer; not to be described
 *	by a field of its own
 *
 * When the object to be restored has NULL here, the array is allocated with
 * kvcalloc() and @_n is set; otherwise the counts must be equal.
 */
#define KSTATE_VARRAY(_s, _f, _n, ...) {				\
	.name = #_f, .kind = KS_POINTER,				\
	.type = __kstate_type(*__kstate_member(_s, _f)),		\
	.offset = offsetof(_s, _f),					\
	.size = sizeof(*__kstate_member(_s, _f)),			\
	__kstate_count(_s, _n), ##__VA_ARGS__ }

/**
 * KSTATE_STRUCT - describe an embedded struct
 * @_s: the struct's type
 * @_f: the member
 * @_t: the member's type
 * @_desc: pointer to the description of @_t
 */
#define KSTATE_STRUCT(_s, _f, _t, _desc, ...) {				\
	.name = #_f, .kind = KS_STRUCT,					\
	.offset = offsetof(_s, _f) + __kstate_check(_s, _f, _t),	\
	.size = sizeof(_t), .count = 1, .desc = (_desc), ##__VA_ARGS__ }

/**
 * KSTATE_STRUCT_POINTER - describe a pointer to a struct
 * @_s: the struct's type
 * @_f: the member, a pointer to @_t; may be NULL
 * @_t: the pointee's type
 * @_desc: pointer to the description of @_t
 */
#define KSTATE_STRUCT_POINTER(_s, _f, _t, _desc, ...) {			\
	.name = #_f, .kind = KS_POINTER,				\
	.offset = offsetof(_s, _f) + __kstate_check(_s, _f, _t *),	\
	.size = sizeof(_t), .count = 1, .desc = (_desc), ##__VA_ARGS__ }

/**
 * KSTATE_ARRAY_OF_POINTER - describe an array of pointers to structs
 * @_s: the struct's type
 * @_f: the member, a pointer to an array of pointers to @_t
 * @_n: the member with the count, an unsigned integer; not to be described
 *	by a field of its own
 * @_t: the struct pointed to
 * @_desc: pointer to the description of @_t
 *
 * Elements may be NULL. Allocation on load is as for KSTATE_VARRAY(), for the
 * array and for each element that is NULL in the object and not in the stream.
 */
#define KSTATE_ARRAY_OF_POINTER(_s, _f, _n, _t, _desc, ...) {		\
	.name = #_f, .kind = KS_ARRAY_OF_POINTER,			\
	.offset = offsetof(_s, _f) + __kstate_check(_s, _f, _t **),	\
	.size = sizeof(_t), .desc = (_desc),				\
	__kstate_count(_s, _n), ##__VA_ARGS__ }

/**
 * KSTATE_CUSTOM - describe a member through hooks
 * @_s: the struct's type
 * @_f: the member
 * @_ops: pointer to its struct kstate_custom_ops
 */
#define KSTATE_CUSTOM(_s, _f, _ops, ...) {				\
	.name = #_f, .kind = KS_CUSTOM, .offset = offsetof(_s, _f),	\
	.ops = (_ops), ##__VA_ARGS__ }

/**
 * KSTATE_PAGE - describe a pointer to a page that stays in place
 * @_s: the struct's type
 * @_f: the member, a struct page pointer to the head of an allocation; may
 *	be NULL
 *
 * The memory is preserved at prepare with kstate_preserve_folio(), unless it
 * is already, and comes back with its order and one reference, which belongs to
 * the object. Memory of several pages must be a compound page. The object to be
 * restored must have NULL here.
 */
#define KSTATE_PAGE(_s, _f, ...) {					\
	.name = #_f, .kind = KS_FOLIO, .count = 1,			\
	.offset = offsetof(_s, _f) + __kstate_check(_s, _f, struct page *), \
	.size = sizeof(struct page *), ##__VA_ARGS__ }

/**
 * KSTATE_FOLIO - describe a pointer to a folio that stays in place
 * @_s: the struct's type
 * @_f: the member, a struct folio pointer; may be NULL
 */
#define KSTATE_FOLIO(_s, _f, ...) {					\
	.name = #_f, .kind = KS_FOLIO, .count = 1,			\
	.offset = offsetof(_s, _f) + __kstate_check(_s, _f, struct folio *), \
	.size = sizeof(struct folio *), ##__VA_ARGS__ }

/**
 * KSTATE_END - end a field table
 */
#define KSTATE_END()	{ .kind = KS_END }

/* kstate_register() also restored the object */
#define KSTATE_RESTORED		1

#ifdef CONFIG_KSTATE

int kstate_register(const struct kstate_description *desc, void *obj,
		    u64 instance);
void kstate_unregister(const struct kstate_description *desc, u64 instance);
int kstate_restore(const struct kstate_description *desc, void *obj,
		   u64 instance);
bool kstate_pending(const struct kstate_description *desc, u64 instance);

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

#endif /* CONFIG_KSTATE */

#endif /* _LINUX_KSTATE_H */
