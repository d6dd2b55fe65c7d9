/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KSTATE_SHIM_LINUX_SCHED_H
#define _KSTATE_SHIM_LINUX_SCHED_H

struct task_struct {
	int unused;
};

extern struct task_struct *const shim_current;

/* A name, as others have members and arguments that are called so. */
#define current		shim_current

#endif /* _KSTATE_SHIM_LINUX_SCHED_H */
