#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Random system calls on khofs and on tmpfs, side by side: each has to return
# the same on both. After a jump the tree is as it was, to the nanosecond, and
# as one in tmpfs in which the calls of all kernels before were made again; then
# both are gone on with.

# shellcheck source=lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=kstate-lib.sh
. "${0%/*}/kstate-lib.sh"

trees=/sys/fs/khofs
per_stage=600
before=$(((stage - 1) * per_stage))
options=size=4M,nr_inodes=400

# What is only looked at must not get other times by that: each directory can be
# seen at another place, by which times of access do not change.
look_at() {
	mkdir -p "/look/$1"
	mount -o bind "/ops/$1" "/look/$1"
	mount -o remount,bind,noatime "/look/$1"
}

mount_sides() {
	mkdir -p /ops/tmpfs /ops/khofs
	mount -t tmpfs -o "$options" none /ops/tmpfs
	if ! mount -t khofs -o "$options,name=ops" none /ops/khofs; then
		fail "mounted"
		exit 1
	fi
	look_at tmpfs
	look_at khofs
}

same_trees() {
	check "$1" khofs_ops compare /look/tmpfs /look/khofs
	while read -r _line; do
		diag "$_line"
	done </tmp/check.log
}

# A comparison that finds no difference has to be one that could.
wrong_is_seen() {
	mkdir -p /tmp/left /tmp/right
	mount -t tmpfs -o "$options" none /tmp/left
	mount -t tmpfs -o "$options,size=3M" none /tmp/right
	khofs_ops run "$seed" 0 1000 /tmp/left /tmp/right >/tmp/wrong.log
	check "another limit is seen" grep -q "^in sequence" /tmp/wrong.log
	umount /tmp/left /tmp/right
	mount -t tmpfs none /tmp/left
	mount -t tmpfs none /tmp/right
	khofs_ops replay "$seed" 0 20 /tmp/left
	khofs_ops replay "$seed" 0 20 /tmp/right
	for _side in left right; do
		dd if=/dev/zero of=/tmp/$_side/file bs=4k count=3 2>/dev/null
	done
	check "copies are equal" khofs_ops compare /tmp/left /tmp/right
	printf x | dd of=/tmp/right/file bs=1 seek=5000 conv=notrunc 2>/dev/null
	check "one byte is seen" sh -c '! khofs_ops compare /tmp/left /tmp/right'
	umount /tmp/left /tmp/right
}

sum() {
	khofs_tree list /look/khofs >/tmp/list || echo broken
	sha256sum </tmp/list | cut -d' ' -f1
}

mount_sides
if [ "$stage" -eq 1 ]; then
	diag "seed $seed"
	wrong_is_seen
else
	equal "all that can be seen is as it was" "$(sum)" \
		"$(cmdline_value khofs.sum)"
	khofs_ops replay "$seed" 0 $before /ops/tmpfs >/tmp/replay.log
	same_trees "it is what these calls make"
	check "the hand-over is finished" put $sys/finish 1
fi
check "calls return the same" \
	khofs_ops run "$seed" $before $per_stage /ops/tmpfs /ops/khofs
while read -r line; do
	diag "$line"
done </tmp/check.log
same_trees "they made the same"
equal "and took as much" "$(stat -f -c '%a %d' /ops/khofs)" \
	"$(stat -f -c '%a %d' /ops/tmpfs)"
if [ "$stage" -gt "$(hops)" ]; then
	umount /look/khofs /ops/khofs
	check "the tree is dropped" sh -c "echo ops >$trees/drop"
	exit 0
fi
go_on "khofs.sum=$(sum)"
