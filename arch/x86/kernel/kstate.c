// SPDX-License-Identifier: GPL-2.0-only
/*
 * How x86 passes the address of KSTATE's root page to the next kernel: in an
 * entry of the boot protocol's setup_data list, which the loader writes beside
 * the boot parameters.
 */
#define pr_fmt(fmt) "kstate: " fmt

#include <linux/init.h>
#include <linux/kexec.h>
#include <linux/kstate_abi.h>
#include <linux/kstate_boot.h>
#include <linux/minmax.h>
#include <linux/pfn.h>
#include <linux/printk.h>

#include <asm/bootparam.h>
#include <asm/e820/api.h>
#include <asm/early_ioremap.h>
#include <asm/kstate.h>
#include <asm/setup.h>

#include "../../../kernel/kstate_internal.h"

/**
 * kstate_setup_data_size - room that an image's boot parameters need for KSTATE
 * @image: the image being loaded
 *
 * Context: any.
 *
 * Return: bytes; 0 for a crash image, which is left as it was.
 */
unsigned int kstate_setup_data_size(const struct kimage *image)
{
	if (image->type != KEXEC_TYPE_DEFAULT)
		return 0;
	return sizeof(struct setup_data) + sizeof(struct kstate_abi_setup);
}

/**
 * kstate_setup_data - announce the root page in an image's boot parameters
 * @image: the image being loaded; nothing is announced when it carries nothing
 * @params: its boot parameters
 * @params_load_addr: where they will be
 * @offset: bytes from @params to kstate_setup_data_size() bytes of room
 *
 * Context: any.
 */
void kstate_setup_data(const struct kimage *image, struct boot_params *params,
		       unsigned long params_load_addr, unsigned int offset)
{
	struct setup_data *sd = (void *)params + offset;
	struct kstate_abi_setup *setup = (void *)sd->data;
	unsigned long area, nr;

	if (!image->kstate.root)
		return;
	nr = kstate_area(&area);
	setup->area_start = cpu_to_le64(PFN_PHYS(area));
	setup->area_size = cpu_to_le64(PFN_PHYS(nr));
	setup->root = cpu_to_le64(image->kstate.root);
	setup->kaslr_start = cpu_to_le64(image->kstate.kaslr_start);
	setup->kaslr_size = cpu_to_le64(image->kstate.kaslr_size);
	sd->type = SETUP_KSTATE;
	sd->len = sizeof(*setup);
	sd->next = params->hdr.setup_data;
	params->hdr.setup_data = params_load_addr + offset;
}

/* Where the previous kernel's root page is, 0 if there is none */
static u64 root_phys __initdata;

/**
 * kstate_parse_setup_data - take note of a setup_data entry of ours
 * @phys: where it is
 * @len: its length in bytes with the header
 *
 * Its contents are wiped, since anybody may read entries in sysfs: they tell
 * where in memory the kernel is, and nobody needs them any more.
 *
 * Context: early boot, early_memremap() works.
 */
void __init kstate_parse_setup_data(u64 phys, u32 len)
{
	struct kstate_abi_setup setup = { };
	struct setup_data *sd;

	if (len < sizeof(*sd) + KSTATE_ABI_SETUP_LEAST) {
		pr_warn("nothing is restored: setup_data of %u bytes\n", len);
		return;
	}
	sd = early_memremap(phys, len);
	if (!sd) {
		pr_warn("nothing is restored: cannot map setup_data\n");
		return;
	}
	memcpy(&setup, sd->data, min(len - sizeof(*sd), sizeof(setup)));
	memset(sd->data, 0, len - sizeof(*sd));
	early_memunmap(sd, len);
	root_phys = le64_to_cpu(setup.root);
	kstate_area_had(le64_to_cpu(setup.area_start),
			le64_to_cpu(setup.area_size));
}

/**
 * kstate_reserve_setup_data - keep memblock away from what was preserved
 *
 * Context: early boot, after the e820 map was made and before memblock may
 * allocate.
 */
void __init kstate_reserve_setup_data(void)
{
	struct kstate_abi_root *root;

	if (!root_phys)
		return;
	if (!PAGE_ALIGNED(root_phys) ||
	    !e820__mapped_all(root_phys, root_phys + sizeof(*root),
			      E820_TYPE_RAM)) {
		pr_warn("nothing is restored: the root page is not in RAM\n");
		return;
	}
	root = early_memremap(root_phys, sizeof(*root));
	if (!root) {
		pr_warn("nothing is restored: cannot map the root page\n");
		return;
	}
	kstate_boot_reserve(root, PFN_PHYS(e820__end_of_ram_pfn()));
	early_memunmap(root, sizeof(*root));
}
