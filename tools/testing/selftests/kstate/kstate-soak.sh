#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# packages: stress-ng
#
# Jump after jump of a host that has much to do: it swaps, files are changed and
# events traced as fast as it goes, and what is handed over is another amount each
# time. Nothing that is to stay is lost, and nothing grows. scripts/soak runs it in
# guests of many sizes.

# functions are called by check
# shellcheck disable=SC2317

# shellcheck source=lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=kstate-lib.sh
. "${0%/*}/kstate-lib.sh"

tracing=/sys/kernel/tracing
swap=/dev/nvme0n1
least=1000

# What the command line carries from jump to jump
value() {
	cmdline_value "soak.$1"
}

# Events that were ever recorded, whatever became of them
events() {
	cat $tracing/per_cpu/cpu*/stats |
		awk '/^(entries|overrun|read events):/ { n += $NF } END { print n }'
}

# More is recorded while this looks at it.
check_trace() {
	check "no event is lost" [ "$(events)" -ge "$(value events)" ]
	put $tracing/tracing_on 0
	check "the trace is in order" sh -c \
		"'${0%/*}/trace_mark' order <$tracing/trace"
	put $tracing/tracing_on 1
}

# record 0|1: stop, or start, what comes by the thousand
record() {
	for _what in sched kmem syscalls; do
		put "$tracing/events/$_what/enable" "$1"
	done
}

# hand give|take LIST: memory of a program, of the kinds of a list with commas, and
# what two have in common
hand() {
	# shellcheck disable=SC2046  # a list of words
	kmho_mem "$1" 1 "seed=$seed" gen=2 $(echo "$2" | tr , ' ') | pass
	kmho_fork "$1" 2 2 "seed=$seed" | pass
}

# stress OPTION...: in the background, until the machine is gone
stress() {
	(cd /tmp && exec stress-ng --temp-path /khofs/changing --timeout 0 "$@") \
		>/tmp/stress.log 2>&1 &
}

work() {
	mkdir -p /khofs/changing
	mkswap "$swap" >/dev/null
	swapon "$swap" || return
	record 1
	_mib=$(($(meminfo MemAvailable) / 1024 + 128))
	stress --vm 1 --vm-keep --vm-madvise hugepage --vm-bytes "${_mib}M"
	stress --dentry 1 --dentries 200 --hdd 1 --hdd-bytes 4M --rename 1 \
		--fallocate 1 --fallocate-bytes 4M --mknod 1
	sleep $((5 + $(random 10)))
}

# Free memory, in KiB, with what is preserved for others
account() {
	echo $(($(mem_free) + $(cat $sys/preserved) / 1024))
}

put $tracing/tracing_on 1
start_module $((stage - 1)) pages=0 || exit 1
mkdir -p /khofs
check "khofs is mounted" mount -t khofs -o noatime,size=128M none /khofs
if [ "$stage" -eq 1 ]; then
	check "huge pages for all" \
		put /sys/kernel/mm/transparent_hugepage/enabled always
	keep_files 16
else
	check_trace
	check_files
	check "what was being changed can be removed" rm -r /khofs/changing
	hand take "$(value kinds)"
	check "a third of the pages is released, or less" \
		put $dbg/release "$(random $(($(cat $dbg/pages) / 2)))"
	check "the hand-over is finished" put $sys/finish 1
	record 0
fi
free=$(account)
diag "free and preserved: $free KiB"
if [ "$stage" -gt "$(hops)" ]; then
	[ "$stage" -lt 4 ] || near "as much memory is free" "$free" \
		"$(value free)" 8192
	exit 0
fi
kept=$(value free)
[ "$stage" -ne 3 ] || kept=$free
kinds="small:$((1 + $(random 24))),thp:$((2 + 2 * $(random 16))),shared:4"
hand give "$kinds"
check "more pages are preserved" put $dbg/pages $((least + $(random 3000)))
check "there is much to do" work
check "the next kernel is loaded" load_soon "soak.kinds=$kinds" \
	"soak.events=$(events)" "soak.free=$kept"
jump
fail "kexec -e came back"
exit 1
