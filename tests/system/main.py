#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Run one test of tests/system: main.py TOPIC NAME calls test_NAME of
test_TOPIC.py. Exit status 0: passed, 1: failed, 77: cannot run here.
"""

import argparse
import importlib
import os
import sys
import traceback

import loom


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("topic", help="the file is test_TOPIC.py")
    parser.add_argument("name", help="the function is test_NAME")
    args = parser.parse_args()
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    function = getattr(importlib.import_module(f"test_{args.topic}"),
                       f"test_{args.name}")
    try:
        function()
    except loom.Skip as skip:
        print(f"skipped: {skip}")
        return 77
    except Exception:       # every way to fail is a failure, and is shown
        traceback.print_exc()
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
