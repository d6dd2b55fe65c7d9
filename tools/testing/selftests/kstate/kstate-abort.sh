#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Everything up to the jump fails, at every allocation that it makes and by being
# killed, and nothing is lost or left behind: trace, files, memory of processes and
# the test module's objects go on, and are all there after the jump that succeeds.
# During that one an allocation fails when it is too late to refuse.

# shellcheck source=lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=kstate-lib.sh
. "${0%/*}/kstate-lib.sh"

tracing=/sys/kernel/tracing
debug=/sys/kernel/debug
mark=${0%/*}/trace_mark
cpus=$(nproc)
written=0
module=/lib/modules/$(uname -r)/test_kstate.ko
# seconds that a walk may take, about
most=$(cmdline_value abort.seconds)
most=${most:-10}
# keys of kmho(2) that are left for the walk in the next kernel, and one more
first=100 last=119
# and likewise of pairs, with the children's that much further on
first_pair=200 last_pair=219 child=100

# Let every allocation be one that can fail, and do not tell of each. Those that
# kmemleak makes for each of them are not meant: it has some in reserve.
if ! [ -d $debug/failslab ]; then
	skip "this kernel has no fault injection"
	exit 0
fi
reject=$(awk '$3 ~ /^(mem_pool_alloc|__alloc_object)$/ { from = $1; next }
	from { print "0x" from, "0x" $1; exit }' /proc/kallsyms)
for what in failslab fail_page_alloc; do
	put $debug/$what/verbose 0
	put $debug/$what/ignore-gfp-wait N
	if [ "$reject" ]; then
		put $debug/$what/reject-start "${reject% *}"
		put $debug/$what/reject-end "${reject#* }"
		put $debug/$what/stacktrace-depth 16
	fi
done
put $debug/fail_page_alloc/ignore-gfp-highmem N
put $debug/fail_page_alloc/min-order 0

# walk [OPTION...] STEP ARGUMENT...: passes on what it says.
walk() {
	abort_walk -r "$seed" -t "$most" "$@" >/tmp/walk 2>/tmp/walk.err
	_status=$?
	pass </tmp/walk
	while read -r _line; do
		diag "$_line"
	done </tmp/walk.err
	[ $_status -le 1 ] || fail "$*: the walk ended with $_status"
}

# take KEY KIND...: memory of processes is as it was.
take() {
	kmho_mem take "$@" "seed=$seed" 2>&1 | pass
}

sum() {
	khofs_tree list /khofs/tree >/tmp/list || echo broken
	sha256sum </tmp/list | cut -d' ' -f1
}

# Those who use KSTATE go on.
goes_on() {
	equal "$1: nothing is under way" "$(cat $sys/state)" idle
	equal "$1: recording is on" "$(cat $tracing/tracing_on)" 1
	check "$1: markers are written" "$mark" write $written 200 "$cpus"
	written=$((written + 200))
	check "$1: all are accounted for" "$mark" check $written "$cpus"
	check "$1: files can be written" sh -c "echo $written >/khofs/after"
	equal "$1: and are as they were" "$(sum)" "$sum"
	equal "$1: memory of processes is there" "$(kmho_mem keys 0)" "$given"
	if [ -d $dbg ]; then
		pass_on check
		equal "$1: the module's objects are registered" \
			"$(objects registered)" "$all_objects"
	fi
}

# An image whose command line asks for nearly all memory, and then so much preserved
# that there is just not enough left: reboot(2) is refused at its very end. What does
# not fit in an empty machine either is not refused.
load_too_much() {
	_huge=$(($(meminfo MemTotal) / 2048)) _refused=
	until load_bare /boot/k2 hugepages=$_huge 2>/dev/null && [ $_refused ]; do
		grep -q ENOSPC $sys/last_error && _refused=1
		_huge=$((_huge - 16))
		[ $_huge -gt 0 ] || return 1
	done
	diag "hugepages=$_huge is not refused"
	kmho_mem give 60 "seed=$seed" thp:48
	put $sys/dry_run 1 || grep ENOSPC $sys/last_error
}

users_start() {
	check "huge pages where they are asked for" \
		put /sys/kernel/mm/transparent_hugepage/enabled madvise
	mkdir -p /khofs /walk
	check "files" mount -t khofs -o noatime,size=128M none /khofs
	check "a tree of everything" khofs_tree make /khofs/tree "$seed"
	sum=$(sum)
	kmho_mem give 1 "seed=$seed" small:4 thp:64 memfd:2 >/tmp/given
	emit "$(cat /tmp/given)"
	for key in $(seq $first $((last + 1))); do
		kmho_mem give "$key" "seed=$seed" small:1 memfd:1 >/dev/null
	done
	for key in $(seq $first_pair $last_pair); do
		kmho_fork give "$key" 1 child=$((key + child)) "seed=$seed" >/dev/null
	done
	given=$(kmho_mem keys 0)
	echo 512 >$tracing/buffer_size_kb
	goes_on "before"
}

free_before() { free=$(mem_free); }
free_after() { near "$1: memory is free again" "$(mem_free)" "$free" 4096; }

walk_users() {
	walk files /khofs/walk
	walk mount /walk walk name=walk,size=1M
	walk umount /walk walk name=walk,size=1M
	walk drop /walk walk name=walk,size=1M
	walk give 50
	walk query 1
	walk cancel 50
	walk insmod "$module" test_kstate "seed=$seed hop=0 pages=40"
	walk rmmod "$module" test_kstate "seed=$seed hop=0 pages=40"
}

walk_jump() {
	check "an image that asks for too much" load_too_much
	# or else the walk would end in the next kernel
	grep -q ENOSPC $sys/last_error || exit 1
	given=$(kmho_mem keys 0)
	walk -t $((4 * most)) reboot
	saving=$(sed -n 's/^# reboot: \([0-9]*\) allocations.*/\1/p' /tmp/walk)
	goes_on "reboot"
	walk -k 40 reboot
	goes_on "killed"
	kexec -s -u
	kmho_mem cancel 60
	given=$(kmho_mem keys 0)
	check "an image that fits" load_bare /boot/k2 quiet
	walk dry_run
	goes_on "dry_run"
	kexec -s -u
}

walk_load() {
	walk load /boot/k2 - "quiet"
	# more than the page allocator has in one piece: this has to be searched for
	dd if=/dev/urandom of=/tmp/large bs=1M count=6 2>/dev/null
	walk -k 40 load /boot/k2 /tmp/large "quiet"
	rm /tmp/large
	walk unload /boot/k2 - "quiet"
	goes_on "load"
}

case $stage in
1)
	put $leaks clear
	users_start
	free_before
	walk_users
	free_after "users"
	goes_on "users"
	start_module 0 || exit 1
	free_before
	walk_jump
	free_after "reboot"
	walk_load
	free_after "load"
	! kmemleak_is_on || no_leaks "before the jump"
	load_next "abort.sum=$sum" "abort.written=$written"
	emit "# stage $stage jump up $(cut -d' ' -f1 /proc/uptime)"
	# from one that is refused on, until one is too late for that; the module
	# says whether there was one at all
	walk -n $((saving - 2)) reboot
	fail "the jump, with a failure when it is too late"
	exit 1
	;;
2)
	put $leaks clear
	start_module 1 || exit 1
	check "no marker is missing" "$mark" check \
		"$(cmdline_value abort.written)" "$cpus"
	mkdir -p /khofs
	walk mount /khofs default size=128M kept
	check "files are there" mount -t khofs -o noatime,size=128M none /khofs
	equal "and are as they were" "$(sum)" "$(cmdline_value abort.sum)"
	walk take $first $last
	walk take $first_pair $last_pair
	take 1 small:4 thp:64 memfd:2
	take $((last + 1)) small:1 memfd:1
	kmho_fork take $last_pair 1 child=$((last_pair + child)) "seed=$seed" | pass
	empty pending
	empty refused
	check "the hand-over is finished" put $sys/finish 1
	equal "no page was without an owner" \
		"$(dmesg | grep -c 'were not claimed')" 0
	;;
esac
