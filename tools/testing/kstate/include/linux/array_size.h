/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KSTATE_SHIM_LINUX_ARRAY_SIZE_H
#define _KSTATE_SHIM_LINUX_ARRAY_SIZE_H

#include <linux/kernel.h>	/* has ARRAY_SIZE() */

#endif /* _KSTATE_SHIM_LINUX_ARRAY_SIZE_H */
