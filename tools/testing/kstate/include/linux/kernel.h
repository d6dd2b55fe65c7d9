/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KSTATE_SHIM_LINUX_KERNEL_H
#define _KSTATE_SHIM_LINUX_KERNEL_H

#include_next <linux/kernel.h>

#include <linux/align.h>
#include <linux/bitops.h>
#include <linux/bug.h>
#include <linux/err.h>
#include <linux/kconfig.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/printk.h>
#include <linux/stddef.h>
#include <linux/types.h>

#define __acquires(x)
#define __releases(x)
#define __must_hold(x)
#define might_sleep()		do { } while (0)
#define cond_resched()		do { } while (0)

#endif /* _KSTATE_SHIM_LINUX_KERNEL_H */
