#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The harness itself: every jump arrives, with the stage it was told.

# shellcheck source=lib.sh
. "${0%/*}/lib.sh"

equal "the stage arrived on the command line" \
	"$(cmdline_value kstate.stage)" "$stage"
check "the console is a serial port" grep -q console=ttyS0 /proc/cmdline
if [ "$stage" -le "$(hops)" ]; then
	next_stage
fi
