/* SPDX-License-Identifier: GPL-2.0-only */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM kstate

#if !defined(_TRACE_KSTATE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _TRACE_KSTATE_H

#include <linux/tracepoint.h>

DECLARE_EVENT_CLASS(kstate_object,

	TP_PROTO(const char *name, u64 instance, int result),

	TP_ARGS(name, instance, result),

	TP_STRUCT__entry(
		__string(name, name)
		__field(u64, instance)
		__field(int, result)
	),

	TP_fast_assign(
		__assign_str(name);
		__entry->instance = instance;
		__entry->result = result;
	),

	TP_printk("name=%s instance=%llu result=%d", __get_str(name),
		  __entry->instance, __entry->result)
);

DEFINE_EVENT(kstate_object, kstate_register,
	TP_PROTO(const char *name, u64 instance, int result),
	TP_ARGS(name, instance, result));

DEFINE_EVENT(kstate_object, kstate_unregister,
	TP_PROTO(const char *name, u64 instance, int result),
	TP_ARGS(name, instance, result));

DEFINE_EVENT(kstate_object, kstate_save,
	TP_PROTO(const char *name, u64 instance, int result),
	TP_ARGS(name, instance, result));

DEFINE_EVENT(kstate_object, kstate_restore,
	TP_PROTO(const char *name, u64 instance, int result),
	TP_ARGS(name, instance, result));

DEFINE_EVENT(kstate_object, kstate_abort,
	TP_PROTO(const char *name, u64 instance, int result),
	TP_ARGS(name, instance, result));

TRACE_EVENT(kstate_refuse,

	TP_PROTO(const char *name, u64 instance, const char *desc,
		 const char *field, const char *why, int err),

	TP_ARGS(name, instance, desc, field, why, err),

	TP_STRUCT__entry(
		__string(name, name)
		__field(u64, instance)
		__string(desc, desc)
		__string(field, field)
		__string(why, why)
		__field(int, err)
	),

	TP_fast_assign(
		__assign_str(name);
		__entry->instance = instance;
		__assign_str(desc);
		__assign_str(field);
		__assign_str(why);
		__entry->err = err;
	),

	TP_printk("name=%s instance=%llu at=%s.%s why=\"%s\" err=%d",
		  __get_str(name), __entry->instance, __get_str(desc),
		  __get_str(field), __get_str(why), __entry->err)
);

#endif /* _TRACE_KSTATE_H */

/* This part must be outside protection */
#include <trace/define_trace.h>
