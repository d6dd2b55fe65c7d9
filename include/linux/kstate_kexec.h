/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KSTATE's hooks in kexec.
 */
#ifndef _LINUX_KSTATE_KEXEC_H
#define _LINUX_KSTATE_KEXEC_H

#include <linux/types.h>

struct kexec_buf;
struct kimage;
struct kstate_needs;
struct kstate_target;

/**
 * struct kstate_image - what a kexec image has to carry state
 * @root: the root page, 0 if the image carries nothing
 * @kaslr_start: memory that the next kernel may be moved in
 * @kaslr_size: bytes of it, 0 if there is none
 * @ram_changes: kstate_arch_ram_changes() when its memory map was made
 * @shared: a segment's destination is not owned by the image, so that nothing
 *	can be preserved safely
 * @needs: memory that the next kernel takes before it is up; there if @root is
 * @target: what the image says that it can restore, NULL: it was not asked
 */
struct kstate_image {
	phys_addr_t root;
	phys_addr_t kaslr_start;
	phys_addr_t kaslr_size;
	unsigned int ram_changes;
	bool shared;
	struct kstate_needs *needs;
	struct kstate_target *target;
};

#ifdef CONFIG_KSTATE_KEXEC

void kstate_dest_prepare(const struct kimage *image);
int kstate_dest_locate(struct kexec_buf *kbuf);
int kstate_dest_finish(struct kimage *image, unsigned long start,
		       unsigned long size, unsigned long align);
int kstate_kexec_check(struct kimage *image, const void *bzimage,
		       unsigned long len);
void kstate_kexec_free(struct kimage *image);
int kstate_kexec_save(struct kimage *image);
void kstate_kexec_commit(struct kimage *image);

#else /* !CONFIG_KSTATE_KEXEC */

static inline void kstate_dest_prepare(const struct kimage *image)
{
}

static inline int kstate_dest_locate(struct kexec_buf *kbuf)
{
	return 0;
}

static inline int kstate_dest_finish(struct kimage *image, unsigned long start,
				     unsigned long size, unsigned long align)
{
	return 0;
}

static inline int kstate_kexec_check(struct kimage *image,
				     const void *bzimage, unsigned long len)
{
	return 0;
}

static inline void kstate_kexec_free(struct kimage *image)
{
}

static inline int kstate_kexec_save(struct kimage *image)
{
	return 0;
}

static inline void kstate_kexec_commit(struct kimage *image)
{
}

#endif /* CONFIG_KSTATE_KEXEC */

#endif /* _LINUX_KSTATE_KEXEC_H */
