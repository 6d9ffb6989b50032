# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the lab in the foreground: python -m tests.lab [--state FILE] [--info FILE] [--engine auto|none|PATH]."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
import threading
from pathlib import Path

from .lab import Lab


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.lab", description="The simulated estate, until it is interrupted.")
    parser.add_argument("--state", type=Path, help="state file (JSON); the greenfield state by default")
    parser.add_argument("--info", type=Path, help="write endpoints and credentials to this file")
    parser.add_argument("--engine", default="auto", help="auto, none, or the path of pwsh")
    options = parser.parse_args()
    state = json.loads(options.state.read_text(encoding="utf-8")) if options.state else None
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: ended.set())
    with tempfile.TemporaryDirectory(prefix="sfb-lab-") as folder, Lab(state, workdir=Path(folder), engine=options.engine) as lab:
        if options.info:
            lab.write_info(options.info)
        sys.stdout.write(json.dumps(lab.info, indent=2) + "\n")
        sys.stdout.flush()
        ended.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
