// SPDX-License-Identifier: GPL-2.0-only
/*
 * KSTATE: registering, and restoring from what the previous kernel left.
 *
 * Locking: one mutex protects the registry, the incoming stream and the phase
 * of a hand-over, and is held while a description's hooks run; hooks must not
 * call back. It may be taken as soon as kmalloc() works. Between
 * kstate_out_save() and the jump or kstate_out_abort() it is not held, since
 * shutting devices down may unregister objects: the phase then refuses what
 * would change the hand-over. kstate_out_late() takes no lock: nothing else
 * runs by then.
 */
#define pr_fmt(fmt) "kstate: " fmt

#include <kunit/visibility.h>
#include <linux/cleanup.h>
#include <linux/export.h>
#include <linux/kstate.h>
#include <linux/lockdep.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "kstate_internal.h"

#define CREATE_TRACE_POINTS
#include <trace/events/kstate.h>

/* ---- Folios, as the codec sees them ---- */

static void mem_locate(void *folio, u64 *phys, u32 *order)
{
	*phys = PFN_PHYS(folio_pfn(folio));
	*order = folio_order(folio);
}

/* What the owner preserved itself is as good. */
static int mem_preserve(void *folio)
{
	int err;

	if (PageTail((struct page *)folio))
		return -EINVAL;
	err = kstate_preserve_folio(folio);
	if (err == -EBUSY &&
	    kstate_range_preserved(PFN_PHYS(folio_pfn(folio)),
				   folio_size(folio)))
		err = 0;
	return err;
}

static bool mem_preserved(u64 phys, u64 size)
{
	return kstate_range_preserved(phys, size);
}

static bool mem_claimable(u64 phys, u32 order)
{
	return kstate_folio_claimable(phys, order);
}

static void *mem_claim(u64 phys, u32 order)
{
	return kstate_restore_folio(phys, order);
}

static void mem_release(void *folio)
{
	kstate_unclaim_folio(folio);
}

static int mem_preserve_range(u64 phys, u64 size)
{
	int err = kstate_preserve_range(phys, size);

	return err == -EBUSY && kstate_range_preserved(phys, size) ? 0 : err;
}

static int mem_claim_range(u64 phys, u64 size)
{
	return kstate_restore_range(phys, size);
}

static void mem_release_range(u64 phys, u64 size)
{
	kstate_unclaim_range(phys, size);
}

static const struct kstate_mem_ops mem_ops = {
	.locate		= mem_locate,
	.preserve	= mem_preserve,
	.preserved	= mem_preserved,
	.claimable	= mem_claimable,
	.claim		= mem_claim,
	.release	= mem_release,
	.preserve_range	= mem_preserve_range,
	.claim_range	= mem_claim_range,
	.release_range	= mem_release_range,
};

struct kstate_core kstate_core = KSTATE_CORE_INIT(kstate_core, &mem_ops);

/* ---- Errors ---- */

static void log_report(const struct kstate_report *report, const char *what,
		       const char *name, u64 instance)
{
	bool nested = report->desc[0] && strcmp(report->desc, name);

	pr_err("%s %s.%llu: %s%s%s%s%s: %pe\n", what, name, instance,
	       nested ? report->desc : "", nested ? ": " : "", report->field,
	       report->field[0] ? " " : "", report->why,
	       ERR_PTR(report->err));
	trace_kstate_refuse(name, instance, report->desc, report->field,
			    report->why, report->err);
}

/**
 * kstate_core_error - keep and log what went wrong
 * @core: its last error says what
 * @what: what was being done
 * @name: with the object of this name
 * @instance: and this instance
 *
 * Context: any.
 */
void kstate_core_error(struct kstate_core *core, const char *what,
		       const char *name, u64 instance)
{
	strscpy(core->last_name, name ?: "", sizeof(core->last_name));
	core->last_instance = instance;
	if (!core->quiet)
		log_report(&core->last, what, core->last_name, instance);
}

static struct kstate_report *new_report(struct kstate_core *core)
{
	struct kstate_report *report = &core->last;

	report->desc[0] = '\0';
	report->field[0] = '\0';
	report->why = NULL;
	report->err = 0;
	report->untried = false;
	return report;
}

/* ---- Restoring ---- */

static struct kstate_in_object *find_named(struct kstate_core *core,
					   const char *name, size_t len,
					   u64 instance)
{
	char buf[KSTATE_ABI_NAME_MAX + 1];

	if (len >= sizeof(buf))
		return NULL;
	memcpy(buf, name, len);
	buf[len] = '\0';
	return kstate_reader_find(&core->reader, buf, instance);
}

/* What there is of an object, under its name or one that it had before */
static struct kstate_in_object *
find_pending(struct kstate_core *core, const struct kstate_description *desc,
	     u64 instance)
{
	struct kstate_in_object *in;
	const char *alias;
	size_t len;

	lockdep_assert_held(&core->lock);
	if (!core->opened)
		return NULL;
	in = kstate_reader_find(&core->reader, desc->name, instance);
	for (alias = desc->alias; !in && alias && *alias; alias += len) {
		alias += *alias == ',';
		len = strcspn(alias, ",");
		in = find_named(core, alias, len, instance);
	}
	return in;
}

static void set_state(struct kstate_core *core, struct kstate_in_object *in,
		      enum kstate_in_state state)
{
	core->nr_in[in->state]--;
	in->state = state;
	core->nr_in[state]++;
	core->changes++;
}

/* Note and log why an object is refused, or is not restored yet. */
static void not_restored(struct kstate_core *core,
			 const struct kstate_description *desc,
			 struct kstate_in_object *in)
{
	const struct kstate_report *report = &core->last;

	if (!report->untried) {
		set_state(core, in, KSTATE_IN_REFUSED);
		in->report = kmemdup(report, sizeof(*report), GFP_KERNEL);
	}
	kstate_core_error(core, report->untried ? "cannot restore now" :
						  "cannot restore",
			  desc->name, in->instance);
}

static const char was_lost[] = "it was lost at the jump";

/* Run @desc's hooks and give @in's contents to @obj. */
static int restore_object(struct kstate_core *core,
			  const struct kstate_description *desc, void *obj,
			  struct kstate_in_object *in)
{
	struct kstate_report *report = new_report(core);
	struct kstate_refs refs = kstate_core_refs(core);
	const struct kstate_program *prog;
	int err;

	lockdep_assert_held(&core->lock);
	if (!try_module_get(desc->owner))
		return -ENODEV;
	prog = kstate_resolve(in->schema, desc, report);
	if (!IS_ERR(prog)) {
		err = kstate_load(prog, in, obj, core->mem, &refs, report);
	} else {
		err = PTR_ERR(prog);
		report->untried = err == -ENOMEM;
	}
	module_put(desc->owner);

	trace_kstate_restore(desc->name, in->instance, err);
	if (!err) {
		set_state(core, in, KSTATE_IN_RESTORED);
		return 0;
	}
	not_restored(core, desc, in);
	if (!report->untried)
		kstate_core_not_restored(core, desc, in->instance, report->why);
	return err;
}

/* Nobody would keep the module, which what is registered points into. */
static int check_owner(const struct kstate_description *desc,
		       struct kstate_report *report)
{
	if (desc->owner || !is_module_address((unsigned long)desc))
		return 0;
	return kstate_fail(report, desc->name, NULL,
			   "is a module's and has no owner", -EINVAL);
}

static int check_new(struct kstate_core *core,
		     const struct kstate_description *desc, u64 instance)
{
	struct kstate_report *report = new_report(core);
	int err;

	lockdep_assert_held(&core->lock);
	if (!kstate_core_knows(core, desc)) {
		err = kstate_check_description(desc, report) ?:
		      check_owner(desc, report);
		if (err) {
			kstate_core_error(core, "cannot register", desc->name,
					  instance);
			return err;
		}
	}
	if (core->phase != KSTATE_IDLE)
		return -EBUSY;
	if (kstate_core_find(core, desc->name, instance))
		return -EEXIST;
	return 0;
}

/**
 * kstate_core_register - kstate_register() for one of several cores
 * @core: the core
 * @desc: the object's description
 * @obj: the object
 * @instance: its instance
 *
 * Context: may sleep.
 * Return: as kstate_register()
 */
int kstate_core_register(struct kstate_core *core,
			 const struct kstate_description *desc, void *obj,
			 u64 instance)
{
	struct kstate_object *o;
	struct kstate_in_object *in;
	int ret;

	guard(mutex)(&core->lock);
	ret = check_new(core, desc, instance);
	if (ret)
		return ret;

	o = kzalloc(sizeof(*o), GFP_KERNEL);
	if (!o)
		return -ENOMEM;
	o->desc = desc;
	o->obj = obj;
	o->instance = instance;

	/* before it is restored, since it may refer to itself */
	kstate_core_insert(core, o);
	in = find_pending(core, desc, instance);
	if (in && in->state == KSTATE_IN_PENDING) {
		ret = restore_object(core, desc, obj, in);
		if (ret) {
			kstate_core_remove(core, o);
			return ret;
		}
		ret = KSTATE_RESTORED;
	} else if (in && in->state == KSTATE_IN_LOST) {
		kstate_core_not_restored(core, desc, instance, was_lost);
	}
	trace_kstate_register(desc->name, instance, ret);
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(kstate_core_register);

/**
 * kstate_core_unregister - kstate_unregister() for one of several cores
 * @core: the core
 * @desc: the object's description
 * @instance: its instance
 *
 * Context: may sleep.
 */
void kstate_core_unregister(struct kstate_core *core,
			    const struct kstate_description *desc,
			    u64 instance)
{
	struct kstate_object *o;

	guard(mutex)(&core->lock);
	o = kstate_core_find(core, desc->name, instance);
	if (!o || o->desc != desc || o->gone)
		return;
	trace_kstate_unregister(desc->name, instance, 0);
	if (core->phase == KSTATE_IDLE) {
		kstate_core_remove(core, o);
		return;
	}
	/* The hand-over knows it: it takes it out of the stream at its end. */
	o->gone = true;
	core->changes++;
	if (desc->abort && o->phase == KSTATE_OBJ_PREPARED)
		desc->abort(o->obj);
}
EXPORT_SYMBOL_IF_KUNIT(kstate_core_unregister);

/**
 * kstate_core_restore - kstate_restore() for one of several cores
 * @core: the core
 * @desc: the object's description
 * @obj: the object
 * @instance: its instance
 *
 * Context: may sleep.
 * Return: as kstate_restore()
 */
int kstate_core_restore(struct kstate_core *core,
			const struct kstate_description *desc, void *obj,
			u64 instance)
{
	struct kstate_in_object *in;
	int err;

	guard(mutex)(&core->lock);
	in = desc->name ? find_pending(core, desc, instance) : NULL;
	if (!in || in->state == KSTATE_IN_LOST) {
		/* else this is checked when it is resolved, once */
		err = kstate_check_description(desc, new_report(core));
		if (err)
			kstate_core_error(core, "cannot restore", desc->name,
					  instance);
		else if (in)
			kstate_core_not_restored(core, desc, instance, was_lost);
		return err ?: -ENOENT;
	}
	if (in->state != KSTATE_IN_PENDING)
		return -EALREADY;
	return restore_object(core, desc, obj, in);
}
EXPORT_SYMBOL_IF_KUNIT(kstate_core_restore);

/**
 * kstate_core_pending - kstate_pending() for one of several cores
 * @core: the core
 * @desc: the object's description
 * @instance: its instance
 *
 * Context: may sleep.
 * Return: as kstate_pending()
 */
bool kstate_core_pending(struct kstate_core *core,
			 const struct kstate_description *desc, u64 instance)
{
	struct kstate_in_object *in;

	guard(mutex)(&core->lock);
	in = find_pending(core, desc, instance);
	return in && in->state == KSTATE_IN_PENDING;
}
EXPORT_SYMBOL_IF_KUNIT(kstate_core_pending);

/**
 * kstate_core_discard - kstate_discard() for one of several cores
 * @core: the core
 * @desc: the object's description
 * @instance: its instance
 *
 * Context: may sleep.
 */
void kstate_core_discard(struct kstate_core *core,
			 const struct kstate_description *desc, u64 instance)
{
	struct kstate_in_object *in;

	guard(mutex)(&core->lock);
	in = find_pending(core, desc, instance);
	if (!in || in->state != KSTATE_IN_PENDING)
		return;
	kstate_fail(new_report(core), desc->name, NULL,
		    "was given up by its owner", -ECANCELED);
	not_restored(core, desc, in);
}
EXPORT_SYMBOL_IF_KUNIT(kstate_core_discard);

/* ---- The incoming stream ---- */

static void log_open(const struct kstate_core *core)
{
	const struct kstate_reader *r = &core->reader;
	u32 i;

	if (!core->opened) {
		pr_err("nothing is restored: %s%s%s%s%s\n", r->report.desc,
		       r->report.field[0] ? "." : "", r->report.field,
		       r->report.desc[0] ? ": " : "", r->report.why);
		return;
	}
	for (i = 0; i < r->nr_objects; i++) {
		if (r->objects[i].state != KSTATE_IN_LOST)
			continue;
		pr_warn("%s.%llu was lost at the jump\n",
			r->objects[i].schema->name, r->objects[i].instance);
	}
	pr_info("%u objects to be restored, %u lost\n",
		core->nr_in[KSTATE_IN_PENDING], core->nr_in[KSTATE_IN_LOST]);
}

/* The objects of a stream that is new, or of none */
static void count_in(struct kstate_core *core)
{
	const struct kstate_reader *r = &core->reader;
	u32 i;

	memset(core->nr_in, 0, sizeof(core->nr_in));
	for (i = 0; core->opened && i < r->nr_objects; i++)
		core->nr_in[r->objects[i].state]++;
	core->changes++;
}

/**
 * kstate_core_open - take a previous kernel's stream
 * @core: the core, which has none yet
 * @data: the stream, aligned to 8 bytes; stays until kstate_core_close()
 * @len: its bytes
 *
 * Context: may sleep.
 * Return: 0; -EBADMSG if anything is wrong with it, and then nothing of it is
 * used; -EBUSY if there is one already; -ENOMEM.
 */
int kstate_core_open(struct kstate_core *core, const void *data, size_t len)
{
	int err;

	guard(mutex)(&core->lock);
	if (core->opened)
		return -EBUSY;
	err = kstate_reader_open(&core->reader, data, len);
	core->opened = !err;
	count_in(core);
	core->in = data;
	core->in_len = len;
	if (err)
		core->last = core->reader.report;
	if (!core->quiet)
		log_open(core);
	return err;
}
EXPORT_SYMBOL_IF_KUNIT(kstate_core_open);

static void close_reader(struct kstate_core *core)
{
	lockdep_assert_held(&core->lock);
	if (core->opened)
		kstate_reader_free(&core->reader);
	core->opened = false;
	count_in(core);
}

/**
 * kstate_core_close - free what kstate_core_open() made
 * @core: the core; its stream may go away afterwards
 *
 * Context: may sleep.
 */
void kstate_core_close(struct kstate_core *core)
{
	guard(mutex)(&core->lock);
	close_reader(core);
}
EXPORT_SYMBOL_IF_KUNIT(kstate_core_close);

/**
 * kstate_core_finish - say what nobody restored, and let go of all that is left
 * @core: the core
 *
 * Context: may sleep.
 * Return: 0; -EBUSY while a hand-over is going on.
 */
int kstate_core_finish(struct kstate_core *core)
{
	const struct kstate_in_object *in;
	unsigned long pages = 0;
	u32 i;

	guard(mutex)(&core->lock);
	if (core->phase != KSTATE_IDLE)
		return -EBUSY;
	for (i = 0; core->opened && i < core->reader.nr_objects; i++) {
		in = &core->reader.objects[i];
		if (in->state == KSTATE_IN_PENDING && !core->quiet)
			pr_info("%s.%llu was not asked for\n",
				in->schema->name, in->instance);
	}
	close_reader(core);
	if (core == &kstate_core)
		pages = kstate_finish();
	if (pages)
		pr_info("%lu preserved pages were not claimed\n", pages);
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(kstate_core_finish);

/**
 * kstate_in_open - take the previous kernel's stream
 * @data: the stream, mapped until kstate_finish()
 * @len: its bytes
 *
 * Context: may sleep; as early as kmalloc() works.
 * Return: as kstate_core_open()
 */
int kstate_in_open(const void *data, size_t len)
{
	return kstate_core_open(&kstate_core, data, len);
}

/* ---- API ---- */

/**
 * kstate_register - have an object saved, and restored if there is what to
 * @desc: the object's description; stays as it is until it is unregistered
 * @obj: the object, complete and not in use yet
 * @instance: tells it from others of the same description
 *
 * If the previous kernel handed this object over and it was not restored yet,
 * it is restored now. If that fails, the object is not registered and is as it
 * was, apart from what its hooks did; registering it once more then succeeds,
 * without restoring. Only if there was no memory, or if it refers to an object
 * that is not registered yet, nothing is lost: no hook was called, and
 * registering it once more tries again.
 *
 * Context: process context, or early boot once kmalloc() works; not from
 * KSTATE's hooks. May sleep.
 * Return: 0; KSTATE_RESTORED if it was also restored; -EINVAL if @desc is
 * wrong, which the log explains; -EEXIST if an object of this name and instance
 * is registered; -EBUSY if a hand-over has begun; -ENOMEM; or why it could not
 * be restored: -EOPNOTSUPP, -EPROTO, -EMSGSIZE, -ERANGE, -EEXIST, -ESTALE,
 * -EBADMSG, -ENOENT if it refers to what is not registered, -ENODEV if @desc's
 * module is going, or the errno of a hook. kstate_pending() tells whether another
 * try makes sense.
 */
int kstate_register(const struct kstate_description *desc, void *obj,
		    u64 instance)
{
	return kstate_core_register(&kstate_core, desc, obj, instance);
}
EXPORT_SYMBOL_GPL(kstate_register);

/**
 * kstate_unregister - undo kstate_register()
 * @desc: as registered
 * @instance: as registered
 *
 * If a hand-over has begun, the object is taken out of it, after its abort
 * hook was called. Does nothing if the object is not registered.
 *
 * Context: process context; not from KSTATE's hooks. May sleep.
 */
void kstate_unregister(const struct kstate_description *desc, u64 instance)
{
	kstate_core_unregister(&kstate_core, desc, instance);
}
EXPORT_SYMBOL_GPL(kstate_unregister);

/**
 * kstate_restore - restore an object without registering it
 * @desc: the object's description
 * @obj: the object; untouched on an error
 * @instance: its instance
 *
 * Context: as kstate_register().
 * Return: 0; -ENOENT if the previous kernel handed no such object over;
 * -EALREADY if it was restored or refused before; -EINVAL if @desc is wrong;
 * -ENOMEM; or why it could not be restored, as for kstate_register(), after
 * which kstate_pending() tells whether another try makes sense.
 */
int kstate_restore(const struct kstate_description *desc, void *obj,
		   u64 instance)
{
	return kstate_core_restore(&kstate_core, desc, obj, instance);
}
EXPORT_SYMBOL_GPL(kstate_restore);

/**
 * kstate_pending - is there something to restore?
 * @desc: the object's description
 * @instance: its instance
 *
 * Context: as kstate_register().
 * Return: true if kstate_restore() or kstate_register() would restore it
 */
bool kstate_pending(const struct kstate_description *desc, u64 instance)
{
	return kstate_core_pending(&kstate_core, desc, instance);
}
EXPORT_SYMBOL_GPL(kstate_pending);

/**
 * kstate_discard - do without what the previous kernel handed over
 * @desc: the object's description
 * @instance: its instance
 *
 * For an owner who will not try again to restore an object: it is refused, and
 * kstate_register() registers it without restoring. Does nothing if the object
 * is not pending.
 *
 * Context: as kstate_register().
 */
void kstate_discard(const struct kstate_description *desc, u64 instance)
{
	kstate_core_discard(&kstate_core, desc, instance);
}
EXPORT_SYMBOL_GPL(kstate_discard);
