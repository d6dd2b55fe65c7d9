/* SPDX-License-Identifier: GPL-2.0 */
#include "../../../../../../include/linux/kstate_boot.h"
