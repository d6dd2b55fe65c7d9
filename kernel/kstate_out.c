// SPDX-License-Identifier: GPL-2.0-only
/*
 * KSTATE: handing over, up to the jump or back.
 *
 * Prepare counts: each object's prepare hook is called and its bytes are
 * counted, in the course of which its folios are preserved. Then the stream is
 * made large enough and what may be saved early is saved; what is to be saved
 * late gets as much room as was counted. Until the jump all of it can be undone
 * in reverse order.
 */
#define pr_fmt(fmt) "kstate: " fmt

#include <kunit/visibility.h>
#include <linux/align.h>
#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/kstate.h>
#include <linux/lockdep.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/rbtree.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <trace/events/kstate.h>

#include "kstate_internal.h"

/* ---- What was preserved for this hand-over ---- */

struct kstate_note {
	struct rb_node node;
	unsigned long pfn;
	unsigned long nr;
	bool folio;
};

static void note_insert(struct kstate_core *core, struct kstate_note *note)
{
	struct rb_node **link = &core->notes.rb_node, *parent = NULL;
	struct kstate_note *other;

	lockdep_assert_held(&core->notes_lock);
	while (*link) {
		parent = *link;
		other = rb_entry(parent, struct kstate_note, node);
		link = note->pfn < other->pfn ? &parent->rb_left :
						&parent->rb_right;
	}
	rb_link_node(&note->node, parent, link);
	rb_insert_color(&note->node, &core->notes);
}

/* A note that has pages of [@pfn, @end) in common, or NULL. */
static struct kstate_note *note_find(struct kstate_core *core,
				     unsigned long pfn, unsigned long end)
{
	struct rb_node *node = core->notes.rb_node;
	struct kstate_note *note;

	lockdep_assert_held(&core->notes_lock);
	while (node) {
		note = rb_entry(node, struct kstate_note, node);
		if (end <= note->pfn)
			node = node->rb_left;
		else if (pfn >= note->pfn + note->nr)
			node = node->rb_right;
		else
			return note;
	}
	return NULL;
}

static struct kstate_note *note_new(void)
{
	/* the caller has preserved already and cannot fail any more */
	return kzalloc(sizeof(struct kstate_note), GFP_KERNEL | __GFP_NOFAIL);
}

/**
 * kstate_core_note - remember what a hook preserved
 * @core: the core
 * @pfn: first page
 * @nr: pages
 * @folio: they are a folio, preserved with a reference
 *
 * Does nothing but in the task that prepares a hand-over.
 *
 * Context: may sleep.
 */
void kstate_core_note(struct kstate_core *core, unsigned long pfn,
		      unsigned long nr, bool folio)
{
	struct kstate_note *note;

	/* only the owner itself changes this to or from its own value */
	if (READ_ONCE(core->owner) != current)
		return;
	note = note_new();
	note->pfn = pfn;
	note->nr = nr;
	note->folio = folio;
	spin_lock(&core->notes_lock);
	note_insert(core, note);
	spin_unlock(&core->notes_lock);
}
EXPORT_SYMBOL_IF_KUNIT(kstate_core_note);

/**
 * kstate_core_unnote - forget what is preserved no longer
 * @core: the core
 * @pfn: first page
 * @nr: pages; they need not be what was noted at once
 *
 * Context: may sleep.
 */
void kstate_core_unnote(struct kstate_core *core, unsigned long pfn,
			unsigned long nr)
{
	unsigned long end = pfn + nr, note_end;
	struct kstate_note *note, *rest;

	if (!READ_ONCE(core->notes.rb_node))
		return;
	rest = note_new();
	spin_lock(&core->notes_lock);
	while ((note = note_find(core, pfn, end))) {
		note_end = note->pfn + note->nr;
		if (note->pfn < pfn && note_end > end) {
			rest->pfn = end;
			rest->nr = note_end - end;
			note->nr = pfn - note->pfn;
			note_insert(core, rest);
			rest = NULL;
			break;
		}
		if (note->pfn < pfn) {
			note->nr = pfn - note->pfn;
		} else if (note_end > end) {
			note->pfn = end;
			note->nr = note_end - end;
		} else {
			rb_erase(&note->node, &core->notes);
			kfree(note);
		}
	}
	spin_unlock(&core->notes_lock);
	kfree(rest);
}
EXPORT_SYMBOL_IF_KUNIT(kstate_core_unnote);

static struct kstate_note *note_take(struct kstate_core *core)
{
	struct rb_node *node;

	spin_lock(&core->notes_lock);
	node = rb_last(&core->notes);
	if (node)
		rb_erase(node, &core->notes);
	spin_unlock(&core->notes_lock);
	return rb_entry_safe(node, struct kstate_note, node);
}

static void undo_notes(struct kstate_core *core)
{
	struct kstate_note *note;

	while ((note = note_take(core))) {
		if (note->folio)
			kstate_unpreserve_folio(pfn_folio(note->pfn));
		else
			kstate_unpreserve_range(PFN_PHYS(note->pfn),
						PFN_PHYS(note->nr));
		kfree(note);
	}
}

/* ---- Prepare ---- */

static int save_error(struct kstate_core *core, const struct kstate_object *o,
		      const char *why, int err)
{
	kstate_fail(&core->last, o->desc->name, NULL, why, err);
	kstate_core_error(core, "cannot save", o->desc->name, o->instance);
	return err;
}

static int list_objects(struct kstate_core *core)
{
	core->nr_out = 0;
	core->out = kvcalloc(core->nr_objects, sizeof(*core->out), GFP_KERNEL);
	return core->out ? 0 : -ENOMEM;
}

/* Count one object, with what it takes to be in the stream. */
static int count_object(struct kstate_core *core, struct kstate_object *o)
{
	struct kstate_writer *w = &core->writer;
	int err;

	err = kstate_writer_schema(w, o->desc);
	if (err < 0)
		return err;
	core->counted = o;
	err = kstate_writer_object(w, o->desc, o->obj, o->instance);
	core->counted = NULL;
	o->bound = w->s.pos - w->at;
	return err;
}

static int prepare_object(struct kstate_core *core, struct kstate_object *o)
{
	int err;

	if (!try_module_get(o->desc->owner))
		return save_error(core, o, "its module is going", -ENODEV);
	o->phase = KSTATE_OBJ_HELD;
	core->out[core->nr_out++] = o;

	err = o->desc->prepare ? o->desc->prepare(o->obj) : 0;
	if (err)
		return save_error(core, o, "was refused by its prepare hook",
				  err);
	o->phase = KSTATE_OBJ_PREPARED;
	err = count_object(core, o);
	if (err)
		return save_error(core, o, "cannot be counted", err);
	return 0;
}

static int check_refs(struct kstate_core *core)
{
	struct kstate_object *o = kstate_refs_circle(core);

	kstate_refs_free(core);
	return o ? save_error(core, o, "depends on references in a circle",
			      -ELOOP) : 0;
}

static int prepare(struct kstate_core *core)
{
	struct kstate_object *o;
	struct rb_node *node;
	u64 start;
	int err;

	err = list_objects(core);
	if (err)
		return err;
	core->writer.s.counting = true;
	err = kstate_writer_begin(&core->writer);
	for (node = rb_first(&core->objects); !err && node;
	     node = rb_next(node)) {
		o = rb_entry(node, struct kstate_object, node);
		start = kstate_meter_start(core);
		err = prepare_object(core, o);
		kstate_meter_stop(core, o->desc, start, 1, err ? 0 : o->bound);
	}
	if (!err)
		err = kstate_writer_end(&core->writer);
	core->writer.s.counting = false;
	return err ?: check_refs(core);
}

/* ---- Save ---- */

static int reserve_object(struct kstate_core *core, struct kstate_object *o)
{
	struct kstate_writer *w = &core->writer;
	int schema, err;

	schema = kstate_writer_schema(w, o->desc);
	err = schema < 0 ? schema :
	      kstate_writer_reserve(w, schema, o->instance, o->bound);
	if (err)
		return save_error(core, o, "no room", err);
	o->at = w->at;
	o->group = 0;
	return 0;
}

static int save_object(struct kstate_core *core, struct kstate_object *o)
{
	const struct kstate_description *desc = o->desc;
	struct kstate_writer *w = &core->writer;
	int err;

	if (desc->flags & KSTATE_LATE)
		return reserve_object(core, o);

	err = desc->pre_save ? desc->pre_save(o->obj) : 0;
	if (err)
		return save_error(core, o, "was refused by its pre_save hook",
				  err);
	err = kstate_writer_object(w, desc, o->obj, o->instance);
	if (desc->post_save)
		desc->post_save(o->obj);
	trace_kstate_save(desc->name, o->instance, err);
	if (err)
		return save_error(core, o, "cannot be saved", err);
	o->at = w->at;
	o->group = w->group;
	return 0;
}

static int save_early(struct kstate_core *core)
{
	struct kstate_writer *w = &core->writer;
	u64 start;
	int err;
	u32 i;

	/* what prepare counted; most probably all that is needed */
	err = kstate_stream_room(&w->s, 0);
	if (!err)
		err = kstate_writer_begin(w);
	for (i = 0; !err && i < core->nr_out; i++) {
		start = kstate_meter_start(core);
		err = save_object(core, core->out[i]);
		kstate_meter_stop(core, core->out[i]->desc, start, 0, 0);
	}
	/* kstate_core_late() writes the end */
	if (!err)
		err = kstate_writer_flush(w);
	if (!err)
		err = kstate_stream_room(&w->s,
					 sizeof(struct kstate_abi_section));
	return err;
}

/* ---- Abort ---- */

static void abort_object(struct kstate_core *core, struct kstate_object *o)
{
	if (o->phase == KSTATE_OBJ_PREPARED && !o->gone) {
		trace_kstate_abort(o->desc->name, o->instance, 0);
		if (o->desc->abort)
			o->desc->abort(o->obj);
	}
	module_put(o->desc->owner);
	o->phase = KSTATE_OBJ_IDLE;
	if (o->gone)
		kstate_core_remove(core, o);
}

static void undo(struct kstate_core *core)
{
	lockdep_assert_held(&core->lock);
	while (core->nr_out)
		abort_object(core, core->out[--core->nr_out]);
	WRITE_ONCE(core->owner, NULL);
	undo_notes(core);
	kstate_refs_free(core);
	kvfree(core->out);
	core->out = NULL;
	kstate_writer_free(&core->writer);
	core->phase = KSTATE_IDLE;
}

/* What went wrong is no object's, which would have been logged with its name. */
static void save_failed(struct kstate_core *core, int err)
{
	kstate_fail(&core->last, NULL, NULL, "no memory", err);
	if (!core->last_name[0] && !core->quiet)
		pr_err("cannot save: %s: %pe\n", core->last.why, ERR_PTR(err));
}

/* Prepare and save, and see before and after what will become of it. */
static int save(struct kstate_core *core)
{
	struct kstate_forecast *forecast = NULL;
	int err;

	if (core->target)
		forecast = kstate_forecast_new(core, core->target);
	if (IS_ERR(forecast))
		return PTR_ERR(forecast);
	err = prepare(core) ?: save_early(core);
	if (!err && forecast)
		err = kstate_forecast_verify(core, forecast);
	kstate_forecast_free(forecast);
	return err;
}

/**
 * kstate_core_save_locked - kstate_core_save() with the lock held
 * @core: the core
 * @data: memory for the stream; may be NULL if @size is 0
 * @size: its bytes
 * @grow: makes it larger and sets the stream's data and size
 * @priv: for @grow, in the stream
 *
 * Context: process context, may sleep; @core's lock is held.
 * Return: as kstate_out_save()
 */
int kstate_core_save_locked(struct kstate_core *core, u8 *data, size_t size,
			    int (*grow)(struct kstate_stream *stream,
					size_t size), void *priv)
{
	int err;

	lockdep_assert_held(&core->lock);
	if (core->phase != KSTATE_IDLE)
		return -EBUSY;
	core->phase = KSTATE_SAVING;
	core->refs = kstate_core_refs(core);
	memset(&core->last, 0, sizeof(core->last));
	core->last_name[0] = '\0';
	core->writer = (struct kstate_writer) {
		.s = {
			.data = data, .size = size, .grow = grow, .priv = priv,
			.mem = core->mem, .refs = &core->refs,
			.report = &core->last,
		},
	};
	WRITE_ONCE(core->owner, current);
	err = save(core);
	if (err) {
		save_failed(core, err);
		undo(core);
		return err;
	}
	WRITE_ONCE(core->owner, NULL);
	core->phase = KSTATE_SAVED;
	return 0;
}

/**
 * kstate_core_save - kstate_out_save() for one of several cores
 * @core: the core
 * @data: memory for the stream; may be NULL if @size is 0
 * @size: its bytes
 * @grow: makes it larger and sets the stream's data and size
 * @priv: for @grow, in the stream
 *
 * Context: process context, may sleep.
 * Return: as kstate_out_save()
 */
int kstate_core_save(struct kstate_core *core, u8 *data, size_t size,
		     int (*grow)(struct kstate_stream *stream, size_t size),
		     void *priv)
{
	guard(mutex)(&core->lock);
	return kstate_core_save_locked(core, data, size, grow, priv);
}
EXPORT_SYMBOL_IF_KUNIT(kstate_core_save);

static void save_late(struct kstate_core *core, struct kstate_object *o)
{
	const struct kstate_description *desc = o->desc;
	int err;

	err = desc->pre_save ? desc->pre_save(o->obj) : 0;
	if (!err) {
		err = kstate_writer_late(&core->writer, o->at, desc, o->obj);
		if (desc->post_save)
			desc->post_save(o->obj);
	}
	if (err && !core->quiet)
		pr_err("%s.%llu is lost: %pe\n", desc->name, o->instance,
		       ERR_PTR(err));
}

/**
 * kstate_core_late - kstate_out_late() for one of several cores
 * @core: the core, after kstate_core_save()
 *
 * Context: nothing else uses @core; any.
 */
void kstate_core_late(struct kstate_core *core)
{
	struct kstate_writer *w = &core->writer;
	struct kstate_object *o;
	size_t group = 0;
	u32 i;

	w->s.grow = NULL;
	for (i = 0; i < core->nr_out; i++) {
		o = core->out[i];
		if (o->gone) {
			/* in their order, so each group is sealed once */
			if (o->group != group)
				kstate_writer_seal(w, group);
			group = o->group;
			kstate_writer_lose(w, o->at, group);
		} else if (o->desc->flags & KSTATE_LATE) {
			save_late(core, o);
		}
	}
	kstate_writer_seal(w, group);
	/* there is room: save_early() saw to that */
	if (kstate_writer_end(&core->writer))
		pr_err("the stream has no end\n");
}
EXPORT_SYMBOL_IF_KUNIT(kstate_core_late);

/**
 * kstate_core_abort_locked - kstate_core_abort() with the lock held
 * @core: the core
 *
 * Context: process context, may sleep; @core's lock is held.
 */
void kstate_core_abort_locked(struct kstate_core *core)
{
	if (core->phase == KSTATE_SAVED)
		undo(core);
}

/**
 * kstate_core_abort - kstate_out_abort() for one of several cores
 * @core: the core, after kstate_core_save()
 *
 * Context: process context, may sleep.
 */
void kstate_core_abort(struct kstate_core *core)
{
	guard(mutex)(&core->lock);
	kstate_core_abort_locked(core);
}
EXPORT_SYMBOL_IF_KUNIT(kstate_core_abort);

/* ---- For kernel/kstate_kexec.c and mm/kstate_mem.c ---- */

/* A quarter more than asked for, as each growing maps all of it anew. */
static int grow_buf(struct kstate_stream *s, size_t size)
{
	struct kstate_buf *buf = s->priv;
	int err;

	err = kstate_buf_grow(buf, s->size ? size + size / 4 : size);
	if (err)
		return err;
	s->data = buf->vaddr;
	s->size = buf->size;
	return 0;
}

/**
 * kstate_out_save_locked - kstate_out_save() with the core's lock held
 * @buf: the stream's memory; is final when this returns
 * @target: what the image can restore, or NULL
 *
 * Context: process context, may sleep; kexec's lock and the core's are held.
 * Return: as kstate_out_save()
 */
int kstate_out_save_locked(struct kstate_buf *buf,
			   const struct kstate_target *target)
{
	int err;

	/* there is one caller at a time, which holds kexec's lock */
	kstate_core.target = target;
	err = kstate_core_save_locked(&kstate_core, buf->vaddr, buf->size,
				      grow_buf, buf);
	kstate_core.target = NULL;
	return err;
}

/**
 * kstate_out_save - prepare a hand-over and save what can be saved early
 * @buf: the stream's memory; is final when this returns
 * @target: the image that it is for, NULL: nothing is known of it
 *
 * Context: process context, may sleep; all CPUs run.
 * Return: 0, and kstate_out_late() or kstate_out_abort() is to follow; -EBUSY
 * if a hand-over is going on already; -ENOMEM, why an object cannot be saved,
 * or why the image could not restore it, and then everything but @buf is as it
 * was.
 */
int kstate_out_save(struct kstate_buf *buf, const struct kstate_target *target)
{
	guard(mutex)(&kstate_core.lock);
	return kstate_out_save_locked(buf, target);
}

/**
 * kstate_out_late - save what had to wait, and end the stream
 * @buf: as given to kstate_out_save()
 *
 * Context: one CPU, interrupts off; neither sleeps nor allocates. Does not
 * fail: an object that cannot be saved is marked as lost.
 */
void kstate_out_late(struct kstate_buf *buf)
{
	kstate_core_late(&kstate_core);
}

/**
 * kstate_out_abort - undo kstate_out_save()
 *
 * Context: process context, may sleep.
 */
void kstate_out_abort(void)
{
	kstate_core_abort(&kstate_core);
}

/* ---- What else keeps it from happening ---- */

static void refuse_jump(const char *why, int err)
{
	lockdep_assert_held(&kstate_core.lock);
	kstate_core.last = (struct kstate_report){ };
	kstate_fail(&kstate_core.last, NULL, NULL, why, err);
	kstate_core.last_name[0] = '\0';
	kstate_core.last_instance = 0;
}

/**
 * kstate_refuse_jump - keep why there will be no jump, for sysfs
 * @why: constant text
 * @err: errno that reboot(2) returns
 *
 * For reasons that have to do with no object; the caller logs them.
 *
 * Context: process context, may sleep.
 */
void kstate_refuse_jump(const char *why, int err)
{
	guard(mutex)(&kstate_core.lock);
	refuse_jump(why, err);
}

/**
 * kstate_refuse_memory - the same, for memory that could not be had
 * @why: constant text, like "memory for the image"
 * @err: errno that the system call returns
 *
 * Logs that there was none; any other errno was logged by who found it.
 *
 * Context: process context, may sleep.
 */
void kstate_refuse_memory(const char *why, int err)
{
	guard(mutex)(&kstate_core.lock);
	kstate_refuse_memory_locked(why, err);
}

/**
 * kstate_refuse_memory_locked - the same, with the core's lock held
 * @why: constant text
 * @err: errno
 *
 * Context: process context, may sleep; the lock of kstate_core is held.
 */
void kstate_refuse_memory_locked(const char *why, int err)
{
	if (err == -ENOMEM)
		pr_err("no %s\n", why);
	refuse_jump(why, err);
}
