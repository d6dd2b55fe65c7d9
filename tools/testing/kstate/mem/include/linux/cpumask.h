/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KSTATE_MEM_LINUX_CPUMASK_H
#define _KSTATE_MEM_LINUX_CPUMASK_H

#define num_online_cpus()	4

#endif /* _KSTATE_MEM_LINUX_CPUMASK_H */
