#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# A hand-over that fails is undone, the host goes on, and the next try works.

# shellcheck source=lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=kstate-lib.sh
. "${0%/*}/kstate-lib.sh"

# fail_once WHERE OBJECT: the jump is refused and everything is as before.
fail_once() {
	put $dbg/fail "$1"
	jump
	ok "$1 fails: kexec -e came back"
	equal "$1 fails: nothing goes on" "$(cat $sys/state)" idle
	equal "$1 fails: the error is told" \
		"$(cut -d' ' -f1,2,5 $sys/last_error)" "$2 -EREMOTEIO"
	pass_on check
	equal "$1 fails: all is still registered" \
		"$(objects registered)" "$all_objects"
}

case $stage in
1)
	start_module 0 || exit 1
	kexec -e
	equal "without an image nothing goes on" "$(cat $sys/state)" idle
	pass_on check
	check "the next kernel is loaded" load_next
	fail_once prepare "test_kstate.memory 0"
	free=$(mem_free)
	fail_once prepare "test_kstate.memory 0"
	fail_once size "test_kstate.all 18446744073709551615"
	fail_once custom "test_kstate.all 18446744073709551615"
	fail_once save "test_kstate.memory 0"
	near "failing costs no memory" "$(mem_free)" "$free" 2048
	check "pages can still be preserved" put $dbg/pages 100
	jump
	fail "the next try works"
	;;
2)
	ok "the next try works"
	start_module 1 || exit 1
	# too late to refuse: only this object is lost
	put $dbg/fail late
	go_on
	;;
3)
	equal "an object that cannot be saved late is lost" \
		"$(objects lost)" "test_kstate.late 0,"
	equal "the log says so" \
		"$(grep -c 'kstate: test_kstate.late.0 was lost' $boot_log)" 1
	start_module 2 lost=1
	;;
esac
