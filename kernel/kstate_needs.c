// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the next kernel needs to boot, as far as its image tells: what the image
 * puts into memory, and what its command line has the kernel set apart early.
 */
#define pr_fmt(fmt) "kstate: " fmt

#include <linux/build_bug.h>
#include <linux/crash_reserve.h>
#include <linux/ctype.h>
#include <linux/kexec.h>
#include <linux/kernel.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/pgtable.h>
#include <linux/range.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/swiotlb.h>

#include "kstate_internal.h"

/* How many times its size a compressed initrd takes when it is unpacked */
#define UNPACK_RATIO	4

static_assert(KEXEC_SEGMENT_MAX + 2 <= KSTATE_MAX_TAKEN);

static void add_taken(struct kstate_needs *needs, u64 start, u64 size)
{
	needs->taken[needs->nr_taken].start = start;
	needs->taken[needs->nr_taken].end = start + PAGE_ALIGN(size);
	needs->nr_taken++;
}

/*
 * Where in its room KASLR puts the kernel is not known: in the middle it leaves the
 * smallest pieces.
 */
static void needs_of_image(struct kstate_needs *needs,
			   const struct kimage *image, unsigned long size)
{
	unsigned long i;

	for (i = 0; i < image->nr_segments; i++)
		add_taken(needs, image->segment[i].mem,
			  image->segment[i].memsz);
	if (image->kstate.kaslr_size > size)
		add_taken(needs, image->kstate.kaslr_start +
			  PAGE_ALIGN((image->kstate.kaslr_size - size) / 2),
			  size);
}

/* A tmpfs has it all a second time. An archive as it is begins with a digit. */
static void needs_of_initrd(struct kstate_needs *needs,
			    const struct kimage *image)
{
	const char *initrd = image->initrd_buf;

	needs->unpacked = image->initrd_buf_len;
	if (initrd && *initrd != '0')
		needs->unpacked *= UNPACK_RATIO;
}

static void needs_of_crash(struct kstate_needs *needs, char *cmdline)
{
	if (!IS_ENABLED(CONFIG_CRASH_RESERVE))
		return;
	if (parse_crashkernel(cmdline, PFN_PHYS(get_num_physpages()),
			      &needs->crash, &needs->crash_base,
			      &needs->crash_low, &needs->crash_high)) {
		needs->crash = 0;
		return;
	}
	needs->crash_align = CRASH_ALIGN;
	if (!needs->crash_high)
		needs->crash_low = DEFAULT_CRASH_KERNEL_LOW_SIZE;
}

/* A number, or one for each node: "0:2,1:2" */
static u64 sum_of(char *at)
{
	u64 sum = 0, size;

	for (;;) {
		size = memparse(at, &at);
		if (*at == ':')
			size = memparse(at + 1, &at);
		sum = size_add(sum, size);
		if (*at != ',')
			return sum;
		at++;
	}
}

static void add_area(struct kstate_needs *needs, u64 size)
{
	if (size && needs->nr_areas < KSTATE_MAX_AREAS)
		needs->areas[needs->nr_areas++] = size;
}

/* As kstate_area_keep() */
static void needs_of_area(struct kstate_needs *needs,
			  const struct kimage *image, u64 kernel)
{
	unsigned long first, nr = kstate_area(&first);
	struct range area = { .start = PFN_PHYS(first) };
	u64 size = ALIGN(needs->images, KSTATE_AREA_ALIGN);

	if (!nr)
		add_area(needs, size);
	if (!nr || !size)
		return;
	area.end = area.start + min(size, PFN_PHYS(nr));
	/* KASLR has no room there */
	if (!image->kstate.kaslr_size)
		area = kstate_area_apart(area, kernel);
	add_taken(needs, area.start, area.end - area.start);
}

/* Of what follows, hugepages= depends on what was read before. */
static void needs_of_word(struct kstate_needs *needs, const char *name,
			  char *value, u64 *huge_size)
{
	if (!strcmp(name, "hugepagesz") ||
	    !strcmp(name, "default_hugepagesz"))
		*huge_size = memparse(value, NULL);
	else if (!strcmp(name, "hugepages"))
		needs->huge = size_add(needs->huge,
				       size_mul(sum_of(value), *huge_size));
	else if (!strcmp(name, "swiotlb") && isdigit(*value))
		needs->bounce = size_mul(memparse(value, NULL), IO_TLB_SIZE);
	else if (!strcmp(name, "kstate_reserve"))
		needs->images = memparse(value, NULL);
	else if (!strcmp(name, "cma") || !strcmp(name, "reserve_mem"))
		add_area(needs, memparse(value, NULL));
	else if (!strcmp(name, "hugetlb_cma"))
		add_area(needs, sum_of(value));
}

static void needs_of_words(struct kstate_needs *needs, char *words)
{
	char *name, *value;
	u64 huge_size = PMD_SIZE;

	needs->bounce = IO_TLB_DEFAULT_SIZE;
	words = skip_spaces(words);
	while (*words) {
		words = next_arg(words, &name, &value);
		if (!value && !strcmp(name, "--"))
			break;
		if (value)
			needs_of_word(needs, name, value, &huge_size);
	}
	/* Devices can reach all memory if there is none above. */
	if (max_possible_pfn <= PHYS_PFN(SZ_4G))
		needs->bounce = 0;
}

/**
 * kstate_needs_new - find out what the kernel in an image needs to boot
 * @image: the image, its segments and the room for KASLR placed
 * @start: where the kernel will be if KASLR does not move it
 * @size: bytes that it takes while it unpacks itself
 *
 * Context: process context, may sleep; the image is being loaded.
 *
 * Return: the needs, to be freed by kfree(); NULL: no memory.
 */
struct kstate_needs *kstate_needs_new(const struct kimage *image,
				      unsigned long start, unsigned long size)
{
	struct kstate_needs *needs = kzalloc(sizeof(*needs), GFP_KERNEL);
	char *words;

	if (!needs)
		return NULL;
	needs_of_image(needs, image, size);
	needs_of_initrd(needs, image);
	words = kstrdup(image->cmdline_buf ?: "", GFP_KERNEL);
	if (!words) {
		kfree(needs);
		return NULL;
	}
	needs_of_crash(needs, words);
	needs_of_words(needs, words);
	needs_of_area(needs, image, start);
	kfree(words);
	return needs;
}
