# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# Sourced by the kstate-*.sh scenarios, after lib.sh: driving lib/test_kstate.

sys=/sys/kernel/kstate
dbg=/sys/kernel/debug/test_kstate
boot_log=/tmp/boot.log

# What the module makes its contents from: chosen in the first kernel, told to
# the next ones on their command line, so not by what is tested.
seed=$(cmdline_value kstate.seed)
seed_word=
if [ -z "$seed" ]; then
	seed=$(od -An -N6 -tu8 /dev/urandom | tr -d ' ')
	seed_word=kstate.seed=$seed
fi

# What the kernel said while it booted, before tests fill the log.
dmesg >$boot_log

# start_module HOP [PARAMETER...]: load the module, pass on what it found.
start_module() {
	_hop=$1
	shift
	if ! insmod "/lib/modules/$(uname -r)/test_kstate.ko" \
		seed="$seed" hop="$_hop" "$@"; then
		fail "the test module starts, after $_hop hops"
		dmesg | tail -n 40 | while read -r _line; do diag "| $_line"; done
		return 1
	fi
	pass_on results
}

# Result lines that the module has in one of its files.
pass_on() {
	pass <"$dbg/$1"
}

# go_on [WORD...]: load the next kernel, with more words if told, and jump.
go_on() {
	next_stage /boot/k2 "$seed_word" "$@"
}

load_next() {
	load /boot/k2 "$seed_word" "$@"
}

# load_bare IMAGE WORD...: without the archive, which takes long to load
load_bare() {
	_image=$1
	shift
	kexec -s -l "$_image" --command-line="$*"
}

# load_soon [WORD...]: kexec does not wait for memory, and may find none at once
load_soon() {
	for _try in 1 2 3 4 5 6 7 8; do
		load_next "$@" && return
		usleep 500000
	done
	return 1
}

# random N: a number below it
random() {
	echo $(($(od -An -N4 -tu4 /dev/urandom) % $1))
}

# any_of WORD...: one of them, at random
any_of() {
	shift "$(random $#)"
	echo "$1"
}

# image_has pages|in_place: how many of the loaded image's there are
image_has() {
	sed -n "s/^$1 //p" /sys/kernel/debug/kstate/image
}

# Field of /proc/meminfo: KiB, or a number of huge pages.
meminfo() {
	sed -n "s/^$1: *\([0-9]*\).*/\1/p" /proc/meminfo
}

# KiB that are free, with what the CPUs keep at hand, when nothing is left to be
# freed. Both are from one reading: CPUs give back megabytes of theirs between two.
mem_free() {
	sync
	echo 3 >/proc/sys/vm/drop_caches
	usleep 200000
	awk '$1 == "nr_free_pages" || $1 == "count:" { n += $2 }
		END { print n * 4 }' /proc/zoneinfo
}

# near TEXT GOT WANTED SLACK
near() {
	if [ "$2" -ge $(($3 - $4)) ] && [ "$2" -le $(($3 + $4)) ]; then
		ok "$1"
	else
		fail "$1"
		diag "got $2, wanted $3, give or take $4"
	fi
}

# Tell the next kernels how much memory this one has.
note_memory() {
	seed_word="$seed_word kstate.memtotal=$(meminfo MemTotal)"
}

# no_memory_missing TEXT SLACK: it is as much as the first kernel had.
no_memory_missing() {
	near "$1" "$(meminfo MemTotal)" "$(cmdline_value kstate.memtotal)" "$2"
}

empty() {
	equal "nothing is $1" "$(cat "$sys/$1")" ''
}

# nothing_restored TEXT: one line says why, and that is all there is of KSTATE.
nothing_restored() {
	equal "$1: one line says why" \
		"$(grep -c 'kstate: nothing is restored: ' $boot_log)" 1
	diag "$(sed -n 's/.*kstate: nothing/nothing/p' $boot_log)"
	equal "$1: nothing else of KSTATE is in the log" \
		"$(grep -c 'kstate: ' $boot_log)" 1
	equal "$1: it counts as a cold boot" "$(cat $sys/generation)" 0
	empty pending
}

# Names and instances of a list, of the module's objects.
objects() {
	grep '^test_kstate\.' "$sys/$1" | cut -d' ' -f1,2 | tr '\n' ','
}

# shellcheck disable=SC2034  # for those who source this
all_objects="test_kstate.all 0,test_kstate.all 7,\
test_kstate.all 18446744073709551615,test_kstate.counter 0,\
test_kstate.late 0,test_kstate.memory 0,"

# keep_files MIB: some on khofs, one of them of so many MiB, and their sums
keep_files() {
	cp -r /selftests /khofs/files
	dd if=/dev/urandom of=/khofs/files/large bs=1M count="$1" 2>/dev/null
	find /khofs/files -type f -exec sha256sum {} + >/khofs/sums
}

check_files() {
	check "files are as they were" sha256sum -c -s /khofs/sums
}

# Only a note: KASLR is to move the kernel, but it may come back.
note_place() {
	diag "kernel at $(sed -n 's/^ *\([0-9a-f]*\)-.*Kernel code/\1/p' /proc/iomem)," \
		"_text at $(sed -n 's/ T _text$//p' /proc/kallsyms)"
}

# make_cgroup NAME: at $cgroups/NAME, with its memory counted
cgroups=/sys/fs/cgroup
make_cgroup() {
	if ! [ -e $cgroups/cgroup.procs ]; then
		mount -t cgroup2 none $cgroups
		echo +memory >$cgroups/cgroup.subtree_control
	fi
	mkdir "$cgroups/$1"
}

# in_cgroup NAME COMMAND...
in_cgroup() {
	_name=$1
	shift
	sh -c 'echo 0 >"$0/cgroup.procs" && exec "$@"' "$cgroups/$_name" "$@"
}

# What is charged to a cgroup, in KiB
charged() {
	echo $(($(cat "$cgroups/$1/memory.current") / 1024))
}

# add_user NAME NUMBER GROUP
add_user() {
	echo "$1:x:$2:$3::/tmp:/bin/sh" >>/etc/passwd
}

# as USER COMMAND...: without any privilege
as() {
	_user=$1
	shift
	su -s /bin/sh "$_user" -c "$*"
}

# Write to a file; its errors are the caller's.
put() {
	echo "$2" 2>/dev/null >"$1"
}

# The archive without kernels to jump to: crashkernel= is small.
crash_initrd() {
	(cd / && find . -xdev ! -path './boot/*' ! -path './lib/modules/*' \
		! -path './tmp/*' | cpio -o -H newc >/tmp/crash.cpio 2>/dev/null)
}

# load_crash: what a panic boots, which runs the scenario with kstate.crash=1
load_crash() {
	crash_initrd &&
	kexec -s -p /boot/k1 --initrd=/tmp/crash.cpio \
		--command-line="$(next_cmdline | sed 's/crashkernel=[^ ]*//') \
kstate.crash=1 nr_cpus=1 reset_devices"
	_rc=$?
	rm -f /tmp/crash.cpio
	return $_rc
}
