/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A model of descriptions and of objects, made from the documentation: it
 * shares no code with what it is compared with.
 *
 * A new kind needs: to be made up (random_field() in model.c, random_val() in
 * model_object.c), its place in the object (place_field(), say()), how it is
 * put there, read and freed (store_field(), fetch_field(), release_field()), its
 * bytes (encode_field() in model_rules.c), and what becomes of it in a reader
 * that differs (pair_errors(), convert_field()). Each is a case in a switch.
 */
#ifndef _KSTATE_MODEL_H
#define _KSTATE_MODEL_H

#include <linux/kstate.h>

#define MODEL_MAX_FIELDS	8
#define MODEL_MAX_DEPTH		5
#define MODEL_CUSTOM_MAX	24
#define MODEL_NAME		16

struct mdesc;

/* A field: what struct kstate_field says, and where it was put */
struct mfield {
	char name[MODEL_NAME];
	char alias[MODEL_NAME];
	enum kstate_kind kind;
	enum kstate_type type;
	unsigned int width;
	unsigned int count;		/* 0: variable */
	unsigned int count_width;
	bool mandatory;
	struct mdesc *sub;
	unsigned int offset;
	unsigned int count_offset;
};

struct mdesc {
	char name[MODEL_NAME];
	unsigned int version;
	unsigned int min_version;
	unsigned int nr;
	struct mfield fields[MODEL_MAX_FIELDS];
	unsigned int size;
	/* the same for the code under test */
	struct kstate_field kfields[MODEL_MAX_FIELDS + 1];
	struct kstate_description kdesc;
};

/* A number of any type: all of them fit */
#define mnum			__int128

/* The value of a field */
struct mval {
	bool present;			/* if it is a pointer */
	unsigned int nr;		/* elements, also where none are present */
	mnum *num;			/* scalars, custom bytes, or a folio */
	struct mobj **sub;		/* structs; NULL: a NULL pointer */
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
};

/* ---- model.c: random numbers, descriptions ---- */

void model_seed(u64 seed);
/* Take the numbers from @bytes, and 0 when there are no more. */
void model_feed(const u8 *bytes, size_t len);
u32 model_random(u32 below);
bool model_chance(u32 percent);

struct mdesc *mdesc_random(unsigned int depth);
struct mdesc *mdesc_clone(const struct mdesc *d);
void mdesc_free(struct mdesc *d);
void mdesc_layout(struct mdesc *d);
void mdesc_mutate(struct mdesc *d);
void mdesc_print(const struct mdesc *d, unsigned int indent);

/* ---- model_object.c: objects, in the model and in memory ---- */

struct mobj *mobj_zero(const struct mdesc *d);
struct mobj *mobj_random(const struct mdesc *d, bool folios);
struct mobj *mobj_clone(const struct mobj *o);
bool mobj_same(const struct mobj *a, const struct mobj *b);
void mobj_free(struct mobj *o);

void mobj_store(const struct mobj *o, void *mem);
struct mobj *mobj_fetch(const struct mdesc *d, const void *mem);
void mobj_release(const struct mdesc *d, void *mem);

/* ---- model_rules.c: the stream's bytes, and what becomes of them ---- */

/* The stream of this object alone. Returns how many bytes it takes. */
size_t mobj_encode(const struct mobj *o, u64 instance, u8 *bytes, size_t size);

/* Errors for the pair, whatever the values */
unsigned int mdesc_errors(const struct mdesc *writer,
			  const struct mdesc *reader);

/*
 * Errors for these values. If there are none, @to, which has what the reader's
 * object has, gets what it will have.
 */
unsigned int mobj_convert(const struct mobj *from, struct mobj *to);

bool merr_has(unsigned int errors, int err);

/* ---- model_round.c ---- */

/* One round of the test; returns how many of two objects were restored. */
unsigned int model_round(unsigned int changes);

/* Saving and restoring, each with memory running out at every point */
void model_starve(void);

/* ---- model_life.c ---- */

/* A hand-over of several objects, some of which are saved late or leave */
void model_life(void);

#endif /* _KSTATE_MODEL_H */
