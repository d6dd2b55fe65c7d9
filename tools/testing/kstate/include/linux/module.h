/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KSTATE_SHIM_LINUX_MODULE_H
#define _KSTATE_SHIM_LINUX_MODULE_H

#include <linux/export.h>
#include <linux/init.h>
#include <linux/types.h>

struct module;

#define THIS_MODULE		((struct module *)NULL)
#define MODULE_AUTHOR(x)
#define MODULE_DESCRIPTION(x)
#define MODULE_IMPORT_NS(x)
#define MODULE_LICENSE(x)

static inline bool try_module_get(struct module *module)
{
	return true;
}

static inline void module_put(struct module *module)
{
}

static inline bool is_module_address(unsigned long addr)
{
	return false;
}

#endif /* _KSTATE_SHIM_LINUX_MODULE_H */
