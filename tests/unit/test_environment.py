# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which Python and which ansible-core make sets up: as asked, also where another is there, and none that is too old."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import environment
from tests.support.cores import UnknownError, newest

ROOT = Path(__file__).parents[2]


def fake(folder: Path, version: str) -> Path:
    """A program that says that it is this Python."""
    program = folder / "an old python"
    program.write_text(
        f'#!/bin/sh\ncase "$2" in *print*) echo {version} ;; *) exit {int(tuple(map(int, version.split("."))) < (3, 10))} ;; esac\n',
        encoding="utf-8",
    )
    program.chmod(0o755)
    return program


def checked(python: Path | str, *command: str) -> tuple[int, str]:
    told = subprocess.run([*command, str(python)], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    return told.returncode, told.stderr


@pytest.mark.parametrize("version", ["2.7.18", "3.6.15", "3.9.18"])
def test_an_old_python_is_refused_with_its_version_and_what_to_do(tmp_path: Path, version: str) -> None:
    python = fake(tmp_path, version)
    code, said = checked(python, "tests/python.sh")
    assert code == 1
    assert said == f"Python 3.10 or newer is needed, and {python} is Python {version}. Name another one, such as PYTHON=python3.12.\n"


def test_a_python_that_does_not_run_is_refused_too(tmp_path: Path) -> None:
    code, said = checked(tmp_path / "none", "tests/python.sh")
    assert code == 1
    assert "none does not run. Name another one, such as PYTHON=python3.12." in said


def test_a_new_python_is_taken(tmp_path: Path) -> None:
    assert checked(fake(tmp_path, "3.10.0"), "tests/python.sh") == (0, "")


@pytest.mark.parametrize("target", ["demo", "unit", "test-cores"])
def test_make_refuses_an_old_python_before_it_sets_anything_up(tmp_path: Path, target: str) -> None:
    python = fake(tmp_path, "3.9.18")
    command = ["make", "-s", target, f"PYTHON={python}", f"VENV={tmp_path / 'environment'}"]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert told.returncode != 0
    assert f"Python 3.10 or newer is needed, and {python} is Python 3.9.18." in told.stderr
    assert told.stdout == ""
    assert not (tmp_path / "environment").exists()


def test_what_decides_looks_at_the_python_first() -> None:
    lines = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    commands = [line for line in lines if line and not line.startswith(("#", "set ", "cd "))]
    assert commands[0] == "tests/python.sh python3"


@pytest.mark.parametrize(
    ("core", "wanted"),
    [
        ("2.22", "ansible-core==2.22.0rc1"),
        ("2.19.14", "ansible-core==2.19.14"),
        ("2.22.0rc1", "ansible-core==2.22.0rc1"),
        ("newest", "ansible-core==2.21.5"),
        ("oldest", "ansible-core==2.20.1"),
        ("coming", "ansible-core==2.22.0rc1"),
        ("ansible-core~=2.19.0", "ansible-core~=2.19.0"),
        (">=2.18,<2.19", "ansible-core>=2.18,<2.19"),
        ("ansible-core >= 2.18, != 2.18.3", "ansible-core>=2.18,!=2.18.3"),
        ("ansible-core", "ansible-core"),
        ("", "ansible-core"),
        ("/tmp/ansible_core.whl", "/tmp/ansible_core.whl"),
        ("git+https://github.com/ansible/ansible", "git+https://github.com/ansible/ansible"),
        ("ansible-core @ https://github.com/ansible/ansible/archive/devel.tar.gz",) * 2,
    ],
)
def test_a_series_a_release_or_what_pip_takes_names_the_ansible_core(monkeypatch: pytest.MonkeyPatch, core: str, wanted: str) -> None:
    monkeypatch.setattr(environment, "listed", lambda: newest(["2.22.0rc1", "2.22.0b1", "2.21.5", "2.20.1"], (2, 17)))
    assert environment.requirement(core) == wanted


@pytest.mark.parametrize(
    "core", ["foo", "ansible", "ansible-core2", "latest", "2", "2.21.x", ">=", ">=2.18;", "2.19 2.20", "--pre", "2.99"]
)
def test_what_names_no_ansible_core_is_no_project_of_that_name(monkeypatch: pytest.MonkeyPatch, core: str) -> None:
    monkeypatch.setattr(environment, "listed", lambda: newest(["2.21.5"], (2, 17)))
    with pytest.raises(UnknownError, match=f"^(CORE=)?{re.escape(core)} names no ansible-core"):
        environment.requirement(core)


def test_where_none_is_coming_the_newest_is_not_taken_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "listed", lambda: newest(["2.21.5"], (2, 17)))
    with pytest.raises(UnknownError, match=r"^No ansible-core is coming"):
        environment.requirement("coming")


@pytest.mark.parametrize(
    ("core", "needs", "refused"),
    [
        ("2.21", ">=3.12", True),
        ("2.21.5", ">=3.12", True),
        ("2.21.5", ">=3.10", False),
        ("2.21.5", "", False),
        (">=2.20,<2.22", ">=3.12", False),
        ("", ">=3.12", False),
    ],
)
def test_a_release_that_does_not_run_on_the_python_is_refused_in_one_line(
    monkeypatch: pytest.MonkeyPatch, core: str, needs: str, refused: bool
) -> None:
    monkeypatch.setattr(environment, "listed", lambda: newest(["2.21.5"], (2, 17)))
    monkeypatch.setattr(environment, "needed_python", {"2.21.5": needs}.__getitem__)
    if refused:
        with pytest.raises(UnknownError) as told:
            environment.usable(core, "3.10.13")
        assert str(told.value) == "ansible-core 2.21.5 needs Python >=3.12, and this is Python 3.10.13: name another PYTHON or CORE."
    else:
        assert environment.usable(core, "3.10.13") == environment.requirement(core)


@pytest.mark.parametrize(
    ("core", "python", "lacks"),
    [
        ("", "", ""),
        ("", "here", ""),
        ("", "3.9.1", "python"),
        ("2.22", "here", ""),
        ("2.22", "3.9.1", "python"),
        ("2.22.0rc1", "", ""),
        ("ansible-core", "", ""),
        ("ansible-core>=2.19", "", ""),
        ("2.19", "here", "core"),
        ("2.22.1", "", "core"),
        ("ansible-core~=2.19.0", "", "core"),
        ("git+https://github.com/ansible/ansible", "", "core"),
        ("foo", "", "core"),
    ],
)
def test_an_environment_that_is_there_is_changed_where_it_is_not_as_asked(
    monkeypatch: pytest.MonkeyPatch, core: str, python: str, lacks: str
) -> None:
    monkeypatch.setattr(environment.metadata, "version", {"ansible-core": "2.22.0rc1"}.__getitem__)
    assert environment.lacking(core, platform.python_version() if python == "here" else python) == lacks


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout in a folder with a space, whose environment only writes down which programs are called to set up and to run something."""
    folder = tmp_path / "a checkout"
    for name in ("Makefile", "tests/python.sh", "tests/__init__.py", "tests/support/__init__.py", "tests/support/environment.py"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    shutil.copy(ROOT / "tests/support/cores.py", folder / "tests/support/cores.py")
    made = folder / ".venv" / "bin"
    made.mkdir(parents=True)
    for program in ("python", "ansible-galaxy", "ansible-lint", "antsibull-docs"):
        path = made / program
        environment = f'case "$2" in tests.support.environment) exec "{sys.executable}" "$@" ;; esac\n'
        path.write_text(f'#!/bin/sh\n{environment}echo "{program} $*" >> "{tmp_path}/calls"\n', encoding="utf-8")
        path.chmod(0o755)
    (folder / "tests/lab").mkdir()
    for path in (*ROOT.glob("requirements*.txt"), *ROOT.glob("tests/requirements*.txt"), ROOT / "tests/lab/requirements.txt"):
        shutil.copy(path, folder / path.relative_to(ROOT))
    for stamp in (".runtime", ".dev"):
        (folder / ".venv" / stamp).touch()
    return folder


def made(checkout: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A run of make, for which pip finds nothing."""
    environment = {name: value for name, value in os.environ.items() if name not in ("CORE", "PYTHON", "VENV", "MAKEFLAGS", "MAKELEVEL")}
    environment |= {"PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull}
    return subprocess.run(
        ["make", "-s", *arguments], cwd=checkout, capture_output=True, text=True, timeout=60, check=False, env=environment
    )


def calls(checkout: Path, *arguments: str) -> str:
    """What the environment was asked to do by make."""
    told = made(checkout, *arguments)
    assert told.returncode == 0, told.stderr
    log = checkout.parent / "calls"
    return log.read_text(encoding="utf-8") if log.exists() else ""


@pytest.mark.parametrize(
    ("target", "last"),
    [
        ("demo", "python -m tests.demo\n"),
        ("unit", "python -m pytest -n 2 --dist worksteal tests/unit --hypothesis-profile=quick\n"),
        ("lint-collection", "antsibull-docs lint-collection-docs --plugin-docs --skip-rstcheck .\n"),
    ],
)
def test_a_checkout_may_lie_in_a_folder_with_a_space(checkout: Path, target: str, last: str) -> None:
    lint = checkout / ".cache/lint/ansible_collections/sfb/hybrid_auth"
    galaxy = checkout / ".venv/bin/ansible-galaxy"
    galaxy.write_text(f'{galaxy.read_text(encoding="utf-8")}mkdir -p "{lint}"\n', encoding="utf-8")
    assert calls(checkout, target).endswith(last)


@pytest.mark.parametrize("core", ["", "ansible-core", "ansible-core>=2.17"])
def test_an_environment_that_is_as_asked_is_left_alone(checkout: Path, core: str) -> None:
    assert calls(checkout, ".venv/.runtime", *([f"CORE={core}"] if core else [])) == ""


def test_another_ansible_core_is_installed_into_an_environment_that_is_there(checkout: Path) -> None:
    assert "python -m pip install -q ansible-core==2.99.0 -r requirements.txt" in calls(checkout, ".venv/.runtime", "CORE=2.99.0")
    # What comes without a name stays with what there is.
    (checkout.parent / "calls").unlink()
    assert calls(checkout, ".venv/.runtime") == ""


def test_another_python_takes_the_place_of_an_environment_that_is_there(checkout: Path) -> None:
    other = checkout / "other python"
    venv = f'mkdir -p .venv/bin; echo "other $*" >> "{checkout.parent}/calls"; cp "{checkout}/kept" .venv/bin/python'
    other.write_text(
        f'#!/bin/sh\ncase "$*" in *platform*|*print*) echo 3.99.0 ;; *venv*) {venv} ;; esac\n',
        encoding="utf-8",
    )
    other.chmod(0o755)
    shutil.copy(checkout / ".venv/bin/python", checkout / "kept")
    (checkout / ".venv/of-the-old-one").touch()
    done = calls(checkout, ".venv/.runtime", f"PYTHON={other}")
    assert done.splitlines()[0] == "other -m venv .venv"
    assert "python -m pip install -q ansible-core -r requirements.txt" in done
    assert not (checkout / ".venv/of-the-old-one").exists()


@pytest.mark.parametrize("named", [{"PYTHON": "other python"}, {}])
def test_a_core_that_is_none_is_refused_before_anything_is_removed_or_installed(checkout: Path, named: dict[str, str]) -> None:
    other = checkout / "other python"
    other.write_text("#!/bin/sh\necho 3.99.0\n", encoding="utf-8")
    other.chmod(0o755)
    told = made(checkout, ".venv/.runtime", "CORE=foo", *(f"{name}={checkout / value}" for name, value in named.items()))
    assert told.returncode != 0
    assert [line for line in told.stderr.splitlines() if not line.startswith("make:")] == [
        "CORE=foo names no ansible-core: a series such as 2.21, oldest, newest, coming, a release such as 2.21.5, bounds such as "
        "'>=2.20,<2.22', or the path or URL of one."
    ]
    assert (checkout / ".venv/.runtime").exists()
    log = checkout.parent / "calls"
    assert not log.exists() or "pip" not in log.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "call"),
    [
        (("lab", "STATE=a b/c.json", "INFO=d e.json", "ENGINE=f/g h"), "tests.lab:--state:a b/c.json:--info:d e.json:--engine:f/g h"),
        (("lab",), "tests.lab"),
        (("years", "SCENARIO=leap day"), "tests.years:--scenario:leap day"),
        (("soak", "CYCLES=20"), "tests.soak:--cycles:20"),
        (("sweep", "EVERY=1 0"), "tests.sweep:--every:1 0"),
    ],
)
def test_what_is_given_may_have_a_space(checkout: Path, arguments: tuple[str, ...], call: str) -> None:
    python = checkout / ".venv/bin/python"
    python.write_text(f'#!/bin/sh\nIFS=:; echo "$*" >> "{checkout.parent}/calls"\n', encoding="utf-8")
    assert calls(checkout, *arguments).endswith(f"-m:{call}\n")


def test_an_environment_with_a_space_in_its_name_is_refused(checkout: Path) -> None:
    told = made(checkout, "demo", "VENV=my environment")
    assert told.returncode != 0
    assert "VENV may hold no space: make takes a name with one for several." in told.stderr
    assert not (checkout / "my environment").exists()


def test_an_environment_is_no_part_of_the_repository_also_where_it_is_a_link(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", tmp_path], check=True, timeout=60)
    shutil.copy(ROOT / ".gitignore", tmp_path)
    (tmp_path / ".venv").symlink_to(tmp_path / "elsewhere")
    (tmp_path / ".venv-docs").mkdir()
    (tmp_path / ".venv-docs/file").touch()
    told = subprocess.run(["git", "status", "--porcelain"], cwd=tmp_path, capture_output=True, text=True, check=True, timeout=60)
    assert told.stdout == "?? .gitignore\n"


ENVIRONMENTS = (".venv-awx", ".venv-clients", ".venv-docs", ".venv-importer", ".venv-kerberos")


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_another_python_makes_each_environment_anew_and_an_old_one_is_refused(checkout: Path, name: str) -> None:
    log = checkout.parent / "calls"
    for file in ROOT.glob("tests/*/requirements.txt"):
        (checkout / file.relative_to(ROOT)).parent.mkdir(exist_ok=True)
        shutil.copy(file, checkout / file.relative_to(ROOT))
    there = checkout / name / "bin/python"
    there.parent.mkdir(parents=True)
    there.write_text(f'#!/bin/sh\ncase "$*" in *print*) echo 3.98.0 ;; *pip*) echo "$*" >> "{log}" ;; esac\n', encoding="utf-8")
    there.chmod(0o755)
    for stamp in ("of-the-old-one", ".installed"):
        (checkout / name / stamp).touch()
    target = f"{name}/.installed"
    assert calls(checkout, target) == ""
    assert calls(checkout, target, f"PYTHON={there}") == ""
    told = made(checkout, target, f"PYTHON={fake(checkout, '3.9.18')}")
    assert "is Python 3.9.18. Name another one" in told.stderr
    assert (checkout / name / "of-the-old-one").exists()
    other = checkout / "other python"
    shutil.copy(there, checkout / "kept")
    other.write_text(
        f'#!/bin/sh\ncase "$*" in *print*) echo 3.99.0 ;; *venv*) mkdir -p {name}/bin; cp "{checkout}/kept" {name}/bin/python ;; esac\n',
        encoding="utf-8",
    )
    other.chmod(0o755)
    assert "pip install -q" in calls(checkout, target, f"PYTHON={other}")
    assert not (checkout / name / "of-the-old-one").exists()
    assert (checkout / target).exists()


def test_the_demo_names_its_folder_of_collections_so_that_ansible_does_not_warn(checkout: Path) -> None:
    galaxy = checkout / ".venv/bin/ansible-galaxy"
    galaxy.write_text(
        f'{galaxy.read_text(encoding="utf-8")}echo "$ANSIBLE_COLLECTIONS_PATH" >> "{checkout.parent}/paths"\n', encoding="utf-8"
    )
    calls(checkout, "demo")
    assert (checkout.parent / "paths").read_text(encoding="utf-8").splitlines()[-1] == f"{checkout}/.venv/collections"
