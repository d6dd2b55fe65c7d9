/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KSTATE_SHIM_LINUX_MINMAX_H
#define _KSTATE_SHIM_LINUX_MINMAX_H

/* min() and max() come with the tools' kernel.h */
#define min3(x, y, z)	min((typeof(x))min(x, y), z)
#define max3(x, y, z)	max((typeof(x))max(x, y), z)
#define swap(a, b) \
	do { typeof(a) __tmp = (a); (a) = (b); (b) = __tmp; } while (0)

#endif /* _KSTATE_SHIM_LINUX_MINMAX_H */
