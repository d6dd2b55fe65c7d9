/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KSTATE_SHIM_LINUX_NOTIFIER_H
#define _KSTATE_SHIM_LINUX_NOTIFIER_H

/* Nobody is notified: there are no modules. */

#endif /* _KSTATE_SHIM_LINUX_NOTIFIER_H */
