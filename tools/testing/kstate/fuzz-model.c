// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzzer of descriptions: the input stands for the random numbers that a round
 * of test-random makes descriptions, contents and changes up with.
 */
#include <stdlib.h>

#include <linux/kernel.h>

#include "fuzz.h"
#include "model.h"
#include "tap.h"

#define MAX_NUMBERS	400

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	if (size < 1)
		return -1;
	/* towers of structs, which more bytes lead to, only take time */
	model_feed(data + 1, min_t(size_t, size - 1, MAX_NUMBERS));
	model_round(data[0] % 8);
	if (tap_failed())
		abort();
	return 0;
}
