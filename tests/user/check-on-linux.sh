#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Run the checkers on Linux itself: its arm64 kernel, in the same QEMU, from
# the same programs, with the same init. What loom must do is what passes here.
#
#   tests/user/check-on-linux.sh KERNEL [BUILD]
#
# KERNEL is an uncompressed arm64 Image, such as boot/vmlinuz-* of Debian's
# linux-image-*-arm64. BUILD (build/gcc-release) is a build directory for
# loom. The exit status is 1 if a checker fails or does not end.

set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
if [ $# -lt 1 ] || [ $# -gt 2 ]; then
	sed -n '/^#   tests/p' "$0" >&2
	exit 2
fi
kernel=$1
build=${2:-$root/build/gcc-release}
for file in "$kernel" "$build/user/init" "$build/tests/user/pattern"; do
	if [ ! -f "$file" ]; then
		echo "check-on-linux.sh: $file: no such file" >&2
		exit 2
	fi
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The programs: every file in the build's folders that has no suffix.
programs=
for file in "$build"/user/* "$build"/tests/user/*; do
	name=${file##*/}
	case $file in
	*.*) continue ;;
	"$build"/user/*) place=/bin/$name ;;
	*) place=/test/$name ;;
	esac
	[ ! -f "$file" ] || programs="$programs $place=$file"
done

grep -E '^(linux|loom) ' "$root/tests/user/commands" |
	while read -r _ command; do
		echo "/test/$command && echo END ok || echo END not ok"
	done >"$work/script"
echo 'echo END OF ALL' >>"$work/script"
printf '%s\0' /dev/console /dev/console /dev/console /bin/sh \
	-c 'cd /tmp; sh /run/script' >"$work/argv"

# shellcheck disable=SC2086 # the list is split on purpose
"$root/tools/mkinitramfs.py" --output "$work/initramfs" \
	--strip aarch64-linux-gnu-strip --directories $programs \
	"/run/argv=$work/argv" "/run/script=$work/script"
timeout 300 qemu-system-aarch64 -machine virt -cpu cortex-a53 -m 512 \
	-nic none -nographic -no-reboot -kernel "$kernel" \
	-initrd "$work/initramfs" </dev/null >"$work/output" 2>&1 \
	-append 'console=ttyAMA0 panic=-1 quiet loglevel=0 rdinit=/bin/init' ||
	true
grep -E '^(not ok|# |Bail out|END not ok)' "$work/output" || true
echo "$(grep -c '^ok ' "$work/output") ok," \
	"$(grep -c '^not ok ' "$work/output" || true) not ok"
if ! grep -q '^END ok' "$work/output" ||
	! grep -q '^END OF ALL' "$work/output"; then
	tail -n 5 "$work/output"
	echo "check-on-linux.sh: it did not come to its end" >&2
	exit 1
fi
! grep -q -e '^not ok' -e '^END not ok' "$work/output"
