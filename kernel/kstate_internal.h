/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What KSTATE's own files share.
 */
#ifndef _KERNEL_KSTATE_INTERNAL_H
#define _KERNEL_KSTATE_INTERNAL_H

#include <linux/kstate.h>
#include <linux/kstate_abi.h>
#include <linux/ktime.h>
#include <linux/mutex.h>
#include <linux/rbtree.h>
#include <linux/sched.h>
#include <linux/spinlock.h>

#include "kstate_codec.h"

struct kstate_abi_root;
struct kstate_buf;
struct kstate_core;
struct kimage;
struct range;
struct kstate_edge;
struct kstate_target;
struct page;
struct seq_file;

/*
 * ---- The life cycle: kstate.c, kstate_out.c ----
 *
 * Called by kernel/kstate_kexec.c around the jump. The sequence is
 * kstate_out_save() and then either kstate_out_abort() or, with all other CPUs
 * stopped and interrupts off, kstate_out_late(). kstate_buf.vaddr then begins
 * with a struct kstate_abi_stream whose length says how much of it is used.
 */
int kstate_out_save(struct kstate_buf *buf, const struct kstate_target *target);
int kstate_out_save_locked(struct kstate_buf *buf,
			   const struct kstate_target *target);
void kstate_out_late(struct kstate_buf *buf);
void kstate_out_abort(void);

/* A new kernel found @len bytes of stream at @data, mapped for good. */
int kstate_in_open(const void *data, size_t len);

/**
 * struct kstate_target - what a kernel image says that it can restore
 * @reader: its schemas
 * @bytes: where they are in memory
 * @why: why it says nothing, NULL: it does
 */
struct kstate_target {
	struct kstate_reader reader;
	void *bytes;
	const char *why;
};

/**
 * struct kstate_forecast - what an image will make of what is registered
 * @own: the schemas of what is registered
 * @bytes: where they are in memory
 * @descs: the description of each
 * @res: how the image restores objects of each; NULL: there are none, or it
 *	does not
 */
struct kstate_forecast {
	struct kstate_reader own;
	void *bytes;
	const struct kstate_description **descs;
	struct kstate_resolution **res;
};

/**
 * struct kstate_cost - what it takes to save the objects of a description
 * @name: the description's
 * @objects: how many were prepared
 * @bytes: they take in the stream
 * @ns: nanoseconds of preparing, counting, and saving early
 * @lost: why the image cannot restore them, if its err is not 0
 */
struct kstate_cost {
	char name[KSTATE_ABI_NAME_MAX + 1];
	u64 objects;
	u64 bytes;
	u64 ns;
	struct kstate_report lost;
};

/**
 * struct kstate_meter - what a dry run notes
 * @rows: one for each description
 * @nr: entries of @rows
 * @max: room at @rows
 * @last: the row that was used last
 * @report: how it ended
 * @failed: the description of the object that it failed with, or ""
 */
struct kstate_meter {
	struct kstate_cost *rows;
	u32 nr;
	u32 max;
	u32 last;
	struct kstate_report report;
	char failed[KSTATE_ABI_NAME_MAX + 1];
};

struct kstate_target *kstate_target_new(const void *bzimage, size_t len);
void kstate_target_free(struct kstate_target *target);
int kstate_core_check(struct kstate_core *core,
		      const struct kstate_target *target);
void *kstate_core_schemas(struct kstate_core *core, size_t *len);
struct kstate_forecast *
kstate_forecast_new(struct kstate_core *core,
		    const struct kstate_target *target);
int kstate_forecast_verify(struct kstate_core *core,
			   const struct kstate_forecast *forecast);
void kstate_forecast_free(struct kstate_forecast *forecast);

/* True if an object is registered: there is something to lose. */
bool kstate_have_objects(void);

void kstate_refuse_jump(const char *why, int err);
void kstate_refuse_memory(const char *why, int err);
void kstate_refuse_memory_locked(const char *why, int err);

/* When a kernel stops: never, for KSTATE_STOP, for KSTATE_MANDATORY */
enum kstate_stop {
	KSTATE_STOP_NEVER,
	KSTATE_STOP_ASKED,
	KSTATE_STOP_MANDATORY,
};

enum kstate_phase {
	KSTATE_IDLE,
	KSTATE_SAVING,
	KSTATE_SAVED,
};

/**
 * struct kstate_object - a registered object
 * @node: in the registry
 * @obj_node: in the registry by object
 * @desc: its description
 * @obj: itself
 * @instance: which one
 * @phase: how far the hand-over has come with it
 * @gone: unregistered since it was saved
 * @at: where its section or record is in the stream
 * @group: where the section of its record is, 0: it has its own
 * @bound: most bytes that its section will need
 * @nr_refs: references that it has to others, while preparing
 * @referrers: the first &struct kstate_edge to it: its index and one more
 * @ready: the next object that could be restored, while circles are looked for
 */
struct kstate_object {
	struct rb_node node;
	struct rb_node obj_node;
	const struct kstate_description *desc;
	void *obj;
	u64 instance;
	enum { KSTATE_OBJ_IDLE, KSTATE_OBJ_HELD, KSTATE_OBJ_PREPARED } phase;
	bool gone;
	size_t at;
	size_t group;
	size_t bound;
	u32 nr_refs;
	u32 referrers;
	struct kstate_object *ready;
};

/**
 * struct kstate_core - a registry with what it hands over and what it got
 * @lock: protects all of it; held while hooks run
 * @objects: the registered objects, by name and instance
 * @by_obj: the same, by object
 * @nr_objects: how many they are
 * @phase: where a hand-over stands; nothing is registered in any but
 *	KSTATE_IDLE
 * @writer: the stream being written
 * @refs: for references in it
 * @out: the objects of the hand-over, in its order; fixed in KSTATE_SAVED
 * @nr_out: entries of @out
 * @counted: the object that is being counted, NULL: none
 * @edges: the references found so far between objects that were counted
 * @nr_edges: entries of @edges
 * @max_edges: room at @edges
 * @notes: ranges of pages preserved for the hand-over, by first page
 * @notes_lock: protects @notes
 * @owner: the task that runs the hand-over's hooks, or NULL
 * @reader: the stream of the previous kernel
 * @opened: @reader is valid
 * @nr_in: how many of its objects are in each state
 * @changes: counts what changes lists of objects, so that who reads one in
 *	pieces knows
 * @last: what went wrong last
 * @last_name: the object that it went wrong with
 * @last_instance: likewise
 * @mem: how to treat folios
 * @target: the image that the hand-over is for; NULL: nothing is known of it
 * @meter: what a dry run notes, or NULL
 * @in: the stream of the previous kernel while @opened
 * @in_len: its bytes
 * @force: lose mandatory state, if the image cannot restore it
 * @stop: when a kernel stops that cannot restore an object
 * @quiet: nothing is logged
 *
 * There is one, and the tests have more, which are quiet.
 */
struct kstate_core {
	struct mutex lock;
	struct rb_root objects;
	struct rb_root by_obj;
	u32 nr_objects;
	enum kstate_phase phase;
	struct kstate_writer writer;
	struct kstate_refs refs;
	struct kstate_object **out;
	u32 nr_out;
	struct kstate_object *counted;
	struct kstate_edge *edges;
	u32 nr_edges;
	u32 max_edges;
	struct rb_root notes;
	spinlock_t notes_lock;
	struct task_struct *owner;
	struct kstate_reader reader;
	bool opened;
	u32 nr_in[KSTATE_IN_STATES];
	u64 changes;
	struct kstate_report last;
	char last_name[KSTATE_ABI_NAME_MAX + 1];
	u64 last_instance;
	const struct kstate_mem_ops *mem;
	const struct kstate_target *target;
	struct kstate_meter *meter;
	const void *in;
	size_t in_len;
	bool force;
	enum kstate_stop stop;
	bool quiet;
};

#define KSTATE_CORE_INIT(_name, _mem) {					\
	.lock = __MUTEX_INITIALIZER((_name).lock),			\
	.notes_lock = __SPIN_LOCK_UNLOCKED((_name).notes_lock),		\
	.objects = RB_ROOT, .by_obj = RB_ROOT, .notes = RB_ROOT, .mem = (_mem),	\
	.stop = KSTATE_STOP_ASKED }

extern struct kstate_core kstate_core;

/* One for a test */
static inline void kstate_core_init(struct kstate_core *core,
				    const struct kstate_mem_ops *mem)
{
	*core = (struct kstate_core) { .mem = mem, .quiet = true };
	mutex_init(&core->lock);
	spin_lock_init(&core->notes_lock);
}

int kstate_core_register(struct kstate_core *core,
			 const struct kstate_description *desc, void *obj,
			 u64 instance);
void kstate_core_unregister(struct kstate_core *core,
			    const struct kstate_description *desc,
			    u64 instance);
int kstate_core_restore(struct kstate_core *core,
			const struct kstate_description *desc, void *obj,
			u64 instance);
bool kstate_core_pending(struct kstate_core *core,
			 const struct kstate_description *desc, u64 instance);
void kstate_core_discard(struct kstate_core *core,
			 const struct kstate_description *desc, u64 instance);
int kstate_core_open(struct kstate_core *core, const void *data, size_t len);
void kstate_core_close(struct kstate_core *core);
int kstate_core_finish(struct kstate_core *core);
bool kstate_core_stops(const struct kstate_core *core,
		       const struct kstate_description *desc);
void kstate_core_not_restored(const struct kstate_core *core,
			      const struct kstate_description *desc,
			      u64 instance, const char *why);
void kstate_core_error(struct kstate_core *core, const char *what,
		       const char *name, u64 instance);

int kstate_core_save(struct kstate_core *core, u8 *data, size_t size,
		     int (*grow)(struct kstate_stream *stream, size_t size),
		     void *priv);
void kstate_core_late(struct kstate_core *core);
void kstate_core_abort(struct kstate_core *core);
int kstate_core_save_locked(struct kstate_core *core, u8 *data, size_t size,
			    int (*grow)(struct kstate_stream *stream,
					size_t size), void *priv);
void kstate_core_abort_locked(struct kstate_core *core);
void kstate_core_note(struct kstate_core *core, unsigned long pfn,
		      unsigned long nr, bool folio);
void kstate_core_unnote(struct kstate_core *core, unsigned long pfn,
			unsigned long nr);

/*
 * Record that @nr pages from @pfn were preserved, with a reference if they are
 * a folio. While kstate_out_save() prepares, the core notes what its task's
 * hooks preserve and undoes it on abort. Called by mm/kstate_mem.c, each time:
 * mostly nobody prepares. May sleep.
 */
static __always_inline void kstate_note_preserved(unsigned long pfn,
						  unsigned long nr, bool folio)
{
	if (unlikely(READ_ONCE(kstate_core.owner) == current))
		kstate_core_note(&kstate_core, pfn, nr, folio);
}

/* Or that they are preserved no longer */
static inline void kstate_note_unpreserved(unsigned long pfn, unsigned long nr)
{
	kstate_core_unnote(&kstate_core, pfn, nr);
}

/* ---- kstate_registry.c ---- */
struct kstate_object *kstate_core_find(struct kstate_core *core,
				       const char *name, u64 instance);
struct kstate_object *
kstate_core_find_obj(struct kstate_core *core,
		     const struct kstate_description *desc, const void *obj);
bool kstate_core_knows(struct kstate_core *core,
		       const struct kstate_description *desc);
void kstate_core_insert(struct kstate_core *core, struct kstate_object *o);
void kstate_core_remove(struct kstate_core *core, struct kstate_object *o);

/* ---- kstate_refs.c ---- */
struct kstate_refs kstate_core_refs(struct kstate_core *core);
struct kstate_object *kstate_refs_circle(struct kstate_core *core);
void kstate_refs_free(struct kstate_core *core);

/* ---- kstate_meter.c ---- */
void kstate_meter_note(struct kstate_meter *m,
		       const struct kstate_description *desc, u64 start,
		       u32 objects, u64 bytes);
void kstate_meter_lost(struct kstate_core *core, const char *name,
		       const struct kstate_report *report);
void kstate_meter_result(struct kstate_core *core, struct kstate_meter *m,
			 int err);
void kstate_meter_reset(struct kstate_meter *m);
int kstate_meter_print(const struct kstate_meter *m, u32 nr, char *buf,
		       size_t size);

/* What kstate_meter_stop() is to be given; without a meter it takes no time. */
static inline u64 kstate_meter_start(const struct kstate_core *core)
{
	return core->meter ? ktime_get_ns() : 0;
}

static inline void kstate_meter_stop(struct kstate_core *core,
				     const struct kstate_description *desc,
				     u64 start, u32 objects, u64 bytes)
{
	if (core->meter)
		kstate_meter_note(core->meter, desc, start, objects, bytes);
}

/*
 * ---- Hand-over, kernel/kstate_kexec.c ----
 */

/**
 * struct kstate_buf - the stream's memory: scattered pages, mapped in a row
 * @vaddr: where the pages are mapped, writable; changes when it grows
 * @size: bytes there, a multiple of PAGE_SIZE
 * @pages: the pages, @size / PAGE_SIZE of them
 */
struct kstate_buf {
	void *vaddr;
	size_t size;
	struct page **pages;
};

#ifdef CONFIG_KSTATE_KEXEC

/*
 * Make room for at least @size bytes; keeps the contents, never shrinks. May
 * sleep. 0 or -ENOMEM, and then @buf is as it was.
 */
int kstate_buf_grow(struct kstate_buf *buf, size_t size);

/* What sysfs shows of the hand-over itself, kernel/kstate_kexec.c */
u32 kstate_generation(void);

int kstate_dry_run(struct kstate_meter *meter);

void kstate_buf_free(struct kstate_buf *buf);

/* Says to @m how much of the loaded image is in place. 0 or -EBUSY. */
int kstate_dest_show(struct seq_file *m);

/* Release what nobody claimed, the map and the stream: pages released. */
unsigned long kstate_finish(void);

/* Open the stream that @root announces. NULL, or why it cannot be used. */
const char *kstate_handover_open(const struct kstate_abi_root *root);

#else /* !CONFIG_KSTATE_KEXEC: only for KUnit */

static inline int kstate_buf_grow(struct kstate_buf *buf, size_t size)
{
	return -EOPNOTSUPP;
}

static inline int kstate_dest_show(struct seq_file *m)
{
	return 0;
}

static inline u32 kstate_generation(void)
{
	return 0;
}

static inline int kstate_dry_run(struct kstate_meter *meter)
{
	return -EOPNOTSUPP;
}

static inline unsigned long kstate_finish(void)
{
	return 0;
}

static inline const char *
kstate_handover_open(const struct kstate_abi_root *root)
{
	return "this kernel cannot take state over";
}

#endif /* CONFIG_KSTATE_KEXEC */

/*
 * ---- Damage for tests, kernel/kstate_fault.c ----
 */
#ifdef CONFIG_KSTATE_FAULT
void kstate_fault_commit(struct kstate_abi_root *root);
#else
static inline void kstate_fault_commit(struct kstate_abi_root *root)
{
}
#endif

/*
 * ---- Memory, mm/kstate_mem.c, mm/kstate_boot.c and mm/kstate_claim.c ----
 */

/* An image's segments, the kernel where KASLR may put it, the area for images */
#define KSTATE_MAX_TAKEN	18
/* Areas that a command line sets apart */
#define KSTATE_MAX_AREAS	16

/* Halves of the area for images consist of what the page allocator merges. */
#define KSTATE_AREA_ALIGN	PFN_PHYS(2 * max(pageblock_nr_pages, MAX_ORDER_NR_PAGES))

/**
 * struct kstate_needs - memory that the next kernel takes before it is up
 * @nr_taken: entries of @taken
 * @taken: where the image is, and what stays set apart for images, end exclusive
 * @unpacked: bytes of its initrd when that is unpacked
 * @images: bytes that it sets apart for images, also in @taken or @areas
 * @nr_areas: entries of @areas
 * @areas: bytes of what it sets apart, each in one piece if there is one
 * @bounce: bytes for devices that do not reach all memory, below 4 GiB; 0: all
 *	devices do
 * @crash: bytes of crashkernel=, 0: none
 * @crash_base: where they have to be, 0: anywhere
 * @crash_low: bytes below 4 GiB if @crash is above
 * @crash_align: bytes, their alignment
 * @crash_high: @crash is to be above 4 GiB
 * @huge: bytes of hugepages=
 */
struct kstate_needs {
	unsigned int nr_taken;
	struct {
		u64 start;
		u64 end;
	} taken[KSTATE_MAX_TAKEN];
	u64 unpacked;
	u64 images;
	unsigned int nr_areas;
	u64 areas[KSTATE_MAX_AREAS];
	u64 bounce;
	unsigned long long crash;
	unsigned long long crash_base;
	unsigned long long crash_low;
	u64 crash_align;
	bool crash_high;
	u64 huge;
};

struct kstate_needs *kstate_needs_new(const struct kimage *image,
				      unsigned long start, unsigned long size);
bool kstate_range_preserved(phys_addr_t start, phys_addr_t size);
bool kstate_anything_preserved(void);
unsigned long kstate_area(unsigned long *first);
struct range kstate_area_apart(struct range area, u64 kernel);

#ifdef CONFIG_KSTATE_KEXEC
bool kstate_area_is_own(unsigned long pfn);
#else
static inline bool kstate_area_is_own(unsigned long pfn)
{
	return false;
}
#endif

int kstate_preserve_own(struct page *page);
void kstate_unpreserve_own(struct page *page);
int kstate_mem_prepare(const struct kstate_needs *needs, bool freeze);
void kstate_arch_ram_around(phys_addr_t at, phys_addr_t *start,
			    phys_addr_t *end);
bool kstate_arch_ram(phys_addr_t start, phys_addr_t end);
unsigned int kstate_arch_ram_changes(void);
void kstate_arch_each_ram(void (*visit)(phys_addr_t start, phys_addr_t end));
void kstate_mem_commit(struct kstate_abi_root *root);
u64 kstate_mem_preserved(void);
u64 kstate_mem_map_bytes(void);
unsigned long kstate_mem_extents(void);

bool kstate_folio_claimable(phys_addr_t phys, unsigned int order);
void kstate_unclaim_folio(struct folio *folio);
void kstate_unclaim_range(phys_addr_t start, phys_addr_t size);
void *kstate_boot_own_page(phys_addr_t phys);
unsigned long kstate_boot_release(void);

#endif /* _KERNEL_KSTATE_INTERNAL_H */
