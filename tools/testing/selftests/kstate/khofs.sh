#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Trees of khofs over two jumps, into another kernel and back: all that can be
# seen of one of every kind of file is as it was, and both can be gone on with.
# One tree has huge pages, one is not mounted at the jumps, one is not kept.

# shellcheck source=lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=kstate-lib.sh
. "${0%/*}/kstate-lib.sh"

trees=/sys/fs/khofs

# The command of the first boot and of all others
mount_trees() {
	mkdir -p /khofs /huge /held
	check "mounted" mount -t khofs -o noatime,size=128M none /khofs
	check "mounted with huge pages" mount -t khofs \
		-o noatime,name=huge,huge=always,size=64M,nr_inodes=5000,mode=0700 \
		none /huge
	check "mounted for files without names" \
		mount -t khofs -o name=held none /held
}

# The first mount told it, later ones do not.
policy() {
	sed -n 's/.* .held khofs .*,\(mpol=.*\) 0 0/\1/p' /proc/mounts
}

refused() {
	_text=$1
	shift
	if mount -t khofs "$@" none /tmp/refused 2>/dev/null; then
		umount /tmp/refused
		fail "refused: $_text"
	else
		ok "refused: $_text"
	fi
}

list() {
	khofs_tree list /khofs
	khofs_tree list /huge
}

# What is passed on by the command line, so not by what is tested
sums() {
	list >/tmp/list || echo "khofs.broken=1"
	echo "khofs.sum=$(sha256sum </tmp/list | cut -d' ' -f1)"
	echo "khofs.lines=$(wc -l </tmp/list)"
	echo "khofs.bytes=$(cat $trees/default/bytes)"
	echo "khofs.thp=$(meminfo ShmemHugePages)"
	# for a look at what differs, if anything does
	mount -t khofs -o name=list none /tmp/refused
	cp /tmp/list /tmp/refused/list
	umount /tmp/refused
}

compare() {
	list >/tmp/list
	equal "files" "$(wc -l </tmp/list)" "$(cmdline_value khofs.lines)"
	equal "ACLs among them" "$(grep -c 'system\.posix_acl_' /tmp/list)" 30
	equal "all that can be seen of them" \
		"$(sha256sum </tmp/list | cut -d' ' -f1)" \
		"$(cmdline_value khofs.sum)"
	equal "what they take" "$(cat $trees/default/bytes)" \
		"$(cmdline_value khofs.bytes)"
	equal "huge pages" "$(meminfo ShmemHugePages)" \
		"$(cmdline_value khofs.thp)"
	mount -t khofs -o name=list none /tmp/refused
	diff /tmp/refused/list /tmp/list | head -n 20 | while read -r _line; do
		diag "$_line"
	done
	umount /tmp/refused
}

make_all() {
	check "a tree of everything" khofs_tree make "/khofs/$1" "$seed"
	check "a tree of everything, huge" khofs_tree make "/huge/$1" "$seed"
}

options() {
	refused "a name with a slash" -o name=a/b
	refused "an empty name" -o name=
	refused "a name that is too long" -o "name=$(printf '%064d' 0)"
	refused "a limit that is too small for what is there" -o size=4k
	mount -t khofs none /tmp/refused
	check "two mounts are of one tree" test -e /tmp/refused/tree1/large
	check "a remount" mount -o remount,size=256M /tmp/refused
	check "the name cannot change" \
		sh -c '! mount -o remount,name=other /tmp/refused 2>/dev/null'
	umount /tmp/refused
	# Where nobody could say in which pages it is
	check "no file is of more than 64 PiB" sh -c \
		"! dd if=/dev/zero of=/khofs/far bs=1 count=1 seek=$((1 << 56))"
	check "which would be in the way" put $sys/dry_run 1
	equal "it shows its name" \
		"$(sed -n 's/.* .huge khofs .*\(name=huge\).*/\1/p' /proc/mounts)" \
		name=huge
	mount -t khofs -o name=gone,nokeep none /tmp/refused
	check "one that is not kept is listed" test -d $trees/gone
	umount /tmp/refused
	check "and goes when it is unmounted" test ! -e $trees/gone
	mount -t khofs -o name=dropped none /tmp/refused
	check "what is mounted is not dropped" \
		sh -c "! echo dropped >$trees/drop 2>/dev/null"
	umount /tmp/refused
	check "what is not, is kept" test -d $trees/dropped
	check "until it is dropped" kstate trees --drop=dropped
	check "and then it is gone" test ! -e $trees/dropped
}

mkdir -p /tmp/refused
old=tree$((stage - 1))
if [ "$stage" -gt 1 ]; then
	equal "trees that wait" \
		"$(cat $trees/default/mounted $trees/huge/mounted $trees/list/mounted)" \
		"0
0
0"
fi
mount_trees
if [ "$stage" -eq 1 ]; then
	check "a memory policy" mount -o remount,mpol=interleave:0 /held
	make_all tree1
	options
	# Nobody can write while a hand-over is prepared, and then they can.
	check "a hand-over that is called off" put $sys/dry_run 1
	check "files can be written" sh -c 'echo x >/khofs/after'
	check "and made" khofs_tree make /khofs/later "$seed"
else
	compare
	equal "files without names are gone" "$(cat $trees/held/bytes)" 0
	equal "the memory policy" "$(policy)" mpol=interleave:0
	empty pending
	empty refused
	check "the hand-over is finished" put $sys/finish 1
	check "nothing was left over" \
		sh -c '! dmesg | grep -q "pages were not claimed"'
	compare
	make_all "tree$stage"
	for dir in /khofs /huge; do
		khofs_tree unlock "$dir/$old/immutable"
		check "what was in $dir goes" rm -r "$dir/$old"
	done
	if [ "$stage" -gt "$(hops)" ]; then
		cd /
		umount /khofs /huge /held
		for tree in default huge list held; do
			check "$tree is dropped" sh -c "echo $tree >$trees/drop"
		done
		equal "none is left" "$(ls -d $trees/*/ 2>/dev/null)" ""
		exit 0
	fi
fi
words=$(sums | tr '\n' ' ')
check "files without names" khofs_tree hold /held
check "which take memory" test "$(cat $trees/held/bytes)" -gt 6000000
case $((stage % 2)) in
1) next_stage /boot/k2 "$seed_word" "$words" ;;
0) next_stage /boot/k1 "$seed_word" "$words" ;;
esac
