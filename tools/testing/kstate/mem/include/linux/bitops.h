/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KSTATE_MEM_LINUX_BITOPS_H
#define _KSTATE_MEM_LINUX_BITOPS_H

#include_next <linux/bitops.h>

#define __ffs64(word)	__ffs(word)

#endif /* _KSTATE_MEM_LINUX_BITOPS_H */
