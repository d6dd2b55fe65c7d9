# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# Sourced by the scripts: where things are, and what they share.
#
# Everything big lives under one cache directory outside the checkout, so a
# fresh clone, or a second work tree, builds from the same compiler cache:
#
#   $KSTATE_CACHE/src/VERSION/    the pristine source, one per Debian version
#   $KSTATE_CACHE/tree/HASH/      the tree assembled for one checkout
#   $KSTATE_CACHE/ccache/         compiler cache, shared by all of them
#   $KSTATE_CACHE/debian/         what Debian ships, unpacked, never installed:
#     VERSION/                      its own kernel image
#     PACKAGE/                      a package and its libraries, for guests

# shellcheck disable=SC2034  # the variables are for those who source this
top=$(cd "$(dirname "$0")/.." && pwd -P)
base=6.12
build=$top/build
selftests=tools/testing/selftests/kstate
overlay_dirs="arch fs include kernel lib mm scripts/kstate Documentation tools"
jobs=${JOBS:-$(nproc)}

KSTATE_CACHE=${KSTATE_CACHE:-${HOME:?}/.cache/kstate}
mkdir -p "$KSTATE_CACHE"
KSTATE_CACHE=$(cd "$KSTATE_CACHE" && pwd -P)
export KSTATE_CACHE

say() { printf '%s\n' "$*" >&2; }
die() { say "${0##*/}: $*"; exit 1; }

now() { date +%s; }

# The Debian version of the installed source, e.g. 6.12.117-1~deb12u1.
source_version() {
	# shellcheck disable=SC2016  # the format string is dpkg's, not the shell's
	dpkg-query -W -f '${Version}' "linux-source-$base" 2>/dev/null ||
		die "linux-source-$base is not installed, run scripts/setup"
}

# A flavour is a kernel: configs/NAME.config, and, when its code differs too,
# patches/variant-NAME/, in which case it needs a tree of its own.
tree_dir() {
	_hash=$(printf %s "$top" | sha256sum | cut -c1-12)
	if [ -e "$top/patches/variant-$1/series" ]; then
		_hash=$_hash-$1
	fi
	printf '%s\n' "$KSTATE_CACHE/tree/$_hash"
}

# Two builds in one tree would trample on each other. The lock is inherited by
# the scripts that the holder calls.
lock_tree() {
	if [ "${KSTATE_LOCKED:-}" != "$1" ]; then
		mkdir -p "$KSTATE_CACHE/tree"
		exec 9>"$1.lock"
		flock 9
		KSTATE_LOCKED=$1
		export KSTATE_LOCKED
	fi
}

# The names in a quilt series file, without comments; none when there is none.
series_of() {
	if [ -e "$1/series" ]; then
		sed -e 's/#.*//' -e 's/[[:space:]]*$//' -e '/^$/d' "$1/series"
	fi
}

# Existing kernel files that a patch edits.
touched_by() {
	sed -n 's|^+++ b/\([^[:space:]]*\).*|\1|p' "$1"
}

# Our files that enter the kernel tree, by their kernel paths. Build products
# are left out by .gitignore.
overlay_files() {
	(
		cd "$top" || exit
		# shellcheck disable=SC2086  # a list of words on purpose
		git ls-files -co --exclude-standard -- $overlay_dirs |
			LC_ALL=C sort -u | while read -r _f; do
				if [ -e "$_f" ]; then printf '%s\n' "$_f"; fi
			done
	)
}

# check_config CONFIG: every option that the fragments on standard input ask for
# has to be there: one that Kconfig dropped for a missing dependency would leave
# a test that tests nothing. The last fragment that speaks of an option decides.
check_config() {
	xargs -d '\n' cat | awk -v config="$1" '
		function name(line) {
			sub(/^# /, "", line)
			sub(/[= ].*/, "", line)
			return line
		}
		/^CONFIG_[A-Za-z0-9_]+=/ || /^# CONFIG_[A-Za-z0-9_]+ is not set/ {
			n = name($0)
			if (!(n in want))
				order[++count] = n
			want[n] = ($0 ~ /is not set$/ || $0 ~ /=n$/) ? "unset" : $0
		}
		END {
			while ((getline line < config) > 0)
				if (line ~ /^CONFIG_/)
					have[name(line)] = line
			for (i = 1; i <= count; i++) {
				n = order[i]
				got = (n in have) ? have[n] : "unset"
				if (got != want[n]) {
					printf "%s: wanted %s, .config has %s\n", n, want[n], got
					bad = 1
				}
			}
			exit bad
		}' >&2
}

# fetch_packages PACKAGE[=VERSION]...: their files for dpkg-deb, into the current
# directory.
fetch_packages() {
	apt-get download "$@" || {
		apt-get update && apt-get download "$@"
	}
}

# add_program FILE: into the guest's root, $root, with the libraries that it loads.
# shellcheck disable=SC2154  # root is the caller's
add_program() {
	mkdir -p "$root/${1%/*}"
	cp -L "$1" "$root/$1"
	add_libraries "$1"
}

# add_libraries FILE [DIR]: what lies in DIR is to be as if that were the root.
# shellcheck disable=SC2154
add_libraries() {
	for _f in $(ldd "$1" | grep -o '/[^ ]*'); do
		_to=$root/${_f#"${2:-}"}
		mkdir -p "${_to%/*}"
		cp -L "$_f" "$_to"
	done
}

# The same environment for every kernel build: ccache then finds what another
# checkout compiled, and an unchanged input gives an unchanged image.
kbuild_env() {
	export CCACHE_DIR="${CCACHE_DIR:-$KSTATE_CACHE/ccache}"
	export CCACHE_BASEDIR="$KSTATE_CACHE" CCACHE_NOHASHDIR=1
	export KBUILD_BUILD_USER=kstate KBUILD_BUILD_HOST=kstate
	export KBUILD_BUILD_TIMESTAMP=@0
	export LC_ALL=C
}
