# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which ansible-core the playbook tests run on, and on which Python: PyPI is asked what there is. Needs nothing but Python and its pip.

From the oldest that the collection supports on there is the newest release of each series. A series that has none yet is there with its
newest pre-release, as one that is coming.

python3 -m tests.support.cores [NAME...]: for tests/cores.sh a line each, with release, Python, its program and `released` or `coming`.
                                          NAME is a series, `oldest`, `newest` or `coming`; all without one.
python3 -m tests.support.cores --forge: for the forge's matrix as JSON, each on the newest Python that it supports.
python3 -m tests.support.cores --readme: write what ran into the table of README.md.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET  # its reports are our own
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
RAN = ROOT / ".cache" / "cores"
_OLDEST_PYTHON = (3, 10)
_TABLE = re.compile(r"(?<=^\| ansible-core \| Python \| playbook tests \|\n\|---\|---\|---\|\n)(?:\|.*\n)*", re.MULTILINE)

Series = tuple[int, int]


class UnknownError(Exception):
    """PyPI was not asked, or has nothing of the kind."""


@dataclass(frozen=True)
class Core:
    """The ansible-core of one series. pythons: those that it supports by its own word, the oldest first."""

    series: Series
    release: str
    pythons: tuple[Series, ...] = ()

    @property
    def coming(self) -> bool:
        return not _is_final(self.release)


def newest(releases: Iterable[str], oldest: Series) -> list[Core]:
    """The newest of each series from the oldest on, without the Pythons; the newest series comes last."""
    found: dict[Series, str] = {}
    for release in sorted(releases, key=_order):
        series = series_of(release)
        if series >= oldest and (_is_final(release) or not _is_final(found.get(series, "a"))):
            found[series] = release
    return [Core(series, found[series]) for series in sorted(found)]


def chosen(cores: Sequence[Core], names: Sequence[str]) -> list[Core]:
    """Those of these names, all without one; UnknownError for a name of none."""
    released = [core for core in cores if not core.coming]
    words = {"oldest": released[:1], "newest": released[-1:], "coming": [core for core in cores if core.coming]}
    picked = []
    for name in names:
        found = words.get(name, [core for core in cores if text_of(core.series) == name])
        if not found and name != "coming":
            there = ", ".join(text_of(core.series) for core in cores)
            raise UnknownError(f"{name} names no ansible-core that there is: {there}, oldest, newest, coming.")
        picked += [core for core in found if core not in picked]
    return picked if names else list(cores)


def pythons_in(classifiers: Iterable[str]) -> tuple[Series, ...]:
    """The Pythons that a package supports, by its classifiers (https://pypi.org/classifiers/)."""
    found = (re.fullmatch(r"Programming Language :: Python :: (\d+\.\d+)", one) for one in classifiers)
    return tuple(sorted(series_of(match[1]) for match in found if match))


def program_for(core: Core, here: Mapping[Series, str]) -> tuple[Series, str] | None:
    """The newest Python that the ansible-core supports and that is here, with its program."""
    usable = [python for python in core.pythons if python in here and python >= _OLDEST_PYTHON]
    return (usable[-1], here[usable[-1]]) if usable else None


def table(reports: Mapping[str, str]) -> str:
    """The rows of README's table. reports: pytest's XML of each run, by ansible-core and Python such as 2.17.14-3.12.

    tests/cores.sh names the suite where it ran a choice of the tests alone.
    """
    rows = []
    for name in sorted(reports, key=_order):
        release, _dash, python = name.partition("-")
        suites = list(ET.fromstring(reports[name]).iter("testsuite"))  # noqa: S314  # as above
        tests, skipped, failed, errors = (_sum(suites, one) for one in ("tests", "skipped", "failures", "errors"))
        wrong = f", {failed + errors} failed" if failed + errors else ""
        part = ", of a choice" if any(suite.get("name") == "choice" for suite in suites) else ""
        rows.append(f"| {release} | {python} | {tests - skipped - failed - errors} passed{wrong}{part} |\n")
    return "".join(rows)


def with_table(page: str, rows: str) -> str:
    """The page with these rows in its table."""
    return _TABLE.sub(rows, page)


def supported() -> Series:
    """The oldest series that the collection supports."""
    text = (ROOT / "meta" / "runtime.yml").read_text(encoding="utf-8")
    return series_of(re.findall(r'^requires_ansible: ">=(.+)"$', text, re.MULTILINE)[0])


def listed() -> list[Core]:
    """The newest ansible-core of each supported series, by PyPI; UnknownError where that does not answer."""
    told = _pip("index", "versions", "ansible-core", "--pre", "--ignore-requires-python")
    found = re.search(r"^Available versions: (.+)$", told, re.MULTILINE)
    if not found:
        raise UnknownError("pip's list of the versions of ansible-core is not read here: it has another form.")
    return newest(found[1].split(", "), supported())


def described(core: Core) -> Core:
    """With the Pythons that it supports."""
    return Core(core.series, core.release, pythons_in(_metadata(core.release)["classifier"]))


def needed_python(release: str) -> str:
    """The versions of Python on which pip installs it, such as >=3.12; blank where there is no such release, or it does not tell."""
    try:
        return str(_metadata(release).get("requires_python") or "")
    except UnknownError:  # pip says the same when it installs
        return ""


def _metadata(release: str) -> dict[str, Any]:
    only = ("--dry-run", "--no-deps", "--ignore-installed", "--ignore-requires-python")
    (one,) = json.loads(_pip("install", "--quiet", *only, "--report", "-", f"ansible-core=={release}"))["install"]
    told: dict[str, Any] = one["metadata"]
    return told


def series_of(release: str) -> Series:
    major, minor = release.split(".")[:2]
    return int(major), int(minor)


def text_of(series: Series) -> str:
    return f"{series[0]}.{series[1]}"


def _sum(suites: Iterable[ET.Element], count: str) -> int:
    return sum(int(suite.get(count, 0)) for suite in suites)


def _is_final(release: str) -> bool:
    return re.fullmatch(r"\d+(\.\d+)*", release) is not None


def _order(release: str) -> list[tuple[int, int, str]]:
    """A pre-release comes before its release, and 2.9 before 2.10. What follows a dash, in the name of a run, does not count."""
    parts = re.findall(r"\d+|[a-z]+", release.partition("-")[0])
    return [(1, int(part), "") if part.isdigit() else (-1, 0, part) for part in parts] + [(0, 0, "")]


def _pip(*arguments: str) -> str:
    # Nothing is installed, so a Python that belongs to the system may be asked too.
    environment = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_BREAK_SYSTEM_PACKAGES": "1"}
    done = subprocess.run([sys.executable, "-m", "pip", *arguments], capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise UnknownError(
            f"pip of {sys.executable} does not tell which ansible-core there is: {said.rstrip('.')}. Check the network, or pip's settings."
        )
    return done.stdout


def _here() -> dict[Series, str]:
    """The Pythons of this machine that can make a virtual environment."""
    found = {}
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for minor in range(_OLDEST_PYTHON[1], 30):
        on_path = shutil.which(f"python3.{minor}")
        for program in [*([on_path] if on_path else []), *map(str, sorted(pyenv.glob(f"3.{minor}.*/bin/python")))]:
            if subprocess.run([program, "-c", "import venv, ensurepip"], capture_output=True, check=False).returncode == 0:
                found[(3, minor)] = program
                break
    return found


def _lines(names: Sequence[str]) -> list[str]:
    here, lines = _here(), []
    for core in map(described, chosen(listed(), names)):
        found = program_for(core, here)
        python, program = (text_of(found[0]), found[1]) if found else ("/".join(map(text_of, core.pythons)), "")
        lines.append("\t".join((core.release, python, "coming" if core.coming else "released", program)))
    return lines


def _forge() -> str:
    cores = map(described, listed())
    return json.dumps([{"core": text_of(one.series), "python": text_of(one.pythons[-1]), "coming": one.coming} for one in cores])


def main(arguments: Sequence[str]) -> int:
    try:
        if arguments == ["--forge"]:
            sys.stdout.write(f"{_forge()}\n")
        elif arguments == ["--readme"]:
            page = ROOT / "README.md"
            rows = table({path.stem: path.read_text(encoding="utf-8") for path in RAN.glob("*.xml")})
            page.write_text(with_table(page.read_text(encoding="utf-8"), rows), encoding="utf-8")
        else:
            sys.stdout.writelines(f"{line}\n" for line in _lines(arguments))
    except UnknownError as exc:
        sys.stderr.write(f"{exc}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
