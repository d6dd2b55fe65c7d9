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
case $stage in
1)
	note_memory
	;;
11)
	equal "a good one is restored after that" "$(cat $sys/generation)" 1
	start_module 1
	exit
	;;
*)
	nothing_restored "$damage"
	no_memory_missing "$damage: no memory is missing" 64
	;;
esac

start_module 0 pages=2000 || exit 1
next=$(damage_of $((stage + 1)))
check "the next one will be damaged: $next" \
	put /sys/kernel/debug/kstate_damage "${next:-none}"
go_on
