# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What CORE and PYTHON of make ask for, and what of it a virtual environment has. Only Python itself and pip are there yet.

VENV/bin/python -m tests.support.environment install CORE [PYTHON_VERSION]: prints what pip installs for it. Without the version of a Python
the running one counts.
VENV/bin/python -m tests.support.environment lacks CORE PYTHON_VERSION: prints `python` where the environment is to be made anew, `core`
where another ansible-core is to be installed, and nothing where all is as asked. Blank: whatever there is.
"""

from __future__ import annotations

import platform
import re
import sys
from importlib import metadata
from pathlib import Path

from .cores import UnknownError, chosen, listed, needed_python

_WORDS = ("oldest", "newest", "coming")
_PACKAGE = "ansible-core"
_BOUND = r"(?:==|~=|>=|<=|!=|<|>)\s*\d[\w.]*(?:\.\*)?"
_BOUNDS = re.compile(rf"(?:{_PACKAGE})?\s*({_BOUND}(?:\s*,\s*{_BOUND})*)")
_ADDRESS = re.compile(rf"(?:{_PACKAGE}\s*@\s*)?(?:git\+)?(?:https|ssh|file)://\S+")


def requirement(core: str) -> str:
    """What pip installs for CORE: a series such as 2.22, its newest; oldest, newest or coming; a release; bounds; a folder, file or URL.

    Raises UnknownError for any other word: pip would install whatever project has that name.
    """
    if core in ("", _PACKAGE):
        return _PACKAGE
    if core in _WORDS or _is_series(core):
        found = chosen(listed(), [core])
        if not found:
            raise UnknownError("No ansible-core is coming: each series has its release. Name another one, such as CORE=newest.")
        return f"{_PACKAGE}=={found[-1].release}"
    if re.fullmatch(r"\d+\.\d+\.\d+(?:(?:a|b|rc|\.dev|\.post)\d+)?", core):
        return f"{_PACKAGE}=={core}"
    if bounds := _BOUNDS.fullmatch(core):
        return f"{_PACKAGE}{''.join(bounds[1].split())}"
    if _ADDRESS.fullmatch(core) or "/" in core or Path(core).is_file():
        return core
    raise UnknownError(
        f"CORE={core} names no ansible-core: a series such as 2.21, oldest, newest, coming, a release such as 2.21.5, bounds such as "
        "'>=2.20,<2.22', or the path or URL of one."
    )


def usable(core: str, python: str) -> str:
    """The same, where that release runs on the Python of this version by its own word; UnknownError where it does not.

    Of bounds, a path or a URL pip chooses or says it.
    """
    asked = requirement(core)
    _package, pinned, release = asked.partition("==")
    if pinned and re.fullmatch(r"[\w.]+", release):
        needs = needed_python(release)
        if needs and not _within(python, needs):
            raise UnknownError(f"ansible-core {release} needs Python {needs}, and this is Python {python}: name another PYTHON or CORE.")
    return asked


def lacking(core: str, python: str) -> str:
    """Which of both the running Python does not have. A CORE that nobody has counts as one: whoever installs it says what is wrong."""
    if python and python != platform.python_version():
        return "python"
    try:
        wanted = f"{_PACKAGE}=={core}.*" if _is_series(core) else core and requirement(core)
    except UnknownError:
        return "core"
    return "" if not wanted or _has(wanted) else "core"


def _is_series(core: str) -> bool:
    return re.fullmatch(r"\d+\.\d+", core) is not None


def _within(python: str, needs: str) -> bool:
    from pip._vendor.packaging.specifiers import InvalidSpecifier, SpecifierSet  # noqa: PLC0415  # what else has no pip is asked nothing

    try:
        return SpecifierSet(needs).contains(python, prereleases=True)
    except InvalidSpecifier:  # pip says what it makes of it
        return True


def _has(wanted: str) -> bool:
    from pip._vendor.packaging.requirements import InvalidRequirement, Requirement  # noqa: PLC0415  # what else has no pip is asked nothing

    try:
        asked = Requirement(wanted)
        return asked.url is None and asked.specifier.contains(metadata.version(asked.name), prereleases=True)
    except (InvalidRequirement, metadata.PackageNotFoundError):  # a folder, a URL, or nothing yet
        return False


def main(question: str, core: str, python: str = "") -> str:
    return lacking(core, python) if question == "lacks" else usable(core, python or platform.python_version())


if __name__ == "__main__":
    try:
        sys.stdout.write(main(*sys.argv[1:]))
    except UnknownError as exc:
        sys.exit(str(exc))
