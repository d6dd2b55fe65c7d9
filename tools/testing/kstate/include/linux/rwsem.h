/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KSTATE_SHIM_LINUX_RWSEM_H
#define _KSTATE_SHIM_LINUX_RWSEM_H

#include <linux/cleanup.h>
#include <linux/kernel.h>
#include <linux/shim.h>

/* Readers, or -1 for a writer */
struct rw_semaphore {
	int held;
};

#define __RWSEM_INITIALIZER(name)	{ 0 }
#define DECLARE_RWSEM(name)		struct rw_semaphore name = { 0 }
#define init_rwsem(sem)			((sem)->held = 0)

static inline void down_read(struct rw_semaphore *sem)
{
	shim_assert(sem->held >= 0);
	sem->held++;
}

static inline void up_read(struct rw_semaphore *sem)
{
	shim_assert(sem->held > 0);
	sem->held--;
}

static inline void down_write(struct rw_semaphore *sem)
{
	shim_assert(!sem->held);
	sem->held = -1;
}

static inline void up_write(struct rw_semaphore *sem)
{
	shim_assert(sem->held < 0);
	sem->held = 0;
}

static inline void downgrade_write(struct rw_semaphore *sem)
{
	up_write(sem);
	down_read(sem);
}

DEFINE_GUARD(rwsem_read, struct rw_semaphore *, down_read(_T), up_read(_T))
DEFINE_GUARD(rwsem_write, struct rw_semaphore *, down_write(_T), up_write(_T))

#endif /* _KSTATE_SHIM_LINUX_RWSEM_H */
