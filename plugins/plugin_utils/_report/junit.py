# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A report as JUnit XML, which CI systems show as test results. Private to the collection.

There is no standard; this keeps to the elements that Jenkins' schema and GitLab's reader share:
https://docs.gitlab.com/ci/testing/unit_test_reports/ and
https://github.com/jenkinsci/xunit-plugin/blob/master/src/main/resources/org/jenkinsci/plugins/xunit/types/model/xsd/junit-10.xsd
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.values import shown
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.words import NOT_IN_THE_RUN

_NUMBERS = {"tests": "testcase", "failures": "*/failure", "errors": "*/error", "skipped": "*/skipped"}


def junit(document: Mapping[str, Any]) -> str:
    """testsuites, with a testsuite for each deployment and a testcase for each finding, difference, obstacle and error.

    fail is a failure, skip is skipped, warn passes and says so in its system-out, what could not be read is an error.
    """
    suites = [suite(deployment) for deployment in document["deployments"]]
    return "".join(pieces(document["title"], [numbers for _text, numbers in suites], (text for text, _numbers in suites)))


def suite(deployment: Mapping[str, Any]) -> tuple[str, dict[str, int]]:
    """The testsuite of one of a document's deployments, and its numbers."""
    element = ET.Element("testsuite", name=deployment["name"], timestamp=deployment["time"].removesuffix("Z"), time="0")
    properties = ET.SubElement(element, "properties")
    for name in ("verdict", "time"):
        ET.SubElement(properties, "property", name=name, value=deployment[name])
    for finding in deployment["findings"]:
        _finding(element, finding)
    for step in deployment["differences"]:
        case = _case(element, "difference", f"{step['title']} is as a run would leave it")
        _said(
            case,
            "failure",
            "difference",
            f"A run would change: {step['title']}",
            "\n".join([*step["operations"], *(f"loses {loss}" for loss in step["losses"])]),
        )
    if deployment["obstacle"]:
        _said(_case(element, "obstacle", "A run could be made"), "failure", "obstacle", "A run would stop", deployment["obstacle"])
    for error in deployment["errors"]:
        case = _case(element, "error", f"{error['subject']} could be read")
        _said(case, "error", "unread", f"{error['subject']} could not be read", error["message"])
    for server in deployment["unchecked"]:
        ET.SubElement(_case(element, "unchecked", f"{server} was read"), "skipped", message=NOT_IN_THE_RUN)
    numbers = {name: len(element.findall(path)) for name, path in _NUMBERS.items()}
    for name, number in numbers.items():
        element.set(name, str(number))
    ET.indent(element, level=1)
    return f"  {ET.tostring(element, encoding='unicode')}\n", numbers


def pieces(title: str, numbers: Sequence[Mapping[str, int]], suites: Iterable[str]) -> Iterator[str]:
    """The text of the whole. numbers: of each testsuite. suites: their texts, in pieces of any size."""
    totals = {name: str(sum(one[name] for one in numbers)) for name in _NUMBERS}
    root = ET.tostring(ET.Element("testsuites", {"name": title, **totals}), encoding="unicode")
    yield f"{root.removesuffix(' />')}>\n"
    yield from suites
    yield "</testsuites>"


def _case(suite: ET.Element, classname: str, name: str) -> ET.Element:
    return ET.SubElement(suite, "testcase", classname=f"{suite.get('name')}.{classname}", name=name, time="0")


def _said(case: ET.Element, element: str, kind: str, message: str, text: str) -> None:
    ET.SubElement(case, element, type=kind, message=message).text = text


def _finding(suite: ET.Element, finding: Mapping[str, Any]) -> None:
    about = f" ({finding['subject']})" if finding["subject"] else ""
    case = _case(suite, finding["area"], f"{finding['id']}: {finding['title']}{about}")
    detail = f"expected: {shown(finding['expected'])}\nactual: {shown(finding['actual'])}\n{finding['remedy']}".strip()
    if finding["status"] == "fail":
        _said(case, "failure", finding["severity"], finding["heading"], detail)
    elif finding["status"] == "skip":
        ET.SubElement(case, "skipped", message=shown(finding["actual"]))
    elif finding["status"] == "warn":
        ET.SubElement(case, "system-out").text = f"warning, {finding['severity']}: {finding['heading']}\n{detail}"
