/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KSTATE_SHIM_LINUX_PRINTK_H
#define _KSTATE_SHIM_LINUX_PRINTK_H

/* What the kernel would log is of no use here; it is still evaluated. */
#ifndef pr_fmt
#define pr_fmt(fmt)	fmt
#endif

void shim_printk(const char *fmt, ...);

#define printk(...)	shim_printk(__VA_ARGS__)
#define pr_err(...)	shim_printk(__VA_ARGS__)
#define pr_warn(...)	shim_printk(__VA_ARGS__)
#define pr_notice(...)	shim_printk(__VA_ARGS__)
#define pr_info(...)	shim_printk(__VA_ARGS__)
#define pr_debug(...)	shim_printk(__VA_ARGS__)
#define pr_err_once	pr_err
#define pr_warn_once	pr_warn
#define pr_err_ratelimited	pr_err
#define pr_warn_ratelimited	pr_warn

#endif /* _KSTATE_SHIM_LINUX_PRINTK_H */
