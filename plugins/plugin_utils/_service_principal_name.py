# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names of a service principal: how the procedure spells them, and which list a task wants. Private to the collection."""

from __future__ import annotations

from collections.abc import Sequence

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._errors import InvalidOptionError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values import guid, host_name, https_url, is_host_name


def whole_name(option: str, app_id: str, value: str) -> str:
    """The whole name for a host name, or the given whole name: <appId>/<host> or an https URL; InvalidOptionError for anything else.

    The form is that of https://learn.microsoft.com/SkypeForBusiness/manage/authentication/configure-a-hybrid-environment
    """
    text = str(value).strip()
    if is_host_name(text.rstrip(".")):
        return f"{app_id}/{host_name(option, text)}"
    if text.lower().startswith("https://"):
        return https_url(option, text)
    head, slash, host = text.partition("/")
    if slash and head.lower() == app_id:
        return f"{app_id}/{host_name(option, host)}"
    if slash and host and "/" not in host and guid(option, head) != app_id:
        raise InvalidOptionError(option, f"{text!r} begins with another application's id", f"{app_id}/{host}")
    raise InvalidOptionError(
        option,
        f"{text!r} is not a service principal name",
        f"a host name such as webext.contoso.com, {app_id}/webext.contoso.com or an https URL",
    )


def plan(current: Sequence[str], names: Sequence[str], present: bool) -> tuple[list[str], list[str], list[str]]:
    """The whole new list, what is added to it and what is removed. Letter case does not matter, and other names stay in their order."""
    wanted = {name.lower(): name for name in names}
    there = {name.lower() for name in current}
    if present:
        added = [name for key, name in wanted.items() if key not in there]
        return [*current, *added], added, []
    removed = [name for name in current if name.lower() in wanted]
    return [name for name in current if name.lower() not in wanted], [], removed
