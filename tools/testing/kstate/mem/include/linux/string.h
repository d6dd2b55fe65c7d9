/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KSTATE_MEM_LINUX_STRING_H
#define _KSTATE_MEM_LINUX_STRING_H

#include_next <linux/string.h>

/* To an array, whose size the kernel's finds out */
#define strscpy(to, from)	strscpy(to, from, sizeof(to))

#endif /* _KSTATE_MEM_LINUX_STRING_H */
