#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Run the test programs, with sanitizers and without, and print KTAP.
#
# usage: run.sh BUILDDIR PROGRAM...

dir=$1
shift

echo "KTAP version 1"
echo "1..$(($# * 2))"
nr=0 status=0
for flavour in asan plain; do
	for program; do
		nr=$((nr + 1))
		echo "    # Subtest: $program ($flavour)"
		# A program that dies has no last line: its status tells.
		if {
			"$dir/$flavour/$program" 2>&1
			echo $? >"$dir/status"
		} | sed 's/^/    /' && [ "$(cat "$dir/status")" = 0 ]; then
			echo "ok $nr $program ($flavour)"
		else
			echo "not ok $nr $program ($flavour)"
			status=1
		fi
	done
done
exit $status
