// SPDX-License-Identifier: GPL-2.0-only
/*
 * KSTATE: what becomes of a kernel that cannot restore what must not be lost.
 *
 * Before the jump there is a verdict, and a host that runs on. What only shows
 * afterwards, since a hook refused or bytes are damaged, is the loss of one object:
 * as a rule it is said, and the kernel goes on. Some hosts had better not, as what
 * would start in them takes the missing state for a fresh beginning.
 */
#define pr_fmt(fmt) "kstate: " fmt

#include <kunit/visibility.h>
#include <linux/array_size.h>
#include <linux/init.h>
#include <linux/kstate.h>
#include <linux/panic.h>
#include <linux/string.h>

#include "kstate_internal.h"

static const char * const stop_names[] = {
	[KSTATE_STOP_NEVER]	= "never",
	[KSTATE_STOP_ASKED]	= "asked",
	[KSTATE_STOP_MANDATORY]	= "mandatory",
};

static int __init parse_kstate_stop(char *arg)
{
	int stop = match_string(stop_names, ARRAY_SIZE(stop_names), arg ?: "");

	if (stop < 0) {
		pr_warn("kstate_stop=%s: never, asked, or mandatory\n", arg);
		return stop;
	}
	kstate_core.stop = stop;
	return 0;
}
early_param("kstate_stop", parse_kstate_stop);

/**
 * kstate_core_stops - does the kernel stop if an object is not restored?
 * @core: the core
 * @desc: the object's description
 *
 * Context: any.
 * Return: true if it does
 */
bool kstate_core_stops(const struct kstate_core *core,
		       const struct kstate_description *desc)
{
	switch (core->stop) {
	case KSTATE_STOP_ASKED:
		return desc->flags & KSTATE_STOP;
	case KSTATE_STOP_MANDATORY:
		return desc->flags & KSTATE_MANDATORY;
	default:
		return false;
	}
}
EXPORT_SYMBOL_IF_KUNIT(kstate_core_stops);

/**
 * kstate_core_not_restored - an object that was handed over is lost
 * @core: the core
 * @desc: the object's description
 * @instance: its instance
 * @why: constant text
 *
 * Does not return if there is no going on without it.
 *
 * Context: any.
 */
void kstate_core_not_restored(const struct kstate_core *core,
			      const struct kstate_description *desc,
			      u64 instance, const char *why)
{
	if (kstate_core_stops(core, desc))
		panic("kstate: %s.%llu is not restored (%s), and kstate_stop= is \"%s\"",
		      desc->name, instance, why, stop_names[core->stop]);
}
