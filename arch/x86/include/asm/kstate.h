/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How x86 passes the address of KSTATE's root page to the next kernel.
 */
#ifndef _ASM_X86_KSTATE_H
#define _ASM_X86_KSTATE_H

#include <linux/types.h>

struct boot_params;
struct kimage;

#ifdef CONFIG_KSTATE_KEXEC

unsigned int kstate_setup_data_size(const struct kimage *image);
void kstate_setup_data(const struct kimage *image, struct boot_params *params,
		       unsigned long params_load_addr, unsigned int offset);
void kstate_pass_ram(struct kimage *image, struct boot_params *params);
void kstate_parse_setup_data(u64 phys, u32 len);
void kstate_reserve_setup_data(void);

#else /* !CONFIG_KSTATE_KEXEC */

static inline unsigned int kstate_setup_data_size(const struct kimage *image)
{
	return 0;
}

static inline void kstate_setup_data(const struct kimage *image,
				     struct boot_params *params,
				     unsigned long params_load_addr,
				     unsigned int offset)
{
}

static inline void kstate_pass_ram(struct kimage *image,
				   struct boot_params *params)
{
}

static inline void kstate_parse_setup_data(u64 phys, u32 len)
{
}

static inline void kstate_reserve_setup_data(void)
{
}

#endif /* CONFIG_KSTATE_KEXEC */

#endif /* _ASM_X86_KSTATE_H */
