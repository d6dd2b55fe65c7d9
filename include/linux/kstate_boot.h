/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KSTATE's hooks in the boot of a new kernel.
 */
#ifndef _LINUX_KSTATE_BOOT_H
#define _LINUX_KSTATE_BOOT_H

#include <linux/types.h>

struct kstate_abi_root;

#ifdef CONFIG_KSTATE

void kstate_boot_reserve(const struct kstate_abi_root *root,
			 phys_addr_t ram_end);
void kstate_boot_init(void);
void kstate_reserve_init(void);

#else /* !CONFIG_KSTATE */

static inline void kstate_boot_reserve(const struct kstate_abi_root *root,
				       phys_addr_t ram_end)
{
}

static inline void kstate_boot_init(void)
{
}

static inline void kstate_reserve_init(void)
{
}

#endif /* CONFIG_KSTATE */

#ifdef CONFIG_KSTATE_KEXEC
void kstate_area_had(u64 start, u64 size);
void kstate_area_keep(void);
void kstate_area_reserve(void);
#else
static inline void kstate_area_had(u64 start, u64 size)
{
}

static inline void kstate_area_keep(void)
{
}

static inline void kstate_area_reserve(void)
{
}
#endif

#endif /* _LINUX_KSTATE_BOOT_H */
