/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An object for each kind of field. A new kind gets a sample of its own, so
 * that the golden files of the others stay as they are.
 */
#ifndef _KSTATE_SAMPLES_H
#define _KSTATE_SAMPLES_H

#include <linux/kstate.h>

#define SAMPLE_MAX_SIZE		256

/**
 * struct sample - an object and what is known of it
 * @name: of its golden file
 * @desc: its description
 * @fill: give an empty object contents that depend on @seed, with memory from
 *	kvmalloc(). Folios only if it is the object to be saved.
 * @same: do two objects have the same contents, whatever their pointers?
 * @release: free what @fill or restoring allocated, and empty the object
 */
struct sample {
	const char *name;
	const struct kstate_description *desc;
	void (*fill)(void *obj, unsigned int seed, bool source);
	bool (*same)(const void *a, const void *b);
	void (*release)(void *obj);
};

struct kstate_core;

/*
 * Register what references in objects of @desc are to, if there are any. 0 or an
 * errno.
 */
int sample_register_targets(struct kstate_core *core,
			    const struct kstate_description *desc);
void sample_unregister_targets(struct kstate_core *core);

extern const struct sample samples[];
extern const unsigned int nr_samples;

/* An object of any sample */
union sample_obj {
	u8 bytes[SAMPLE_MAX_SIZE];
	u64 align;
};

#endif /* _KSTATE_SAMPLES_H */
