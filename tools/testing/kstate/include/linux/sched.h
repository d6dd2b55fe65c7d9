/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KSTATE_SHIM_LINUX_SCHED_H
#define _KSTATE_SHIM_LINUX_SCHED_H

struct task_struct {
	int unused;
};

extern struct task_struct shim_task;

#define current		(&shim_task)

#endif /* _KSTATE_SHIM_LINUX_SCHED_H */
