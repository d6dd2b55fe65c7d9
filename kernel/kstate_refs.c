// SPDX-License-Identifier: GPL-2.0-only
/*
 * KSTATE: references between registered objects.
 *
 * An object is restored after those that it refers to. So references that go
 * in a circle could be saved, but nobody could ever begin to restore them: they
 * are looked for while an error still stops the hand-over.
 */
#include <linux/kstate.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "kstate_internal.h"

/* Room for this many references at first */
#define KSTATE_EDGES_FIRST	64

/**
 * struct kstate_edge - a reference that was found while preparing
 * @from: the object that has it
 * @to: the object that it is to
 * @next: the next one to the same object: its index in &kstate_core.edges and
 *	one more, 0: none
 */
struct kstate_edge {
	struct kstate_object *from;
	struct kstate_object *to;
	u32 next;
};

static int grow_edges(struct kstate_core *core)
{
	u32 max = core->max_edges ? core->max_edges * 2 : KSTATE_EDGES_FIRST;
	struct kstate_edge *edges;

	if (max < core->max_edges)
		return -ENOMEM;
	edges = kvmalloc_array(max, sizeof(*edges), GFP_KERNEL);
	if (!edges)
		return -ENOMEM;
	if (core->nr_edges)
		memcpy(edges, core->edges, core->nr_edges * sizeof(*edges));
	kvfree(core->edges);
	core->edges = edges;
	core->max_edges = max;
	return 0;
}

static int add_edge(struct kstate_core *core, struct kstate_object *to)
{
	struct kstate_edge *edge;
	int err;

	if (core->nr_edges == core->max_edges) {
		err = grow_edges(core);
		if (err)
			return err;
	}
	edge = &core->edges[core->nr_edges++];
	edge->from = core->counted;
	edge->to = to;
	edge->next = to->referrers;
	to->referrers = core->nr_edges;
	core->counted->nr_refs++;
	return 0;
}

/* Also called by late saving, when nothing else runs. */
static int ref_instance(void *priv, const struct kstate_description *desc,
			const void *obj, u64 *instance)
{
	struct kstate_core *core = priv;
	struct kstate_object *o = kstate_core_find_obj(core, desc, obj);

	if (!o)
		return -ENOENT;
	*instance = o->instance;
	/* one to itself is there when it is restored */
	return core->counted && core->counted != o ? add_edge(core, o) : 0;
}

static void *ref_object(void *priv, const struct kstate_description *desc,
			u64 instance)
{
	struct kstate_object *o = kstate_core_find(priv, desc->name, instance);

	return o && o->desc == desc ? o->obj : NULL;
}

/**
 * kstate_core_refs - references to the objects of a core
 * @core: the core
 *
 * Return: what kstate_encode() and kstate_load() need; used with @core's lock
 * held, or when nothing else runs
 */
struct kstate_refs kstate_core_refs(struct kstate_core *core)
{
	return (struct kstate_refs){
		.instance = ref_instance, .object = ref_object, .priv = core,
	};
}

/* @o can be restored: so can be who waits for nobody else. */
static struct kstate_object *release_referrers(struct kstate_core *core,
					       struct kstate_object *o,
					       struct kstate_object *ready)
{
	const struct kstate_edge *edge;
	u32 at;

	for (at = o->referrers; at; at = edge->next) {
		edge = &core->edges[at - 1];
		if (--edge->from->nr_refs)
			continue;
		edge->from->ready = ready;
		ready = edge->from;
	}
	return ready;
}

/**
 * kstate_refs_circle - look for references that go in a circle
 * @core: the core; all its objects were counted
 *
 * Takes the objects away that can be restored, in the order in which they can.
 *
 * Context: @core's lock is held.
 * Return: the first object, in the order of the hand-over, that is in a circle or
 * refers to one in it; NULL if there is none
 */
struct kstate_object *kstate_refs_circle(struct kstate_core *core)
{
	struct kstate_object *ready = NULL, *o;
	u32 i;

	for (i = 0; core->nr_edges && i < core->nr_out; i++) {
		o = core->out[i];
		if (o->nr_refs)
			continue;
		o->ready = ready;
		ready = o;
	}
	while (ready) {
		o = ready;
		ready = release_referrers(core, o, o->ready);
	}
	for (i = 0; core->nr_edges && i < core->nr_out; i++) {
		if (core->out[i]->nr_refs)
			return core->out[i];
	}
	return NULL;
}

/**
 * kstate_refs_free - forget what references were found
 * @core: the core
 *
 * Context: @core's lock is held; may sleep.
 */
void kstate_refs_free(struct kstate_core *core)
{
	u32 i;

	for (i = 0; i < core->nr_edges; i++) {
		core->edges[i].from->nr_refs = 0;
		core->edges[i].to->referrers = 0;
	}
	kvfree(core->edges);
	core->edges = NULL;
	core->nr_edges = 0;
	core->max_edges = 0;
}
