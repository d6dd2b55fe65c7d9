/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KSTATE_MEM_ASM_DMA_H
#define _KSTATE_MEM_ASM_DMA_H

#endif /* _KSTATE_MEM_ASM_DMA_H */
