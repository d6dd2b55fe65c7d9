/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KSTATE_MODEL_CUSTOM_H
#define _KSTATE_MODEL_CUSTOM_H

#include "model.h"

/* What a custom field of the model is in memory */
struct mcustom {
	u8 len;
	u8 bytes[MODEL_CUSTOM_MAX];
};

extern const struct kstate_custom_ops model_custom_ops;

#endif /* _KSTATE_MODEL_CUSTOM_H */
