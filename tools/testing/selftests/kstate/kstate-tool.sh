#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# kstate(8) on a running kernel, before the jump and after it.

# shellcheck source=lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=kstate-lib.sh
. "${0%/*}/kstate-lib.sh"

module=/lib/modules/$(uname -r)/test_kstate.ko

# says STATUS PATTERN ARGUMENT...: exit status, and a line that matches
says() {
	_status=$1 _pattern=$2
	shift 2
	kstate "$@" >/tmp/kstate.out 2>&1
	_got=$?
	if [ "$_got" -eq "$_status" ] && grep -q -- "$_pattern" /tmp/kstate.out; then
		ok "kstate $*: $_pattern"
		return
	fi
	fail "kstate $*: $_pattern"
	diag "status $_got, wanted $_status"
	head -n 40 /tmp/kstate.out | while read -r _line; do diag "| $_line"; done
}

case $stage in
1)
	says 0 '^generation: 0, nothing was handed over' status
	start_module 0 || exit 1
	says 0 '^state:      idle' status
	says 0 '"generation": 0' status --json
	says 0 '^registered test_kstate.memory ' list
	says 0 '"description": "test_kstate.late"' list --json registered
	says 3 'is empty' dump --live
	equal "a list is the same in small pieces" \
		"$(dd if=$sys/registered bs=7 2>/dev/null)" \
		"$(cat $sys/registered)"
	equal "lists are counted" "$(sed -n 's/^registered //p' $sys/counts)" \
		"$(wc -l <$sys/registered)"
	equal "lists are for root" "$(stat -c %a $sys/registered)" 400

	says 0 '^bzImage: ' dump --schemas /boot/k1
	says 0 '^object file: ' dump --schemas "$module"
	says 1 'test_kstate.all: lost: .* is not known to the image' \
		check /boot/k1
	says 0 ': restorable' check /boot/k1 "$module"
	says 0 ': restorable' check /boot/k1 --from /boot/k1
	says 0 'no schema differs' diff /boot/k1 /boot/k1
	check "there is mandatory state" put $dbg/must good
	says 0 'test_kstate.must (mandatory): restorable' \
		check /boot/k1 "$module"
	put $dbg/must type
	says 2 'test_kstate.must.value was saved as another type' \
		check /boot/k1 "$module"
	put $dbg/must none

	says 0 '^test_kstate.all  *3 .* ok$' dry-run
	says 0 '^everything can be saved' dry-run
	equal "a dry run leaves nothing behind" "$(cat $sys/state)" idle
	pass_on check
	check "an image is loaded" load_next
	says 0 '"status": 0' dry-run --json
	put $dbg/fail prepare
	says 2 '^test_kstate.memory .* -EREMOTEIO' dry-run
	free=$(mem_free)
	for _ in 1 2 3 4 5; do kstate dry-run >/dev/null; done
	near "dry runs cost no memory" "$(mem_free)" "$free" 2048
	pass_on check
	jump
	fail "kexec -e came back after dry runs"
	;;
2)
	says 0 '^generation: 1 hand-over since' status
	says 0 '^object test_kstate.memory 0: ' dump --live
	says 0 '"description": "test_kstate.late"' dump --live --json
	kstate dump --live >/tmp/dump
	equal "no address is shown" "$(grep -c 'address "0x' /tmp/dump)" 0
	says 0 'address "0x' dump --live --addresses
	cat /sys/kernel/debug/kstate/stream >/tmp/stream
	says 1 'test_kstate.all: lost: .* is not known' \
		check /boot/k1 --from /tmp/stream
	says 0 ': restorable' check /boot/k1 "$module" --from /tmp/stream
	says 0 '^pending    test_kstate.memory ' list pending
	start_module 1 || exit 1
	says 0 '^restored   test_kstate.memory ' list
	put $sys/finish 1
	says 3 'is empty' dump --live
	;;
esac
