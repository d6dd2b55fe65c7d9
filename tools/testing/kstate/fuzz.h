/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KSTATE_FUZZ_H
#define _KSTATE_FUZZ_H

#include <linux/types.h>

/* What a fuzzer is; libFuzzer or fuzz_main.c calls it. */
int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

#endif /* _KSTATE_FUZZ_H */
