/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KSTATE_MEM_LINUX_INIT_H
#define _KSTATE_MEM_LINUX_INIT_H

#include_next <linux/init.h>

/* What is to be called later can be called by tests. */
#define core_initcall(fn)	int (*mem_core_initcall)(void) = fn
#ifndef __ro_after_init
#define __ro_after_init
#endif
#define postcore_initcall(fn)	int (*mem_postcore_initcall)(void) = fn

#endif /* _KSTATE_MEM_LINUX_INIT_H */
