/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A model of descriptions and of objects, made from the documentation: it
 * shares no code with what it is compared with.
 *
 * A new kind needs: to be made up (random_kind() in model.c, random_val() in
 * model_value.c), its place in the object (place_field(), say()), how it is put
 * there, read and freed (store_field(), fetch_field(), release_field()), its
 * bytes (encode_field()), and what becomes of it in a reader that differs
 * (pair_errors(), convert_field()). Each is a case in a switch.
 */
#ifndef _KSTATE_MODEL_H
#define _KSTATE_MODEL_H

#include <linux/kstate.h>

#define MODEL_MAX_FIELDS	8
#define MODEL_MAX_DEPTH		5
#define MODEL_CUSTOM_MAX	24
#define MODEL_MAX_BITS		70
#define MODEL_MAX_CHECK		3
#define MODEL_NAME		16
#define MODEL_ALIASES		48
#define MODEL_TEXT		12	/* of the longest string, with its NUL */
#define MODEL_TARGETS		2	/* descriptions that references are to */
#define MODEL_OBJECTS		2	/* objects of each of them */

/* Subsections that an object can have or not; any more are always needed. */
#define MODEL_NEEDED		16

struct mdesc;

/* A number of any type: all of them fit */
#define mnum			__int128

/* A field: what struct kstate_field says, and where it was put */
struct mfield {
	char name[MODEL_NAME];
	char alias[MODEL_ALIASES];
	enum kstate_kind kind;
	enum kstate_type type;
	unsigned int width;		/* of a number, or room for a text */
	unsigned int count;		/* 0: variable */
	unsigned int count_width;
	u32 flags;
	unsigned int since;
	unsigned int target;
	unsigned int value;		/* the default, or the arm's selector */
	/* the least and the greatest legal value, or all there are */
	enum { CHECK_NONE, CHECK_BOUNDS, CHECK_LIST } check;
	unsigned int nr_check;
	int checks[MODEL_MAX_CHECK];
	struct mdesc *sub;
	unsigned int offset;
	unsigned int count_offset;
	int needed;			/* which byte of the object says so; -1 */
	u64 kvalues[MODEL_MAX_CHECK];
	struct kstate_check kcheck;
};

struct mdesc {
	char name[MODEL_NAME];
	char alias[MODEL_ALIASES];
	unsigned int version;
	unsigned int min_version;
	bool arms;			/* of a union */
	bool plain;			/* in a union: without XArrays */
	unsigned int nr;
	struct mfield fields[MODEL_MAX_FIELDS];
	unsigned int size;
	unsigned int node;		/* for lists that it is on */
	/* the same for the code under test */
	struct kstate_field kfields[MODEL_MAX_FIELDS + 1];
	struct kstate_description kdesc;
};

/* What a value has several of, or one; each kind uses some of it. */
struct melem {
	bool present;			/* if it can be missing */
	mnum num;			/* a number, or which folio or object */
	u64 index;			/* in an XArray */
	char text[MODEL_TEXT];
	struct mobj *sub;		/* a struct; NULL: a NULL pointer */
};

/*
 * The value of a field. A union has one element, with its arms, or none; of a
 * subsection, present says whether it is needed.
 */
struct mval {
	bool present;
	unsigned int nr;		/* also where none are present */
	int arm;
	mnum selector;
	struct melem *elem;		/* NULL where none are present */
};

struct mobj {
	const struct mdesc *desc;
	struct mval val[MODEL_MAX_FIELDS];
};

/* Errors that may be returned for a pair, as bits */
enum merr {
	MERR_VERSION	= BIT(0),	/* -EOPNOTSUPP */
	MERR_PROTO	= BIT(1),
	MERR_SIZE	= BIT(2),	/* -EMSGSIZE */
	MERR_RANGE	= BIT(3),
	MERR_EXIST	= BIT(4),
	MERR_DATA	= BIT(5),
	MERR_INVAL	= BIT(6),
	MERR_NOENT	= BIT(7),
	MERR_HOOK	= BIT(8),	/* -EIO, of a hook of the model */
};

/* ---- model.c: random numbers, descriptions ---- */

void model_seed(u64 seed);
/* Take the numbers from @bytes, and 0 when there are no more. */
void model_feed(const u8 *bytes, size_t len);
u32 model_random(u32 below);
bool model_chance(u32 percent);

struct mdesc *mdesc_random(unsigned int depth, bool arms, bool plain);
struct mdesc *mdesc_clone(const struct mdesc *d);
void mdesc_free(struct mdesc *d);
void mdesc_print(const struct mdesc *d, unsigned int indent);

void model_new_name(char *name, char prefix);
void mfield_random(struct mdesc *d, struct mfield *f, unsigned int depth);
void mfield_random_rules(struct mfield *f);
/* Take away what a field of its kind cannot have. */
void mfield_tidy(const struct mdesc *d, struct mfield *f);
bool mfield_is_number(const struct mfield *f);
/* Is it embedded, or pointed at by one pointer? */
bool mfield_has_elements(const struct mfield *f);
bool mfield_is_list(const struct mfield *f);

/* ---- model_change.c: what developers do ---- */

void mdesc_mutate(struct mdesc *d);

/* ---- model_layout.c: where fields lie, and how to say so ---- */

void mdesc_layout(struct mdesc *d);

/* ---- model_value.c: objects in the model ---- */

/* What an object may have before it is restored is less. */
enum mfill {
	FILL_SOURCE,
	FILL_READER,
	FILL_BARE,			/* no memory at all */
};

struct mval mval_new(bool present, unsigned int nr);
struct mval mval_zero(const struct mfield *f);
void mval_free(struct mval *v);
struct mobj *mobj_zero(const struct mdesc *d);
/* Of a union, with nothing but this arm in it */
struct mobj *mobj_arm(const struct mdesc *d, unsigned int arm);
struct mobj *mobj_random(const struct mdesc *d, enum mfill fill);
struct mobj *mobj_clone(const struct mobj *o);
bool mobj_same(const struct mobj *a, const struct mobj *b);
void mobj_free(struct mobj *o);
/* The arm that a selector stands for, or -1 */
int mdesc_arm(const struct mdesc *d, mnum selector);

/* ---- model_object.c: the same in memory ---- */

/* References point to these; those with their bit set are in the next kernel. */
extern struct mdesc model_target_descs[MODEL_TARGETS];
extern u8 model_targets[MODEL_TARGETS][MODEL_OBJECTS];
extern unsigned int model_registered;

void mobj_store(const struct mobj *o, void *mem);
struct mobj *mobj_fetch(const struct mdesc *d, const void *mem);
void mobj_release(const struct mdesc *d, void *mem);

/* ---- model_encode.c: bytes ---- */

/* The stream of these objects. Returns how many bytes it takes. */
size_t mobj_encode(struct mobj * const *objects, const u64 *instances,
		   unsigned int nr, u8 *bytes, size_t size);

/* Is the element all zero in the stream? */
bool melem_zero(const struct mfield *f, const struct melem *e);

/* ---- model_rules.c: what becomes of them ---- */

/* Errors for the pair, whatever the values */
unsigned int mdesc_errors(const struct mdesc *writer,
			  const struct mdesc *reader);

/*
 * Errors for these values. If there are none, @to, which has what the reader's
 * object has, gets what it will have. With @foretell, only those errors that
 * do not depend on the object; @to is then an empty one.
 */
unsigned int mobj_convert(const struct mobj *from, struct mobj *to,
			  bool foretell);

bool merr_has(unsigned int errors, int err);

/* ---- model_round.c ---- */

struct kstate_core;

/* Register what references point to, or those with their bit set. */
#define MODEL_ALL_TARGETS	((1U << MODEL_TARGETS * MODEL_OBJECTS) - 1)
void model_register_targets(struct kstate_core *core, unsigned int which);
void model_unregister_targets(struct kstate_core *core);

/* Is @err one of @errors, or none if there are none? */
void model_check_error(unsigned int errors, int err, const char *who);

/* One round of the test; returns how many of two objects were restored. */
unsigned int model_round(unsigned int changes);

/* Saving and restoring, each with memory running out at every point */
void model_starve(void);

/* ---- model_life.c ---- */

/* A hand-over of several objects, some of which are saved late or leave */
void model_life(void);

#endif /* _KSTATE_MODEL_H */
