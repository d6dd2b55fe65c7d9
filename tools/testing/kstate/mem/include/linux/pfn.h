/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KSTATE_MEM_LINUX_PFN_H
#define _KSTATE_MEM_LINUX_PFN_H

#include <linux/mm.h>

#endif /* _KSTATE_MEM_LINUX_PFN_H */
