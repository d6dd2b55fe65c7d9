// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events that another kernel recorded: match their types with ours by name,
 * and translate what only that kernel could understand.
 */
#define pr_fmt(fmt) "trace: " fmt

#include <linux/kallsyms.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/trace_events.h>
#include <linux/unaligned.h>
#include <asm/sections.h>

#include "trace.h"
#include "trace_kstate.h"

/*
 * The notes of the image, its build ID among them. Same build ID, same image:
 * then an address only has to be moved by what KASLR did.
 */
extern const void __start_notes, __stop_notes;

static void own_build_id(u8 *build_id)
{
	memset(build_id, 0, BUILD_ID_SIZE_MAX);
	build_id_parse_buf(&__start_notes, build_id,
			   &__stop_notes - &__start_notes);
}

/* FNV-1a; part of what kernels exchange, so it is spelled out here. */
static u64 hash_bytes(u64 hash, const void *data, size_t len)
{
	const u8 *p = data;

	while (len--)
		hash = (hash ^ *p++) * 0x100000001b3ULL;
	return hash;
}

static u64 hash_fields(struct trace_event_call *call)
{
	u64 hash = 0xcbf29ce484222325ULL;
	struct ftrace_event_field *field;
	__le32 num[3];

	list_for_each_entry(field, trace_get_fields(call), link) {
		num[0] = cpu_to_le32(field->offset);
		num[1] = cpu_to_le32(field->size);
		num[2] = cpu_to_le32(field->is_signed);
		hash = hash_bytes(hash, field->name, strlen(field->name) + 1);
		hash = hash_bytes(hash, field->type, strlen(field->type) + 1);
		hash = hash_bytes(hash, num, sizeof(num));
	}
	return hash;
}

static void free_event(struct trace_kstate_event *event)
{
	if (event)
		kvfree(event->filter);
	kfree(event);
}

/* Which of the events are recorded? */
static int describe_filter(struct trace_kstate_event *event,
			   struct trace_event_file *file)
{
	struct event_filter *filter;

	lockdep_assert_held(&event_mutex);
	filter = rcu_dereference_protected(file->filter,
					   lockdep_is_held(&event_mutex));
	if (!event->enabled || !(file->flags & EVENT_FILE_FL_FILTERED) ||
	    !filter || !filter->filter_string)
		return 0;
	event->filter = kstrdup(filter->filter_string, GFP_KERNEL);
	if (!event->filter)
		return -ENOMEM;
	event->filter_len = strlen(event->filter) + 1;
	return 0;
}

static struct trace_kstate_event *describe_event(struct trace_event_file *file)
{
	struct trace_event_call *call = file->event_call;
	struct trace_kstate_event *event;

	event = kzalloc(sizeof(*event), GFP_KERNEL);
	if (!event)
		return NULL;
	event->id = call->event.type;
	/* As "enable" reads it: a trigger may have it enabled but silent */
	event->enabled = (file->flags & EVENT_FILE_FL_ENABLED) &&
			 !(file->flags & EVENT_FILE_FL_SOFT_DISABLED);
	event->fields = hash_fields(call);
	/* With a name cut short it matches nothing, as it should */
	strscpy(event->system, call->class->system, sizeof(event->system));
	strscpy(event->name, trace_event_name(call), sizeof(event->name));
	if (describe_filter(event, file)) {
		free_event(event);
		return NULL;
	}
	return event;
}

/**
 * trace_kstate_events_collect - describe all types of events there are
 * @te: filled in; to be freed with trace_kstate_events_free()
 * @tr: the trace instance
 *
 * Return: 0 or -ENOMEM.
 */
int trace_kstate_events_collect(struct trace_kstate_events *te,
				struct trace_array *tr)
{
	struct trace_event_file *file;

	own_build_id(te->build_id);
	te->text = (unsigned long)_text;
	te->text_size = _end - _text;
	te->by_pid = rcu_access_pointer(tr->filtered_pids) ||
		     rcu_access_pointer(tr->filtered_no_pids);

	guard(mutex)(&event_mutex);
	te->nr = list_count_nodes(&tr->events);
	te->events = kvcalloc(te->nr, sizeof(*te->events), GFP_KERNEL);
	if (!te->events)
		return -ENOMEM;
	te->nr = 0;
	list_for_each_entry(file, &tr->events, list) {
		te->events[te->nr] = describe_event(file);
		if (!te->events[te->nr])
			return -ENOMEM;
		te->nr++;
	}
	return 0;
}

/**
 * trace_kstate_events_free - free the description of types
 * @te: from collecting, or from the stream
 */
void trace_kstate_events_free(struct trace_kstate_events *te)
{
	u32 i;

	for (i = 0; te->events && i < te->nr; i++)
		free_event(te->events[i]);
	kvfree(te->events);
	te->events = NULL;
	te->nr = 0;
}

static bool names_valid(const struct trace_kstate_event *event)
{
	return event && memchr(event->system, 0, sizeof(event->system)) &&
	       memchr(event->name, 0, sizeof(event->name));
}

/* With its filter or not at all: all of them may be far too many. */
static int enable_event(const struct trace_kstate_event *event,
			struct trace_array *tr)
{
	struct trace_event_file *file;
	int ret = 0;

	guard(mutex)(&event_mutex);
	file = find_event_file(tr, event->system, event->name);
	if (!file)
		return -ENOENT;
	if (event->filter) {
		if (strnlen(event->filter, event->filter_len) == event->filter_len)
			return -EINVAL;
		ret = apply_event_filter(file, event->filter);
	}
	return ret ?: trace_event_enable_disable(file, 1, 0);
}

/**
 * trace_kstate_events_enable - go on recording what was being recorded
 * @te: what the previous kernel recorded
 * @tr: the trace instance
 *
 * Return: how many of the events that were enabled cannot be enabled here.
 */
unsigned int trace_kstate_events_enable(const struct trace_kstate_events *te,
					struct trace_array *tr)
{
	unsigned int missing = 0;
	u32 i;

	for (i = 0; te->events && i < te->nr; i++)
		if (names_valid(te->events[i]) && te->events[i]->enabled &&
		    (te->by_pid || enable_event(te->events[i], tr)))
			missing++;
	return missing;
}

/*
 * What to do about a field of an event
 */
enum field_action {
	FIELD_ADDRESS,		/* 8 byte values that may be kernel addresses */
	FIELD_STRING,		/* a pointer to a string: must be translated */
	FIELD_FORMAT,		/* ... to a format of trace_printk() */
	FIELD_DATA_LOC,		/* offset and length in the event */
	FIELD_REL_LOC,		/* ... the offset from the field's end */
};

struct field_op {
	u16			offset;
	u16			size;	/* 0: up to the end of the event */
	enum field_action	action;
};

struct event_op {
	u16			type;	/* in this kernel */
	unsigned int		size;	/* no event is smaller */
	unsigned int		nr;
	struct field_op		fields[] __counted_by(nr);
};

struct trace_kstate_map {
	u64			text;
	u64			text_size;
	u64			delta;
	bool			same_build;
	unsigned long		dropped;
	u32			nr;
	struct event_op		*ops[] __counted_by(nr); /* by the old number */
};

static bool is_string_pointer(const struct ftrace_event_field *field)
{
	return !strcmp(field->type, "const char *") ||
	       !strcmp(field->type, "char *");
}

/* Does @field need something done? Then say so in @op. */
static bool field_op(const struct trace_event_call *call,
		     const struct ftrace_event_field *field, struct field_op *op)
{
	op->offset = field->offset;
	op->size = field->size;
	if (strstarts(field->type, "__data_loc")) {
		op->action = FIELD_DATA_LOC;
	} else if (strstarts(field->type, "__rel_loc")) {
		op->action = FIELD_REL_LOC;
	} else if (is_string_pointer(field)) {
		op->action = call->event.type == TRACE_BPRINT ? FIELD_FORMAT :
							       FIELD_STRING;
	} else if (call->event.type == TRACE_STACK &&
		   !strcmp(field->name, "caller")) {
		op->action = FIELD_ADDRESS;
		op->size = 0;
	} else if (field->size && field->size % sizeof(u64) == 0 &&
		   !field->is_signed && (field->size == sizeof(u64) ||
					 strstarts(field->type, "unsigned long["))) {
		op->action = FIELD_ADDRESS;
	} else {
		return false;
	}
	return true;
}

static struct event_op *event_op(struct trace_event_call *call)
{
	struct list_head *head = trace_get_fields(call);
	struct ftrace_event_field *field;
	struct event_op *eop;
	struct field_op op;

	eop = kzalloc(struct_size(eop, fields, list_count_nodes(head)), GFP_KERNEL);
	if (!eop)
		return NULL;
	eop->type = call->event.type;
	eop->size = sizeof(struct trace_entry);
	list_for_each_entry(field, head, link) {
		bool todo = field_op(call, field, &op);

		if (todo) {
			eop->nr++;
			eop->fields[eop->nr - 1] = op;
		}
		if (!todo || op.size)
			eop->size = max_t(unsigned int, eop->size,
					  field->offset + field->size);
	}
	return eop;
}

static bool same_event(struct trace_event_call *call,
		       const struct trace_kstate_event *event)
{
	return !strcmp(trace_event_name(call), event->name) &&
	       !strcmp(call->class->system, event->system) &&
	       hash_fields(call) == event->fields;
}

/* The type of the same name and shape that this kernel has. */
static struct trace_event_call *find_call(struct trace_array *tr,
					  const struct trace_kstate_event *event)
{
	struct trace_event_file *file;

	lockdep_assert_held(&event_mutex);
	/* Most have the same number, and comparing numbers is fast */
	list_for_each_entry(file, &tr->events, list) {
		if (file->event_call->event.type == event->id) {
			if (same_event(file->event_call, event))
				return file->event_call;
			break;
		}
	}
	list_for_each_entry(file, &tr->events, list)
		if (same_event(file->event_call, event))
			return file->event_call;
	return NULL;
}

static u32 highest_id(const struct trace_kstate_events *te)
{
	u32 i, id = 0;

	for (i = 0; te->events && i < te->nr; i++)
		if (te->events[i])
			id = max_t(u32, id, te->events[i]->id);
	return id;
}

/**
 * trace_kstate_map_create - learn to understand another kernel's events
 * @te: what that kernel said about them
 * @tr: the trace instance
 *
 * Return: the map, to be freed with trace_kstate_map_free(), or NULL when
 * memory is short.
 */
struct trace_kstate_map *
trace_kstate_map_create(const struct trace_kstate_events *te,
			struct trace_array *tr)
{
	static const u8 none[BUILD_ID_SIZE_MAX];
	u32 i, nr = highest_id(te) + 1;
	struct trace_event_call *call;
	struct trace_kstate_map *map;
	u8 build_id[BUILD_ID_SIZE_MAX];

	map = kvzalloc(struct_size(map, ops, nr), GFP_KERNEL);
	if (!map)
		return NULL;
	map->nr = nr;
	own_build_id(build_id);
	map->same_build = !memcmp(build_id, te->build_id, sizeof(build_id)) &&
			  memcmp(build_id, none, sizeof(build_id));
	map->text = te->text;
	map->text_size = te->text_size;
	map->delta = (unsigned long)_text - te->text;

	guard(mutex)(&event_mutex);
	for (i = 0; te->events && i < te->nr; i++) {
		const struct trace_kstate_event *event = te->events[i];

		if (!names_valid(event) || map->ops[event->id])
			continue;
		call = find_call(tr, event);
		if (call)
			map->ops[event->id] = event_op(call);
	}
	return map;
}

/**
 * trace_kstate_map_free - free a map
 * @map: the map or NULL
 */
void trace_kstate_map_free(struct trace_kstate_map *map)
{
	u32 i;

	if (!map)
		return;
	for (i = 0; i < map->nr; i++)
		kfree(map->ops[i]);
	kvfree(map);
}

/**
 * trace_kstate_map_dropped - how many events this kernel does not understand
 * @map: the map
 *
 * Return: how many trace_kstate_map_event() refused.
 */
unsigned long trace_kstate_map_dropped(const struct trace_kstate_map *map)
{
	return map->dropped;
}

/*
 * Where addresses go that mean nothing here: such a value is not canonical,
 * so it is no symbol's address now or later, and still shows what it was.
 */
#define FOREIGN_MASK	GENMASK_ULL(55, 0)

static bool in_modules(u64 addr)
{
	return addr >= MODULES_VADDR && addr < MODULES_END;
}

/**
 * trace_kstate_map_address - translate an address of the kernel or a module
 * @map: the map
 * @addr: any number; changed if it was an address in the other kernel's image
 *	or in its modules
 *
 * Return: false if it was one and means nothing here.
 */
bool trace_kstate_map_address(const struct trace_kstate_map *map, u64 *addr)
{
	if (*addr - map->text < map->text_size && map->same_build) {
		*addr += map->delta;
		return true;
	}
	if (*addr - map->text < map->text_size || in_modules(*addr) ||
	    *addr - (unsigned long)_text < _end - _text) {
		*addr &= FOREIGN_MASK;
		return false;
	}
	return true;
}

static void map_addresses(const struct trace_kstate_map *map, void *body,
			  unsigned int from, unsigned int to)
{
	u64 addr;

	for (; from + sizeof(addr) <= to; from += sizeof(addr)) {
		addr = get_unaligned((u64 *)(body + from));
		trace_kstate_map_address(map, &addr);
		put_unaligned(addr, (u64 *)(body + from));
	}
}

/* Readers follow the pointer: only to constants that are the same here. */
static bool map_string(const struct trace_kstate_map *map, void *pos)
{
	u64 addr = get_unaligned((u64 *)pos);

	/* Printed as "(null)" */
	if (!addr)
		return true;
	if (!trace_kstate_map_address(map, &addr) || !is_kernel_rodata(addr))
		return false;
	put_unaligned(addr, (u64 *)pos);
	return true;
}

/* No %pS and the like: their arguments cannot be told from other numbers. */
static bool format_without_symbols(const char *fmt)
{
	while ((fmt = strchr(fmt, '%'))) {
		fmt++;
		fmt += strspn(fmt, " +-#0123456789.*");
		if (fmt[0] == 'p' && fmt[1] && strchr("sSB", fmt[1]))
			return false;
		if (*fmt)
			fmt++;
	}
	return true;
}

static bool map_format(const struct trace_kstate_map *map, void *pos)
{
	const char **fmt;
	u64 addr;

	if (!map_string(map, pos))
		return false;
	addr = get_unaligned((u64 *)pos);
	for (fmt = __start___trace_bprintk_fmt; fmt < __stop___trace_bprintk_fmt; fmt++)
		if ((unsigned long)*fmt == addr)
			return format_without_symbols(*fmt);
	return false;
}

static bool location_valid(const void *body, unsigned int len,
			   const struct field_op *op)
{
	u32 loc = get_unaligned((u32 *)(body + op->offset));
	unsigned int start = loc & 0xffff;

	if (op->action == FIELD_REL_LOC)
		start += op->offset + sizeof(loc);
	return start + (loc >> 16) <= len;
}

static bool map_field(const struct trace_kstate_map *map, void *body,
		      unsigned int len, const struct field_op *op)
{
	switch (op->action) {
	case FIELD_ADDRESS:
		map_addresses(map, body, op->offset,
			      op->size ? op->offset + op->size : len);
		return true;
	case FIELD_STRING:
		return map_string(map, body + op->offset);
	case FIELD_FORMAT:
		return map_format(map, body + op->offset);
	case FIELD_DATA_LOC:
	case FIELD_REL_LOC:
		return location_valid(body, len, op);
	}
	return false;
}

/**
 * trace_kstate_map_event - make another kernel's event one of ours
 * @body: the event's data; its type and addresses are changed
 * @len: bytes at @body
 * @arg: the map
 *
 * Return: false if this kernel would not understand the event; it is counted.
 */
bool trace_kstate_map_event(void *body, unsigned int len, void *arg)
{
	struct trace_kstate_map *map = arg;
	struct trace_entry *entry = body;
	const struct event_op *eop;
	unsigned int i;

	if (len < sizeof(*entry) || entry->pid < 0 || entry->type >= map->nr)
		goto drop;
	eop = map->ops[entry->type];
	if (!eop || len < eop->size)
		goto drop;
	for (i = 0; i < eop->nr; i++)
		if (!map_field(map, body, len, &eop->fields[i]))
			goto drop;
	entry->type = eop->type;
	return true;

drop:
	map->dropped++;
	return false;
}
