/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KSTATE_SHIM_LINUX_KCONFIG_H
#define _KSTATE_SHIM_LINUX_KCONFIG_H

#include <include/linux/kconfig.h>

#endif /* _KSTATE_SHIM_LINUX_KCONFIG_H */
