/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KSTATE_SHIM_MEM_H
#define _KSTATE_SHIM_MEM_H

#include <linux/mm.h>

#define SHIM_FOLIOS	8

extern struct folio shim_folios[SHIM_FOLIOS];

void shim_mem_reset(void);

#endif /* _KSTATE_SHIM_MEM_H */
