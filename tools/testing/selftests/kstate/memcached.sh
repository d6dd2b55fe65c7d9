#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# packages: memcached
#
# Debian's memcached keeps what is cached over two jumps: its file, and what it
# notes when it is stopped, are on khofs. After each jump every key is there
# with every byte of its value, and new ones are set.

# shellcheck source=lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=kstate-lib.sh
. "${0%/*}/kstate-lib.sh"
# shellcheck source=memcached-lib.sh
. "${0%/*}/memcached-lib.sh"

dir=/khofs

# Bytes of values that are set before jump $1
size_of() {
	case $1 in
	1) echo $((256 << 20)) ;;
	*) echo $((32 << 20)) ;;
	esac
}

# set_or_get COMMAND STAGE: what came of it is told, too.
set_or_get() {
	check "$1 the keys of kernel $2" \
		mc_client "$1" "kernel$2" $((seed + $2)) "$(size_of "$2")"
	diag "$(cat /tmp/mc.out)"
}

mkdir $dir
check "mounted" mount -t khofs -o size=768M none $dir
if [ "$stage" -gt 1 ]; then
	equal "the files wait" "$(ls $dir)" "$(printf 'cache\ncache.meta')"
fi
check "memcached $(memcached -V | cut -d' ' -f2) starts" mc_start $dir 640
mc_client stats
if [ "$stage" -gt 1 ]; then
	equal "keys that it has" "$(mc_stat curr_items)" \
		"$(cmdline_value mc.items)"
	kernel=1
	while [ $kernel -lt "$stage" ]; do
		set_or_get get $kernel
		kernel=$((kernel + 1))
	done
fi
if [ "$stage" -le "$(hops)" ]; then
	set_or_get set "$stage"
fi
mc_client stats
equal "nothing was evicted" "$(mc_stat evictions)" 0
items=$(mc_stat curr_items)
diag "$items keys, $(du -m $dir/cache | cut -f1) MiB of the file"
check "memcached stops" mc_stop $dir
[ "$stage" -gt "$(hops)" ] || next_stage /boot/k2 "$seed_word" "mc.items=$items"
