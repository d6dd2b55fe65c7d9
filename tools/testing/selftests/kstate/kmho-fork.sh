#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# What a parent and its child have in common when both hand it over with kmho(2) is
# there once, before and after two jumps, into another build and back, and who
# stores to it gets a copy. By processes that exit or go on to the jump, after a
# hand-over that was called off; in small pages and huge ones; taken over where it
# was or elsewhere, by both or only one; the other one's given up before; by one that
# hands both over as one. kmho-movable has all of it in memory that has to be movable.

# shellcheck source=lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=kstate-lib.sh
. "${0%/*}/kstate-lib.sh"

mib=16

# fork_test WHAT WORD...: passes on what kmho_fork says, with WHAT before it.
fork_test() {
	_what=$1
	shift
	kmho_fork "$@" "seed=$seed" >/tmp/out 2>/tmp/err
	_status=$?
	[ $_status -le 1 ] || fail "$_what: kmho_fork ended with $_status"
	pass_with "$_what" </tmp/out
}

# KiB that are preserved
kept() { echo $(($(cat $sys/preserved) / 1024)); }

# Of 16 pages 12 are there once, the others twice.
once() {
	_now=$(kept)
	near "$1" $((_now - before)) $((mib * 1024 * 20 / 16)) 128
}

# started FILE: two lines say that both processes have handed over.
started() {
	_try=0
	until [ "$(grep -c 'ok -' "$1")" = 2 ] || [ $_try = 100 ]; do
		usleep 100000
		_try=$((_try + 1))
	done
	pass_with 'and stays' <"$1"
}

case $stage in
1)
	put /sys/kernel/mm/transparent_hugepage/enabled madvise
	before=$(kept)
	fork_test "1, 2" give 1 $mib
	once "what is in common is kept once"
	equal "the parent's key" "$(kmho_mem keys 0 | grep -c '^1 ')" 1
	check "the child's is given up" kmho_mem cancel 2
	near "then the parent's is all that is kept" $(($(kept) - before)) \
		$((mib * 1024)) 128
	check "and the parent's" kmho_mem cancel 1
	equal "nothing is kept any more" "$(kept)" "$before"

	fork_test "3, 4" give 3 $mib lazy
	fork_test "5, 6, huge" give 5 $mib thp
	fork_test "7, 8" give 7 $mib
	fork_test "9, 10" give 9 $mib
	fork_test "11, 12" give 11 $mib
	fork_test "13, 14" give 13 $mib
	# a page or two more than it takes at the call: what replaces something
	# makes more extents, and is kept nevertheless
	fork_test "41, 42, at the limit" give 41 $mib uid=1005 \
		limit=$((2 * mib * 1024 + 28))
	fork_test "overlapping" overlap 31 1
	equal "what was stored after it is kept" \
		"$(kmho_mem keys 0 | sed -n 's/^31 .* //p')" 4096
	check "and given up" kmho_mem cancel 31
	check "and the other one" kmho_mem cancel 32
	put /proc/sys/vm/stat_refresh 1
	equal "nothing is isolated" \
		"$(awk '/^nr_isolated/ { n += $2 } END { print n }' /proc/vmstat)" 0
	before=$(kept)
	kmho_fork give 21 $mib wait "seed=$seed" >/tmp/wait21 &
	started /tmp/wait21
	# what they store after the call comes a little later
	usleep 1000000
	for try in 1 2; do
		check "hand-over $try is called off" put $sys/dry_run 1
		once "what is in common is kept once, also by who stays"
	done
	go_on
	;;
2)
	fork_test "3, 4" take 3 $mib
	fork_test "5, 6, huge" take 5 $mib again
	fork_test "7, 8" take 7 $mib shift
	fork_test "9" take 9 $mib lone
	check "10 is given up" kmho_mem cancel 10
	check "12 is given up" kmho_mem cancel 12
	fork_test "11" take 11 $mib lone
	fork_test "21, 22" take 21 $mib again
	fork_test "13, 14" take 13 $mib twice
	fork_test "41, at the limit" take 41 $mib uid=1005 lone
	check "42 is given up" kmho_mem cancel 42 uid=1005
	;;
*)
	fork_test "5, 6, twice" take 5 $mib
	fork_test "21, 22, twice" take 21 $mib
	fork_test "13, 14 as one" take 13 $mib one
	equal "no key is left" "$(kmho_mem keys 0)" ''
	;;
esac
empty refused
empty pending
check "the hand-over is finished" put $sys/finish 1
[ "$stage" = 3 ] && equal "nothing is preserved" "$(cat $sys/preserved)" 0
if [ "$stage" -le "$(hops)" ]; then
	next_stage /boot/k1 "$seed_word"
fi
