/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KSTATE_FUZZ_H
#define _KSTATE_FUZZ_H

#include <linux/types.h>

#include "hop.h"

/* What a fuzzer is; libFuzzer or fuzz_main.c calls it. */
int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

/*
 * Make a stream of sections in short form: u8 type, u8 schema, u8 instance or
 * count of records, u16 length, payload. It has no checksums yet.
 */
struct stream fuzz_sections(const u8 *data, size_t size);

/* Give all streams that lie in some bytes their checksums. */
void fuzz_mend(u8 *data, size_t len);

#endif /* _KSTATE_FUZZ_H */
