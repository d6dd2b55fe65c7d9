/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KSTATE_SHIM_LINUX_TRACEPOINT_H
#define _KSTATE_SHIM_LINUX_TRACEPOINT_H

/* Tracepoints that nobody can switch on */
#define TP_PROTO(...)			__VA_ARGS__
#define TP_ARGS(...)
#define TP_STRUCT__entry(...)
#define TP_fast_assign(...)
#define TP_printk(...)

#define DECLARE_EVENT_CLASS(name, proto, args, entry, assign, print)
#define DEFINE_EVENT(class, name, proto, args) \
	static inline void trace_##name(proto) { }
#define TRACE_EVENT(name, proto, args, entry, assign, print) \
	static inline void trace_##name(proto) { }

#endif /* _KSTATE_SHIM_LINUX_TRACEPOINT_H */
