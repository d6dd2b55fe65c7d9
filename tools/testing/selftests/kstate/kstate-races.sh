#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# packages: stress-ng
#
# Everything at once: hand-overs are tried without end while objects are registered
# and unregistered, pages preserved and released, memory handed over and given up,
# trees of khofs mounted and dropped, images loaded and unloaded, the trace changed,
# and all of KSTATE's files read. Each of them has to get somewhere, nothing is left when
# they are done, and then the jump is in the midst of it. races.seconds= says how long
# (10).

# functions are called by start
# shellcheck disable=SC2317

# shellcheck source=lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=kstate-lib.sh
. "${0%/*}/kstate-lib.sh"

tracing=/sys/kernel/tracing
trees=/sys/fs/khofs
work=/tmp/races
seconds=$(cmdline_value races.seconds)
seconds=${seconds:-10}
# What is said in the midst of a hand-over, and by that of a module that goes
busy='[Rr]esource busy|No such device$'

# start NAME...: do it over and over, in the background, and count what came of it
start() {
	for _actor; do
		: >"$work/$_actor.done"
		: >"$work/$_actor.busy"
		(
			while ! [ -e $work/stop ] && ! [ -e "$work/stop.$_actor" ]; do
				if "do_$_actor" >"$work/$_actor.log" 2>&1; then
					echo >>"$work/$_actor.done"
				elif grep -qE "$busy" "$work/$_actor.log"; then
					echo >>"$work/$_actor.busy"
				else
					cat "$work/$_actor.log" >>"$work/$_actor.wrong"
					echo "$_actor failed" >>"$work/$_actor.wrong"
				fi
			done
		) &
	done
}

# go_on_for SECONDS NAME...: or longer, on a slow machine, until all got somewhere
go_on_for() {
	sleep "$1"
	shift
	for _actor; do
		for _try in 1 2 3 4 5 6 7 8 9 10; do
			[ ! -s "$work/$_actor.done" ] || break
			sleep 10
		done
	done
}

# went_well NAME...: each got somewhere, and failed only for what it met
went_well() {
	for _actor; do
		diag "$_actor: $(wc -l <"$work/$_actor.done") times," \
			"busy $(wc -l <"$work/$_actor.busy") times"
		check "$_actor got somewhere" test -s "$work/$_actor.done"
		check "$_actor met nothing else" sh -c \
			"! head -n 20 $work/$_actor.wrong 2>/dev/null"
	done
}

# again COMMAND...: until it succeeds
again() {
	for _try in 1 2 3 4 5 6 7 8 9; do
		"$@" && return
		usleep 100000
	done
	return 1
}

# try FILE VALUE: write; what the shell says goes to the log
try() {
	echo "$2" >"$1"
}

# Not all the time: it has the lock that loading an image needs.
do_hand_over() {
	usleep 50000
	try "$sys/dry_run" 1
}

do_module() {
	insmod "/lib/modules/$(uname -r)/test_kstate.ko" seed="$seed" hop=0 pages=500 &&
		again rmmod test_kstate
}

do_pages() {
	try "$dbg/pages" 50 && try "$dbg/release" 50
}

# give_up KEY...: those that are there, also from the last time, if a hand-over took
# longer than that waited
give_up() {
	for _key; do
		! kmho_mem keys 0 | grep -q "^$_key " ||
			again kmho_mem cancel "$_key" || return 1
	done
}

do_memory() {
	give_up 100 &&
		kmho_mem give 100 "seed=$seed" small:1 thp:2 shared:1 &&
		again kmho_mem cancel 100
}

# Either key of the two may have met a hand-over.
do_pair() {
	give_up 200 201 || return 1
	kmho_fork give 200 1 "seed=$seed"
	_rc=$?
	give_up 200 201 && return "$_rc"
}

do_keys() {
	kmho_mem keys 0
}

do_tree() {
	mkdir -p /race && mount -t khofs -o size=2M,name=race none /race || return 1
	cp /selftests/lib.sh /race/file && ln /race/file /race/link
	_rc=$?
	again umount /race && again try "$trees/drop" race && return "$_rc"
}

# It goes when it is unmounted, if a hand-over is being tried after that.
do_passing() {
	mkdir -p /passing && mount -t khofs -o nokeep,size=2M,name=passing none \
		/passing || return 1
	cp /selftests/lib.sh /passing/file && ln /passing/file /passing/link
	_rc=$?
	again umount /passing && return "$_rc"
}

do_image() {
	load_soon && kexec -s -u
}

do_trace() {
	try "$tracing/buffer_size_kb" 256 && try "$tracing/trace" '' &&
		try "$tracing/buffer_size_kb" 512 && head -n 100 "$tracing/trace"
}

# Any of them, which may be gone by then, or not be for reading
do_files() {
	cat "$(any_of "$sys"/* "$trees"/* /sys/kernel/debug/kstate/*)" \
		>/dev/null 2>&1
	kstate status && kstate list
}

stress() {
	mkdir -p /khofs/changing
	(cd /tmp && exec stress-ng --temp-path /khofs/changing --timeout 0 --dentry 1 \
		--dentries 200 --hdd 1 --hdd-bytes 4M --rename 1 --fallocate 1 \
		--fallocate-bytes 4M --mknod 1 --fork 1) >/tmp/stress.log 2>&1 &
}

# What is registered, preserved and pinned
account() {
	cat $sys/registered $sys/preserved
	# each CPU has some that it did not tell yet
	put /proc/sys/vm/stat_refresh 1
	awk '/^nr_foll_pin_acquired/ { n += $2 } /^nr_foll_pin_released/ { n -= $2 }
		END { print n }' /proc/vmstat
}

# A key, or a tree, that came in the midst of it is whole or is not there.
look_at_rest() {
	if kmho_mem keys 0 | grep -q '^100 '; then
		diag "memory came over in the midst of it"
		kmho_mem take 100 "seed=$seed" small:1 thp:2 shared:1 | pass
	fi
	check "what else came over can be given up" give_up 200 201
	if [ -e $trees/race ]; then
		diag "a tree came over in the midst of it"
		mkdir -p /race
		check "the tree can be mounted" \
			mount -t khofs -o size=2M,name=race none /race
		check "and unmounted" umount /race
		check "and dropped" try $trees/drop race
	fi
	[ ! -e $trees/passing ] ||
		check "another tree can be dropped" try $trees/drop passing
}

mkdir -p $work /khofs
put $tracing/tracing_on 1
put $tracing/events/sched/enable 1
check "khofs is mounted" mount -t khofs -o noatime,size=64M none /khofs
if [ "$stage" -eq 1 ]; then
	keep_files 4
	kmho_mem give 1 "seed=$seed" gen=2 small:4 thp:4 shared:4 | pass
else
	check_files
	check "what was being changed can be removed" rm -r /khofs/changing
	# the second time the jump may have come before the module, or after it
	if [ "$stage" -eq 2 ] || [ "$(objects pending)" = "$all_objects" ]; then
		start_module 1 || exit 1
		check "the module is removed" rmmod test_kstate
	fi
	kmho_mem take 1 "seed=$seed" gen=2 small:4 thp:4 shared:4 again | pass
	look_at_rest
	empty refused
	check "the hand-over is finished" put $sys/finish 1
fi
[ "$stage" -le "$(hops)" ] || exit 0

before=$(account)
load_soon
start hand_over module memory pair keys tree passing image trace files
go_on_for "$seconds" hand_over module memory pair keys tree passing image trace files
touch $work/stop
wait
went_well hand_over module memory pair keys tree passing image trace files
rm -r $work
mkdir $work
kexec -s -u
equal "nothing is left when they are done" "$(account)" "$before"

actors="hand_over memory pair keys tree passing trace files"
if [ "$stage" -eq 1 ]; then
	start_module 0 pages=1000 || exit 1
	actors="$actors pages"
else
	actors="$actors module"
fi
check "the next kernel is loaded" load_soon
stress
# shellcheck disable=SC2086  # a list of words
{
	start $actors
	go_on_for "$seconds" $actors
	went_well $actors
}
diag "the jump is in the midst of this"
# two hand-overs at a time cannot be
touch $work/stop.hand_over
jump
# A module that starts refuses, and takes its time.
attempt=0
while [ $attempt -lt 100 ]; do
	attempt=$((attempt + 1))
	usleep "$(random 200000)"
	kexec -e
done
fail "kexec -e came back, $attempt times: $(cat $sys/last_error)"
exit 1
