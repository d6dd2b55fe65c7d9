#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# A hand-over that is damaged: the next kernel boots cold, says why in one
# line, and has all its memory. A different place at every hop.

# shellcheck source=lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=kstate-lib.sh
. "${0%/*}/kstate-lib.sh"

# What the kernel of each stage but the first is to find. The last one finds a
# hand-over that is in order.
damage_of() {
	case $1 in
	2) echo "root 0" ;;
	3) echo "root 70" ;;
	4) echo "map 8" ;;
	5) echo "leaf 4000" ;;
	6) echo "index 3000" ;;
	7) echo "index_end 16" ;;
	8) echo "stream 20" ;;
	9) echo "stream 100" ;;
	10) echo "stream 1000000" ;;
	esac
}

damage=$(damage_of "$stage")
total=$(meminfo MemTotal)
case $stage in
1)
	seed_word="$seed_word kstate.memtotal=$total"
	;;
11)
	equal "a good one is restored after that" "$(cat $sys/generation)" 1
	start_module 1
	exit
	;;
*)
	equal "$damage: one line says why" \
		"$(grep -c 'kstate: nothing is restored: ' $boot_log)" 1
	diag "$(sed -n 's/.*kstate: nothing/nothing/p' $boot_log)"
	equal "$damage: nothing else of KSTATE is in the log" \
		"$(grep -c 'kstate: ' $boot_log)" 1
	equal "$damage: it counts as a cold boot" "$(cat $sys/generation)" 0
	empty pending
	near "$damage: no memory is missing" "$total" \
		"$(cmdline_value kstate.memtotal)" 64
	;;
esac

start_module 0 pages=2000 || exit 1
next=$(damage_of $((stage + 1)))
check "the next one will be damaged: $next" \
	put /sys/kernel/debug/kstate_damage "${next:-none}"
go_on
