#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Half of memory is preserved in small pieces all over the place. Without help there
# is no room for an image, which is said while this kernel runs on; with
# kstate_reserve= there is, and the next kernel has to boot in the gaps. That one
# lies in what was set apart, and has to load one more.

# shellcheck source=lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=kstate-lib.sh
. "${0%/*}/kstate-lib.sh"

apart=$(cmdline_value kstate_reserve)

# Half of what is free is preserved in small pieces.
shred() {
	most=$((($(meminfo MemFree) - $(meminfo CmaFree) - 32768) / 4))
	had=$(cat $dbg/pages)
	# until there are no more pieces of the sizes that it takes
	put $dbg/pages $most
	had=$(($(cat $dbg/pages) - had))
	check "two thirds of free memory are preserved, or more" \
		[ "$had" -ge $((most * 2 / 3)) ]
	check "and half of it released" put $dbg/release $((had / 2))
	diag "$(cat $dbg/pages) pages are preserved"
}

case $stage in
1)
	start_module 0 || exit 1
	shred
	dmesg -c >/dev/null
	if [ -n "$apart" ]; then
		check "there is room for the image" load_next
		jump
		fail "it is jumped to"
		exit 1
	fi
	if load_next; then
		fail "there is no room for the image"
	else
		ok "there is no room for the image"
		equal "the log says why" "$(dmesg |
			grep -c 'kstate: no .* of contiguous memory')" 1
	fi
	equal "nothing goes on" "$(cat $sys/state)" idle
	pass_on check
	# The CPU keeps as much as it may of what is freed, from all over the place,
	# and would read the image's files into that.
	taskset -p 1 $$ >/dev/null
	put /proc/sys/vm/percpu_pagelist_high_fraction 8
	check "all of it is released" rmmod test_kstate
	go_on
	;;
2)
	if [ -z "$apart" ]; then
		empty pending
		ok "the next kernel is up"
		exit
	fi
	start_module 1
	shred
	diag "$(meminfo CmaTotal) KiB are set apart now"
	check "there is room for one more image" load_next
	jump
	fail "it is jumped to"
	;;
3)
	start_module 2
	ok "the one after it is up"
	;;
esac
