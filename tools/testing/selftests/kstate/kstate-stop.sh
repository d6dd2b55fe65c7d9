#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Mandatory state whose owner says that there is no going on without it, and which
# the next kernel's hook refuses: the kernel stops, and a crash kernel sees why; or
# goes on, if the administrator said so.

# shellcheck source=lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=kstate-lib.sh
. "${0%/*}/kstate-lib.sh"

says="kstate: test_kstate.must.0 is not restored"

if [ -n "$(cmdline_value kstate.crash)" ]; then
	# as the log has it: this script is in that memory, too
	check "the kernel stopped, and said why" grep -aq \
		"Kernel panic - not syncing: $says (.*), and kstate_stop= is .asked." \
		/proc/vmcore
	exit
fi

start_module $((stage - 1)) || exit 1
case $stage in
1)
	check "there is state that stops a kernel" put $dbg/must stop
	go_on kstate_stop=never
	;;
2)
	check "it is refused" sh -c "! echo stop >$dbg/must"
	equal "the kernel goes on, and lists it" \
		"$(grep -c '^test_kstate.must 0 .* -EDOM ' $sys/refused)" 1
	equal "the log says so" "$(dmesg |
		grep -c 'kstate: cannot restore test_kstate.must.0: .*EDOM')" 1
	check "it begins anew" put $dbg/must stop
	go_on kstate_stop=asked
	;;
3)
	equal "it is there" "$(grep -c '^test_kstate.must 0 ' $sys/pending)" 1
	check "a crash image is loaded" load_crash
	emit "# stage $stage jump up $(cut -d' ' -f1 /proc/uptime)"
	echo stop >$dbg/must
	fail "the kernel went on"
	;;
esac
