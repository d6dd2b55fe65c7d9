// SPDX-License-Identifier: GPL-2.0-only
/*
 * The trace of the previous kernel becomes the beginning of ours.
 */
#define pr_fmt(fmt) "trace: " fmt

#include <linux/ftrace.h>
#include <linux/kstate.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>

#include "trace.h"
#include "trace_kstate.h"

/* A hand-over takes seconds; a clock that says otherwise was set meanwhile. */
#define MAX_ELAPSED_NS		(3600ULL * NSEC_PER_SEC)

#ifdef CONFIG_DYNAMIC_FTRACE
/* All functions would be too many when only some were asked for. */
static int load_filter(struct trace_kstate *ks, struct trace_array *tr,
		       const struct trace_kstate_map *map)
{
	unsigned long *ips;
	u32 i, nr = 0;
	int ret;

	if (!ks->filtered)
		return 0;
	if (!ks->filter)
		return -ENOENT;
	ips = kvcalloc(ks->nr_filter, sizeof(*ips), GFP_KERNEL);
	if (!ips)
		return -ENOMEM;
	for (i = 0; i < ks->nr_filter; i++)
		if (trace_kstate_map_address(map, &ks->filter[i]))
			ips[nr++] = ks->filter[i];
	ret = nr ? ftrace_set_filter_ips(tr->ops, ips, nr, 0, 1) : -ENOENT;
	kvfree(ips);
	return ret;
}
#else
static int load_filter(struct trace_kstate *ks, struct trace_array *tr,
		       const struct trace_kstate_map *map)
{
	return ks->filtered ? -EOPNOTSUPP : 0;
}
#endif

static void load_comms(struct trace_kstate *ks)
{
	char comm[TASK_COMM_LEN];
	u32 i;

	for (i = 0; ks->pids && i < ks->nr_comms; i++) {
		if (!ks->comms || (i + 1) * TASK_COMM_LEN > ks->comm_bytes)
			return;
		memcpy(comm, ks->comms + i * TASK_COMM_LEN, TASK_COMM_LEN);
		comm[TASK_COMM_LEN - 1] = 0;
		if ((int)ks->pids[i] > 0)
			trace_set_cmdline(ks->pids[i], comm);
	}
}

struct restore_result {
	unsigned long	kept;
	unsigned long	lost;
	unsigned long	replaced;
	unsigned int	refused;
};

static u64 unread_events(const struct ring_buffer_kstate *ks)
{
	s64 unread = ks->entries - ks->overrun - ks->read_events;

	return max(unread, 0);
}

/* Claim the pages; NULL where one is not to be had. */
static void **claim_pages(const struct ring_buffer_kstate *ks, unsigned int order)
{
	struct folio *folio;
	void **data;
	u32 i;

	data = kvcalloc(ks->nr_pages, sizeof(*data), GFP_KERNEL);
	for (i = 0; data && i < ks->nr_pages; i++) {
		folio = kstate_restore_folio(ks->pages[i], order);
		if (folio)
			data[i] = folio_address(folio);
	}
	return data;
}

static void free_data(void **data, u32 nr, unsigned int order)
{
	u32 i;

	for (i = 0; data && i < nr; i++)
		free_pages((unsigned long)data[i], order);
	kvfree(data);
}

/* A CPU that cannot exist here has no place in the buffer: count its events. */
static u64 drop_absent_cpus(const struct trace_kstate *ks)
{
	struct ring_buffer_kstate absent = {};
	u64 lost = 0;
	u32 cpu;

	for (cpu = 0; cpu < min(ks->nr_cpus, 1U << 16); cpu++) {
		if (cpu < nr_cpu_ids && cpu_possible(cpu))
			continue;
		if (kstate_restore(&trace_kstate_cpu_desc, &absent, cpu))
			continue;
		if (absent.pages) {
			lost += unread_events(&absent);
			free_data(claim_pages(&absent, ks->subbuf_order),
				  absent.nr_pages, ks->subbuf_order);
		}
		trace_kstate_cpu_free(&absent);
	}
	if (lost)
		pr_warn("%llu events of CPUs that are not there any more are lost\n",
			lost);
	return lost;
}

static void restore_cpu(struct trace_buffer *buffer, int cpu,
			struct ring_buffer_kstate *ks,
			const struct trace_kstate *global,
			struct trace_kstate_map *map, struct restore_result *res)
{
	void **data;
	int ret;

	if (!ks->pages)
		return;
	ks->limit = global->stamp;
	data = claim_pages(ks, global->subbuf_order);
	ret = data ? ring_buffer_kstate_load(buffer, cpu, ks, data,
					     trace_kstate_map_event, map) : -ENOMEM;
	if (ret) {
		ks->lost = unread_events(ks);
		pr_warn("buffer of CPU %d not restored: %pe\n", cpu, ERR_PTR(ret));
	} else {
		res->kept += ring_buffer_entries_cpu(buffer, cpu);
	}
	res->lost += ks->lost;
	res->replaced += ks->replaced;
	res->refused += ks->refused;
	free_data(data, ks->nr_pages, global->subbuf_order);
}

static bool names_valid(const struct trace_kstate *ks)
{
	return memchr(ks->tracer, 0, sizeof(ks->tracer)) &&
	       memchr(ks->clock, 0, sizeof(ks->clock)) &&
	       ks->subbuf_order <= MAX_PAGE_ORDER;
}

static void restore_tracer(struct trace_array *tr, struct trace_kstate *ks,
			   const struct trace_kstate_map *map)
{
	int ret;

	ret = load_filter(ks, tr, map);
	if (!strcmp(ks->tracer, "nop"))
		return;
	if (!ret)
		ret = tracing_set_tracer(tr, ks->tracer);
	if (ret)
		pr_warn("tracer %s does not go on: %pe\n", ks->tracer, ERR_PTR(ret));
}

/* Everything that empties the buffer comes before it is filled. */
static int restore_settings(struct trace_array *tr, struct trace_kstate *ks,
			    const struct trace_kstate_map *map)
{
	int ret;

	if (strcmp(ks->clock, tracing_clock_name(tr)) &&
	    tracing_set_clock(tr, ks->clock))
		pr_warn("no trace clock %s here\n", ks->clock);
	ret = ring_buffer_subbuf_order_set(tr->array_buffer.buffer,
					   ks->subbuf_order);
	if (ret) {
		pr_warn("sub-buffers of order %u: %pe\n", ks->subbuf_order,
			ERR_PTR(ret));
		return ret;
	}
	/* The size is that of the old buffer, not the default */
	trace_set_ring_buffer_expanded(tr);
	restore_tracer(tr, ks, map);
	scoped_guard(mutex, &trace_types_lock)
		set_tracer_flag(tr, TRACE_ITER_OVERWRITE, ks->overwrite);
	return 0;
}

/* The time it is now by the old clock, which went on in a way. */
static u64 current_stamp(struct trace_array *tr, const struct trace_kstate *ks)
{
	u64 now = ring_buffer_time_stamp(tr->array_buffer.buffer);
	u64 elapsed = ktime_get_real_ns() - ks->wall;
	u64 stamp = ks->stamp + 1;

	if (!trace_clock_in_ns(tr))
		return max(now, stamp);
	return elapsed < MAX_ELAPSED_NS ? stamp + elapsed : stamp;
}

#ifdef CONFIG_TRACER_MAX_TRACE
static void continue_snapshot_clock(struct trace_array *tr, u64 stamp)
{
	if (tr->max_buffer.buffer)
		ring_buffer_kstate_clock(tr->max_buffer.buffer, stamp);
}

/* A snapshot swaps buffers: what is there for it must be alike. */
static void restore_snapshot_size(struct trace_array *tr, unsigned int order)
{
	struct trace_buffer *snapshot = tr->max_buffer.buffer;
	int cpu, ret;

	if (!tr->allocated_snapshot)
		return;
	ret = ring_buffer_subbuf_order_set(snapshot, order);
	for_each_tracing_cpu(cpu)
		if (!ret)
			ret = ring_buffer_resize(snapshot,
						 ring_buffer_size(tr->array_buffer.buffer,
								  cpu), cpu);
	if (ret < 0)
		pr_warn("the snapshot's buffer has another size: %pe\n",
			ERR_PTR(ret));
}
#else
static void continue_snapshot_clock(struct trace_array *tr, u64 stamp)
{
}

static void restore_snapshot_size(struct trace_array *tr, unsigned int order)
{
}
#endif

/* CPUs that had no buffer get one like the others. */
static void restore_size(struct trace_array *tr,
			 const struct ring_buffer_kstate *cpus)
{
	struct trace_buffer *buffer = tr->array_buffer.buffer;
	unsigned long size = 0;
	int cpu;

	for_each_tracing_cpu(cpu)
		if (cpus[cpu].pages)
			size = max(size, ring_buffer_size(buffer, cpu));
	for_each_tracing_cpu(cpu) {
		if (size && !cpus[cpu].pages)
			ring_buffer_resize(buffer, size, cpu);
		per_cpu_ptr(tr->array_buffer.data, cpu)->entries =
			ring_buffer_size(buffer, cpu);
	}
}

static void restore_buffer(struct trace_array *tr, struct trace_kstate *ks,
			   struct trace_kstate_map *map,
			   struct ring_buffer_kstate *cpus)
{
	struct trace_buffer *buffer = tr->array_buffer.buffer;
	struct restore_result res = {};
	bool first = true;
	u64 stamp, absent;
	int cpu;

	absent = drop_absent_cpus(ks);
	res.lost = absent;
	for_each_tracing_cpu(cpu) {
		if (first && cpus[cpu].pages) {
			cpus[cpu].dropped_events += absent;
			first = false;
		}
		restore_cpu(buffer, cpu, &cpus[cpu], ks, map, &res);
	}
	stamp = current_stamp(tr, ks);
	ring_buffer_kstate_clock(buffer, stamp);
	continue_snapshot_clock(tr, stamp);
	/* Setting the tracer made it now, by a clock that had just started */
	tr->array_buffer.time_start = ks->time_start;
	restore_size(tr, cpus);
	restore_snapshot_size(tr, ks->subbuf_order);

	pr_info("%lu events of the previous kernel kept\n", res.kept);
	if (res.lost || res.replaced || res.refused)
		pr_warn("%lu events lost: %lu not known here, %u bad sub-buffers; %lu from this boot replaced\n",
			res.lost, trace_kstate_map_dropped(map), res.refused,
			res.replaced);
}

/**
 * trace_kstate_restore - go on where the previous kernel ended
 * @tr: the trace instance
 * @ks: the common part; input
 * @te: that kernel's types of events; input
 * @cpus: the CPUs' parts by their number, without pages if there is none; input
 *
 * What cannot be restored is counted, with a line in the log.
 */
void trace_kstate_restore(struct trace_array *tr, struct trace_kstate *ks,
			  const struct trace_kstate_events *te,
			  struct ring_buffer_kstate *cpus)
{
	bool expanded = tr->ring_buffer_expanded;
	struct trace_kstate_map *map;
	unsigned int missing;

	map = trace_kstate_map_create(te, tr);
	if (!map || !names_valid(ks)) {
		pr_warn("nothing restored\n");
		trace_kstate_map_free(map);
		return;
	}
	trace_hold_snapshot(tr, true);
	ring_buffer_record_disable(tr->array_buffer.buffer);
	if (!restore_settings(tr, ks, map)) {
		restore_buffer(tr, ks, map, cpus);
		load_comms(ks);
		tr->ring_buffer_expanded = ks->expanded;
		if (expanded)
			tracing_update_buffers(tr);
		missing = trace_kstate_events_enable(te, tr);
		if (missing)
			pr_warn("%u events that were enabled cannot be enabled here\n",
				missing);
		if (ks->tracing_on)
			tracer_tracing_on(tr);
		else
			tracer_tracing_off(tr);
	}
	ring_buffer_record_enable(tr->array_buffer.buffer);
	trace_hold_snapshot(tr, false);
	trace_kstate_map_free(map);
}
