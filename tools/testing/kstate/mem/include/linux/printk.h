/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KSTATE_MEM_LINUX_PRINTK_H
#define _KSTATE_MEM_LINUX_PRINTK_H

/* The last line of the log is kept, for tests to see. */
void mem_printk(const char *fmt, ...);

#define printk			mem_printk
#define pr_err(...)		mem_printk(__VA_ARGS__)
#define pr_warn(...)		mem_printk(__VA_ARGS__)
#define pr_warn_once(...)	mem_printk(__VA_ARGS__)
#define pr_warn_ratelimited(...) mem_printk(__VA_ARGS__)
#define pr_info(...)		mem_printk(__VA_ARGS__)
#define pr_debug(...)		do { } while (0)

#endif /* _KSTATE_MEM_LINUX_PRINTK_H */
