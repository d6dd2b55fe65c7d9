#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Run fuzzers side by side, for a time. What they found interesting stays in
# BUILDDIR/corpus/NAME, an input that fails in BUILDDIR/fuzz/NAME-crash-*.
#
# usage: fuzz.sh BUILDDIR SECONDS NAME...

dir=$1 seconds=$2
shift 2
status=0 pids=

for name; do
	mkdir -p "$dir/corpus/$name"
	"$dir/asan/$name" "$dir/corpus/$name" >/dev/null || exit
	(
		status=0
		"$dir/fuzz/$name" -max_total_time="$seconds" -max_len=2048 \
			-timeout=20 -print_final_stats=1 \
			-artifact_prefix="$dir/fuzz/$name-" \
			"$dir/corpus/$name" >"$dir/fuzz/$name.log" 2>&1 ||
			status=1
		times >"$dir/fuzz/$name.times"
		exit $status
	) &
	pids="$pids $!"
done
for pid in $pids; do
	wait "$pid" || status=1
done
for name; do
	log=$dir/fuzz/$name.log
	runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
	cover=$(sed -n 's/.* cov: \([0-9]*\) ft: \([0-9]*\) .*/\1 edges, \2 features/p' \
		"$log" | tail -n 1)
	# the second line is of the children: user and system, as 1m2.3s
	cpu=$(awk -F '[ms ]+' 'NR == 2 {
		printf "%d", $1 * 60 + $2 + $3 * 60 + $4 }' "$dir/fuzz/$name.times")
	if grep -q '^Done ' "$log"; then
		echo "ok - fuzz: $name: ${runs:-?} runs, $cover, $cpu s of CPU"
	else
		tail -n 60 "$log"
		echo "not ok - fuzz: $name: ${runs:-?} runs, see $log"
		status=1
	fi
done
exit $status
