# SPDX-License-Identifier: MIT
"""The parts of tools/gdb/loom.py. docs/debugging.md is the manual."""
