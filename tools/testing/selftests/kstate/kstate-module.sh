#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# A module's state: it waits until the module is there, and the module can be
# removed at any time.

# shellcheck source=lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=kstate-lib.sh
. "${0%/*}/kstate-lib.sh"

load_and_remove() {
	insmod "/lib/modules/$(uname -r)/test_kstate.ko" \
		seed="$seed" hop=0 pages=2000 && rmmod test_kstate
}

load_many_times() {
	for _i in 1 2 3 4 5 6 7 8; do
		load_and_remove || return 1
	done
}

case $stage in
1)
	load_and_remove
	free=$(mem_free)
	check "the module comes and goes" load_many_times
	near "its memory is free again" "$(mem_free)" "$free" 4096
	equal "nothing is registered" "$(objects registered)" ''
	start_module 0 || exit 1
	go_on
	;;
2)
	equal "the state waits for its module" "$(objects pending)" "$all_objects"
	equal "nothing is restored" "$(objects restored)" ''
	start_module 1 pages=20000 || exit 1
	empty pending
	equal "the module got it" "$(objects restored)" "$all_objects"
	check "unregistering leaves the hand-over as it is" rmmod test_kstate
	equal "nothing is registered" "$(objects registered)" ''
	equal "what was restored stays restored" \
		"$(objects restored)" "$all_objects"
	put $sys/finish 1
	free=$(mem_free)
	check "the module comes and goes" load_many_times
	near "its memory is free again" "$(mem_free)" "$free" 4096
	check "the next kernel is loaded" load_next
	start_module 0 || exit 1
	check "the module goes when an image is loaded" rmmod test_kstate
	equal "nothing is registered" "$(objects registered)" ''
	jump
	fail "kexec -e came back"
	;;
3)
	empty pending
	equal "nothing is restored" "$(objects restored)" ''
	equal "nothing was left over" \
		"$(grep -c 'kstate: nothing is restored' $boot_log)" 0
	start_module 0
	put $sys/finish 1
	equal "no page was without an owner" \
		"$(dmesg | grep -c 'were not claimed')" 0
	;;
esac
