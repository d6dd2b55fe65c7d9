/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KSTATE_SHIM_LINUX_RCUPDATE_H
#define _KSTATE_SHIM_LINUX_RCUPDATE_H

/* There is one thread. */
struct rcu_head {
	struct rcu_head *next;
	void (*func)(struct rcu_head *head);
};

#define rcu_read_lock()				do { } while (0)
#define rcu_read_unlock()			do { } while (0)
#define rcu_dereference_raw(p)			(p)
#define rcu_dereference(p)			(p)
#define rcu_dereference_check(p, cond)		(p)
#define rcu_dereference_protected(p, cond)	(p)
#define rcu_assign_pointer(p, v)		((p) = (v))
#define RCU_INIT_POINTER(p, v)			((p) = (v))
#define synchronize_rcu()			do { } while (0)
#define call_rcu(head, func)			((func)(head))
#define kfree_rcu(ptr, member)			kfree(ptr)

#endif /* _KSTATE_SHIM_LINUX_RCUPDATE_H */
