/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KSTATE_SHIM_LINUX_CRC32_H
#define _KSTATE_SHIM_LINUX_CRC32_H

#include <linux/types.h>

u32 __crc32c_le(u32 crc, const unsigned char *p, size_t len);

#endif /* _KSTATE_SHIM_LINUX_CRC32_H */
