#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Memory of processes goes to the next kernel with kmho(2), over two jumps, into
# another build and back. Of every kind of memory, by processes that exit, are
# killed, go on to the jump, fork, or store after the call, also into holes; taken
# over where it was or elsewhere, at once or in parts, by its user only. One key is
# left alone by the kernel in between.

# shellcheck source=lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=kstate-lib.sh
. "${0%/*}/kstate-lib.sh"

every="small:8 thp:16 cut:8 sparse:4 zero:4 mixed:2 locked:2 hole:64 shared:4 \
shthp:4 memfd:4 twin:2 late:8 gone:2 shlate:4 devzero:1"

# mem_test WHAT WORD...: passes on what kmho_mem says, with WHAT before it.
mem_test() {
	_what=$1
	shift
	kmho_mem "$@" "seed=$seed" >/tmp/out 2>/tmp/err
	_status=$?
	# 1 is said already; 137: it was to be killed
	case $_status in
	0|1|137) ;;
	*) fail "$_what: kmho_mem ended with $_status" ;;
	esac
	pass_with "$_what" </tmp/out
}

within() { [ "$1" -ge "$2" ] && [ "$1" -le "$3" ]; }
give() { mem_test "$1" give "$@"; }
take() { mem_test "$1" take "$@"; }

case $stage in
1)
	check "huge pages where they are asked for" \
		put /sys/kernel/mm/transparent_hugepage/enabled madvise
	check "and for shared memory" \
		put /sys/kernel/mm/transparent_hugepage/shmem_enabled advise
	kmho_errors given >/tmp/out
	pass </tmp/out
	equal "nothing is preserved" "$(cat $sys/preserved)" 0
	# shellcheck disable=SC2086  # a list of words
	give 1 gen=2 fork $every
	give 2 share small:8 thp:8 sparse:4 shared:4
	give 3 uid=1000 kill small:2 thp:2 late:2 shlate:2
	give 4 small:8 thp:8 sparse:4 shared:2 memfd:6 twin:3
	give 5 unmap small:4 thp:4 mixed:2 memfd:4
	kmho_mem give 6 "seed=$seed" wait gen=2 small:4 thp:4 shared:4 \
		late:4 shlate:2 >/tmp/wait &
	give 7 uid=1000 small:1
	give 8 thp:4 small:2
	give 9 uid=1002 memfd:4 twin:2
	give 10 uid=1004 late:32
	equal "who stores more than may be locked is told of in the log" \
		"$(dmesg | grep -c 'key 10 of user 1004: not all that was')" 1
	bytes=$(kmho_mem keys 0 uid=1004 | cut -d' ' -f4)
	check "$bytes bytes of it are kept, the limit is 8 MiB" \
		within "$bytes" 8300000 8388608
	mem_test 10 cancel 10 uid=1004
	until grep -q ok /tmp/wait; do
		usleep 100000
	done
	usleep 1000000
	emit "$(cat /tmp/wait)"
	# what is found in holes then has to stay
	check "a hand-over that is called off" put $sys/dry_run 1
	equal "one object stands for all keys" \
		"$(grep -c '^mm\.kmho ' $sys/registered)" 1
	go_on
	;;
2)
	equal "what came is registered again" \
		"$(grep -c '^mm\.kmho ' $sys/registered)" 1
	kmho_errors arrived 8 >/tmp/out
	pass </tmp/out
	mem_test 8 cancel 8
	# shellcheck disable=SC2086
	take 1 gen=2 again $every
	take 2 any share small:8 thp:8 sparse:4 shared:4
	lost=$(kmho_mem take 3 uid=1001 small:2 thp:2 late:2 shlate:2 |
		grep -c '^not ok')
	check "another user does not find it" test "$lost" -gt 0
	take 3 uid=1000 all small:2 thp:2 late:2 shlate:2
	take 5 shift small:4 thp:4 mixed:2 memfd:4
	take 6 one gen=2 small:4 thp:4 shared:4 late:4 shlate:2
	take 9 uid=1002 apart any memfd:4 twin:2
	;;
*)
	# shellcheck disable=SC2086
	take 1 gen=2 $every
	take 4 all small:8 thp:8 sparse:4 shared:2 memfd:6 twin:3
	take 7 other=1000 small:1
	equal "no key is left" "$(kmho_mem keys 0)" ''
	equal "and no object" "$(grep '^mm\.kmho ' $sys/registered)" ''
	;;
esac
empty refused
empty pending
check "the hand-over is finished" put $sys/finish 1
if [ "$stage" -le "$(hops)" ]; then
	next_stage /boot/k1 "$seed_word"
fi
