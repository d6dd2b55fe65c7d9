#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# How much has to be left for the next kernel. Two thirds of memory are preserved, of
# what is below 4 GiB even more.
# Each thing that the next kernel's command line may ask for is refused when there is
# too little of it, and this kernel goes on; with as much as is just not refused the
# next one boots, with all of it, and finds what was preserved.

# shellcheck source=lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=kstate-lib.sh
. "${0%/*}/kstate-lib.sh"

user=/sys/kernel/debug/test_kstate_user

# with_word WORD...: what goes on the next command line
with_word() {
	_line=
	case $* in
	*crashkernel=*) ;;
	*) _line="crashkernel=64M" ;;
	esac
	case $* in
	*hugepages=*) ;;
	*) _line="$_line hugepages=0" ;;
	esac
	case $* in
	*kstate_reserve=*) ;;
	*) _line="$_line kstate_reserve=64M" ;;
	esac
	echo "$_line $*"
}

# refused WORD WHAT: with it on the next command line
refused() {
	dmesg -c >/dev/null
	if load_next "$(with_word "$1")" 2>/tmp/load.log; then
		fail "$1 is too much"
		return
	fi
	ok "$1 is too much"
	equal "the log says of what" \
		"$(dmesg | grep -c "kernel would not have enough memory left $2")" 1
	equal "and last_error that" "$(cat $sys/last_error)" \
		"- 0 - - -ENOSPC memory for the image"
	check "and so does kexec" grep -q 'No space left' /tmp/load.log
	equal "nothing goes on" "$(cat $sys/state)" idle
}

# fits WORD: an image with it is loaded, and a jump would not be refused. There is more
# preserved at the jump than at the load: the stream.
fits() {
	kexec -s -u
	load_next "$(with_word "$1")" 2>/dev/null && put $sys/dry_run 1
}

# with WORD SUFFIX MAX: jump with the most of it that fits, in steps of 16. Where the
# image finds room makes a difference, so what did fit may not.
with() {
	_low=0 _high=$(($3 / 16))
	while [ $((_high - _low)) -gt 1 ]; do
		_at=$(((_low + _high) / 2))
		if fits "$1=$((_at * 16))$2"; then
			_low=$_at
		else
			_high=$_at
		fi
	done
	until fits "$1=$((_low * 16))$2" || [ $_low -eq 0 ]; do
		_low=$((_low - 1))
	done
	diag "$1=$((_low * 16))$2 is not refused"
	check "that is not nothing" [ $_low -gt 2 ]
	jump
	fail "kexec -e came back"
	exit 1
}

check "the test module starts" insmod \
	"/lib/modules/$(uname -r)/test_kstate_user.ko" seed="$seed"
diag "free: $(meminfo MemFree) of $(meminfo MemTotal) KiB"
if [ "$stage" -gt 1 ]; then
	pass <$user/results
	check "the hand-over is finished" put $sys/finish 1
	equal "crashkernel= was there to be had" \
		"$(cat /sys/kernel/kexec_crash_size)" 67108864
fi
case $stage in
1)
	for node in 0 1; do
		pages=$(cat /sys/devices/system/node/node$node/hugepages/*2048kB/free_hugepages)
		check "$pages huge pages of node $node are preserved" pin_mem pin \
			node$node $((pages << 21)) huge=2097152 node=$node
	done
	refused crashkernel=400M 'for its crashkernel='
	refused crashkernel=400M,high 'for its crashkernel='
	refused swiotlb=204800 'below 4 GiB for devices'
	refused hugepages=640 'for its hugepages='
	refused hugepagesz=1G\ hugepages=1 'for its hugepages='
	with hugepages '' 640
	;;
2)
	want=$(cmdline_value hugepages)
	equal "as many huge pages as were asked for" \
		"$(meminfo HugePages_Free)" "$want"
	echo 0 >/proc/sys/vm/nr_hugepages
	with kstate_reserve M 1024
	;;
3)
	diag "the area is of $(meminfo CmaTotal) KiB"
	check "another image is loaded" load
	;;
esac
