/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KSTATE_SHIM_LINUX_XARRAY_H
#define _KSTATE_SHIM_LINUX_XARRAY_H

#define XA_CHUNK_SHIFT	4	/* small, to have several levels soon */

#include <linux/bug.h>
#include <linux/kernel.h>
#include <include/linux/xarray.h>

#endif /* _KSTATE_SHIM_LINUX_XARRAY_H */
