#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Nothing leaks: handing memory over and giving it up, here or in the next kernel,
# taking it over and exiting, all leave as much memory as there was; so do calls
# that fail half way, and jumps that do. Swapped memory is brought in.

# shellcheck source=lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=kstate-lib.sh
. "${0%/*}/kstate-lib.sh"

hand() {
	kmho_mem "$@" "seed=$seed" >/tmp/out 2>&1
	_status=$?
	grep '^not ok' /tmp/out
	return $_status
}

# KiB that KASAN and kmemleak may have kept back of what was freed
kept_back=0
! kmemleak_is_on || kept_back=32768

# settles TEXT WANTED SLACK: free memory comes to be WANTED KiB, or close to it.
# Some of what a process had is freed when others need it, or a little later.
settles() {
	_try=0
	_slack=$(($3 + kept_back))
	_now=$(mem_free)
	while [ $_try -lt 10 ] && { [ "$_now" -lt $(($2 - _slack)) ] ||
		[ "$_now" -gt $(($2 + _slack)) ]; }; do
		usleep 500000
		_try=$((_try + 1))
		_now=$(mem_free)
	done
	near "$1" "$_now" "$2" "$_slack"
}

# each CPU has some that it did not tell yet
vmstat() {
	put /proc/sys/vm/stat_refresh 1
	sed -n "s/^$1 //p" /proc/vmstat
}

# Bytes that are preserved and what it takes to say so
kept() {
	echo "$(cat $sys/preserved) $(cat $sys/map_bytes)"
}

group=/tmp/cgroup/kmho

cgroup() {
	mkdir -p /tmp/cgroup
	mount -t cgroup2 none /tmp/cgroup
	put /tmp/cgroup/cgroup.subtree_control +memory
	check "a cgroup" mkdir $group
}

in_cgroup() (
	# the shell that runs this, not the one that was started first
	sh -c 'echo $PPID' >$group/cgroup.procs
	"$@"
)

# KiB
charged() {
	echo $(($(cat $group/memory.current) / 1024))
}

give_and_cancel() {
	hand give 1 small:64 thp:64 sparse:16 shared:16 memfd:16 &&
		hand cancel 1
}

case $stage in
1)
	put /sys/kernel/mm/transparent_hugepage/enabled madvise
	# what is used once stays in caches
	check "a first time" give_and_cancel
	before=$(mem_free)
	kept=$(kept)
	for round in 1 2 3; do
		check "handed over and given up, time $round" give_and_cancel
	done
	settles "giving up frees memory" "$before" 4096
	equal "nothing is preserved" "$(kept)" "$kept"

	check "handed over" hand give 1 small:64 thp:64
	settles "it outlives the process" $((before - 131072)) 4096
	near "it is preserved" "$(($(cut -d' ' -f1 $sys/preserved) / 1024))" \
		131072 64
	check "the same key" test "$(hand give 1 small:64)" != ''
	settles "a call that fails keeps nothing" \
		$((before - 131072)) 4096
	check "given up" hand cancel 1
	settles "then it is free" "$before" 4096
	equal "no pin is left" "$(vmstat nr_foll_pin_acquired)" \
		"$(vmstat nr_foll_pin_released)"

	cgroup
	check "handed over in a cgroup" in_cgroup hand give 5 small:16
	near "it is charged after the process" "$(charged)" 16384 1024
	check "given up" hand cancel 5
	near "then it is not charged" "$(charged)" 0 1024

	mkswap /dev/ram0 >/dev/null
	check "there is swap" swapon /dev/ram0
	check "swapped memory is brought in" hand give 2 swap small:8 \
		shared:4
	kmho_fork give 11 8 out "seed=$seed" | pass
	check "it is free" swapoff /dev/ram0
	for kind in small:64 thp:64; do
		kmho_mem give 9 bench "seed=$seed" "$kind" >/tmp/out
		diag "$kind: $(grep '^#' /tmp/out | tr '\n' ' ')"
		check "and given up: $kind" hand cancel 9
	done
	check "handed over to be given up there" hand give 3 small:64 thp:64
	check "handed over to be taken over there" hand give 4 small:64 thp:64 \
		shared:16

	check "handed over while it becomes huge pages" hand give 6 collapse \
		gen=2 shared:32

	check "the next kernel is loaded" load_next
	check "a hand-over is tried" put $sys/dry_run 1
	check "giving up works after it" hand cancel 3
	check "and handing over" hand give 3 small:64 thp:64
	jump
	;;
*)
	kmho_fork take 11 8 "seed=$seed" | pass
	check "what became huge pages is as it was at the jump" hand take 6 \
		gen=2 shared:32
	cgroup
	put $group/memory.max 32M
	check "a cgroup has no room" test "$(in_cgroup hand take 4 \
		small:64 thp:64 shared:16 | grep -c 'Cannot allocate')" = 1
	near "nothing stays charged" "$(charged)" 0 1024
	before=$(mem_free)
	check "swapped memory came over" hand take 2 small:8 shared:4
	check "given up" hand cancel 3
	settles "that frees it" $((before + 131072 + 12288)) 4096
	check "taken over" hand take 4 small:64 thp:64 shared:16
	diag "$(grep us /tmp/out)"
	settles "exiting frees it" \
		$((before + 2 * 131072 + 28672)) 6144
	empty pending
	check "the hand-over is finished" put $sys/finish 1
	equal "nothing is preserved" "$(cat $sys/preserved)" 0
	;;
esac
