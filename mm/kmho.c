// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmho(2): user memory that stays in place across kexec.
 *
 * A process hands memory over under a key. The memory stays where it is and goes
 * on being the process's; its contents at the jump are what the next kernel has
 * under that key, where a process of the same user takes it over. It outlives
 * the process from the moment of the call.
 *
 * This file has the system call, the keys, and who may do what. A key is a
 * user's; the user's locked memory counts what the keys hold.
 *
 * Locking: kmho_lock protects the list and what is on it, and is taken in the
 * hooks of KSTATE, so KSTATE is not called with it held. kmho_register_lock is
 * taken first, and makes the object be registered as long as there is a key.
 */
#include <linux/capability.h>
#include <linux/cleanup.h>
#include <linux/cred.h>
#include <linux/list.h>
#include <linux/math.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/string.h>
#include <linux/syscalls.h>
#include <linux/uaccess.h>
#include <linux/user_namespace.h>

#include "kmho.h"

/* The list, what is on it, kmho_taken and kmho_frozen */
DEFINE_MUTEX(kmho_lock);

struct kmho kmho = { .memories = LIST_HEAD_INIT(kmho.memories) };
LIST_HEAD(kmho_taken);
bool kmho_frozen;

/* ---- The account ---- */

/**
 * kmho_own_pages - what keeping account of memory takes
 * @mem: the memory
 *
 * Context: any.
 *
 * Return: pages of metadata, at least one.
 */
unsigned long kmho_own_pages(const struct kmho_memory *mem)
{
	size_t bytes = sizeof(*mem);

	bytes += (size_t)mem->nr_ranges * sizeof(*mem->ranges);
	bytes += (size_t)mem->nr_areas * sizeof(*mem->areas);
	bytes += (size_t)mem->nr_extents * sizeof(*mem->extents);
	bytes += (size_t)mem->nr_files * sizeof(*mem->files);
	return DIV_ROUND_UP(bytes, PAGE_SIZE);
}

/**
 * kmho_charge - count pages as locked by a user
 * @mem: whose account it is
 * @nr: pages
 *
 * Context: any.
 *
 * Return: 0; -EDQUOT: the limit that there was at the call would be exceeded.
 */
int kmho_charge(struct kmho_memory *mem, unsigned long nr)
{
	long now = inc_rlimit_ucounts(mem->ucounts, UCOUNT_RLIMIT_MEMLOCK, nr);

	mem->charged += nr;
	if (mem->limit == ULONG_MAX || (now != LONG_MAX && now <= mem->limit))
		return 0;
	kmho_uncharge(mem, nr);
	return -EDQUOT;
}

/**
 * kmho_uncharge - undo kmho_charge(), also in part
 * @mem: whose account it is
 * @nr: pages
 *
 * Context: any.
 */
void kmho_uncharge(struct kmho_memory *mem, unsigned long nr)
{
	dec_rlimit_ucounts(mem->ucounts, UCOUNT_RLIMIT_MEMLOCK, nr);
	mem->charged -= nr;
}

/* ---- Keys ---- */

/**
 * kmho_new - make the record of a key
 * @key: the key
 * @uid: its user
 * @ucounts: on whose account is what it will hold
 *
 * Context: process context, may sleep.
 *
 * Return: the record, which kmho_free() frees, or NULL if there is no memory.
 */
struct kmho_memory *kmho_new(u64 key, u32 uid, struct ucounts *ucounts)
{
	struct kmho_memory *mem = kvzalloc(sizeof(*mem), GFP_KERNEL_ACCOUNT);

	if (!mem)
		return NULL;
	INIT_LIST_HEAD(&mem->node);
	mem->key = key;
	mem->uid = uid;
	mem->ucounts = get_ucounts(ucounts);
	if (!mem->ucounts) {
		kvfree(mem);
		return NULL;
	}
	return mem;
}

/**
 * kmho_put_extent - let go of the folios of an extent
 * @mem: whose it is
 * @e: the extent, not preserved
 *
 * Context: any.
 */
void kmho_put_extent(const struct kmho_memory *mem,
		     const struct kmho_extent *e)
{
	unsigned int i;

	for (i = 0; i < extent_folios(e); i++) {
		if (mem->arrived || extent_is_cow(e))
			folio_put(extent_folio(e, i));
		else
			unpin_folio(extent_folio(e, i));
	}
}

/**
 * kmho_free - let go of memory
 * @mem: on no list, and not preserved; goes with the folios that it has
 *
 * Context: process context, may sleep.
 */
void kmho_free(struct kmho_memory *mem)
{
	const struct kmho_extent *e;
	u32 nr;

	for (e = mem->extents; e < mem->extents + mem->nr_extents; e++) {
		kmho_put_extent(mem, e);
		cond_resched();
	}
	for (nr = 0; nr < mem->nr_files; nr++)
		kvfree(mem->files[nr].name);
	kvfree(mem->files);
	if (mem->ucounts) {
		kmho_uncharge(mem, mem->charged);
		put_ucounts(mem->ucounts);
	}
	kvfree(mem->extents);
	kvfree(mem->areas);
	kvfree(mem->ranges);
	kvfree(mem);
}

/**
 * kmho_count_cow - count the pages that others may have, too
 * @mem: the memory
 *
 * Context: any.
 *
 * Return: pages.
 */
u64 kmho_count_cow(const struct kmho_memory *mem)
{
	const struct kmho_extent *e;
	u64 nr = 0;

	for (e = mem->extents; e < mem->extents + mem->nr_extents; e++)
		nr += extent_is_cow(e) ? extent_folios(e) : 0;
	return nr;
}

/**
 * kmho_forget - take entries out of a record that are gone
 * @mem: the record; entries that are all zero are gone
 *
 * Context: any.
 */
void kmho_forget(struct kmho_memory *mem)
{
	u32 i, nr;

	for (i = 0, nr = 0; i < mem->nr_ranges; i++)
		if (mem->ranges[i].length)
			mem->ranges[nr++] = mem->ranges[i];
	mem->nr_ranges = nr;
	for (i = 0, nr = 0; i < mem->nr_areas; i++)
		if (mem->areas[i].length)
			mem->areas[nr++] = mem->areas[i];
	mem->nr_areas = nr;
	for (i = 0, nr = 0; i < mem->nr_extents; i++)
		if (mem->extents[i].phys)
			mem->extents[nr++] = mem->extents[i];
	mem->nr_extents = nr;
	mem->nr_cow = kmho_count_cow(mem);
	kmho_find_files(mem);
}

static struct kmho_memory *find_on(const struct list_head *list, u32 uid,
				   u64 key)
{
	struct kmho_memory *mem;

	list_for_each_entry(mem, list, node)
		if (mem->key == key && mem->uid == uid)
			return mem;
	return NULL;
}

/**
 * kmho_find - find what a key stands for
 * @uid: the user
 * @key: the user's key
 *
 * Context: kmho_lock is held.
 *
 * Return: the record, or NULL.
 */
struct kmho_memory *kmho_find(u32 uid, u64 key)
{
	lockdep_assert_held(&kmho_lock);
	return find_on(&kmho.memories, uid, key) ?:
	       find_on(&kmho_taken, uid, key);
}

/*
 * From here on nobody else has it, until release() or kmho_withdraw(). A
 * hand-over that is prepared meanwhile goes without it.
 */
static struct kmho_memory *acquire(u32 uid, u64 key, bool to_take)
{
	struct kmho_memory *mem;

	guard(mutex)(&kmho_lock);
	mem = kmho_find(uid, key);
	if (!mem)
		return ERR_PTR(-ENOENT);
	if (kmho_frozen || mem->busy)
		return ERR_PTR(-EBUSY);
	if (to_take && !mem->arrived)
		return ERR_PTR(-EINPROGRESS);
	mem->busy = true;
	list_move(&mem->node, &kmho_taken);
	return mem;
}

static void release(struct kmho_memory *mem)
{
	guard(mutex)(&kmho_lock);
	mem->busy = false;
	/* else it is put back when the hand-over is called off */
	if (!kmho_frozen)
		list_move_tail(&mem->node, &kmho.memories);
}

/* ---- What user space says ---- */

/* A struct that begins with its size, which is at least @min */
static int copy_sized(void *to, size_t size, size_t min,
		      const void __user *from)
{
	u32 usize;

	if (get_user(usize, (const u32 __user *)from))
		return -EFAULT;
	if (usize < min)
		return -EINVAL;
	if (usize > PAGE_SIZE)
		return -E2BIG;
	return copy_struct_from_user(to, size, from, usize);
}

/* Whose key is it? The caller's, or that of a user whom the caller rules. */
static int whose(u32 flags, u32 uid, u32 *owner)
{
	kuid_t kuid = current_euid();

	if (flags & KMHO_OTHER_USER) {
		kuid = make_kuid(current_user_ns(), uid);
		if (!uid_valid(kuid))
			return -EINVAL;
		if (!uid_eq(kuid, current_euid()) &&
		    !ns_capable(current_user_ns(), CAP_SYS_ADMIN))
			return -EPERM;
	} else if (uid) {
		return -EINVAL;
	}
	*owner = from_kuid(&init_user_ns, kuid);
	return 0;
}

static int compare_ranges(const void *a, const void *b)
{
	const struct kmho_range *left = a, *right = b;

	return left->base < right->base ? -1 : left->base > right->base;
}

/* Aligned, apart, and in the address space; and then sorted */
static int check_ranges(struct kmho_range *ranges, u32 nr)
{
	u64 end, last = 0;
	u32 i;

	sort(ranges, nr, sizeof(*ranges), compare_ranges, NULL);
	for (i = 0; i < nr; i++) {
		if (!ranges[i].length ||
		    !PAGE_ALIGNED(ranges[i].base | ranges[i].length) ||
		    check_add_overflow(ranges[i].base, ranges[i].length, &end) ||
		    ranges[i].base < last)
			return -EINVAL;
		if (end > TASK_SIZE)
			return -EFAULT;
		last = end;
	}
	return 0;
}

/* ---- KMHO_HANDOVER ---- */

static int get_ranges(struct kmho_memory *mem, const struct kmho_handover *op)
{
	struct kmho_range *ranges;

	if (!op->num_ranges || op->num_ranges > KMHO_MAX_RANGES)
		return -EINVAL;
	ranges = vmemdup_array_user(u64_to_user_ptr(op->ranges),
				    op->num_ranges, sizeof(*ranges));
	if (IS_ERR(ranges))
		return PTR_ERR(ranges);
	mem->ranges = ranges;
	mem->nr_ranges = op->num_ranges;
	return check_ranges(ranges, op->num_ranges);
}

static int key_is_free(u32 uid, u64 key)
{
	guard(mutex)(&kmho_lock);
	if (kmho_frozen)
		return -EBUSY;
	return kmho_find(uid, key) ? -EEXIST : 0;
}

static int hand_over(struct kmho_memory *mem, u64 *swapped)
{
	int err = kmho_mark(mem) ?: kmho_pin(mem, swapped) ?:
		  kmho_charge(mem, kmho_own_pages(mem)) ?: kmho_preserve(mem);

	if (err)
		return err;
	mem->nr_cow = kmho_count_cow(mem);
	err = kmho_publish(mem);
	if (err)
		kmho_unpreserve(mem->extents, mem->extents + mem->nr_extents);
	return err;
}

static int do_handover(struct kmho_handover __user *arg)
{
	struct kmho_handover op;
	struct kmho_memory *mem;
	u32 uid;
	int err;

	err = copy_sized(&op, sizeof(op), sizeof(op), arg);
	if (err)
		return err;
	if (op.flags || op.reserved)
		return -EINVAL;
	/* Said now, when nothing has been done yet, if it cannot be returned. */
	if (put_user(0ULL, &arg->swapped))
		return -EFAULT;
	uid = from_kuid(&init_user_ns, current_euid());
	err = key_is_free(uid, op.key);
	if (err)
		return err;
	mem = kmho_new(op.key, uid, current_ucounts());
	if (!mem)
		return -ENOMEM;
	mem->limit = capable(CAP_IPC_LOCK) ? ULONG_MAX :
		     rlimit(RLIMIT_MEMLOCK) >> PAGE_SHIFT;
	err = get_ranges(mem, &op) ?: hand_over(mem, &op.swapped);
	if (err) {
		kmho_free(mem);
		return err;
	}
	put_user(op.swapped, &arg->swapped);
	return 0;
}

/* ---- KMHO_TAKEOVER ---- */

/* All ranges, each where it was */
static struct kmho_map *maps_of(const struct kmho_memory *mem)
{
	struct kmho_map *maps;
	u32 i;

	maps = kvmalloc_array(mem->nr_ranges, sizeof(*maps),
			      GFP_KERNEL_ACCOUNT);
	for (i = 0; maps && i < mem->nr_ranges; i++) {
		maps[i].base = mem->ranges[i].base;
		maps[i].length = mem->ranges[i].length;
		maps[i].remap_addr = mem->ranges[i].base;
	}
	return maps;
}

static int take_over(u32 uid, const struct kmho_takeover *op,
		     struct kmho_map *maps)
{
	struct kmho_memory *mem = acquire(uid, op->key, true);
	struct kmho_map *all = NULL;
	int err = 0;

	if (IS_ERR(mem))
		return PTR_ERR(mem);
	if (!maps) {
		all = maps_of(mem);
		err = all ? 0 : -ENOMEM;
	}
	if (!err)
		err = kmho_map(mem, maps ?: all,
			       maps ? op->num_maps : mem->nr_ranges);
	if (mem->nr_ranges) {
		release(mem);
	} else {
		kmho_withdraw(mem);
		kmho_free(mem);
	}
	kvfree(all);
	return err;
}

static int do_takeover(struct kmho_takeover __user *arg)
{
	struct kmho_map *maps = NULL;
	struct kmho_takeover op;
	void __user *umaps;
	size_t size;
	u32 uid;
	int err;

	err = copy_sized(&op, sizeof(op), sizeof(op), arg);
	if (err)
		return err;
	if (op.flags & ~KMHO_OTHER_USER || op.num_maps > KMHO_MAX_RANGES)
		return -EINVAL;
	err = whose(op.flags, op.uid, &uid);
	if (err)
		return err;
	umaps = u64_to_user_ptr(op.maps);
	size = array_size(op.num_maps, sizeof(*maps));
	if (op.num_maps) {
		maps = vmemdup_user(umaps, size);
		if (IS_ERR(maps))
			return PTR_ERR(maps);
		/* Better now than when memory is mapped, and nobody told where. */
		if (copy_to_user(umaps, maps, size))
			err = -EFAULT;
	}
	if (!err)
		err = take_over(uid, &op, maps);
	if (!err && maps && copy_to_user(umaps, maps, size))
		err = -EFAULT;
	kvfree(maps);
	return err;
}

/* ---- KMHO_QUERY ---- */

/**
 * struct answer - items for user space, as many as there is room for
 * @to: where they go
 * @room: how many fit
 * @nr: how many there are
 * @infos: the items, if they are keys
 * @ranges: the items, if they are ranges
 * @items: what is copied when the lock is no longer held
 */
struct answer {
	void __user *to;
	u32 room;
	u32 nr;
	union {
		struct kmho_info *infos;
		struct kmho_range *ranges;
		void *items;
	};
};

static void describe(const struct kmho_memory *mem, struct kmho_info *info)
{
	kuid_t kuid = make_kuid(&init_user_ns, mem->uid);
	u32 i;

	*info = (struct kmho_info){
		.key = mem->key,
		.uid = from_kuid_munged(current_user_ns(), kuid),
		.state = mem->arrived ? KMHO_ARRIVED : KMHO_HANDED_OVER,
		.num_ranges = mem->nr_ranges,
		.num_extents = mem->nr_extents,
	};
	for (i = 0; i < mem->nr_ranges; i++)
		info->length += mem->ranges[i].length;
	for (i = 0; i < mem->nr_extents; i++)
		info->bytes += extent_size(&mem->extents[i]);
}

static bool is_listed(const struct kmho_memory *mem, bool all, u32 uid)
{
	kuid_t kuid = make_kuid(&init_user_ns, mem->uid);

	return all ? kuid_has_mapping(current_user_ns(), kuid) :
		     mem->uid == uid;
}

static void list_keys(struct answer *answer, bool all, u32 uid)
{
	const struct kmho_memory *mem;

	/* What is busy is somebody's already. */
	guard(mutex)(&kmho_lock);
	list_for_each_entry(mem, &kmho.memories, node) {
		if (!is_listed(mem, all, uid))
			continue;
		if (answer->nr < answer->room)
			describe(mem, &answer->infos[answer->nr]);
		answer->nr++;
	}
}

static int list_ranges(struct answer *answer, u64 key, u32 uid)
{
	const struct kmho_memory *mem;

	guard(mutex)(&kmho_lock);
	mem = kmho_find(uid, key);
	if (!mem)
		return -ENOENT;
	if (mem->busy)
		return -EBUSY;
	answer->nr = mem->nr_ranges;
	memcpy(answer->ranges, mem->ranges,
	       min(answer->nr, answer->room) * sizeof(*mem->ranges));
	return 0;
}

static int fill_answer(struct answer *answer, const struct kmho_query *op,
		       u32 uid)
{
	bool ranges = op->flags & KMHO_QUERY_RANGES;
	size_t size = ranges ? sizeof(*answer->ranges) : sizeof(*answer->infos);
	int err = 0;

	answer->items = kvcalloc(answer->room, size, GFP_KERNEL_ACCOUNT);
	if (!answer->items)
		return -ENOMEM;
	if (ranges)
		err = list_ranges(answer, op->key, uid);
	else
		list_keys(answer, op->flags & KMHO_QUERY_ALL, uid);
	if (!err && copy_to_user(answer->to, answer->items,
				 min(answer->nr, answer->room) * size))
		err = -EFAULT;
	kvfree(answer->items);
	return err;
}

static int check_query(const struct kmho_query *op)
{
	u32 what = op->flags & (KMHO_QUERY_RANGES | KMHO_QUERY_ALL);

	if (op->flags & ~(KMHO_OTHER_USER | what) || op->num > KMHO_MAX_RANGES)
		return -EINVAL;
	if (what != KMHO_QUERY_RANGES && op->key)
		return -EINVAL;
	if (!(what & KMHO_QUERY_ALL))
		return 0;
	if (op->flags != KMHO_QUERY_ALL)
		return -EINVAL;
	return ns_capable(current_user_ns(), CAP_SYS_ADMIN) ? 0 : -EPERM;
}

static int do_query(struct kmho_query __user *arg)
{
	struct answer answer = { };
	struct kmho_query op;
	u32 uid;
	int err;

	err = copy_sized(&op, sizeof(op), sizeof(op), arg);
	if (!err)
		err = check_query(&op) ?: whose(op.flags, op.uid, &uid);
	if (err)
		return err;
	answer.to = u64_to_user_ptr(op.items);
	answer.room = op.num;
	err = fill_answer(&answer, &op, uid);
	if (!err && put_user(answer.nr, &arg->num))
		err = -EFAULT;
	return err;
}

/* ---- KMHO_CANCEL ---- */

static int do_cancel(const struct kmho_cancel __user *arg)
{
	struct kmho_memory *mem;
	struct kmho_cancel op;
	u32 uid;
	int err;

	err = copy_sized(&op, sizeof(op), sizeof(op), arg);
	if (err)
		return err;
	if (op.flags & ~KMHO_OTHER_USER || op.reserved)
		return -EINVAL;
	err = whose(op.flags, op.uid, &uid);
	if (err)
		return err;
	mem = acquire(uid, op.key, false);
	if (IS_ERR(mem))
		return PTR_ERR(mem);
	kmho_withdraw(mem);
	kmho_unpreserve(mem->extents, mem->extents + mem->nr_extents);
	kmho_free(mem);
	return 0;
}

/**
 * sys_kmho - leave memory to the next kernel, or get what the last one left
 * @opcode: KMHO_*
 * @op: the struct that belongs to it
 *
 * See kmho(2).
 *
 * Return: 0 or an error; -EINVAL also when @opcode is not known.
 */
SYSCALL_DEFINE2(kmho, unsigned int, opcode, void __user *, op)
{
	switch (opcode) {
	case KMHO_HANDOVER:
		return do_handover(op);
	case KMHO_TAKEOVER:
		return do_takeover(op);
	case KMHO_QUERY:
		return do_query(op);
	case KMHO_CANCEL:
		return do_cancel(op);
	default:
		return -EINVAL;
	}
}
