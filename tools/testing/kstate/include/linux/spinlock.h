/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KSTATE_SHIM_LINUX_SPINLOCK_H
#define _KSTATE_SHIM_LINUX_SPINLOCK_H

#include <linux/cleanup.h>
#include <linux/kernel.h>
#include <linux/shim.h>

typedef struct spinlock {
	int held;
} spinlock_t;

#define __SPIN_LOCK_UNLOCKED(name)	{ 0 }
#define DEFINE_SPINLOCK(name)		spinlock_t name = { 0 }
#define spin_lock_init(lock)		((lock)->held = 0)
#define spin_lock_bh(lock)		spin_lock(lock)
#define spin_unlock_bh(lock)		spin_unlock(lock)
#define spin_lock_irq(lock)		spin_lock(lock)
#define spin_unlock_irq(lock)		spin_unlock(lock)
#define spin_lock_nested(lock, class)	spin_lock(lock)
#define spin_lock_irqsave(lock, flags) \
	do { (flags) = 0; spin_lock(lock); } while (0)
#define spin_unlock_irqrestore(lock, flags) \
	do { (void)(flags); spin_unlock(lock); } while (0)

static inline void spin_lock(spinlock_t *lock)
{
	shim_assert(!lock->held);
	lock->held = -1;
}

static inline void spin_unlock(spinlock_t *lock)
{
	shim_assert(lock->held);
	lock->held = 0;
}

DEFINE_GUARD(spinlock, spinlock_t *, spin_lock(_T), spin_unlock(_T))

#endif /* _KSTATE_SHIM_LINUX_SPINLOCK_H */
