# SPDX-License-Identifier: GPL-2.0
#
# The commands of this repository. What they do stands in scripts/.

.PHONY: help setup demo tree kernel tools vm test test-long golden kunit sim bench fuzz soak lint series clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile | expand -t 18
	@echo
	@echo 'Variables: K1, K2 (kernels: vm, debian, a flavour, a file), T (tests to'
	@echo 'run), KERNEL (of test-long: debug or kcsan), FUZZ_TIME, HOPS, SOAK_TIME,'
	@echo 'PEER=1, JOBS, ACCEL=kvm, KSTATE_CACHE (default ~/.cache/kstate).'

setup: ## install what a bare Debian 12 lacks
	@scripts/setup

demo: setup ## see a trace and a memcached survive the next kernel's boot
	@scripts/demo

tree: setup ## assemble the kernel tree and print its path
	@scripts/tree

kernel: setup ## build build/bzImage and build/vmlinux
	@scripts/kernel >/dev/null

tools: setup ## build build/kstate, the command kstate(8)
	@scripts/tools

vm: setup ## a shell in a guest; kexec-now jumps to the next kernel
	@scripts/vm --k1 $(or $(K1),vm) --k2 $(or $(K2),$(K1),vm)

test: setup ## everything: user space, KUnit, and the guests of tests.table
	@scripts/test $(T)

test-long: setup ## guests of T with a kernel that looks for mistakes; takes an hour
	@KERNEL=$(or $(KERNEL),debug) SLOWER=6 LARGER=2 scripts/test $(or $(T),kstate-hop kstate-races)

kunit: setup ## only the KUnit tests, on UML
	@scripts/kunit

sim: setup ## only the tests in user space, with ASan and UBSan
	@scripts/sim

golden: setup ## take this kernel's schemas for those that later ones must read
	@scripts/golden --update

bench: ## what saving and restoring cost, here and in a guest; writes build/bench.json
	@scripts/setup bench
	@scripts/bench

fuzz: ## the fuzzers for FUZZ_TIME seconds, an hour by default
	@scripts/setup fuzz
	@scripts/fuzz

soak: setup ## HOPS jumps, 200 by default, of guests that have much to do
	@scripts/soak $(T)

lint: ## checkpatch, sparse, W=1, kernel-doc, shellcheck, Sphinx
	@scripts/setup lint
	@scripts/lint

series: setup ## write the mailable patch series to build/series
	@scripts/series

clean: ## remove build/
	rm -rf build
	@echo 'Kernel trees and the compiler cache stay; to drop them too:'
	@echo '  rm -rf "$${KSTATE_CACHE:-$$HOME/.cache/kstate}"'
