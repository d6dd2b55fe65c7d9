// SPDX-License-Identifier: GPL-2.0-only
#include "../../kernel/kstate_check.c"
