/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of abort_walk share.
 */
#ifndef _KSTATE_ABORT_WALK_H
#define _KSTATE_ABORT_WALK_H

#include <stdbool.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define MOST_ERRNOS	8

/* One of those on the way to the next kernel, and what is known of it */
struct step {
	const char *name;
	int args;		/* at least */
	void (*before)(char **arg);
	int (*call)(char **arg);
	void (*undo)(char **arg);	/* whatever it did, if anything */
	bool always;		/* there is something to undo also when it failed */
	enum {
		UNTOLD,
		TOLD_BY_KSTATE,	/* if it is what fails */
		TOLD,		/* nothing else can fail */
	} told;
	int errnos[MOST_ERRNOS];	/* none: it does not fail */
	bool spends;		/* when it succeeds there is less, and stays less */
};

void die(const char *what);

/* The step of a name with enough arguments; does not return if there is none. */
const struct step *find_step(const char *name, int args);

#endif /* _KSTATE_ABORT_WALK_H */
