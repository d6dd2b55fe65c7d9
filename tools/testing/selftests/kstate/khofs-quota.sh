#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Quotas of khofs over two jumps: limits, grace times and what everybody has are as
# they were, and hold. A kernel without quotas is refused.

# functions are called by check
# shellcheck disable=SC2317

# shellcheck source=lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=kstate-lib.sh
. "${0%/*}/kstate-lib.sh"

# The command of the first boot and of all others
mount_tree() {
	check "mounted" mount -t khofs -o "noatime,usrquota,grpquota,$defaults" \
		none /khofs
}
defaults=usrquota_block_hardlimit=8M,usrquota_inode_hardlimit=1000

# write FILE KIB
write() {
	as user "dd if=/dev/urandom of=/khofs/user/$1 bs=1k count=$2 2>&1"
}

# over TEXT COMMAND...: it would be over a quota
over() {
	_text=$1
	shift
	if "$@" >/tmp/over 2>&1; then
		fail "$_text"
	else
		check "$_text" grep -qi 'quota exceeded' /tmp/over
	fi
}

# file_of OWNER FILE KIB
file_of() {
	dd if=/dev/urandom of="/khofs/$2" bs=1k count="$3" 2>/dev/null
	chown "$1" "/khofs/$2"
}

give() {
	mkdir /khofs/user
	chown 1000:100 /khofs/user
	check "limits of a user" khofs_quota set /khofs user 1000 2000 4000 10 20
	check "of one who has nothing" khofs_quota set /khofs user 2000 0 123 0 45
	check "of a group" khofs_quota set /khofs group 100 0 6000 0 0
	check "a while that is allowed" khofs_quota grace /khofs user 5000 6000
	check "what is allowed" write first 1000
	ln /khofs/user/first /khofs/user/linked
	as user "mkfifo /khofs/user/fifo; ln -s $(printf '%0200d' 7) /khofs/user/link"
	file_of 3000:300 a 7000
	file_of 4000:300 b 100
	# more than is allowed for long, so that a time is running
	check "limits for less than there is" khofs_quota set /khofs user 3000 5 9000 0 0
	check "and for much less" khofs_quota set /khofs user 4000 0 50 0 1
	truncate -s 1G /khofs/b
	fallocate -l 64K /khofs/c
	chown 4000 /khofs/c
	chown -h 4000 /khofs/user/link
	over "who has too much gets nothing" as other \
		"dd if=/dev/zero of=/khofs/b bs=4k count=1 seek=1000 conv=notrunc 2>&1"
	equal "a time is running" "$(khofs_quota list /khofs |
		grep -c '^user 3000: .* until [1-9][0-9]*, ')" 1
}

# What was allowed still is, and no more.
limits_hold() {
	check "what is allowed" write more 2000
	over "more is not" write "more$stage" 3000
	rm "/khofs/user/more$stage" /khofs/user/more
	check "not more files either" as user \
		"for i in \$(seq 30); do (: >/khofs/user/no\$i) || exit 0; done; exit 1"
	equal "but those" "$(find /khofs/user -name 'no*' | wc -l)" 17
	rm /khofs/user/no*
	equal "who is new has what all have" "$(file_of 5000 new 1
		khofs_quota list /khofs | sed -n 's/^user 5000: //p')" \
		"4096 bytes of 0 to 8192 KiB until 0, 1 files of 0 to 1000 until 0"
	rm /khofs/new
}

no_limits_hold() {
	check "nothing holds without limits" write "more$stage" 4500
	rm "/khofs/user/more$stage"
}

add_user user 1000 100
add_user other 4000 300
mkdir -p /khofs /notes /tmp/refused
mount_tree
mount -t khofs -o noatime,name=notes none /notes
if [ "$stage" -eq 1 ]; then
	give
	limits_hold
	check "no quotas where there were none" \
		sh -c "! mount -t khofs -o usrquota,name=notes none /tmp/refused"
	check "no other limits for all" sh -c \
		"! mount -o remount,usrquota_block_hardlimit=9M /khofs 2>/dev/null"
else
	empty refused
	empty pending
	khofs_quota list /khofs >/tmp/list
	check "what there is, and what may be" diff /notes/list /tmp/list
	check "is all that there was" test "$(wc -l </notes/list)" -ge 10
	equal "it shows its options" "$(sed -n 's/.* .khofs khofs .*\(,usrq.*\) 0 0/\1/p' \
		/proc/mounts)" ",$(cat /notes/options)"
	put $sys/finish 1
fi
case $stage in
2)
	limits_hold
	check "counting goes on without limits" khofs_quota off /khofs user
	no_limits_hold
	;;
3)
	no_limits_hold
	rm -r /khofs/*
	equal "nobody has anything" "$(khofs_quota list /khofs |
		grep -v '^[a-z]* 0: ' | grep -v ': 0 bytes .*, 0 files' | grep -c ' [0-9]*:')" 0
	exit 0
	;;
esac
sed -n 's/.* .khofs khofs .*,\(usrq.*\) 0 0/\1/p' /proc/mounts >/notes/options
khofs_quota list /khofs >/notes/list
diag "$(wc -l </notes/list) lines of quotas"
if [ "$stage" -eq 1 ]; then
	dmesg -c >/dev/null
	# Which trees there are is known when they are handed over.
	check "a kernel without quotas is loaded" load_bare /boot/k2
	jump
	ok "but not jumped into"
	check "the log says why" sh -c \
		"dmesg | grep 'kstate: the image cannot restore khofs.*quotas'"
fi
next_stage /boot/k1
