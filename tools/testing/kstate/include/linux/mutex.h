/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KSTATE_SHIM_LINUX_MUTEX_H
#define _KSTATE_SHIM_LINUX_MUTEX_H

/*
 * There is one thread. A lock only knows whether it is held, so that taking it
 * twice and not having it are noticed.
 */
#include <linux/cleanup.h>
#include <linux/kernel.h>
#include <linux/shim.h>

struct mutex {
	int held;
};

#define __MUTEX_INITIALIZER(name)	{ 0 }
#define DEFINE_MUTEX(name)		struct mutex name = { 0 }
#define mutex_init(lock)		((lock)->held = 0)
#define mutex_destroy(lock)		do { } while (0)
#define mutex_is_locked(lock)		((lock)->held != 0)

static inline void mutex_lock(struct mutex *lock)
{
	shim_assert(!lock->held);
	lock->held = -1;
}

static inline void mutex_unlock(struct mutex *lock)
{
	shim_assert(lock->held);
	lock->held = 0;
}

DEFINE_GUARD(mutex, struct mutex *, mutex_lock(_T), mutex_unlock(_T))

#endif /* _KSTATE_SHIM_LINUX_MUTEX_H */
