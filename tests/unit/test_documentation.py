# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Guards: what is documented is what the code takes, for which no public tool looks at action plugins."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.action import OnpremAction
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.arguments import SIGN_IN
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._trust.settings import VARIABLES
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import InvalidOptionError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.option_names import named, of_the_role, options
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.ranges import RANGES

ROOT = Path(__file__).parents[2]
PACKAGE = "ansible_collections.sfb.hybrid_auth.plugins"
SOURCES = [
    path
    for top in (*ROOT.glob("*.*"), *(ROOT / name for name in ("meta", "playbooks", "plugins", "roles", "tests", "changelogs")))
    for path in (top.rglob("*") if top.is_dir() and not top.name.startswith(".") else [top])
    if path.suffix in {".py", ".yml", ".ps1", ".psm1", ".toml"} and "output" not in path.parts and path.stat().st_size
]
UTILS = ROOT / "plugins" / "plugin_utils"
ACTIONS = sorted(path.stem for path in (ROOT / "plugins" / "action").glob("[a-z]*.py"))
RUNTIME = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text())
GROUPS = RUNTIME["action_groups"]
TIMES = [
    ("onprem_certificate", "effective_date"),
    ("sp_credential", "start"),
    ("sp_credential", "end"),
    ("sp_credential", "valid_at"),
    ("trust_report", "audits.time"),
]
FRAGMENTS = {"graph": "SIGN_IN", "onprem": "ONPREM"}


def described(name: str, part: str) -> dict[str, Any]:
    """The options or attributes of a module, with those that it takes over."""
    document = yaml.safe_load(importlib.import_module(f"{PACKAGE}.modules.{name}").DOCUMENTATION)
    found: dict[str, Any] = {}
    for fragment in document["extends_documentation_fragment"]:
        _namespace, _collection, file, *variant = fragment.split(".")
        source = getattr(importlib.import_module(f"{PACKAGE}.doc_fragments.{file}"), "ModuleDocFragment")  # noqa: B009
        found |= yaml.safe_load(getattr(source, variant[0].upper() if variant else "DOCUMENTATION")).get(part) or {}
    for entry, own in (document.get(part) or {}).items():
        found[entry] = {**found.get(entry, {}), **own} if part == "attributes" else own
    return found


def documented(name: str) -> dict[str, Any]:
    return described(name, "options")


def spec(name: str) -> dict[str, Any]:
    return dict(importlib.import_module(f"{PACKAGE}.action.{name}").ActionModule.ARGUMENTS.options)


def test_every_action_has_a_twin_and_every_twin_an_action() -> None:
    assert sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("[a-z]*.py")) == ACTIONS


def test_a_former_name_leads_to_a_module_whichever_way_ansible_looks_it_up() -> None:
    modules, actions = (RUNTIME["plugin_routing"][kind] for kind in ("modules", "action"))
    assert modules == actions
    assert not set(modules) & set(ACTIONS)
    assert {entry["redirect"].removeprefix("sfb.hybrid_auth.") for entry in modules.values()} <= set(ACTIONS)


@pytest.mark.parametrize("name", ACTIONS)
def test_the_documented_options_are_the_argument_spec(name: str) -> None:
    facts = ("type", "elements", "choices", "default", "required", "aliases")
    assert {option: {fact: entry[fact] for fact in facts if entry.get(fact) is not None} for option, entry in documented(name).items()} == {
        option: {fact: entry[fact] for fact in facts if entry.get(fact) is not None} for option, entry in spec(name).items()
    }


def deep(name: str) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """The options of an action, those within others too, each as it is documented and as it is checked."""

    def of(documents: dict[str, Any], options: dict[str, Any], above: str) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
        found = {f"{above}{option}": (documents[option], entry) for option, entry in options.items()}
        for option, entry in options.items():
            if entry.get("options"):
                found |= of(documents[option]["suboptions"], entry["options"], f"{above}{option}.")
        return found

    return of(documented(name), spec(name), "")


@pytest.mark.parametrize("name", ACTIONS)
def test_a_number_is_documented_with_the_range_in_which_it_is_taken(name: str) -> None:
    for option, (document, entry) in deep(name).items():
        if entry["type"] == "int" and not entry.get("choices"):
            taken = RANGES[option.rpartition(".")[2]]
            words = " ".join(document["description"])
            assert f"from {taken.least} to {taken.most}" in words.lower(), option
            assert re.search(rf"\b{taken.unit}\b", words.lower()), option
            assert taken.least <= entry["default"] <= taken.most


@pytest.mark.parametrize(("name", "option"), TIMES)
def test_a_time_is_documented_with_its_form_and_its_zone(name: str, option: str) -> None:
    assert "in ISO 8601 such as V(2026-11-02T08:00:00Z), without a zone in UTC" in " ".join(deep(name)[option][0]["description"])


def test_every_option_that_is_read_as_a_time_is_in_that_list() -> None:
    called = [
        node
        for path in (ROOT / "plugins").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", None) == "option_time"
    ]
    read = {ast.unparse(node.args[0]).strip("'") for node in called}
    assert read == {option.rpartition(".")[2] for _name, option in TIMES} - {"time"} | {"f'{where}.time", "option"}


def test_an_error_about_an_option_names_one_that_there_is() -> None:
    """Most names are passed on; where the code itself has one, it is an option of a module, a variable of the role or one of these."""
    known = {option for name in ACTIONS for option in deep(name)} | set(VARIABLES)
    named = {
        (path.name, node.args[0].value)
        for path in (ROOT / "plugins").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", None) == "InvalidOptionError" and isinstance(node.args[0], ast.Constant)
    }
    assert len(named) > 40
    assert sorted(one for one in named if one[1] not in known) == []


@pytest.mark.parametrize("names", [["path"], ["subject"], ["thumbprints"], ["ca_path"], ["device_code_timeout", "auth_source"]])
def test_a_remedy_names_the_variable_of_the_role_and_the_option(names: list[str]) -> None:
    variables, _of, modules = options(*names).partition(" (")
    assert set(re.findall(r"\w+", variables)) - {"and"} <= set(VARIABLES)
    assert modules.rstrip(")") == f"{' and '.join(names)} of a module"
    assert all(any(name in spec(action) for action in ACTIONS) for name in names)


def test_an_error_about_an_option_names_the_variable_of_the_role_too() -> None:
    every = {name for action in ACTIONS for name in spec(action)}
    told = {name: re.findall(r"\((\w+) of the role\)", named(name)) for name in every}
    assert {name for name in every if f"trust_{name}" in VARIABLES} <= {name for name, variables in told.items() if variables}
    assert {variable for variables in told.values() for variable in variables} <= set(VARIABLES)
    assert str(InvalidOptionError("graph_url", "it is wrong", "one")).startswith("Option 'graph_url' (trust_graph_url of the role): it is")
    assert str(InvalidOptionError("current", "it is wrong", "one")).startswith("Option 'current': it is")
    assert str(InvalidOptionError("ACTIONS_TOKEN", "it is wrong", "one")).startswith("Environment variable 'ACTIONS_TOKEN': it is")
    assert of_the_role(f"Correct {options('login_url', 'cloud')}.") == "Correct trust_login_url and trust_cloud."


# client_secret is a choice of auth_source too.
_OF_SIGN_IN = "|".join(name for name in SIGN_IN if "_" in name)
_SPOKEN = re.compile(rf"(?<![\w.])(?<!client_certificate or )({_OF_SIGN_IN})\b|'(tenant|cloud|metadata_url)'")


def _spoken(node: ast.AST) -> Iterator[str]:
    """The texts of an error, without the names that options() is given."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif not isinstance(node, ast.Compare) and not (isinstance(node, ast.Call) and getattr(node.func, "id", None) == "options"):
        for child in ast.iter_child_nodes(node):
            yield from _spoken(child)


@pytest.mark.parametrize("package", ["_tenant", "_values", "_task"])
def test_an_error_speaks_of_an_option_of_the_sign_in_as_the_role_has_it_and_as_modules_do(package: str) -> None:
    told = [
        f"{path.name}: {text}"
        for path in (ROOT / "plugins" / "plugin_utils" / package).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and (kind := getattr(node.func, "id", None)) in ("HybridAuthError", "InvalidOptionError")
        for part in node.args[kind == "InvalidOptionError" :]
        for text in _spoken(part)
        if _SPOKEN.search(text)
    ]
    assert told == []


@pytest.mark.parametrize("group", sorted(GROUPS))
def test_every_member_of_an_action_group_takes_every_shared_option(group: str) -> None:
    shared = getattr(importlib.import_module(f"{PACKAGE}.plugin_utils._task.arguments"), FRAGMENTS[group])
    for name in GROUPS[group]:
        assert shared.items() <= spec(name).items(), name


def test_every_action_that_takes_shared_options_is_in_their_group_and_in_no_other() -> None:
    for group, fragment in FRAGMENTS.items():
        # Single ones, such as the name of the cloud, are also options of modules that do not sign in.
        shared = set(getattr(importlib.import_module(f"{PACKAGE}.plugin_utils._task.arguments"), fragment))
        assert sorted(GROUPS[group]) == [name for name in ACTIONS if shared <= set(spec(name))]


ATTRIBUTES = {"check_mode", "diff_mode", "idempotent", "action", "async", "facts", "platform", "connection", "become", "delegation"}


@pytest.mark.parametrize("name", ACTIONS)
def test_the_attributes_are_all_there_and_those_of_the_action(name: str) -> None:
    attributes = described(name, "attributes")
    action = importlib.import_module(f"{PACKAGE}.action.{name}").ActionModule
    groups = [f"sfb.hybrid_auth.{group}" for group in sorted(GROUPS) if name in GROUPS[group]]
    assert set(attributes) == ATTRIBUTES | ({"action_group"} if groups else set())
    assert sorted(attributes.get("action_group", {"membership": []})["membership"]) == groups
    supports = {attribute: entry["support"] for attribute, entry in attributes.items()}
    assert supports["action"] == "full"
    assert (supports["async"], action._supports_async) == ("none", False)
    assert action._supports_check_mode is (supports["check_mode"] != "none")
    assert supports["facts"] == "none"
    assert "ansible_facts" not in (ROOT / "plugins" / "action" / f"{name}.py").read_text(encoding="utf-8")
    on_server = name in GROUPS["onprem"]
    assert attributes["platform"]["platforms"] == ("windows" if on_server else "posix")
    assert supports["connection"] == ("full" if on_server else "none")


@pytest.mark.parametrize("name", ["trust_report", "trust_support"])
def test_what_writes_new_files_each_time_is_not_said_to_be_idempotent(name: str) -> None:
    attributes = described(name, "attributes")
    assert (attributes["idempotent"]["support"], attributes["diff_mode"]["support"]) == ("partial", "N/A")
    assert "each run writes other ones" in str(attributes["diff_mode"]["details"])


def test_a_page_names_each_action_group_and_its_modules() -> None:
    page = (ROOT / "docs" / "modules.md").read_text(encoding="utf-8")
    for group in GROUPS:
        (line,) = (line for line in page.splitlines() if line.startswith(f"| `group/sfb.hybrid_auth.{group}` |"))
        assert set(re.findall(r"`(\w+)`", line.split(" | ")[2])) == set(GROUPS[group])


@pytest.mark.parametrize("name", ACTIONS)
def test_a_module_that_is_said_to_be_without_a_connection_has_none(name: str) -> None:
    action = importlib.import_module(f"{PACKAGE}.action.{name}")
    connects = issubclass(action.ActionModule, OnpremAction) or hasattr(action, "ManagementShell")
    assert (described(name, "attributes")["connection"]["support"] == "full") == connects


def led_to(name: str) -> set[str]:
    """The modules to which the documentation of one leads."""
    document = yaml.safe_load(importlib.import_module(f"{PACKAGE}.modules.{name}").DOCUMENTATION)
    return {entry["module"].removeprefix("sfb.hybrid_auth.") for entry in document["seealso"] if "module" in entry}


@pytest.mark.parametrize("name", ACTIONS)
def test_modules_lead_to_each_other_where_one_takes_what_the_other_returns(name: str) -> None:
    assert [other for other in sorted(led_to(name)) if name not in led_to(other)] == []
    document = yaml.safe_load(importlib.import_module(f"{PACKAGE}.modules.{name}").DOCUMENTATION)
    named = set(re.findall(r"M\(sfb\.hybrid_auth\.(\w+)\)", str(document.get("options"))))
    assert named - {name} - led_to(name) == set()


@pytest.mark.parametrize("name", ACTIONS)
def test_a_module_leads_to_its_guide(name: str) -> None:
    document = yaml.safe_load(importlib.import_module(f"{PACKAGE}.modules.{name}").DOCUMENTATION)
    base = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))["repository"] + "/blob/main/"
    guides = [entry["link"].removeprefix(base) for entry in document["seealso"] if entry.get("link", "").startswith(base)]
    assert guides
    assert [guide for guide in guides if not (ROOT / guide).is_file()] == []


def test_every_module_that_changes_something_has_its_prediction_tested() -> None:
    changing = {
        name
        for name in ACTIONS
        if "sfb.hybrid_auth.attributes"
        in yaml.safe_load(importlib.import_module(f"{PACKAGE}.modules.{name}").DOCUMENTATION)["extends_documentation_fragment"]
    }
    tests = ast.parse((ROOT / "tests" / "integration" / "test_prediction.py").read_text(encoding="utf-8"))
    # A case is a tuple that begins with the module's name.
    firsts = [node.elts[0] for node in ast.walk(tests) if isinstance(node, ast.Tuple) and node.elts]
    tested = {first.value for first in firsts if isinstance(first, ast.Constant)}
    assert changing
    assert changing - tested == set()


def test_the_page_of_the_modules_names_every_one() -> None:
    table = re.findall(r"^\| `([a-z_]+)` \|", (ROOT / "docs" / "modules.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(set(table) & set(ACTIONS)) == ACTIONS


def test_what_contributors_are_led_to_is_there() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    paths = re.findall(r"`((?:plugins|tests|docs|roles|meta)/[^`\s]+)`", text)
    assert len(paths) > 20
    assert [path for path in paths if not (ROOT / path.replace("<module>", "oauth_configuration")).exists()] == []
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    (targets,) = re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    named = set(re.findall(r"`(?:make )?([a-z]+(?:-[a-z]+)?)[` ]", text))
    assert set(targets.split()) - {"help", "browser"} <= named
    assert set(re.findall(r"`make ([a-z-]+)", text)) <= set(targets.split())


def test_the_files_of_which_the_architecture_tells_are_there() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    named = re.findall(r"`((?:_[a-z]+|tests|plugins|docs|playbooks)/[\w./-]*)`", text)
    assert len(named) > 40
    assert [name for name in named if not ((UTILS if name.startswith("_") else ROOT) / name).exists()] == []
    tables = re.findall(r"^\| \d \| `(?:plugins/)?(\w+)/` \|", text, re.MULTILINE)
    assert set(tables) == {path.name for path in UTILS.glob("_*") if (path / "__init__.py").exists()} - {"__pycache__"} | {"action"}


def test_each_inference_names_what_in_a_bundle_settles_it() -> None:
    pages = {path.name: " ".join(path.read_text(encoding="utf-8").split()) for path in (ROOT / "docs").glob("*.md")}
    marks = {name: re.findall(r"\[inferred[^\]]*\]", text) for name, text in pages.items()}
    assert [name for name, found in marks.items() if found] == ["unverified.md"]
    said_of_the_marks, *found = marks["unverified.md"]
    assert said_of_the_marks == "[inferred]"
    assert len(found) > 15
    assert [mark for mark in found if not re.fullmatch(r"\[inferred; bundle: [^\]]+\]", mark)] == []


@pytest.mark.parametrize("name", ACTIONS)
def test_names_of_returned_values_do_not_clash_with_methods_in_templates(name: str) -> None:
    returned = yaml.safe_load(importlib.import_module(f"{PACKAGE}.modules.{name}").RETURN)
    assert not {"keys", "values", "items", "results"} & set(returned)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_file_names_its_license(path: Path) -> None:
    head = path.read_text(encoding="utf-8").splitlines()[:8]
    assert any("SPDX-License-Identifier: GPL-3.0-or-later" in line for line in head)
