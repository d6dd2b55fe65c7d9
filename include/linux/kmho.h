/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kmho(2): its hook in the end of processes.
 */
#ifndef _LINUX_KMHO_H
#define _LINUX_KMHO_H

#include <linux/bitops.h>
#include <linux/mm_types.h>
#include <linux/sched/coredump.h>

#ifdef CONFIG_KMHO

void __kmho_exit(struct mm_struct *mm);

/* A new mm has its flags from another one, but has handed nothing over. */
static inline void kmho_init_mm(struct mm_struct *mm)
{
	clear_bit(MMF_KMHO, &mm->flags);
}

/**
 * kmho_exit - keep what a process stored in memory that it handed over
 * @mm: its memory, which nobody uses any more and which is still there
 *
 * Context: process context, may sleep.
 */
static inline void kmho_exit(struct mm_struct *mm)
{
	if (test_bit(MMF_KMHO, &mm->flags))
		__kmho_exit(mm);
}

#else /* !CONFIG_KMHO */

static inline void kmho_init_mm(struct mm_struct *mm)
{
}

static inline void kmho_exit(struct mm_struct *mm)
{
}

#endif /* CONFIG_KMHO */

#endif /* _LINUX_KMHO_H */
