# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.document import document
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.files import folder, write
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.html import html
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.junit import junit
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.page import page
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.terminal import lines
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.action import HybridAuthAction
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.arguments import Arguments
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import InvalidOptionError

_FORMATS = ("html", "json", "xml")
_CONCLUSION = ("verdict", "compliant", "counts", "findings", "differences", "obstacle", "errors", "warnings")
_DICTS = {"type": "list", "elements": "dict"}


class ActionModule(HybridAuthAction):
    """Write the report of audits to files."""

    ARGUMENTS = Arguments(
        {
            "audits": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": {
                    "deployment": {"type": "str", "required": True},
                    "audit": {"type": "dict"},
                    "onprem": _DICTS,
                    "cloud": {"type": "dict"},
                    "proof": {"type": "dict"},
                    "differences": _DICTS,
                    "obstacle": {"type": "str"},
                    "errors": {
                        "type": "list",
                        "elements": "dict",
                        "options": {"subject": {"type": "str", "required": True}, "message": {"type": "str", "required": True}},
                    },
                    "warnings": {"type": "list", "elements": "str"},
                    "time": {"type": "str"},
                },
            },
            "path": {"type": "path", "default": "."},
            "formats": {"type": "list", "elements": "str", "choices": list(_FORMATS), "default": list(_FORMATS)},
            "title": {"type": "str", "default": "Audit of server-to-server authentication"},
            "ending_soon_days": {"type": "int", "default": 30},
        }
    )

    def perform(self, params: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        """In check mode too: a report is no change of the systems that check mode protects, and an audit is made in check mode."""
        if params["ending_soon_days"] < 0:
            raise InvalidOptionError("ending_soon_days", f"{params['ending_soon_days']} is negative", "a number of days")
        place = folder("path", params["path"])
        made = document(
            params["audits"], title=params["title"], now=datetime.now(timezone.utc), ending_soon_days=params["ending_soon_days"]
        )
        texts = {
            "html": lambda: html(page(made)),
            "json": lambda: json.dumps(made, indent=2, ensure_ascii=False) + "\n",
            "xml": lambda: '<?xml version="1.0" encoding="UTF-8"?>\n' + junit(made) + "\n",
        }
        written = write(place, {f"audit.{name}": texts[name]() for name in _FORMATS if name in params["formats"]})
        return {
            "changed": False,
            "paths": {name.removeprefix("audit."): path for name, path in written.items()},
            "verdict": made["verdict"],
            "compliant": made["compliant"],
            "counts": made["counts"],
            "lines": lines(made),
            "deployments": [{"deployment": one["name"], **{name: one[name] for name in _CONCLUSION}} for one in made["deployments"]],
        }
