#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# What scripts/bench-memory has a guest do, in the kernel that was booted and in
# the one that it jumps to. Results are "NAME VALUE" on the second serial port.

PATH=/bin:/sbin
export PATH
mount -t proc none /proc
mount -t sysfs none /sys
mount -t devtmpfs none /dev
mount -t debugfs none /sys/kernel/debug
stty -F /dev/ttyS1 raw -echo

module=/sys/module/test_kstate_pages/parameters

say() { echo "$*" >/dev/ttyS1; }
word() { tr ' ' '\n' </proc/cmdline | sed -n "s/^$1=//p"; }
meminfo() { sed -n "s/^$1: *\([0-9]*\) kB/\1/p" /proc/meminfo; }

# say_file NAME FILE: when there is such a file
say_file() {
	if [ -e "$2" ]; then
		say "$1 $(tr '\n' ' ' <"$2")"
	fi
}

# pages [PARAMETER...]: preserve or claim what the command line says.
pages() {
	insmod /test_kstate_pages.ko kind="$(word bench.kind)" \
		nr="$(word bench.nr)" "$@"
}

# What the kernel's image takes in kB: its lines in iomem come one after another.
image_size() {
	sum=0
	while IFS=' -' read -r first last _ what _; do
		if [ "$what" = Kernel ]; then
			sum=$((sum + 0x$last - 0x$first + 1))
		fi
	done </proc/iomem
	echo $((sum / 1024))
}

before() {
	say "total $(meminfo MemTotal)"
	say "image $(image_size)"
	say "initrd $(($(wc -c </sys/firmware/initrd) / 1024))"
	say_file set_aside /sys/kernel/debug/kho/out/scratch_len
	if [ "$(word bench.nr)" -gt 0 ]; then
		pages
		say "preserve $(cat $module/cycles)"
		say_file map /sys/kernel/kstate/map_bytes
		list=$(cat $module/list)
	fi
	kexec -s -l /kernel --initrd=/sys/firmware/initrd --command-line="$(
		sed 's/bench.stage=1/bench.stage=2/' /proc/cmdline
	) bench.list=${list:-0}" && /init
	say "failed"
}

after() {
	say "init $TSC"
	if [ "$(word bench.nr)" -gt 0 ]; then
		pages list="$(word bench.list)"
		say "claim $(cat $module/cycles)"
		say "wrong $(cat $module/wrong)"
	fi
	say "done"
}

case $(word bench.stage) in
1) before ;;
2) after ;;
esac
# With -no-reboot this ends QEMU.
reboot -f
