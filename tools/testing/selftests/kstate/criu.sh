#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# packages: criu
#
# Processes over two jumps: CRIU writes them to khofs, and the next kernel goes
# on with them, with their memory, a pipe that is not empty, a socket that
# listens, and files that they have open in khofs as well.

# shellcheck source=lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=kstate-lib.sh
. "${0%/*}/kstate-lib.sh"

port=7000
images=/khofs/images

ask() { timeout 30 criu_task ask $port; }

# All of what they say but for how far they have counted
have() { sed 's/ counts.*//'; }
parent_count() { sed 's/.*counts \([0-9]*\) .*/\1/'; }
child_count() { sed 's/.* //'; }

# criu_does TEXT COMMAND...: with what it says if it fails
criu_does() {
	_text=$1 _log=/tmp/criu-$2.log
	shift
	if criu "$@" --manage-cgroups=ignore -v4 -o "$_log" >/tmp/check.log 2>&1; then
		ok "$_text"
		return
	fi
	fail "$_text"
	{ grep -E 'Error|Warn' "$_log" || tail -n 20 "$_log" /tmp/check.log; } |
		while read -r _line; do diag "| $_line"; done
	exit 1
}

restore() { criu_does "$1" restore -D "$2" -d; }

# Those that are there count on.
count_on() {
	_then=$(ask)
	sleep 1
	_now=$(ask)
	equal "they have what they had" "$(echo "$_now" | have)" \
		"$(echo "$_then" | have)"
	check "the parent counts" test "$(echo "$_now" | parent_count)" \
		-gt "$(echo "$_then" | parent_count)"
	check "the child counts" test "$(echo "$_now" | child_count)" \
		-gt "$(echo "$_then" | child_count)"
	check "and writes it to its file" test "$(cat /khofs/work/child)" \
		-ge "$(echo "$_now" | child_count)"
}

# What they have is looked at, and not only whether there is something.
wrong_is_seen() {
	cp -r "$images" /tmp/damaged
	for _file in /tmp/damaged/pages-*.img; do
		printf x | dd of="$_file" bs=1 conv=notrunc 2>/dev/null \
			seek=$(($(stat -c %s "$_file") / 4))
	done
	restore "restored with bytes that are wrong" /tmp/damaged
	check "which are seen" test "$(ask | have | sha256sum)" != \
		"$(cat /khofs/have)"
	kill_all
	rm -r /tmp/damaged
}

kill_all() {
	kill -9 "$(cat /khofs/pid)"
	while [ -e "/proc/$(cat /khofs/pid)" ]; do
		usleep 100000
	done
	# The child ends when it sees that.
	usleep 500000
}

mkdir -p /run /khofs /dev/pts
mount -t tmpfs none /run
mount -t devpts none /dev/pts
ip link set lo up
check "mounted" mount -t khofs none /khofs
if [ "$stage" -eq 1 ]; then
	criu_does "the kernel has what CRIU needs" check
	mkdir /khofs/work
	cd /khofs/work || exit 1
	# The next kernel must not have used the numbers when they come back.
	echo 5000 >/proc/sys/kernel/ns_last_pid
	setsid criu_task run "$seed" $port </dev/null >log 2>&1 &
	echo $! >/khofs/pid
	while ! ask >/tmp/answer 2>/dev/null; do
		usleep 200000
	done
	cd /
else
	wrong_is_seen
	restore "restored" $images
	ask >/tmp/answer
	diag "$(cat /tmp/answer)"
	equal "they have what they had in the kernel before" \
		"$(have </tmp/answer | sha256sum)" "$(cat /khofs/have)"
	check "and have counted on" test "$(parent_count </tmp/answer)" \
		-ge "$(cmdline_value criu.count)"
	rm -r $images
fi
count_on
if [ "$stage" -gt "$(hops)" ]; then
	kill_all
	exit 0
fi
ask >/tmp/answer
diag "$(cat /tmp/answer)"
have </tmp/answer | sha256sum >/khofs/have
mkdir $images
criu_does "dumped" dump -t "$(cat /khofs/pid)" -D $images
check "they are gone" test ! -e "/proc/$(cat /khofs/pid)"
diag "$(du -sk $images | cut -f1) KiB"
go_on "criu.count=$(parent_count </tmp/answer)"
