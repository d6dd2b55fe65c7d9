/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files share that hand the trace over to the next kernel.
 */
#ifndef _TRACE_KSTATE_H
#define _TRACE_KSTATE_H

#include <linux/buildid.h>
#include <linux/types.h>

struct trace_array;
struct trace_buffer;

/**
 * struct ring_buffer_kstate - one CPU's part of a ring buffer
 * @nr_pages: sub-buffers, the reader's included; 0: the CPU has no buffer
 * @pages: their physical addresses: the reader's, then the ring's, from the
 *	head on
 * @commit_page: index of the sub-buffer that was last written to
 * @read: bytes of the reader's sub-buffer that were consumed
 * @entries: events written
 * @overrun: events overwritten
 * @commit_overrun: events that interrupts could not write
 * @dropped_events: events not written, or lost in a hand-over
 * @read_events: events consumed
 * @lost_events: overwritten events that the next read reports
 * @last_overrun: @overrun as of the last read
 * @write_stamp: time stamp of the last event
 * @limit: no event can be later than this
 * @lost: found while loading: events that are not there any more
 * @replaced: events that were in the buffer before
 * @refused: sub-buffers that made no sense
 */
struct ring_buffer_kstate {
	u32	nr_pages;
	u64	*pages;
	u32	commit_page;
	u32	read;
	u64	entries;
	u64	overrun;
	u64	commit_overrun;
	u64	dropped_events;
	u64	read_events;
	u64	lost_events;
	u64	last_overrun;
	u64	write_stamp;
	/* Not handed over */
	u64	limit;
	u64	lost;
	u64	replaced;
	u32	refused;
};

/* Is the event with @len bytes at @body to be kept? May change it. */
typedef bool (*ring_buffer_kstate_filter_t)(void *body, unsigned int len,
					    void *arg);

long ring_buffer_kstate_hold(struct trace_buffer *buffer, int cpu);
void ring_buffer_kstate_release(struct trace_buffer *buffer, int cpu);
void ring_buffer_kstate_pages(struct trace_buffer *buffer, int cpu,
			      struct ring_buffer_kstate *ks);
int ring_buffer_kstate_save(struct trace_buffer *buffer, int cpu,
			    struct ring_buffer_kstate *ks);
int ring_buffer_kstate_load(struct trace_buffer *buffer, int cpu,
			    struct ring_buffer_kstate *ks, void **data,
			    ring_buffer_kstate_filter_t filter, void *arg);
void ring_buffer_kstate_clock(struct trace_buffer *buffer, u64 stamp);

/**
 * struct trace_kstate_event - one type of events, as a kernel knows it
 * @id: the number in the events
 * @enabled: it is being recorded
 * @fields: a hash over its fields
 * @system: name of its subsystem
 * @name: its name in there
 * @filter_len: bytes at @filter
 * @filter: NULL, or which of them are being recorded
 */
struct trace_kstate_event {
	u16	id;
	bool	enabled;
	u64	fields;
	char	system[48];
	char	name[80];
	u32	filter_len;
	char	*filter;
};

/**
 * struct trace_kstate_events - what is needed to understand recorded events
 * @nr: types of events
 * @events: the types
 * @build_id: tells which kernel the addresses in the events belong to
 * @text: where the image of that kernel was
 * @text_size: its bytes
 * @by_pid: only those of some tasks were recorded. Which is not handed over, so
 *	that the events are not enabled again.
 */
struct trace_kstate_events {
	u32				nr;
	struct trace_kstate_event	**events;
	u8				build_id[BUILD_ID_SIZE_MAX];
	u64				text;
	u64				text_size;
	bool				by_pid;
};

/**
 * struct trace_kstate - what the CPUs' buffers have in common
 * @tracer: name of the current tracer
 * @clock: name of the trace clock
 * @tracing_on: recording was on
 * @overwrite: old events give way to new ones
 * @expanded: the buffer has its full size
 * @filtered: the function tracer has a filter
 * @subbuf_order: size of sub-buffers
 * @nr_cpus: CPU numbers are below this
 * @time_start: events before this are not shown
 * @stamp: no event is later
 * @wall: when that was, in ns of wall clock time
 * @nr_filter: functions in the filter
 * @filter: their addresses
 * @nr_comms: remembered tasks
 * @pids: their process IDs
 * @comm_bytes: TASK_COMM_LEN for each of them
 * @comms: their names
 */
struct trace_kstate {
	char	tracer[64];
	char	clock[32];
	bool	tracing_on;
	bool	overwrite;
	bool	expanded;
	bool	filtered;
	u32	subbuf_order;
	u32	nr_cpus;
	u64	time_start;
	u64	stamp;
	u64	wall;
	u32	nr_filter;
	u64	*filter;
	u32	nr_comms;
	u32	*pids;
	u32	comm_bytes;
	char	*comms;
};

struct trace_kstate_map;
struct kstate_description;

extern const struct kstate_description trace_kstate_cpu_desc;

void trace_kstate_free(struct trace_kstate *ks);
void trace_kstate_cpu_free(struct ring_buffer_kstate *ks);
void trace_kstate_restore(struct trace_array *tr, struct trace_kstate *ks,
			  const struct trace_kstate_events *te,
			  struct ring_buffer_kstate *cpus);

int trace_kstate_events_collect(struct trace_kstate_events *te,
				struct trace_array *tr);
void trace_kstate_events_free(struct trace_kstate_events *te);
unsigned int trace_kstate_events_enable(const struct trace_kstate_events *te,
					struct trace_array *tr);

struct trace_kstate_map *
trace_kstate_map_create(const struct trace_kstate_events *te,
			struct trace_array *tr);
void trace_kstate_map_free(struct trace_kstate_map *map);
bool trace_kstate_map_address(const struct trace_kstate_map *map, u64 *addr);
bool trace_kstate_map_event(void *body, unsigned int len, void *arg);
unsigned long trace_kstate_map_dropped(const struct trace_kstate_map *map);

#endif /* _TRACE_KSTATE_H */
