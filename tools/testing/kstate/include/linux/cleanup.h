/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KSTATE_SHIM_LINUX_CLEANUP_H
#define _KSTATE_SHIM_LINUX_CLEANUP_H

#ifndef __cleanup
#define __cleanup(func)		__attribute__((__cleanup__(func)))
#endif

#ifndef __UNIQUE_ID
#define __UNIQUE_ID(prefix)	__PASTE(__PASTE(__unique_, prefix), __COUNTER__)
#endif

#include <include/linux/cleanup.h>

#endif /* _KSTATE_SHIM_LINUX_CLEANUP_H */
