/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kernels that describe the same state differently: what their sides share.
 */
#ifndef _LIB_TEST_KSTATE_SKEW_H
#define _LIB_TEST_KSTATE_SKEW_H

#include <linux/kstate.h>
#include <linux/types.h>

/**
 * struct skew_row - a difference, as one side has it
 * @name: the row, the same on all sides
 * @desc: this side's description
 * @obj: the object; holds what it has before it is restored
 * @saves: what is saved of it, without pointers; NULL: @fill knows
 * @gets: what it has when it was restored, without pointers; NULL: @check knows
 * @expect: what registering it returns with the other side's state
 * @late: it is refused for what this object has, which nobody can know before
 * @fill: give it what is to be saved
 * @check: does it have what the other side saved?
 */
struct skew_row {
	const char *name;
	const struct kstate_description *desc;
	void *obj;
	const void *saves;
	const void *gets;
	int expect;
	bool late;
	void (*fill)(void);
	bool (*check)(void);
};

extern struct skew_row skew_rows[];
extern const unsigned int nr_skew_rows;
extern const char * const skew_side;

/* A description of struct @_name; all are mandatory, so that nothing is silent. */
#define SKEW_DESC(_name, ...)						\
	SKEW_VERSIONED(_name, #_name, 1, 1, KSTATE_MANDATORY, NULL, __VA_ARGS__)

#define SKEW_VERSIONED(_name, _text, _version, _min, _flags, _alias, ...) \
	static const struct kstate_field _name##_fields[] = {		\
		__VA_ARGS__, KSTATE_END()				\
	};								\
	static const struct kstate_description _name##_desc = {		\
		.name = "test_skew." _text, .alias = _alias,		\
		.version = _version, .min_version = _min,		\
		.size = sizeof(struct _name), .flags = _flags,		\
		.fields = _name##_fields,				\
	};								\
	KSTATE_DECLARE(_name##_desc)

/* What an element, a member or an arm of @_type has. */
#define SKEW_PART(_name, _type, _flags, ...)				\
	static const struct kstate_description _name##_desc = {		\
		.name = "test_skew." #_name, .size = sizeof(_type),	\
		.flags = _flags,					\
		.fields = (const struct kstate_field[]){		\
			__VA_ARGS__, KSTATE_END() },			\
	}

/* Rows whose objects can be compared as they are, and rows with pointers */
#define SKEW_PLAIN(_name)						\
	{ .name = #_name, .desc = &_name##_desc, .obj = &_name##_is,	\
	  .saves = &_name##_saves, .gets = &_name##_gets,		\
	  .expect = KSTATE_RESTORED }
#define SKEW_OWN(_name)							\
	{ .name = #_name, .desc = &_name##_desc, .obj = &_name##_is,	\
	  .fill = fill_##_name, .check = check_##_name,			\
	  .expect = KSTATE_RESTORED }
/* Further members may follow: ".late = true" */
#define SKEW_REFUSED(_name, _errno, ...)				\
	{ .name = #_name, .desc = &_name##_desc, .obj = &_name##_is,	\
	  .saves = &_name##_saves, .expect = _errno, ##__VA_ARGS__ }
#define SKEW_REFUSED_OWN(_name, _errno, ...)				\
	{ .name = #_name, .desc = &_name##_desc, .obj = &_name##_is,	\
	  .fill = fill_##_name, .expect = _errno, ##__VA_ARGS__ }

#endif /* _LIB_TEST_KSTATE_SKEW_H */
