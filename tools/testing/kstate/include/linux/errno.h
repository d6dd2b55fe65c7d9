/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KSTATE_SHIM_LINUX_ERRNO_H
#define _KSTATE_SHIM_LINUX_ERRNO_H

/* <errno.h> includes this one, so that it may be in the midst of being read. */
#include_next <linux/errno.h>
#include <errno.h>

/* What the kernel has beyond the C library's */
#define ENOTSUPP	524

#endif /* _KSTATE_SHIM_LINUX_ERRNO_H */
