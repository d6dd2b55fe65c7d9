/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KSTATE_SHIM_LINUX_PANIC_H
#define _KSTATE_SHIM_LINUX_PANIC_H

#include <linux/shim.h>

#define panic(...)		shim_assert(!"panic")

#endif /* _KSTATE_SHIM_LINUX_PANIC_H */
