#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Memory of every kind that user space can have stays in place, over two jumps,
# between a kernel with four and one with five levels of page tables: small and
# huge pages of both sizes, of each node, above 4 GiB, out of ZONE_MOVABLE, and
# beside them an area of vmalloc() and a region of reserve_mem=. The pools of huge
# pages have what the command line says, and the pages that came besides.

# shellcheck source=lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=kstate-lib.sh
. "${0%/*}/kstate-lib.sh"

user=/sys/kernel/debug/test_kstate_user
pools=/sys/kernel/mm/hugepages

# pool SIZE FILE
pool() {
	cat "$pools/hugepages-$1kB/$2"
}

if ! insmod "/lib/modules/$(uname -r)/test_kstate_user.ko" seed="$seed"; then
	fail "the test module starts"
	exit 1
fi

pin() {
	check "pinned and preserved: $*" pin_mem pin "$@"
}


case $stage in
1)
	pin small 8388608
	pin node0 8388608 node=0
	pin node1 8388608 node=1
	pin thp 33554432 thp
	pin huge2m 16777216 huge=2097152
	pin huge1g 1073741824 huge=1073741824
	check "what has to stay movable is refused" \
		pin_mem movable moving 4194304 node=1
	equal "huge pages of 2M are in use" "$(pool 2048 free_hugepages)" 8
	equal "huge pages of 1G are in use" "$(pool 1048576 free_hugepages)" 0
	;;
*)
	pass <$user/results >/tmp/results
	equal "all came back" "$(grep -c '^ok' /tmp/results)" 8
	equal "2M: the pool and what came" "$(pool 2048 nr_hugepages)" 24
	equal "2M: what came is surplus" "$(pool 2048 surplus_hugepages)" 8
	equal "2M: the pool is free" "$(pool 2048 free_hugepages)" 16
	equal "1G: the pool and what came" "$(pool 1048576 nr_hugepages)" 2
	equal "1G: what came is surplus" "$(pool 1048576 surplus_hugepages)" 1
	make_cgroup small
	make_cgroup large
	echo 4M >$cgroups/small/memory.max
	if in_cgroup small sh -c "echo 1 >$user/charge" 2>/dev/null; then
		fail "nobody is charged for more than is allowed"
	fi
	check "nearly as much as is allowed is charged" \
		[ "$(charged small)" -gt 3500 ]
	check "the rest is charged" in_cgroup large sh -c "echo 1 >$user/charge"
	near "all that is no huge page is charged" \
		$(($(charged small) + $(charged large))) 57344 1024
	empty pending
	check "the hand-over is finished" put $sys/finish 1
	;;
esac
[ "$stage" -le "$(hops)" ] || exit 0
case $((stage % 2)) in
1) next_stage /boot/k2 "$seed_word" ;;
0) next_stage /boot/k1 "$seed_word" ;;
esac
