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
from collections.abc import Mapping
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.values import shown
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.words import NOT_IN_THE_RUN


def junit(document: Mapping[str, Any]) -> str:
    """testsuites, with a testsuite for each deployment and a testcase for each finding, difference, obstacle and error.

    fail is a failure, skip is skipped, warn passes and says so in its system-out, what could not be read is an error.
    """
    root = ET.Element("testsuites", name=document["title"])
    totals = dict.fromkeys(("tests", "failures", "errors", "skipped"), 0)
    for deployment in document["deployments"]:
        suite = ET.SubElement(root, "testsuite", name=deployment["name"], timestamp=deployment["time"].removesuffix("Z"), time="0")
        properties = ET.SubElement(suite, "properties")
        for name in ("verdict", "time"):
            ET.SubElement(properties, "property", name=name, value=deployment[name])
        for finding in deployment["findings"]:
            _finding(suite, finding)
        for step in deployment["differences"]:
            case = _case(suite, "difference", f"{step['title']} is as a run would leave it")
            _said(case, "failure", "difference", f"A run would change: {step['title']}", "\n".join(step["operations"]))
        if deployment["obstacle"]:
            _said(_case(suite, "obstacle", "A run could be made"), "failure", "obstacle", "A run would stop", deployment["obstacle"])
        for error in deployment["errors"]:
            case = _case(suite, "error", f"{error['subject']} could be read")
            _said(case, "error", "unread", f"{error['subject']} could not be read", error["message"])
        for server in deployment["unchecked"]:
            ET.SubElement(_case(suite, "unchecked", f"{server} was read"), "skipped", message=NOT_IN_THE_RUN)
        for name, path in (("tests", "testcase"), ("failures", "*/failure"), ("errors", "*/error"), ("skipped", "*/skipped")):
            number = len(suite.findall(path))
            totals[name] += number
            suite.set(name, str(number))
    for name, number in totals.items():
        root.set(name, str(number))
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=False)


def _case(suite: ET.Element, classname: str, name: str) -> ET.Element:
    return ET.SubElement(suite, "testcase", classname=f"{suite.get('name')}.{classname}", name=name, time="0")


def _said(case: ET.Element, element: str, kind: str, message: str, text: str) -> None:
    ET.SubElement(case, element, type=kind, message=message).text = text


def _finding(suite: ET.Element, finding: Mapping[str, Any]) -> None:
    about = f" ({finding['subject']})" if finding["subject"] else ""
    case = _case(suite, finding["area"], f"{finding['id']}: {finding['title']}{about}")
    detail = f"expected: {shown(finding['expected'])}\nactual: {shown(finding['actual'])}\n{finding['remedy']}".strip()
    if finding["status"] == "fail":
        _said(case, "failure", finding["severity"], finding["title"], detail)
    elif finding["status"] == "skip":
        ET.SubElement(case, "skipped", message=shown(finding["actual"]))
    elif finding["status"] == "warn":
        ET.SubElement(case, "system-out").text = f"warning, {finding['severity']}: {finding['title']}\n{detail}"
