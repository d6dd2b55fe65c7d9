/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KSTATE: the macros that field tables are written with. What means nothing
 * does not compile. Included by <linux/kstate.h>.
 */
#ifndef _LINUX_KSTATE_FIELDS_H
#define _LINUX_KSTATE_FIELDS_H

/* The class of a number; anything that is none does not compile. */
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

/* The same for a member that may be const or not. */
#define __kstate_check2(_s, _f, _t, _u)					\
	BUILD_BUG_ON_ZERO(!__same_type(__kstate_member(_s, _f), _t) &&	\
			  !__same_type(__kstate_member(_s, _f), _u))

/* 0, or no compilation when member @_n of @_s cannot be a count. */
#define __kstate_check_count(_s, _n)					\
	BUILD_BUG_ON_ZERO(__kstate_type(__kstate_member(_s, _n)) != KST_UINT)

#define __kstate_count(_s, _n)						\
	.count_offset = offsetof(_s, _n) + __kstate_check_count(_s, _n),	\
	.count_size = sizeof_field(_s, _n)

/* An embedded array of elements that are pointers or structs of type @_t. */
#define __kstate_array(_s, _f, _type, _t, ...) {			\
	.name = #_f, .kind = KS_SIMPLE, .type = (_type),		\
	.offset = offsetof(_s, _f) +					\
		  __kstate_check(_s, _f, _t[ARRAY_SIZE(__kstate_member(_s, _f))]), \
	.size = sizeof(_t),						\
	.count = ARRAY_SIZE(__kstate_member(_s, _f)), ##__VA_ARGS__ }

/* A pointer to as many of them as the object says. */
#define __kstate_varray(_s, _f, _n, _type, _t, ...) {			\
	.name = #_f, .kind = KS_POINTER, .type = (_type),		\
	.offset = offsetof(_s, _f) + __kstate_check(_s, _f, _t *),	\
	.size = sizeof(_t), __kstate_count(_s, _n), ##__VA_ARGS__ }

/* One of them. */
#define __kstate_one(_s, _f, _type, _t, ...) {				\
	.name = #_f, .kind = KS_SIMPLE, .type = (_type), .count = 1,	\
	.offset = offsetof(_s, _f) + __kstate_check(_s, _f, _t),	\
	.size = sizeof(_t), ##__VA_ARGS__ }

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
 * KSTATE_CONST - describe a scalar member that must be what it was
 * @_s: the struct's type
 * @_f: the member, an integer or bool
 *
 * The object is not changed; -EINVAL if the stream has another value.
 */
#define KSTATE_CONST(_s, _f, ...)					\
	KSTATE_SIMPLE(_s, _f, .flags = KSTATE_FIELD_EQUAL, ##__VA_ARGS__)

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
 * KSTATE_BLOCK - describe a pointer to opaque bytes
 * @_s: the struct's type
 * @_f: the member, a void pointer; may be NULL
 * @_n: the member with the number of bytes, an unsigned integer; not to be
 *	described by a field of its own
 *
 * Allocation on load is as for KSTATE_VARRAY().
 */
#define KSTATE_BLOCK(_s, _f, _n, ...) {					\
	.name = #_f, .kind = KS_POINTER, .type = KST_BYTE,		\
	.offset = offsetof(_s, _f) + __kstate_check(_s, _f, void *),	\
	.size = 1, __kstate_count(_s, _n), ##__VA_ARGS__ }

/**
 * KSTATE_MIN_MAX - the check of a number by its bounds
 * @_min: least legal value
 * @_max: greatest legal value
 *
 * For ``.check =`` at the end of a macro for numbers. -ERANGE if a value of the
 * stream is outside.
 */
#define KSTATE_MIN_MAX(_min, _max)					\
	(&(const struct kstate_check){ .min = (_min), .max = (_max) })

/**
 * KSTATE_ONE_OF - the check of a number by a list
 *
 * For ``.check =`` at the end of a macro for numbers, with all legal values.
 * -ERANGE if a value of the stream is none of them.
 */
#define KSTATE_ONE_OF(...)						\
	(&(const struct kstate_check){					\
		.values = (const u64[]){ __VA_ARGS__ },			\
		.nr_values = sizeof((const u64[]){ __VA_ARGS__ }) / sizeof(u64) })

/**
 * KSTATE_BITMAP - describe an embedded bitmap
 * @_s: the struct's type
 * @_f: the member, an array of unsigned long
 * @_nbits: how many bits of it count, a constant
 *
 * Bits that the stream does not have become clear; a bit that is set in the
 * stream and does not exist here is refused with -ERANGE.
 */
#define KSTATE_BITMAP(_s, _f, _nbits, ...) {				\
	.name = #_f, .kind = KS_BITMAP,					\
	.offset = offsetof(_s, _f) + __kstate_check(_s, _f,		\
			unsigned long[ARRAY_SIZE(__kstate_member(_s, _f))]) + \
		  BUILD_BUG_ON_ZERO((_nbits) > 8 * sizeof_field(_s, _f)), \
	.size = sizeof_field(_s, _f), .count = (_nbits), ##__VA_ARGS__ }

/**
 * KSTATE_BITMAP_POINTER - describe a pointer to a bitmap
 * @_s: the struct's type
 * @_f: the member, a pointer to unsigned long; may be NULL
 * @_n: the member with the number of bits, an unsigned integer; not to be
 *	described by a field of its own
 *
 * Allocation on load is as for KSTATE_VARRAY(); bits as for KSTATE_BITMAP().
 */
#define KSTATE_BITMAP_POINTER(_s, _f, _n, ...) {			\
	.name = #_f, .kind = KS_BITMAP,					\
	.offset = offsetof(_s, _f) +					\
		  __kstate_check(_s, _f, unsigned long *),		\
	.size = sizeof(unsigned long), __kstate_count(_s, _n), ##__VA_ARGS__ }

/**
 * KSTATE_STRING - describe a pointer to a string
 * @_s: the struct's type
 * @_f: the member, a pointer to char or const char; may be NULL
 *
 * Allocation on load is as for KSTATE_POINTER(), but a string that the object
 * has must be equal: it is not written to, since it may be a constant.
 */
#define KSTATE_STRING(_s, _f, ...) {					\
	.name = #_f, .kind = KS_SIMPLE, .type = KST_STRING, .count = 1,	\
	.offset = offsetof(_s, _f) +					\
		  __kstate_check2(_s, _f, char *, const char *),	\
	.size = sizeof(char *), ##__VA_ARGS__ }

/**
 * KSTATE_STRING_ARRAY - describe an embedded array of pointers to strings
 * @_s: the struct's type
 * @_f: the member, an array of pointers to char
 */
#define KSTATE_STRING_ARRAY(_s, _f, ...)				\
	__kstate_array(_s, _f, KST_STRING, char *, ##__VA_ARGS__)

/**
 * KSTATE_STRING_VARRAY - describe a pointer to pointers to strings
 * @_s: the struct's type
 * @_f: the member, a pointer to pointers to char; may be NULL
 * @_n: the member with the count, as for KSTATE_VARRAY()
 */
#define KSTATE_STRING_VARRAY(_s, _f, _n, ...)				\
	__kstate_varray(_s, _f, _n, KST_STRING, char *, ##__VA_ARGS__)

/**
 * KSTATE_TEXT - describe a string in an array of chars
 * @_s: the struct's type
 * @_f: the member, an array of chars, ended by NUL
 *
 * What follows the NUL becomes zero; -ERANGE if the string of the stream is too
 * long for the array.
 */
#define KSTATE_TEXT(_s, _f, ...) {					\
	.name = #_f, .kind = KS_SIMPLE, .type = KST_TEXT, .count = 1,	\
	.offset = offsetof(_s, _f) + __kstate_check(_s, _f,		\
			char[ARRAY_SIZE(__kstate_member(_s, _f))]),	\
	.size = sizeof_field(_s, _f), ##__VA_ARGS__ }

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
 * KSTATE_STRUCT_ARRAY - describe an embedded array of structs
 * @_s: the struct's type
 * @_f: the member, an array
 * @_t: the type of its elements
 * @_desc: pointer to the description of @_t
 */
#define KSTATE_STRUCT_ARRAY(_s, _f, _t, _desc, ...) {			\
	.name = #_f, .kind = KS_STRUCT,					\
	.offset = offsetof(_s, _f) + __kstate_check(_s, _f,		\
			_t[ARRAY_SIZE(__kstate_member(_s, _f))]),	\
	.size = sizeof(_t),						\
	.count = ARRAY_SIZE(__kstate_member(_s, _f)),			\
	.desc = (_desc), ##__VA_ARGS__ }

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
 * KSTATE_STRUCT_VARRAY - describe a pointer to as many structs as the object says
 * @_s: the struct's type
 * @_f: the member, a pointer to @_t; may be NULL
 * @_n: the member with the count, as for KSTATE_VARRAY()
 * @_t: the type of the elements
 * @_desc: pointer to the description of @_t
 */
#define KSTATE_STRUCT_VARRAY(_s, _f, _n, _t, _desc, ...) {		\
	.name = #_f, .kind = KS_POINTER,				\
	.offset = offsetof(_s, _f) + __kstate_check(_s, _f, _t *),	\
	.size = sizeof(_t), .desc = (_desc),				\
	__kstate_count(_s, _n), ##__VA_ARGS__ }

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
 * KSTATE_LIST - describe a list of structs
 * @_s: the struct's type
 * @_f: the member, a struct list_head, initialised
 * @_t: the struct on the list
 * @_node: the struct list_head in @_t
 * @_desc: pointer to the description of @_t
 *
 * Must be empty in the object to be restored. The elements are allocated with
 * kvzalloc(), to be freed with kvfree(), and come back in order. What
 * surrounds the list's use, like locks, is for the pre_save hook.
 */
#define KSTATE_LIST(_s, _f, _t, _node, _desc, ...) {			\
	.name = #_f, .kind = KS_LIST,					\
	.offset = offsetof(_s, _f) +					\
		  __kstate_check(_s, _f, struct list_head),		\
	.node = offsetof(_t, _node) +					\
		__kstate_check(_t, _node, struct list_head),		\
	.size = sizeof(_t), .desc = (_desc), ##__VA_ARGS__ }

/**
 * KSTATE_HLIST - describe a list of structs with a single head
 * @_s: the struct's type
 * @_f: the member, a struct hlist_head
 * @_t: the struct on the list
 * @_node: the struct hlist_node in @_t
 * @_desc: pointer to the description of @_t
 *
 * As KSTATE_LIST().
 */
#define KSTATE_HLIST(_s, _f, _t, _node, _desc, ...) {			\
	.name = #_f, .kind = KS_HLIST,					\
	.offset = offsetof(_s, _f) +					\
		  __kstate_check(_s, _f, struct hlist_head),		\
	.node = offsetof(_t, _node) +					\
		__kstate_check(_t, _node, struct hlist_node),		\
	.size = sizeof(_t), .desc = (_desc), ##__VA_ARGS__ }

/**
 * KSTATE_XARRAY - describe an XArray of pointers to structs
 * @_s: the struct's type
 * @_f: the member, a struct xarray, initialised
 * @_t: the struct pointed to
 * @_desc: pointer to the description of @_t
 *
 * As KSTATE_LIST(); elements come back at their indices, marks do not. Value
 * entries and entries of several indices cannot be saved, and an XArray that is
 * locked with interrupts or bottom halves off cannot be read into: -EINVAL.
 */
#define KSTATE_XARRAY(_s, _f, _t, _desc, ...) {				\
	.name = #_f, .kind = KS_XARRAY,					\
	.offset = offsetof(_s, _f) + __kstate_check(_s, _f, struct xarray), \
	.size = sizeof(_t), .desc = (_desc), ##__VA_ARGS__ }

/**
 * KSTATE_UNION - describe a union
 * @_s: the struct's type
 * @_f: the member, a union
 * @_sel: the member that says which arm is in use, an unsigned integer or enum;
 *	not to be described by a field of its own
 * @_desc: pointer to the description of the union, which has KSTATE_ARMS and
 *	whose fields each have a ``.value``: what @_sel is when they are in use,
 *	as an unsigned number
 *
 * A selector with no such value means that there is nothing in the union; the
 * selector itself is saved all the same. An arm that the stream has in use and
 * the reader does not know is refused with -EPROTO.
 */
#define KSTATE_UNION(_s, _f, _sel, _desc, ...) {			\
	.name = #_f, .kind = KS_UNION, .count = 1,			\
	.offset = offsetof(_s, _f), .size = sizeof_field(_s, _f),	\
	.desc = (_desc), __kstate_count(_s, _sel), ##__VA_ARGS__ }

/**
 * KSTATE_SUBSECTION - describe fields that are there only when they are needed
 * @_name: the subsection's name, a string
 * @_desc: pointer to another description of the same struct
 * @_needed: says whether the object has to be saved with it
 *
 * For state that few objects have, so that what is saved in the usual case is
 * what an older kernel reads. With KSTATE_FIELD_MANDATORY, an object that has it
 * is refused by a kernel that does not know it, with -EPROTO.
 */
#define KSTATE_SUBSECTION(_name, _desc, _needed, ...) {			\
	.name = (_name), .kind = KS_SUBSECTION, .count = 1,		\
	.desc = (_desc), .needed = (_needed), ##__VA_ARGS__ }

/**
 * KSTATE_UNUSED - keep a name from being used again
 * @_name: the name of a field that was removed, a string
 *
 * A stream that has such a field is read without it, even if it was mandatory.
 */
#define KSTATE_UNUSED(_name)	{ .name = (_name), .kind = KS_UNUSED }

/**
 * KSTATE_REF - describe a pointer to another registered object
 * @_s: the struct's type
 * @_f: the member, a pointer to @_t; may be NULL
 * @_t: the type of the object
 * @_target: pointer to the description that it is registered with
 *
 * Saved is which object it is; it must be registered, else -ENOENT. On load it
 * must be registered already; the pointer is set to it. The object to be
 * restored must have NULL here, or what it is going to have.
 */
#define KSTATE_REF(_s, _f, _t, _target, ...)				\
	__kstate_one(_s, _f, KST_REF, _t *, .target = (_target), ##__VA_ARGS__)

/**
 * KSTATE_REF_ARRAY - describe an embedded array of such pointers
 * @_s: the struct's type
 * @_f: the member, an array of pointers to @_t
 * @_t: the type of the objects
 * @_target: pointer to their description
 */
#define KSTATE_REF_ARRAY(_s, _f, _t, _target, ...)			\
	__kstate_array(_s, _f, KST_REF, _t *, .target = (_target),	\
		       ##__VA_ARGS__)

/**
 * KSTATE_REF_VARRAY - describe a pointer to such pointers
 * @_s: the struct's type
 * @_f: the member, a pointer to pointers to @_t; may be NULL
 * @_n: the member with the count, as for KSTATE_VARRAY()
 * @_t: the type of the objects
 * @_target: pointer to their description
 */
#define KSTATE_REF_VARRAY(_s, _f, _n, _t, _target, ...)			\
	__kstate_varray(_s, _f, _n, KST_REF, _t *, .target = (_target),	\
			##__VA_ARGS__)

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
#define KSTATE_PAGE(_s, _f, ...)					\
	__kstate_one(_s, _f, KST_FOLIO, struct page *, ##__VA_ARGS__)

/**
 * KSTATE_FOLIO - describe a pointer to a folio that stays in place
 * @_s: the struct's type
 * @_f: the member, a struct folio pointer; may be NULL
 *
 * As KSTATE_PAGE().
 */
#define KSTATE_FOLIO(_s, _f, ...)					\
	__kstate_one(_s, _f, KST_FOLIO, struct folio *, ##__VA_ARGS__)

/**
 * KSTATE_FOLIO_ARRAY - describe an embedded array of pointers to folios
 * @_s: the struct's type
 * @_f: the member, an array of struct folio pointers
 */
#define KSTATE_FOLIO_ARRAY(_s, _f, ...)					\
	__kstate_array(_s, _f, KST_FOLIO, struct folio *, ##__VA_ARGS__)

/**
 * KSTATE_FOLIO_VARRAY - describe a pointer to pointers to folios
 * @_s: the struct's type
 * @_f: the member, a pointer to struct folio pointers; may be NULL
 * @_n: the member with the count, as for KSTATE_VARRAY()
 */
#define KSTATE_FOLIO_VARRAY(_s, _f, _n, ...)				\
	__kstate_varray(_s, _f, _n, KST_FOLIO, struct folio *, ##__VA_ARGS__)

/**
 * KSTATE_RANGE - describe physical memory that stays in place
 * @_s: the struct's type
 * @_f: the member, a struct kstate_range
 *
 * Preserved at prepare with kstate_preserve_range(), unless it is already, and
 * claimed on load as by kstate_restore_range(). The object to be restored must
 * have a size of 0 here.
 */
#define KSTATE_RANGE(_s, _f, ...)					\
	__kstate_one(_s, _f, KST_RANGE, struct kstate_range, ##__VA_ARGS__)

/**
 * KSTATE_RANGE_ARRAY - describe an embedded array of such ranges
 * @_s: the struct's type
 * @_f: the member, an array of struct kstate_range
 */
#define KSTATE_RANGE_ARRAY(_s, _f, ...)					\
	__kstate_array(_s, _f, KST_RANGE, struct kstate_range, ##__VA_ARGS__)

/**
 * KSTATE_RANGE_VARRAY - describe a pointer to such ranges
 * @_s: the struct's type
 * @_f: the member, a pointer to struct kstate_range; may be NULL
 * @_n: the member with the count, as for KSTATE_VARRAY()
 */
#define KSTATE_RANGE_VARRAY(_s, _f, _n, ...)				\
	__kstate_varray(_s, _f, _n, KST_RANGE, struct kstate_range,	\
			##__VA_ARGS__)

/**
 * KSTATE_END - end a field table
 */
#define KSTATE_END()	{ .kind = KS_END }

/**
 * KSTATE_DECLARE - put a description's schema into the kernel image
 * @_desc: the description, of static storage
 *
 * So that kexec and kstate(8) see, before the jump, what this kernel can
 * restore. Once for each description that objects are registered with, next to
 * it, in built-in code and in modules. All that @_desc leads to has to be in the
 * same module.
 *
 * Only scripts/kstate/ reads the section; it is not linked into the kernel.
 */
#ifdef CONFIG_KSTATE
#define KSTATE_DECLARE(_desc)						\
	static const struct kstate_description * const			\
	__UNIQUE_ID(kstate_declared) __used				\
	__section(".discard.kstate_declared") = &(_desc)
#else
#define KSTATE_DECLARE(_desc)						\
	static_assert(__same_type(_desc, struct kstate_description) ||	\
		      __same_type(_desc, const struct kstate_description))
#endif

#endif /* _LINUX_KSTATE_FIELDS_H */
