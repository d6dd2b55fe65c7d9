// SPDX-License-Identifier: GPL-2.0-only
/*
 * KSTATE: the registered objects, by name and by object.
 */
#include <linux/cleanup.h>
#include <linux/init.h>
#include <linux/kstate.h>
#include <linux/lockdep.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/rbtree.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "kstate_internal.h"

/* ---- By name ---- */

static int compare_key(const struct kstate_object *o, const char *name,
		       u64 instance)
{
	int diff = name == o->desc->name ? 0 : strcmp(name, o->desc->name);

	if (diff)
		return diff;
	return instance < o->instance ? -1 : instance > o->instance;
}

/**
 * kstate_core_find - find a registered object
 * @core: the core
 * @name: its description's name
 * @instance: its instance
 *
 * Context: @core's lock is held, or nothing else runs.
 * Return: the entry, or NULL
 */
struct kstate_object *kstate_core_find(struct kstate_core *core,
				       const char *name, u64 instance)
{
	struct rb_node *node = core->objects.rb_node;
	struct kstate_object *o;
	int diff;

	while (node) {
		o = rb_entry(node, struct kstate_object, node);
		diff = compare_key(o, name, instance);
		if (!diff)
			return o;
		node = diff < 0 ? node->rb_left : node->rb_right;
	}
	return NULL;
}

/**
 * kstate_core_knows - is a description in use, so that it was found right?
 * @core: the core
 * @desc: the description
 *
 * Context: @core's lock is held.
 * Return: true if an object of @desc is known to be registered
 */
bool kstate_core_knows(struct kstate_core *core,
		       const struct kstate_description *desc)
{
	struct rb_node *node = core->objects.rb_node;
	struct kstate_object *o;
	int diff;

	while (node) {
		o = rb_entry(node, struct kstate_object, node);
		if (o->desc == desc)
			return true;
		diff = strcmp(desc->name ?: "", o->desc->name);
		if (!diff)
			return false;
		node = diff < 0 ? node->rb_left : node->rb_right;
	}
	return false;
}

/* ---- By object, so that references to it can be saved ---- */

static int compare_obj(const struct kstate_object *o, const void *obj,
		       const struct kstate_description *desc)
{
	if (obj != o->obj)
		return obj < o->obj ? -1 : 1;
	return desc < o->desc ? -1 : desc > o->desc;
}

/**
 * kstate_core_find_obj - find a registered object by itself
 * @core: the core
 * @desc: its description
 * @obj: the object
 *
 * Context: @core's lock is held, or nothing else runs.
 * Return: an entry that was not unregistered, or NULL
 */
struct kstate_object *
kstate_core_find_obj(struct kstate_core *core,
		     const struct kstate_description *desc, const void *obj)
{
	struct rb_node *node = core->by_obj.rb_node;
	struct kstate_object *o;
	int diff;

	while (node) {
		o = rb_entry(node, struct kstate_object, obj_node);
		diff = compare_obj(o, obj, desc);
		if (!diff)
			return o->gone ? NULL : o;
		node = diff < 0 ? node->rb_left : node->rb_right;
	}
	return NULL;
}

static void insert_by_obj(struct kstate_core *core, struct kstate_object *o)
{
	struct rb_node **link = &core->by_obj.rb_node, *parent = NULL;
	struct kstate_object *other;

	while (*link) {
		parent = *link;
		other = rb_entry(parent, struct kstate_object, obj_node);
		link = compare_obj(other, o->obj, o->desc) < 0 ?
		       &parent->rb_left : &parent->rb_right;
	}
	rb_link_node(&o->obj_node, parent, link);
	rb_insert_color(&o->obj_node, &core->by_obj);
}

/* ---- Both ---- */

/**
 * kstate_core_insert - put an object into the registry
 * @core: the core, which has none of this name and instance
 * @o: the entry
 *
 * Context: @core's lock is held.
 */
void kstate_core_insert(struct kstate_core *core, struct kstate_object *o)
{
	struct rb_node **link = &core->objects.rb_node, *parent = NULL;
	struct kstate_object *other;

	lockdep_assert_held(&core->lock);
	while (*link) {
		parent = *link;
		other = rb_entry(parent, struct kstate_object, node);
		link = compare_key(other, o->desc->name, o->instance) < 0 ?
		       &parent->rb_left : &parent->rb_right;
	}
	rb_link_node(&o->node, parent, link);
	rb_insert_color(&o->node, &core->objects);
	insert_by_obj(core, o);
	core->nr_objects++;
	core->changes++;
}

/**
 * kstate_core_remove - take an object out of the registry and free its entry
 * @core: the core
 * @o: the entry
 *
 * Context: @core's lock is held.
 */
void kstate_core_remove(struct kstate_core *core, struct kstate_object *o)
{
	lockdep_assert_held(&core->lock);
	rb_erase(&o->node, &core->objects);
	rb_erase(&o->obj_node, &core->by_obj);
	core->nr_objects--;
	core->changes++;
	kfree(o);
}

/* ---- Modules that go ---- */

#ifdef CONFIG_MODULES
/* How objects are restored points at descriptions, which a module takes along. */
static int forget_descriptions(struct notifier_block *nb, unsigned long action,
			       void *arg)
{
	if (action == MODULE_STATE_GOING) {
		guard(mutex)(&kstate_core.lock);
		kstate_reader_forget(&kstate_core.reader);
	}
	return NOTIFY_OK;
}

static struct notifier_block module_watch = {
	.notifier_call = forget_descriptions,
};

static int __init watch_modules(void)
{
	return register_module_notifier(&module_watch);
}
core_initcall(watch_modules);
#endif

/**
 * kstate_have_objects - is anything registered?
 *
 * Context: any; a snapshot.
 * Return: true if there is something that a jump would lose
 */
bool kstate_have_objects(void)
{
	return READ_ONCE(kstate_core.nr_objects);
}
