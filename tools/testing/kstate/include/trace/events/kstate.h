/* SPDX-License-Identifier: GPL-2.0 */
#include "../../../../../../include/trace/events/kstate.h"
