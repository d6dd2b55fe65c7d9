#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# What saving and restoring cost in the kernel, for scripts/bench, which starts
# a guest for it: not one of the tests.

# shellcheck source=lib.sh
. "${0%/*}/lib.sh"

diag "clock: $(cat /sys/devices/system/clocksource/clocksource0/current_clocksource)"
sed 's/^/row /' /sys/kernel/debug/test_kstate_bench >/tmp/rows || exit
cat /tmp/rows >"$RESULTS"
