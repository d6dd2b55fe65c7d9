#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The KUnit suites on the machine that KSTATE is for: other page sizes and
# memory models than UML's, and the map in use by real clients.

# shellcheck source=lib.sh
. "${0%/*}/lib.sh"

check "the KUnit module loads" \
	insmod "/lib/modules/$(uname -r)/kstate_kunit.ko"

for results in /sys/kernel/debug/kunit/*/results; do
	sed -n -e 's/^ *\(not ok\|ok\) [0-9]* -* *\([a-z_0-9]*\).*/\1 - kunit: \2/p' \
		"$results" >/tmp/results
	pass </tmp/results
done
check "there were results" test -s /tmp/results
