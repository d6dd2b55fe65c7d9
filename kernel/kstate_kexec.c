// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hand-over: where the stream lives, and the root page that leads to it.
 *
 * The stream's pages, and the index that lists them, lie anywhere; they are
 * preserved as clients' pages are. The root page belongs to the kexec image.
 * It is written last, when nothing can fail any more, so a next kernel that
 * finds it all zero knows that there is nothing to restore.
 */
#define pr_fmt(fmt) "kstate: " fmt

#include <linux/cleanup.h>
#include <linux/crc32.h>
#include <linux/err.h>
#include <linux/io.h>
#include <linux/irqflags.h>
#include <linux/kexec.h>
#include <linux/kstate_abi.h>
#include <linux/mm.h>
#include <linux/pfn.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/utsname.h>
#include <linux/vmalloc.h>

#include "kexec_internal.h"
#include "kstate_internal.h"

/* The stream being written, and the chain of its index pages */
static struct kstate_buf out_buf;
static struct page *out_index;

/* The stream of the previous kernel while it is open */
static void *in_stream;

/* Hand-overs since the last cold boot: 0 on a cold boot */
static u32 generation;

/**
 * kstate_generation - how many hand-overs led to this kernel
 *
 * Context: any.
 *
 * Return: 0 after a cold boot, else one more than in the previous kernel.
 */
u32 kstate_generation(void)
{
	return generation;
}

static struct page *own_page_alloc(void)
{
	struct page *page = alloc_page(GFP_KERNEL | __GFP_ZERO);

	if (page && kstate_preserve_own(page)) {
		__free_page(page);
		return NULL;
	}
	return page;
}

static void own_page_free(struct page *page)
{
	kstate_unpreserve_own(page);
	__free_page(page);
}

static void own_pages_free(struct page **pages, size_t from, size_t to)
{
	while (to > from)
		own_page_free(pages[--to]);
}

/**
 * kstate_buf_grow - make room in the stream's memory
 * @buf: the memory; an all-zero struct has none yet
 * @size: bytes that are needed in all
 *
 * Keeps the contents; what is new is zero. Never shrinks.
 *
 * Context: process context, may sleep.
 *
 * Return: 0; -ENOMEM, and then @buf is as it was.
 */
int kstate_buf_grow(struct kstate_buf *buf, size_t size)
{
	size_t old = buf->size / PAGE_SIZE, nr = DIV_ROUND_UP(size, PAGE_SIZE);
	struct page **pages;
	void *vaddr = NULL;
	size_t i;

	if (nr <= old)
		return 0;
	pages = kvmalloc_array(nr, sizeof(*pages), GFP_KERNEL);
	if (!pages)
		return -ENOMEM;
	if (old)
		memcpy(pages, buf->pages, old * sizeof(*pages));
	for (i = old; i < nr; i++) {
		pages[i] = own_page_alloc();
		if (!pages[i])
			break;
	}
	if (i == nr)
		vaddr = vmap(pages, nr, VM_MAP, PAGE_KERNEL);
	if (!vaddr) {
		own_pages_free(pages, old, i);
		kvfree(pages);
		return -ENOMEM;
	}
	vunmap(buf->vaddr);
	kvfree(buf->pages);
	*buf = (struct kstate_buf){
		.vaddr = vaddr, .size = nr * PAGE_SIZE, .pages = pages,
	};
	return 0;
}

/**
 * kstate_buf_free - give the stream's memory back
 * @buf: the memory; is all zero afterwards
 *
 * Context: process context, may sleep.
 */
void kstate_buf_free(struct kstate_buf *buf)
{
	vunmap(buf->vaddr);
	own_pages_free(buf->pages, 0, buf->size / PAGE_SIZE);
	kvfree(buf->pages);
	*buf = (struct kstate_buf){ };
}

static u32 index_crc(struct kstate_abi_index *index)
{
	__le32 crc = index->crc;
	u32 sum;

	index->crc = 0;
	sum = __crc32c_le(~0, (const u8 *)index, sizeof(*index));
	index->crc = crc;
	return sum;
}

static void index_free(void)
{
	while (out_index) {
		struct page *page = out_index;
		struct kstate_abi_index *index = page_address(page);
		phys_addr_t next = le64_to_cpu(index->next);

		out_index = next ? pfn_to_page(PHYS_PFN(next)) : NULL;
		own_page_free(page);
	}
}

/* The chain is built from its end, so that each page knows its successor. */
static int index_build(const struct kstate_buf *buf)
{
	size_t nr = buf->size / PAGE_SIZE, first;

	for (; nr; nr = first) {
		struct page *page = own_page_alloc();
		struct kstate_abi_index *index;
		size_t i;

		if (!page)
			return -ENOMEM;
		first = rounddown(nr - 1, KSTATE_ABI_INDEX_ENTRIES);
		index = page_address(page);
		index->magic = cpu_to_le64(KSTATE_ABI_INDEX_MAGIC);
		index->count = cpu_to_le32(nr - first);
		if (out_index)
			index->next = cpu_to_le64(page_to_phys(out_index));
		for (i = first; i < nr; i++)
			index->pages[i - first] =
				cpu_to_le64(page_to_phys(buf->pages[i]));
		index->crc = cpu_to_le32(index_crc(index));
		out_index = page;
	}
	return 0;
}

static void handover_undo(void)
{
	index_free();
	kstate_buf_free(&out_buf);
}

/* What an image can restore that state is not given to */
static const struct kstate_target no_target = {
	.why = "this image carries no state",
};

/*
 * The image carries nothing. kexec_load(2) never could; another image would be
 * able to when it is loaded again, now that there is something to carry.
 */
static int kstate_lose(const struct kimage *image)
{
	if (!kstate_have_objects() && !kstate_anything_preserved())
		return 0;
	if (image->kstate.shared) {
		pr_err("this image carries no state, load it again\n");
		kstate_refuse_jump("the image carries no state", -EAGAIN);
		return -EAGAIN;
	}
	pr_warn("this image carries no state: what is registered will be lost\n");
	return kstate_core_check(&kstate_core, &no_target);
}

/* The image tells the next kernel of memory that may not be there any more. */
static int same_ram(const struct kimage *image)
{
	if (!image->file_mode ||
	    image->kstate.ram_changes == kstate_arch_ram_changes())
		return 0;
	pr_err("memory was added or removed since the image was loaded, load it again\n");
	kstate_refuse_jump("the image has another memory map", -EAGAIN);
	return -EAGAIN;
}

/**
 * kstate_kexec_check - could an image restore what is registered?
 * @image: the image being loaded; keeps what was learnt until
 *	kstate_kexec_free()
 * @bzimage: the file
 * @len: its bytes
 *
 * A crash image is not asked: it carries nothing.
 *
 * Context: process context, may sleep; kexec's lock is held.
 *
 * Return: 0; -EPROTO: mandatory state could not be restored; -ENODATA: there is
 * some, and the image does not say what it can restore; -ENOMEM. The log and
 * last_error have the reason.
 */
int kstate_kexec_check(struct kimage *image, const void *bzimage,
		       unsigned long len)
{
	struct kstate_target *target;
	int ret;

	if (image->type != KEXEC_TYPE_DEFAULT)
		return 0;
	target = kstate_target_new(bzimage, len);
	ret = PTR_ERR_OR_ZERO(target);
	if (!ret) {
		image->kstate.target = target;
		ret = kstate_core_check(&kstate_core, target);
	}
	if (ret == -ENOMEM)
		kstate_refuse_memory("memory to look at the image", ret);
	return ret;
}

/**
 * kstate_kexec_free - free what was learnt about an image
 * @image: an image that goes away
 *
 * Context: process context, may sleep.
 */
void kstate_kexec_free(struct kimage *image)
{
	kstate_target_free(image->kstate.target);
	image->kstate.target = NULL;
	kfree(image->kstate.needs);
	image->kstate.needs = NULL;
}

/**
 * kstate_kexec_save - save everything that can be saved while all CPUs run
 * @image: the image that is about to be started
 *
 * Context: process context, may sleep; kexec's lock is held.
 *
 * Return: 0: go on, kstate_kexec_commit() follows; -ENOSPC: too much memory is
 * preserved for the next kernel to boot; -EADDRNOTAVAIL: some of it is memory
 * that the next kernel will not know; -EAGAIN: the image was loaded in a way
 * that carries no state, or for another memory map; -ENOMEM; what a client's hook
 * returned; or an errno as of kstate_forecast_new() and kstate_forecast_verify(),
 * if the image could not restore mandatory state. On an error everything is as it
 * was before.
 */
int kstate_kexec_save(struct kimage *image)
{
	int ret;

	ret = same_ram(image);
	if (ret)
		return ret;
	if (!image->kstate.root)
		return kstate_lose(image);
	ret = kstate_out_save(&out_buf, image->kstate.target);
	if (ret)
		goto undo;
	ret = index_build(&out_buf);
	if (!ret)
		ret = kstate_mem_prepare(image->kstate.needs, true);
	if (!ret)
		return 0;
	kstate_out_abort();
	kstate_refuse_memory("memory for the hand-over", ret);
undo:
	handover_undo();
	return ret;
}

/*
 * As kstate_kexec_save() up to the point where memory would be kept as it is,
 * and back. The lock is held all the time, so that others, who would be refused
 * while a hand-over is under way, only wait.
 */
static int dry_run(const struct kimage *image, struct kstate_meter *meter)
{
	const struct kstate_target *target = NULL;
	bool carried = image && image->kstate.root;
	struct kstate_report last;
	int ret;

	if (image)
		target = carried ? image->kstate.target : &no_target;
	guard(mutex)(&kstate_core.lock);
	last = kstate_core.last;
	kstate_core.meter = meter;
	ret = kstate_out_save_locked(&out_buf, target);
	if (!ret) {
		ret = index_build(&out_buf);
		if (!ret && carried)
			ret = kstate_mem_prepare(image->kstate.needs, false);
		if (ret)
			kstate_refuse_memory_locked("memory for the hand-over",
						    ret);
	}
	kstate_core.meter = NULL;
	kstate_core_abort_locked(&kstate_core);
	handover_undo();
	kstate_meter_result(&kstate_core, meter, ret);
	/* nothing of this was meant */
	if (!ret)
		kstate_core.last = last;
	return ret;
}

/**
 * kstate_dry_run - do what a hand-over does before the jump, and undo it
 * @meter: where it is noted what each description takes; reset
 *
 * If an image is loaded, the hand-over is one to it: its verdict counts.
 *
 * Context: process context, may sleep.
 *
 * Return: 0: a reboot now would get as far as the jump; -EBUSY: another one is
 * going on, or an image is being loaded; else as kstate_kexec_save()
 */
int kstate_dry_run(struct kstate_meter *meter)
{
	const struct kimage *image;
	bool shared;
	int ret;

	if (!kexec_trylock())
		return -EBUSY;
	image = kexec_image;
	shared = image && !image->kstate.root && image->kstate.shared;
	ret = image ? same_ram(image) : 0;
	if (!ret && shared)
		ret = kstate_lose(image);
	if (ret || shared) {
		guard(mutex)(&kstate_core.lock);
		kstate_meter_result(&kstate_core, meter, ret);
	} else {
		ret = dry_run(image, meter);
	}
	kexec_unlock();
	return ret;
}

/**
 * kstate_kexec_commit - save the rest and write the root page
 * @image: the image that kstate_kexec_save() was called for
 *
 * Context: the last CPU, devices stopped; does not allocate and does not fail.
 * What could not be saved is marked so in the stream.
 */
void kstate_kexec_commit(struct kimage *image)
{
	const struct kstate_abi_stream *stream;
	struct kstate_abi_root *root;

	if (!image->kstate.root)
		return;
	guard(irqsave)();
	kstate_out_late(&out_buf);

	stream = out_buf.vaddr;
	root = phys_to_virt(image->kstate.root);
	memset(root, 0, sizeof(*root));
	root->magic = cpu_to_le64(KSTATE_ABI_ROOT_MAGIC);
	root->format = cpu_to_le32(KSTATE_ABI_ROOT_FORMAT);
	root->generation = cpu_to_le32(generation + 1);
	root->index = cpu_to_le64(page_to_phys(out_index));
	root->length = stream->length;
	strscpy_pad(root->release, init_utsname()->release);
	kstate_mem_commit(root);
	root->crc = cpu_to_le32(__crc32c_le(~0, (const u8 *)root,
					    sizeof(*root)));
	kstate_fault_commit(root);
}

/*
 * One index page: its entries are added to @pages, up to @want. The memory may
 * be larger than the stream. Moves @addr on to the next index page.
 */
static const char *__init index_read(u64 *addr, struct page **pages, size_t *nr,
				     size_t want)
{
	struct kstate_abi_index *index = kstate_boot_own_page(*addr);
	u32 count, i;

	if (!index)
		return "the stream's index was not kept";
	count = le32_to_cpu(index->count);
	if (le64_to_cpu(index->magic) != KSTATE_ABI_INDEX_MAGIC ||
	    index_crc(index) != le32_to_cpu(index->crc))
		return "the stream's index is damaged";
	if (!count || count > KSTATE_ABI_INDEX_ENTRIES)
		return "the stream's index is damaged";
	for (i = 0; i < count; i++) {
		u64 phys = le64_to_cpu(index->pages[i]);

		if (!kstate_boot_own_page(phys))
			return "a page of the stream was not kept";
		if (*nr < want)
			pages[(*nr)++] = pfn_to_page(PHYS_PFN(phys));
	}
	*addr = le64_to_cpu(index->next);
	return NULL;
}

static const char *__init stream_map(const struct kstate_abi_root *root,
				     struct page **pages, size_t want)
{
	u64 left = le64_to_cpu(root->nr_preserved);
	u64 addr = le64_to_cpu(root->index);
	const char *why = NULL;
	size_t nr = 0;

	/* A chain of more index pages than were preserved has a loop. */
	for (; addr && !why && left; left--)
		why = index_read(&addr, pages, &nr, want);
	if (why)
		return why;
	if (addr)
		return "the stream's index has no end";
	if (nr < want)
		return "the stream's index is too short";
	in_stream = vmap(pages, nr, VM_MAP, PAGE_KERNEL);
	return in_stream ? NULL : "no memory to map the stream";
}

/**
 * kstate_handover_open - open the stream that the previous kernel left
 * @root: the root page; its checksum and the map were verified
 *
 * Context: boot, one CPU, slab and vmalloc are up.
 *
 * Return: NULL, or why there is nothing to restore from; "" if that was said.
 */
const char *__init kstate_handover_open(const struct kstate_abi_root *root)
{
	u64 length = le64_to_cpu(root->length);
	size_t want = DIV_ROUND_UP(length, PAGE_SIZE);
	struct page **pages;
	const char *why;

	if (!length || want > le64_to_cpu(root->nr_preserved))
		return "the stream's length is impossible";
	pages = kvmalloc_array(want, sizeof(*pages), GFP_KERNEL);
	if (!pages)
		return "no memory to read the stream's index";
	why = stream_map(root, pages, want);
	kvfree(pages);
	if (why)
		return why;
	if (kstate_in_open(in_stream, length)) {
		vunmap(in_stream);
		in_stream = NULL;
		/* What is wrong with it was logged. */
		return "";
	}
	generation = le32_to_cpu(root->generation);
	pr_info("hand-over %u, from %.*s\n", generation,
		KSTATE_ABI_RELEASE_LEN, root->release);
	return NULL;
}

/**
 * kstate_finish - free what is left of the previous kernel's hand-over
 *
 * Context: process context; the core's lock is held and it no longer uses the
 * stream.
 *
 * Return: number of pages that a client had preserved and nobody claimed.
 */
unsigned long kstate_finish(void)
{
	vunmap(in_stream);
	in_stream = NULL;
	return kstate_boot_release();
}
