/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KSTATE_SHIM_LINUX_BUG_H
#define _KSTATE_SHIM_LINUX_BUG_H

#include <linux/build_bug.h>
#include <linux/shim.h>

/* A warning is a bug of ours and never an answer to bad input. */
#define WARN_ON(cond)		({ shim_assert(!(cond)); false; })
#define WARN_ON_ONCE(cond)	WARN_ON(cond)
#define WARN(cond, ...)		WARN_ON(cond)
#define WARN_ONCE(cond, ...)	WARN_ON(cond)

#endif /* _KSTATE_SHIM_LINUX_BUG_H */
