/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KSTATE_MEM_LINUX_PADATA_H
#define _KSTATE_MEM_LINUX_PADATA_H

#include <linux/types.h>

struct padata_mt_job {
	void (*thread_fn)(unsigned long start, unsigned long end, void *arg);
	void *fn_arg;
	unsigned long start;
	unsigned long size;
	unsigned long align;
	unsigned long min_chunk;
	int max_threads;
	bool numa_aware;
};

void padata_do_multithreaded(struct padata_mt_job *job);

#endif /* _KSTATE_MEM_LINUX_PADATA_H */
