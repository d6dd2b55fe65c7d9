/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KSTATE_SHIM_LINUX_SCHED_MM_H
#define _KSTATE_SHIM_LINUX_SCHED_MM_H

#define might_alloc(gfp)		do { } while (0)

#endif /* _KSTATE_SHIM_LINUX_SCHED_MM_H */
