// SPDX-License-Identifier: GPL-2.0-only
/*
 * KSTATE: what the next kernel will make of what is registered.
 *
 * Decided by its image alone, twice: when it is loaded, so that an image which
 * would lose state is not used at all, and at the reboot, since objects come and
 * go in between. With the objects saved, their values are looked at, too.
 */
#define pr_fmt(fmt) "kstate: " fmt

#include <kunit/visibility.h>
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

#include "kstate_internal.h"

/* A kernel that describes a thousand structs has less than a tenth of it. */
#define KSTATE_BLOB_MAX		(4UL << 20)

/* ---- The image ---- */

/* Schemas are read at an aligned address, which they need not have there. */
static int open_blob(struct kstate_target *target, const void *blob, size_t len)
{
	int err;

	if (len > KSTATE_BLOB_MAX) {
		target->why = "the image's schemas are too large";
		return 0;
	}
	target->bytes = kvmemdup(blob, len, GFP_KERNEL);
	if (!target->bytes)
		return -ENOMEM;
	err = kstate_reader_open(&target->reader, target->bytes, len);
	if (err == -ENOMEM)
		return err;
	if (err) {
		target->why = "the image's schemas are damaged";
		kstate_reader_free(&target->reader);
	}
	return 0;
}

/**
 * kstate_target_new - look at what an image says that it can restore
 * @bzimage: the image; may go away afterwards
 * @len: its bytes
 *
 * Context: may sleep.
 * Return: what it says, for kstate_target_free(); -ENOMEM as an ERR_PTR(). An
 * image without schemas, or with damaged ones, is no error: &kstate_target.why.
 */
struct kstate_target *kstate_target_new(const void *bzimage, size_t len)
{
	struct kstate_target *target = kzalloc(sizeof(*target), GFP_KERNEL);
	size_t blob_len;
	const void *blob;
	int err = 0;

	if (!target)
		return ERR_PTR(-ENOMEM);
	blob = kstate_image_find(bzimage, len, &blob_len, &target->why);
	if (blob)
		err = open_blob(target, blob, blob_len);
	if (!err)
		return target;
	kstate_target_free(target);
	return ERR_PTR(err);
}
EXPORT_SYMBOL_IF_KUNIT(kstate_target_new);

/**
 * kstate_target_free - forget an image
 * @target: from kstate_target_new(), or NULL
 *
 * Context: may sleep.
 */
void kstate_target_free(struct kstate_target *target)
{
	if (!target)
		return;
	kstate_reader_free(&target->reader);
	kvfree(target->bytes);
	kfree(target);
}
EXPORT_SYMBOL_IF_KUNIT(kstate_target_free);

/* ---- What is registered ---- */

static const struct kstate_object *to_object(struct rb_node *node)
{
	return rb_entry_safe(node, struct kstate_object, node);
}

static const struct kstate_object *first_object(const struct kstate_core *core)
{
	return to_object(rb_first(&core->objects));
}

static const struct kstate_object *next_object(const struct kstate_object *o)
{
	return to_object(rb_next(&o->node));
}

/* Objects are sorted by name, so those of one description mostly are in a row. */
static u32 count_descs(const struct kstate_core *core)
{
	const struct kstate_description *last = NULL;
	const struct kstate_object *o;
	u32 nr = 0;

	for (o = first_object(core); o; o = next_object(o)) {
		nr += o->desc != last;
		last = o->desc;
	}
	return nr;
}

static int write_descs(struct kstate_core *core, struct kstate_writer *w,
		       u32 *numbers)
{
	const struct kstate_description *last = NULL;
	const struct kstate_object *o;
	int schema;

	for (o = first_object(core); o; o = next_object(o)) {
		if (o->desc == last)
			continue;
		last = o->desc;
		schema = kstate_writer_schema(w, last);
		if (schema < 0)
			return schema;
		*numbers++ = schema;
	}
	return 0;
}

/*
 * Write the schemas of all that is registered, as an image has them. The caller
 * frees w->s.data and w->descs, also after an error.
 */
static int write_schemas(struct kstate_core *core, struct kstate_writer *w)
{
	u32 *numbers __free(kvfree) = NULL;
	u32 nr = count_descs(core);

	numbers = kvcalloc(nr + 1, sizeof(*numbers), GFP_KERNEL);
	if (!numbers)
		return -ENOMEM;
	return kstate_writer_begin(w) ?:
	       write_descs(core, w, numbers) ?:
	       kstate_writer_end(w) ?:
	       kstate_image_declare(w->s.data, w->s.pos, numbers, nr);
}

/**
 * kstate_core_schemas - the schemas of all that is registered
 * @core: the core
 * @len: gets their bytes
 *
 * Context: may sleep.
 * Return: a stream as a kernel image has it, for kvfree(); or an ERR_PTR():
 * -ENOMEM.
 */
void *kstate_core_schemas(struct kstate_core *core, size_t *len)
{
	struct kstate_report report = { };
	struct kstate_writer w = {
		.s = { .grow = kstate_stream_grow, .report = &report },
	};
	int err;

	guard(mutex)(&core->lock);
	err = write_schemas(core, &w);
	kstate_writer_free(&w);
	if (err) {
		kvfree(w.s.data);
		return ERR_PTR(err);
	}
	*len = w.s.pos;
	return w.s.data;
}
EXPORT_SYMBOL_IF_KUNIT(kstate_core_schemas);

/* ---- The verdict ---- */

static const struct kstate_object *
object_of(const struct kstate_core *core, const struct kstate_description *desc)
{
	const struct kstate_object *o;

	for (o = first_object(core); o; o = next_object(o)) {
		if (o->desc == desc)
			return o;
	}
	return NULL;
}

/* Optional state, or an operator who knows better: say it and go on. */
static void log_loss(const struct kstate_core *core, const char *name,
		     const struct kstate_report *report)
{
	bool nested = report->desc[0] && strcmp(report->desc, name);

	if (core->quiet)
		return;
	pr_warn("the next kernel will not restore %s: %s%s%s%s%s\n", name,
		nested ? report->desc : "", nested ? ": " : "", report->field,
		report->field[0] ? " " : "", report->why);
}

/* Mandatory state would be lost: 0 if the operator wants it so, else @err. */
static int refuse(struct kstate_core *core, const struct kstate_object *o,
		  const struct kstate_report *report, int err)
{
	if (core->force) {
		if (!core->quiet)
			pr_warn("forced: %s is mandatory and will be lost\n",
				o->desc->name);
		log_loss(core, o->desc->name, report);
		return 0;
	}
	core->last = *report;
	core->last.err = err;
	kstate_core_error(core, "the image cannot restore", o->desc->name,
			  o->instance);
	return err;
}

struct forecast_context {
	struct kstate_core *core;
	struct kstate_forecast *forecast;
};

/* A module's description may be known to the module in the next kernel. */
static void log_module(const struct kstate_core *core, const char *name)
{
	if (!core->quiet)
		pr_notice("the image says nothing of %s, which is a module's\n",
			  name);
}

static int note_verdict(struct kstate_verdict *v, void *priv)
{
	struct forecast_context *c = priv;
	const struct kstate_description *desc =
		c->forecast->descs[v->from->nr];
	int err = 0;

	if (v->res) {
		c->forecast->res[v->from->nr] = v->res;
		v->res = NULL;
	} else if (v->mandatory) {
		kstate_meter_lost(c->core, desc->name, &v->report);
		err = refuse(c->core, object_of(c->core, desc), &v->report,
			     -EPROTO);
	} else if (!v->to && (desc->owner ||
			      is_module_address((unsigned long)desc))) {
		log_module(c->core, desc->name);
	} else {
		kstate_meter_lost(c->core, desc->name, &v->report);
		log_loss(c->core, desc->name, &v->report);
	}
	return err;
}

/* The image has no schemas: is there something that must not be lost? */
static int without_schemas(struct kstate_core *core, const char *why)
{
	struct kstate_report report = { .why = why, .err = -ENODATA };
	const struct kstate_description *last = NULL;
	const struct kstate_object *o;
	int err;

	if (!core->nr_objects)
		return 0;
	for (o = first_object(core); o; o = next_object(o)) {
		if (o->desc == last)
			continue;
		last = o->desc;
		kstate_meter_lost(core, last->name, &report);
		if (!(last->flags & KSTATE_MANDATORY))
			continue;
		err = refuse(core, o, &report, -ENODATA);
		if (err)
			return err;
	}
	if (!core->quiet)
		pr_notice("%s: nothing says what it can restore\n", why);
	return 0;
}

static int fill_forecast(struct kstate_core *core,
			 const struct kstate_target *target,
			 struct kstate_forecast *forecast)
{
	struct forecast_context context = { .core = core, .forecast = forecast };
	struct kstate_report report = { };
	struct kstate_writer w = {
		.s = { .grow = kstate_stream_grow, .report = &report },
	};
	int err;

	err = write_schemas(core, &w);
	forecast->bytes = w.s.data;
	forecast->descs = w.descs;
	w.descs = NULL;
	kstate_writer_free(&w);
	if (!err)
		err = kstate_reader_open(&forecast->own, w.s.data, w.s.pos);
	if (err)
		return err;
	forecast->res = kvcalloc(forecast->own.nr_schemas,
				 sizeof(*forecast->res), GFP_KERNEL);
	if (!forecast->res)
		return -ENOMEM;
	return kstate_image_check(&forecast->own, &target->reader,
				  note_verdict, &context);
}

/**
 * kstate_forecast_new - what would become of all that is registered?
 * @core: the core; its lock is held
 * @target: the image
 *
 * What would be lost is logged, or refused if it is mandatory.
 *
 * Context: may sleep.
 * Return: the verdicts, for kstate_forecast_free(); or an ERR_PTR(): -EPROTO if
 * mandatory state could not be restored, -ENODATA if there is some and the image
 * has no schemas, both as core->last says; -ENOMEM.
 */
struct kstate_forecast *
kstate_forecast_new(struct kstate_core *core,
		    const struct kstate_target *target)
{
	struct kstate_forecast *forecast;
	int err;

	lockdep_assert_held(&core->lock);
	forecast = kzalloc(sizeof(*forecast), GFP_KERNEL);
	if (!forecast)
		return ERR_PTR(-ENOMEM);
	if (target->why)
		err = without_schemas(core, target->why);
	else
		err = core->nr_objects ?
		      fill_forecast(core, target, forecast) : 0;
	if (!err)
		return forecast;
	kstate_forecast_free(forecast);
	return ERR_PTR(err);
}

/**
 * kstate_forecast_free - forget verdicts
 * @forecast: from kstate_forecast_new(); may be NULL
 *
 * Context: may sleep.
 */
void kstate_forecast_free(struct kstate_forecast *forecast)
{
	u32 i;

	if (!forecast)
		return;
	for (i = 0; forecast->res && i < forecast->own.nr_schemas; i++)
		kstate_resolution_free(forecast->res[i]);
	kstate_reader_free(&forecast->own);
	kvfree(forecast->res);
	kvfree(forecast->descs);
	kvfree(forecast->bytes);
	kfree(forecast);
}

/* How the next kernel will read objects of a description; NULL: not at all. */
static const struct kstate_program *
find_program(const struct kstate_forecast *forecast,
	     const struct kstate_description *desc)
{
	u32 i;

	for (i = 0; forecast->res && i < forecast->own.nr_schemas; i++) {
		if (forecast->descs[i] == desc)
			return forecast->res[i] ? forecast->res[i]->top : NULL;
	}
	return NULL;
}

static int verify_bytes(const struct kstate_writer *w,
			const struct kstate_object *o,
			const struct kstate_program *prog,
			struct kstate_report *report)
{
	const u8 *at = w->s.data + o->at;
	const struct kstate_abi_section *sect = (const void *)at;
	struct kstate_abi_record record;

	if (o->group) {
		/* records are not aligned */
		memcpy(&record, at, sizeof(record));
		return kstate_verify(prog, at + sizeof(record),
				     le32_to_cpu(record.length), report);
	}
	return kstate_verify(prog, sect + 1, le64_to_cpu(sect->length), report);
}

/* 0, an errno, or 1: the object would be lost, and that was logged */
static int verify_object(struct kstate_core *core,
			 const struct kstate_object *o,
			 const struct kstate_program *prog)
{
	struct kstate_report report = { };
	int err;

	err = verify_bytes(&core->writer, o, prog, &report);
	if (!err)
		return 0;
	kstate_meter_lost(core, o->desc->name, &report);
	if (o->desc->flags & KSTATE_MANDATORY)
		return refuse(core, o, &report, err) ?: 1;
	log_loss(core, o->desc->name, &report);
	return 1;
}

/**
 * kstate_forecast_verify - would the next kernel take the values that were saved?
 * @core: the core; its lock is held, and everything was saved that is saved
 *	early
 * @forecast: from kstate_forecast_new()
 *
 * What would be lost is logged, or refused if it is mandatory.
 *
 * Context: may sleep.
 * Return: 0; or for mandatory state what kstate_verify() returned, as core->last
 * says.
 */
int kstate_forecast_verify(struct kstate_core *core,
			   const struct kstate_forecast *forecast)
{
	const struct kstate_description *last = NULL;
	const struct kstate_program *prog = NULL;
	const struct kstate_object *o;
	int err;
	u32 i;

	lockdep_assert_held(&core->lock);
	for (i = 0; i < core->nr_out; i++) {
		o = core->out[i];
		if (o->desc != last)
			prog = find_program(forecast, o->desc);
		last = o->desc;
		if (!prog || (last->flags & KSTATE_LATE))
			continue;
		err = verify_object(core, o, prog);
		if (err < 0)
			return err;
		/* one line is enough, however many objects there are */
		if (err)
			prog = NULL;
		cond_resched();
	}
	return 0;
}

/**
 * kstate_core_check - could an image restore all that is registered?
 * @core: the core
 * @target: the image
 *
 * Context: may sleep.
 * Return: 0, or an errno as of kstate_forecast_new()
 */
int kstate_core_check(struct kstate_core *core,
		      const struct kstate_target *target)
{
	struct kstate_forecast *forecast;

	guard(mutex)(&core->lock);
	forecast = kstate_forecast_new(core, target);
	if (IS_ERR(forecast))
		return PTR_ERR(forecast);
	kstate_forecast_free(forecast);
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(kstate_core_check);
