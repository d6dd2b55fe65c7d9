#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Much of memory is preserved in small pieces all over the place. Without help there
# is no room for an image, which is said while this kernel runs on; with
# kstate_reserve= there is, and the next kernel has to boot in the gaps. That one
# may lie in what was set apart, has as much set apart as this one, and does all of it
# again.

# shellcheck source=lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=kstate-lib.sh
. "${0%/*}/kstate-lib.sh"

apart=$(cmdline_value kstate_reserve)
last=$(($(hops) + 1))
# a quarter of memory; more if it does not have to go well
pages=65536
[ -n "$apart" ] || pages=92000

# Of what is free, the most is preserved in small pieces, then less of it: the next
# kernel needs gaps that are not too small.
shred() {
	most=$((($(meminfo MemFree) - $(meminfo CmaFree) - 32768) / 4))
	had=$(cat $dbg/pages)
	# the module needs some large pieces in the next kernel
	put /proc/sys/vm/nr_hugepages 16
	# a kernel that meets small pieces everywhere would keep more free
	put /proc/sys/vm/watermark_boost_factor 0
	# until there are no more pieces of the sizes that it takes
	put $dbg/pages $most
	check "two thirds of free memory are preserved, or more" \
		[ $(($(cat $dbg/pages) - had)) -ge $((most * 2 / 3)) ]
	check "and some of it released" \
		put $dbg/release $(($(cat $dbg/pages) - pages))
	put /proc/sys/vm/nr_hugepages 0
	diag "$(cat $dbg/pages) pages are preserved"
}

where() {
	sed -n 's/^ *\([0-9a-f]*\)-.*Kernel code$/\1/p' /proc/iomem
}

# The last but one kernel is told to set more apart, the last one less.
go_on_apart() {
	start_module $((stage - 1)) || exit 1
	diag "the kernel is at $(where), $(meminfo CmaFree) KiB are lent"
	if [ "$stage" -eq "$last" ]; then
		equal "less is set apart when told so" "$(meminfo CmaTotal)" 98304
		exit 0
	fi
	equal "as much is set apart as at first" "$(meminfo CmaTotal)" 163840
	more=$(dmesg | grep -c 'kstate_reserve: no more than before, 160 MiB')
	equal "that it is not more is said" "$more" $((stage == last - 1))
	shred
	case $stage in
	$((last - 2))) words=kstate_reserve=320M ;;
	$((last - 1))) words=kstate_reserve=96M ;;
	*) words= ;;
	esac
	# shellcheck disable=SC2086 # none or one
	check "there is room for the image" load_next $words
	jump
	fail "it is jumped to"
	exit 1
}

[ -z "$apart" ] || go_on_apart

case $stage in
1)
	start_module 0 || exit 1
	shred
	dmesg -c >/dev/null
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
	empty pending
	ok "the next kernel is up"
	;;
esac
