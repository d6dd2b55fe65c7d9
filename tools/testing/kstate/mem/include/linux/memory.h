/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KSTATE_MEM_LINUX_MEMORY_H
#define _KSTATE_MEM_LINUX_MEMORY_H

/* Memory comes and goes with CONFIG_MEMORY_HOTPLUG only. */

#endif /* _KSTATE_MEM_LINUX_MEMORY_H */
