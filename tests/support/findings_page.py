# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page docs/findings.md, made from the audit's table: python -m tests.support.findings_page writes it, a unit test compares."""

from __future__ import annotations

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._audit.audit import RULES

from .play import ROOT

PAGE = ROOT / "docs" / "findings.md"

_HEAD = """<!--
Copyright (c) 2026, the sfb.hybrid_auth contributors
GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
SPDX-License-Identifier: GPL-3.0-or-later
Written by: python -m tests.support.findings_page
-->
# Findings

What `trust_audit` finds, and why. A finding has an id, a title (how it should be), a heading (how it is), a severity, a status, the
subject, the expected and the actual value, and a remedy. An id comes once for each subject: each server, certificate, key credential,
name or pool. [opd.md](opd.md) has the findings beside the rules of Microsoft's On Premise Diagnostic.

| status | meaning |
|---|---|
| `pass` | the audit read it, and it is right |
| `fail` | it is wrong; a deployment with one is not compliant |
| `warn` | look at it: right for some, or wrong later |
| `skip` | not checked, and `actual` says why: not gathered, not permitted, not readable from there |

Missing data never passes, nor does what only the identifier of a key credential says, which its author chooses: that finding is
`skip`, and names the key id. Where `credential.own` was not checked, the verdict of the report is *Incomplete*. So of a compliant
deployment with many findings that were not checked little is known: look at `counts`.

`exchange_online.ews` has its severity by the date of the audit: high from the day that concerns the deployment, critical from the end. It
only warns, since no setting of the farm makes it right, and some of the dates come from others who cite Microsoft.

The column "when wrong" has the status of a finding that is not right. Ids stay the same from version to version. Findings whose id begins
with `proof.` come from another module.

Statuses in that column:

- `certificate.key_access` fails where the services cannot read the key, and warns, with severity high, where nearly everyone can.
- `roll.in_cloud` fails when the staged certificate signs within 7 days (`roll_near_days` of `trust_audit`), and warns before.
- `oauth_configuration.autodiscover_url` fails when it is not the expected URL. Where none is expected, it warns when it is no
  Autodiscover.
- `credential.shared_own` warns where `trust_exchange_credential` asks for the certificate there, and fails where it does not. The audit
  knows by its display name one that the deployment had there before.
- `credential.symmetric` and `credential.password` warn where `trust_known_thumbprints` names the owner of the key id, and fail where it
  does not.
"""


def page() -> str:
    """The page as it should be."""
    areas: dict[str, list[str]] = {}
    for rule in RULES.values():
        source = " ".join(_linked(word) for word in rule.source.split())
        severities, statuses = ", ".join((rule.severity, *rule.also)), ", ".join(rule.wrong)
        line = f"| `{rule.id}` | {rule.title} | {rule.otherwise} | {severities} | {statuses} | {rule.reason} {source} |"
        areas.setdefault(rule.id.partition(".")[0], []).append(line)
    head = "| id | title | where it is not so | severity | when wrong | reason and source |\n|---|---|---|---|---|---|"
    return _HEAD + "".join(f"\n## {area}\n\n{head}\n" + "\n".join(lines) + "\n" for area, lines in areas.items())


def _linked(word: str) -> str:
    """The word as a link where it is an address, without a comma after it."""
    address = word.rstrip(",")
    return f"<{address}>{word[len(address) :]}" if word.startswith("https://") else word


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
