// SPDX-License-Identifier: GPL-2.0
/*
 * What KSTATE needs of the kernel, with the C library: memory that can be made
 * to run out, strings, sorting, the checksum.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <linux/crc32.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/shim.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/string.h>

static struct task_struct shim_task;
struct task_struct *const shim_current = &shim_task;

void shim_bug(const char *file, int line, const char *what)
{
	printf("Bail out! %s:%d: %s does not hold\n", file, line, what);
	fflush(stdout);
	abort();
}

void shim_printk(const char *fmt, ...)
{
}

/* ---- Memory ---- */

static unsigned long fail_at;
static bool failed;
static long nr_allocated;
static size_t nr_bytes;

void shim_fail_alloc(unsigned long nth)
{
	fail_at = nth;
	if (nth)
		failed = false;
}

bool shim_failed(void)
{
	return failed;
}

long shim_allocated(void)
{
	return nr_allocated;
}

size_t shim_alloc_bytes(void)
{
	size_t bytes = nr_bytes;

	nr_bytes = 0;
	return bytes;
}

/*
 * Where it is tried without waiting first, as the xarray does, that fails until
 * the time has come, or the failure would be made good at once.
 */
static bool fails_now(gfp_t gfp)
{
	if ((gfp & __GFP_NOFAIL) || !fail_at)
		return false;
	if (!(gfp & __GFP_DIRECT_RECLAIM))
		return true;
	if (--fail_at)
		return false;
	failed = true;
	return true;
}

/*
 * Memory beyond @limit is not to be had, and asking for it is a bug unless the
 * caller expects that.
 */
static void *alloc(size_t size, gfp_t gfp, size_t limit)
{
	void *p;

	if (size > limit) {
		shim_assert(gfp & __GFP_NOWARN);
		return NULL;
	}
	if (fails_now(gfp))
		return NULL;
	p = malloc(size);
	if (!p)
		return NULL;
	/* kmalloc()'s memory has something in it, too */
	memset(p, gfp & __GFP_ZERO ? 0 : 0xa5, size);
	nr_allocated++;
	nr_bytes += size;
	return p;
}

void *kmalloc(size_t size, gfp_t gfp)
{
	return alloc(size, gfp, KMALLOC_MAX_SIZE);
}

/* What vmalloc() would have returned must not go to kfree(). */
static const void *vmallocs[1024];
static unsigned int nr_vmallocs;

static bool forget_vmalloc(const void *p)
{
	unsigned int i;

	for (i = 0; i < nr_vmallocs; i++) {
		if (vmallocs[i] == p) {
			vmallocs[i] = vmallocs[--nr_vmallocs];
			return true;
		}
	}
	return false;
}

void *kvmalloc(size_t size, gfp_t gfp)
{
	void *p = alloc(size, gfp, INT_MAX);

	if (p && size > PAGE_SIZE && nr_vmallocs < ARRAY_SIZE(vmallocs))
		vmallocs[nr_vmallocs++] = p;
	return p;
}

static void drop(const void *p)
{
	if (p)
		nr_allocated--;
	free((void *)p);
}

void kvfree(const void *p)
{
	forget_vmalloc(p);
	drop(p);
}

void kfree(const void *p)
{
	shim_assert(!forget_vmalloc(p));
	drop(p);
}

void *krealloc(const void *old, size_t size, gfp_t gfp)
{
	if (size > KMALLOC_MAX_SIZE || fails_now(gfp))
		return NULL;
	if (!old)
		nr_allocated++;
	nr_bytes += size;
	return realloc((void *)old, size);
}

struct kmem_cache *kmem_cache_create(const char *name, unsigned int size,
				     unsigned int align, unsigned int flags,
				     void (*ctor)(void *p))
{
	struct kmem_cache *cache = kzalloc(sizeof(*cache), GFP_KERNEL);

	if (cache) {
		cache->size = size;
		cache->ctor = ctor;
	}
	return cache;
}

void kmem_cache_destroy(struct kmem_cache *cache)
{
	kfree(cache);
}

void *kmem_cache_alloc_lru(struct kmem_cache *cache, struct list_lru *lru,
			   gfp_t gfp)
{
	void *p = kmalloc(cache->size, gfp);

	if (p && cache->ctor)
		cache->ctor(p);
	return p;
}

void kmem_cache_free(struct kmem_cache *cache, void *p)
{
	kfree(p);
}

void *kmemdup(const void *from, size_t len, gfp_t gfp)
{
	void *p = kmalloc(len, gfp);

	return p ? memcpy(p, from, len) : NULL;
}

void *kvmemdup(const void *from, size_t len, gfp_t gfp)
{
	void *p = kvmalloc(len, gfp);

	return p ? memcpy(p, from, len) : NULL;
}

char *kstrndup(const char *s, size_t max, gfp_t gfp)
{
	size_t len = strnlen(s, max);
	char *p = kmalloc(len + 1, gfp);

	if (p) {
		memcpy(p, s, len);
		p[len] = '\0';
	}
	return p;
}

char *kstrdup(const char *s, gfp_t gfp)
{
	return s ? kstrndup(s, strlen(s), gfp) : NULL;
}

/* ---- Strings ---- */

ssize_t strscpy(char *to, const char *from, size_t size)
{
	size_t len = strnlen(from, size);

	if (!size)
		return -E2BIG;
	if (len == size)
		len--;
	memcpy(to, from, len);
	to[len] = '\0';
	return from[len] ? -E2BIG : (ssize_t)len;
}

size_t strlcat(char *to, const char *from, size_t size)
{
	size_t len = strnlen(to, size);

	if (len < size)
		strscpy(to + len, from, size - len);
	return len + strlen(from);
}

int vscnprintf(char *buf, size_t size, const char *fmt, va_list args)
{
	int len = vsnprintf(buf, size, fmt, args);

	return len < (int)size ? len : (int)size - 1;
}

int scnprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = vscnprintf(buf, size, fmt, args);
	va_end(args);
	return len;
}

void *memchr_inv(const void *p, int c, size_t size)
{
	const unsigned char *byte = p;

	for (; size; size--, byte++) {
		if (*byte != (unsigned char)c)
			return (void *)byte;
	}
	return NULL;
}

/* ---- The rest ---- */

void sort(void *base, size_t num, size_t size, cmp_func_t cmp_func,
	  swap_func_t swap_func)
{
	shim_assert(!swap_func);
	if (num)
		qsort(base, num, size, cmp_func);
}

static u32 crc_table[256];

static void crc_init(void)
{
	unsigned int i, bit;
	u32 crc;

	for (i = 0; i < 256; i++) {
		crc = i;
		for (bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
		crc_table[i] = crc;
	}
}

static u32 crc_by_table(u32 crc, const unsigned char *p, size_t len)
{
	if (!crc_table[1])
		crc_init();
	while (len--)
		crc = crc >> 8 ^ crc_table[(crc ^ *p++) & 0xff];
	return crc;
}

#ifdef __x86_64__
__attribute__((target("sse4.2")))
static u32 crc_by_cpu(u64 crc, const unsigned char *p, size_t len)
{
	u64 word;

	for (; len >= sizeof(word); len -= sizeof(word), p += sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		crc = __builtin_ia32_crc32di(crc, word);
	}
	while (len--)
		crc = __builtin_ia32_crc32qi(crc, *p++);
	return crc;
}

u32 __crc32c_le(u32 crc, const unsigned char *p, size_t len)
{
	return __builtin_cpu_supports("sse4.2") ? crc_by_cpu(crc, p, len) :
						  crc_by_table(crc, p, len);
}
#else
u32 __crc32c_le(u32 crc, const unsigned char *p, size_t len)
{
	return crc_by_table(crc, p, len);
}
#endif
