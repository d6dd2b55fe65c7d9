#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Half of memory is preserved in small pieces all over the place. Without help there
# is no room for an image, which is said while this kernel runs on; with
# kstate_reserve= there is, and the next kernel has to boot in the gaps.

# shellcheck source=lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=kstate-lib.sh
. "${0%/*}/kstate-lib.sh"

apart=$(cmdline_value kstate_reserve)

case $stage in
1)
	start_module 0 || exit 1
	most=$((($(meminfo MemFree) - $(meminfo CmaFree) - 32768) / 4))
	# until there are no more pieces of the sizes that it takes
	put $dbg/pages $most
	had=$(cat $dbg/pages)
	check "two thirds of memory are preserved, or more" \
		[ "$had" -ge $((most * 2 / 3)) ]
	check "and half of it released" put $dbg/release $((had / 2))
	diag "$(cat $dbg/pages) pages are preserved"
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
	if [ -n "$apart" ]; then
		start_module 1
	else
		empty pending
	fi
	ok "the next kernel is up"
	;;
esac
