/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kstate(8): decoding an object, what element.c and value.c share.
 */
#ifndef _KSTATE_CURSOR_H
#define _KSTATE_CURSOR_H

#include "tool.h"

/**
 * struct cursor - where in an object's bytes decoding is
 * @p: the next byte
 * @left: bytes from there
 * @addresses: physical addresses are to be shown
 * @schema: the struct that is being decoded
 * @field: its field
 * @report: what is wrong
 */
struct cursor {
	const u8 *p;
	size_t left;
	bool addresses;
	const struct kstate_schema *schema;
	const struct kstate_abi_field *field;
	struct kstate_report *report;
};

/* All return 0 or -EBADMSG, and then the report has why. */
int cursor_bad(struct cursor *c, const char *why);
int cursor_number(struct cursor *c, u32 width, u64 *value);
int cursor_u32(struct cursor *c, u32 *value);
int cursor_present(struct cursor *c, bool *present);

/* A count of things that take @least bytes each, or more */
int cursor_count(struct cursor *c, u64 least, u32 *count);

/* @len bytes, or NULL when there are not so many */
const u8 *cursor_take(struct cursor *c, size_t len);

/* *@out stays NULL, as JSON has null, for what is not there. */
int cursor_bytes(struct cursor *c, size_t len, struct json_object **out);
int cursor_element(struct cursor *c, struct json_object **out);
int cursor_struct(struct cursor *c, const struct kstate_schema *s,
		  struct json_object **out);

#endif /* _KSTATE_CURSOR_H */
