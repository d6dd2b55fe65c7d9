/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KSTATE_SHIM_LINUX_LOCKDEP_H
#define _KSTATE_SHIM_LINUX_LOCKDEP_H

#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/spinlock.h>

/* All of the locks here know whether they are held. */
#define lockdep_assert_held(lock)	shim_assert((lock)->held)
#define lockdep_assert_held_write(lock)	shim_assert((lock)->held < 0)
#define lockdep_assert_held_read(lock)	shim_assert((lock)->held > 0)
#define lockdep_assert_not_held(lock)	shim_assert(!(lock)->held)
#define lockdep_is_held(lock)		((lock)->held != 0)
#define lock_is_held(map)		1
#define rcu_read_lock_held()		1

struct lock_class_key { };

#define lockdep_set_class(lock, key)	do { } while (0)

#endif /* _KSTATE_SHIM_LINUX_LOCKDEP_H */
