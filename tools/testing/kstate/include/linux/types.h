/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KSTATE_SHIM_LINUX_TYPES_H
#define _KSTATE_SHIM_LINUX_TYPES_H

#include <sys/types.h>

#include_next <linux/types.h>

#undef __must_check
#define __must_check	__attribute__((__warn_unused_result__))

#ifndef __counted_by
#define __counted_by(member)
#endif
#ifndef __aligned
#define __aligned(x)	__attribute__((__aligned__(x)))
#endif
#ifndef fallthrough
#define fallthrough	__attribute__((__fallthrough__))
#endif

#endif /* _KSTATE_SHIM_LINUX_TYPES_H */
