# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Sourced by ./run and ./test: sees whether what they need is installed, and
# installs what is missing on Debian and Ubuntu. All talk goes to standard
# error; when nothing is missing there is none.

# A standard stream that is closed becomes /dev/null, or the next file to be
# opened would take its number. (bash may have opened this script as 2.)
[ -e /dev/fd/0 ] || exec </dev/null
[ -e /dev/fd/1 ] || exec >/dev/null
if [ ! -e /dev/fd/2 ] || [ /dev/fd/2 -ef "$0" ]; then
	exec 2>/dev/null
fi

missing=()
wanted=()

# need PACKAGE PROOF...: PACKAGE is there if one PROOF is, which is the name
# of a command or the absolute path of a file.
need() {
	local package=$1 proof
	shift
	for proof in "$@"; do
		case $proof in
		/*) [ -e "$proof" ] && return ;;
		*) command -v "$proof" >/dev/null && return ;;
		esac
	done
	missing+=("$package")
}

# want PROOF PACKAGE...: the first PACKAGE that is offered, unless one PROOF
# (commands, separated by blanks) is there. Tests that use it are skipped
# where none is.
want() {
	local proof
	for proof in $1; do
		command -v "$proof" >/dev/null && return
	done
	wanted+=("${*:2}")
}

need_for_run() {
	need gcc-aarch64-linux-gnu aarch64-linux-gnu-gcc
	need libc6-dev-arm64-cross /usr/aarch64-linux-gnu/lib/libc.a
	need qemu-system-arm qemu-system-aarch64
	need ninja-build ninja
	need meson meson
	need python3 /usr/bin/python3
}

need_for_clang() {
	need clang clang
	need lld ld.lld
}

need_for_site() {
	need doxygen doxygen
	need python3-markdown-it /usr/lib/python3/dist-packages/markdown_it
}

# What runs on this machine: tests and models of build/host, examples.
need_for_host() {
	need gcc gcc
	need make make
	need libc6-dev /usr/include/stdio.h
	need pkg-config pkg-config pkgconf
	need cpio cpio
	need libcmocka-dev /usr/include/cmocka.h
	need libfdt-dev /usr/include/libfdt.h
	need device-tree-compiler dtc
	need qemu-user qemu-aarch64
}

need_for_test() {
	need_for_run
	need_for_clang
	need_for_host
	need gdb-multiarch gdb-multiarch
	need python3-pexpect /usr/lib/python3/dist-packages/pexpect
	need cppcheck cppcheck
	need clang-tidy clang-tidy
	need shellcheck shellcheck
	need_for_site
	need g++-aarch64-linux-gnu aarch64-linux-gnu-g++
	# weft compiles with old and new ones: the ends of what there is.
	want "aarch64-linux-gnu-gcc-10 aarch64-linux-gnu-gcc-11" \
		gcc-10-aarch64-linux-gnu gcc-11-aarch64-linux-gnu
	want "clang-22 clang-21 clang-20 clang-19 clang-18" \
		clang-22 clang-21 clang-20 clang-19 clang-18
}

stop() {
	echo "${0##*/}: $*" >&2
	exit 2
}

# as_root COMMAND...: its output goes to standard error.
as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@" >&2
	else
		sudo "$@" >&2
	fi
}

apt_install() {
	as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y \
		--no-install-recommends "$@"
}

# Of each choice in $wanted the first package that apt-get offers.
add_wanted() {
	local choice package
	command -v apt-cache >/dev/null || return 0
	for choice in "${wanted[@]}"; do
		for package in $choice; do
			if [ -n "$(apt-cache madison "$package")" ]; then
				missing+=("$package")
				break
			fi
		done
	done
	wanted=()
}

# Install the packages in $missing, or say which they are and stop.
install_missing() {
	[ ${#missing[@]} -gt 0 ] || add_wanted
	[ ${#missing[@]} -gt 0 ] || return 0
	local list="${missing[*]}"

	command -v apt-get >/dev/null ||
		stop "please install what Debian calls: $list"
	[ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null ||
		stop "needs root or sudo to install: $list"

	echo "${0##*/}: installing with apt-get: $list" >&2
	as_root apt-get update || as_root apt-get update ||
		stop "apt-get update failed; needed: $list"
	add_wanted
	apt_install "${missing[@]}" || stop "could not install: $list"
}
