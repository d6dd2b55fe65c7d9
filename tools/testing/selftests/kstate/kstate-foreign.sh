#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Into a kernel without KSTATE, and back: it boots cold and is not harmed.

# shellcheck source=lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=kstate-lib.sh
. "${0%/*}/kstate-lib.sh"

# Write and read back most of what is free.
use_memory() {
	_mb=$(($(meminfo MemAvailable) / 2048))
	dd if=/dev/urandom of=/tmp/part bs=1M count=16 2>/dev/null
	_i=0
	while [ $_i -lt $((_mb / 16)) ]; do
		cp /tmp/part /tmp/part.$_i || return 1
		_i=$((_i + 1))
	done
	while [ $_i -gt 0 ]; do
		_i=$((_i - 1))
		cmp -s /tmp/part /tmp/part.$_i || return 1
		rm /tmp/part.$_i
	done
}

case $stage in
1)
	start_module 0 pages=5000 || exit 1
	go_on
	;;
2)
	diag "this is $(uname -rv)"
	check "it has no KSTATE" [ ! -e $sys ]
	equal "it does not complain" \
		"$(grep -v 'reserve setup_data:' $boot_log | grep -ciE 'setup_data|kstate:')" 0
	check "its memory can be used" use_memory
	# and back, where nothing was handed over
	next_stage /boot/k1
	;;
3)
	equal "the kernel after it boots cold" "$(cat $sys/generation)" 0
	equal "and says nothing" "$(grep -c 'nothing is restored' $boot_log)" 0
	empty pending
	start_module 0
	;;
esac
