# SPDX-License-Identifier: MIT
"""Run Doxygen on the headers: for check_doxygen.py and site.py."""

import os
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def run(**settings: str) -> list[str]:
    """Run it with docs/Doxyfile and @settings; what it complains of."""
    with open(os.path.join(ROOT, "docs/Doxyfile"), encoding="utf-8") as file:
        text = file.read() + "\n" + "".join(
            f"{key} = {value}\n" for key, value in settings.items())
    os.makedirs(os.path.join(ROOT, settings["OUTPUT_DIRECTORY"]),
                exist_ok=True)
    done = subprocess.run(["doxygen", "-"], cwd=ROOT, input=text, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          check=False)
    lines = [line for line in done.stdout.splitlines() if line.strip()]
    if done.returncode and not lines:
        lines = [f"doxygen: status {done.returncode}"]
    return lines
