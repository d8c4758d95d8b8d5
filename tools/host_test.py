#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Run one of the host tests as meson would, and become it."""

import argparse
import json
import os
import subprocess
import sys


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", help="the build directory")
    parser.add_argument("topic", help="the name of the test")
    args = parser.parse_args()
    text = subprocess.run(["meson", "introspect", "--tests", args.directory],
                          check=True, capture_output=True, text=True).stdout
    for test in json.loads(text):
        if test["name"] == args.topic:
            os.chdir(test["workdir"] or args.directory)
            os.execvpe(test["cmd"][0], test["cmd"],
                       {**os.environ, **test["env"]})
    print(f"host_test: tests/host/meson.build has no test '{args.topic}'",
          file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
