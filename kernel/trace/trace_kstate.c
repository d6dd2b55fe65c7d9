// SPDX-License-Identifier: GPL-2.0-only
/*
 * The trace survives kexec: the global ring buffer is handed over in place.
 *
 * Recording goes on until the other CPUs are stopped. From prepare on the
 * pages of the buffer may change their order but not their set; the order, the
 * counters and the stamps are taken late, when nothing moves any more. The
 * next kernel checks every event, makes it one of its own, and goes on in the
 * same buffer, with time continued.
 *
 * Not handed over: other instances, the snapshot, triggers of events, options
 * other than overwrite, events that were defined at run time, and events of
 * modules: those that were recorded are dropped and counted.
 */
#define pr_fmt(fmt) "trace: " fmt

#include <linux/ftrace.h>
#include <linux/kstate.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/trace_events.h>

#include "ftrace_internal.h"
#include "trace.h"
#include "trace_kstate.h"

/* So much may the clocks of CPUs differ. */
#define CLOCK_SKEW_NS		NSEC_PER_MSEC
/* Names of tasks that may be added while a hand-over is being prepared. */
#define SPARE_COMMS		256

static struct trace_kstate_events kstate_events;
static struct trace_kstate kstate_trace;
static struct ring_buffer_kstate *kstate_cpus;

/* The buffer that is held, between prepare and abort */
static struct trace_buffer *kstate_buffer;
static bool kstate_frozen;

static const struct kstate_field event_fields[] = {
	KSTATE_SIMPLE(struct trace_kstate_event, id),
	KSTATE_SIMPLE(struct trace_kstate_event, enabled),
	KSTATE_SIMPLE(struct trace_kstate_event, fields),
	KSTATE_ARRAY(struct trace_kstate_event, system),
	KSTATE_ARRAY(struct trace_kstate_event, name),
	KSTATE_VARRAY(struct trace_kstate_event, filter, filter_len),
	KSTATE_END()
};

static const struct kstate_description event_desc = {
	.name		= "trace.event",
	.version	= 1,
	.min_version	= 1,
	.size		= sizeof(struct trace_kstate_event),
	.fields		= event_fields,
};

static int events_prepare(void *obj)
{
	int ret = trace_kstate_events_collect(obj, top_trace_array());

	if (ret)
		trace_kstate_events_free(obj);
	return ret;
}

static void events_abort(void *obj)
{
	trace_kstate_events_free(obj);
}

static const struct kstate_field events_fields[] = {
	KSTATE_ARRAY_OF_POINTER(struct trace_kstate_events, events, nr,
				struct trace_kstate_event, &event_desc),
	KSTATE_ARRAY(struct trace_kstate_events, build_id),
	KSTATE_SIMPLE(struct trace_kstate_events, text),
	KSTATE_SIMPLE(struct trace_kstate_events, text_size),
	KSTATE_SIMPLE(struct trace_kstate_events, by_pid),
	KSTATE_END()
};

static const struct kstate_description events_desc = {
	.name		= "trace.events",
	.version	= 1,
	.min_version	= 1,
	.size		= sizeof(struct trace_kstate_events),
	.fields		= events_fields,
	.prepare	= events_prepare,
	.abort		= events_abort,
};

KSTATE_DECLARE(events_desc);

/* ---- The filter of the function tracer ---- */

#ifdef CONFIG_DYNAMIC_FTRACE
static int save_filter(struct trace_kstate *ks, struct trace_array *tr)
{
	struct ftrace_func_entry *entry;
	struct ftrace_hash *hash, *barred;
	unsigned long i;

	guard(mutex)(&tr->ops->func_hash->regex_lock);
	hash = rcu_dereference_protected(tr->ops->func_hash->filter_hash, true);
	barred = rcu_dereference_protected(tr->ops->func_hash->notrace_hash,
					   true);
	ks->filtered = !ftrace_hash_empty(hash);
	/* Not handed over: without these the tracer must not go on either */
	if (!ftrace_hash_empty(barred) ||
	    rcu_access_pointer(tr->function_pids) ||
	    rcu_access_pointer(tr->function_no_pids)) {
		ks->filtered = true;
		return 0;
	}
	if (!ks->filtered || !hash->count)
		return 0;
	ks->filter = kvcalloc(hash->count, sizeof(*ks->filter), GFP_KERNEL);
	if (!ks->filter)
		return -ENOMEM;
	for (i = 0; i < 1UL << hash->size_bits; i++)
		hlist_for_each_entry(entry, &hash->buckets[i], hlist)
			if (ks->nr_filter < hash->count)
				ks->filter[ks->nr_filter++] = entry->ip;
	return 0;
}
#else
static int save_filter(struct trace_kstate *ks, struct trace_array *tr)
{
	return 0;
}
#endif

/* ---- Names of tasks ---- */

static int alloc_comms(struct trace_kstate *ks)
{
	ks->nr_comms = trace_count_cmdlines() + SPARE_COMMS;
	ks->pids = kvcalloc(ks->nr_comms, sizeof(*ks->pids), GFP_KERNEL);
	ks->comm_bytes = ks->nr_comms * TASK_COMM_LEN;
	ks->comms = kvzalloc(ks->comm_bytes, GFP_KERNEL);
	return ks->pids && ks->comms ? 0 : -ENOMEM;
}

static void save_comms(struct trace_kstate *ks)
{
	unsigned int i, nr = 0;
	int pid;

	for (i = 0; i < trace_saved_cmdlines() && nr < ks->nr_comms; i++) {
		pid = trace_get_cmdline(i, ks->comms + nr * TASK_COMM_LEN);
		if (pid > 0)
			ks->pids[nr++] = pid;
	}
}

/* ---- Saving ---- */

/**
 * trace_kstate_free - free what belongs to the common part
 * @ks: the common part
 */
void trace_kstate_free(struct trace_kstate *ks)
{
	kvfree(ks->filter);
	kvfree(ks->pids);
	kvfree(ks->comms);
	memset(ks, 0, sizeof(*ks));
}

static int trace_prepare(void *obj)
{
	struct trace_array *tr = top_trace_array();
	struct trace_kstate *ks = obj;
	int ret;

	scoped_guard(mutex, &trace_types_lock)
		strscpy(ks->tracer, tr->current_trace->name, sizeof(ks->tracer));
	ks->nr_cpus = nr_cpu_ids;
	ret = save_filter(ks, tr);
	if (!ret)
		ret = alloc_comms(ks);
	if (ret) {
		trace_kstate_free(ks);
		return ret;
	}
	/* A snapshot would put another buffer in the place of this one. */
	trace_hold_snapshot(tr, true);
	kstate_buffer = tr->array_buffer.buffer;
	return 0;
}

static void trace_abort(void *obj)
{
	kstate_buffer = NULL;
	trace_hold_snapshot(top_trace_array(), false);
	trace_kstate_free(obj);
}

/* Recording ends here. All other CPUs are stopped, some in mid-event. */
static int freeze(void)
{
	u64 stamp;
	int cpu, ret;

	if (kstate_frozen || !kstate_buffer)
		return 0;
	kstate_frozen = true;
	ring_buffer_record_disable(kstate_buffer);
	stamp = ring_buffer_time_stamp(kstate_buffer);
	for (cpu = 0; cpu < nr_cpu_ids; cpu++) {
		if (!kstate_cpus[cpu].pages)
			continue;
		ret = ring_buffer_kstate_save(kstate_buffer, cpu,
					      &kstate_cpus[cpu]);
		if (ret)
			return ret;
		stamp = max(stamp, kstate_cpus[cpu].write_stamp);
	}
	if (trace_clock_in_ns(top_trace_array()))
		stamp += CLOCK_SKEW_NS;
	kstate_trace.stamp = stamp;
	return 0;
}

static int trace_pre_save(void *obj)
{
	struct trace_array *tr = top_trace_array();
	struct trace_kstate *ks = obj;

	ks->tracing_on = tracer_tracing_is_on(tr);
	ks->overwrite = tr->trace_flags & TRACE_ITER_OVERWRITE;
	ks->expanded = tr->ring_buffer_expanded;
	ks->subbuf_order = ring_buffer_subbuf_order_get(tr->array_buffer.buffer);
	strscpy(ks->clock, tracing_clock_name(tr), sizeof(ks->clock));
	ks->time_start = tr->array_buffer.time_start;
	ks->wall = ktime_get_real_fast_ns();
	save_comms(ks);
	return freeze();
}

static const struct kstate_field trace_fields[] = {
	KSTATE_ARRAY(struct trace_kstate, tracer),
	KSTATE_ARRAY(struct trace_kstate, clock),
	KSTATE_SIMPLE(struct trace_kstate, tracing_on),
	KSTATE_SIMPLE(struct trace_kstate, overwrite),
	KSTATE_SIMPLE(struct trace_kstate, expanded),
	KSTATE_SIMPLE(struct trace_kstate, filtered),
	KSTATE_SIMPLE(struct trace_kstate, subbuf_order),
	KSTATE_SIMPLE(struct trace_kstate, nr_cpus),
	KSTATE_SIMPLE(struct trace_kstate, time_start),
	KSTATE_SIMPLE(struct trace_kstate, stamp),
	KSTATE_SIMPLE(struct trace_kstate, wall),
	KSTATE_VARRAY(struct trace_kstate, filter, nr_filter),
	KSTATE_VARRAY(struct trace_kstate, pids, nr_comms),
	KSTATE_VARRAY(struct trace_kstate, comms, comm_bytes),
	KSTATE_END()
};

static const struct kstate_description trace_desc = {
	.name		= "trace.global",
	.version	= 1,
	.min_version	= 1,
	.size		= sizeof(struct trace_kstate),
	.flags		= KSTATE_LATE,
	.fields		= trace_fields,
	.prepare	= trace_prepare,
	.abort		= trace_abort,
	.pre_save	= trace_pre_save,
};

KSTATE_DECLARE(trace_desc);

/**
 * trace_kstate_cpu_free - free what belongs to a CPU's part
 * @ks: the CPU's part
 */
void trace_kstate_cpu_free(struct ring_buffer_kstate *ks)
{
	kvfree(ks->pages);
	memset(ks, 0, sizeof(*ks));
}

static void cpu_abort(void *obj)
{
	struct ring_buffer_kstate *ks = obj;

	if (!ks->pages)
		return;
	if (kstate_frozen) {
		ring_buffer_record_enable(kstate_buffer);
		kstate_frozen = false;
	}
	ring_buffer_kstate_release(kstate_buffer, ks - kstate_cpus);
	trace_kstate_cpu_free(ks);
}

static struct folio *page_of(const struct ring_buffer_kstate *ks, u32 i)
{
	return virt_to_folio(phys_to_virt(ks->pages[i]));
}

static int preserve_pages(struct ring_buffer_kstate *ks)
{
	int ret;
	u32 i;

	for (i = 0; i < ks->nr_pages; i++) {
		ret = kstate_preserve_folio(page_of(ks, i));
		if (ret)
			goto undo;
	}
	return 0;

undo:
	while (i--)
		kstate_unpreserve_folio(page_of(ks, i));
	return ret;
}

static int cpu_prepare(void *obj)
{
	struct ring_buffer_kstate *ks = obj;
	int cpu = ks - kstate_cpus;
	long nr;
	int ret;

	if (!kstate_buffer)
		return -ENODEV;
	nr = ring_buffer_kstate_hold(kstate_buffer, cpu);
	if (nr == -ENODEV)
		return 0;
	ks->nr_pages = nr;
	ks->pages = kvcalloc(nr, sizeof(*ks->pages), GFP_KERNEL);
	if (!ks->pages) {
		ring_buffer_kstate_release(kstate_buffer, cpu);
		return -ENOMEM;
	}
	ring_buffer_kstate_pages(kstate_buffer, cpu, ks);
	ret = preserve_pages(ks);
	if (!ret)
		return 0;
	cpu_abort(ks);
	if (ret != -EADDRNOTAVAIL)
		return ret;
	/* Memory that cannot be preserved is no reason to refuse the jump. */
	pr_warn("the trace of CPU %d is in no RAM of the next kernel's: it is lost\n",
		cpu);
	return 0;
}

static int cpu_pre_save(void *obj)
{
	return freeze();
}

static const struct kstate_field cpu_fields[] = {
	KSTATE_VARRAY(struct ring_buffer_kstate, pages, nr_pages),
	KSTATE_SIMPLE(struct ring_buffer_kstate, commit_page),
	KSTATE_SIMPLE(struct ring_buffer_kstate, read),
	KSTATE_SIMPLE(struct ring_buffer_kstate, entries),
	KSTATE_SIMPLE(struct ring_buffer_kstate, overrun),
	KSTATE_SIMPLE(struct ring_buffer_kstate, commit_overrun),
	KSTATE_SIMPLE(struct ring_buffer_kstate, dropped_events),
	KSTATE_SIMPLE(struct ring_buffer_kstate, read_events),
	KSTATE_SIMPLE(struct ring_buffer_kstate, lost_events),
	KSTATE_SIMPLE(struct ring_buffer_kstate, last_overrun),
	KSTATE_SIMPLE(struct ring_buffer_kstate, write_stamp),
	KSTATE_END()
};

/* One for each CPU, its number is the instance */
const struct kstate_description trace_kstate_cpu_desc = {
	.name		= "trace.ring_buffer_cpu",
	.version	= 1,
	.min_version	= 1,
	.size		= sizeof(struct ring_buffer_kstate),
	.flags		= KSTATE_LATE,
	.fields		= cpu_fields,
	.prepare	= cpu_prepare,
	.abort		= cpu_abort,
	.pre_save	= cpu_pre_save,
};

KSTATE_DECLARE(trace_kstate_cpu_desc);

/* ---- Both ---- */

static void register_one(const struct kstate_description *desc, void *obj,
			 u64 instance, bool *restored)
{
	int ret = kstate_register(desc, obj, instance);

	if (ret < 0)
		pr_warn("%s %llu: %pe\n", desc->name, instance, ERR_PTR(ret));
	else if (ret == KSTATE_RESTORED && restored)
		*restored = true;
}

/* After late_trace_init(), which may change the clock. */
static int __init trace_kstate_init(void)
{
	struct trace_array *tr = top_trace_array();
	bool restored = false;
	int cpu;

	if (!tr || !tr->array_buffer.buffer)
		return 0;
	kstate_cpus = kcalloc(nr_cpu_ids, sizeof(*kstate_cpus), GFP_KERNEL);
	if (!kstate_cpus)
		return -ENOMEM;

	register_one(&events_desc, &kstate_events, 0, NULL);
	register_one(&trace_desc, &kstate_trace, 0, &restored);
	for_each_possible_cpu(cpu)
		register_one(&trace_kstate_cpu_desc, &kstate_cpus[cpu], cpu, NULL);
	if (restored)
		trace_kstate_restore(tr, &kstate_trace, &kstate_events,
				     kstate_cpus);

	for_each_possible_cpu(cpu)
		trace_kstate_cpu_free(&kstate_cpus[cpu]);
	trace_kstate_free(&kstate_trace);
	trace_kstate_events_free(&kstate_events);
	return 0;
}
late_initcall_sync(trace_kstate_init);
