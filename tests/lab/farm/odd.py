# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What cmdlets return that is not what they are documented to: as faults of the lab, so that any cmdlet may do it at any time."""

from __future__ import annotations

import copy
from typing import Any

from ..faults import Fault

Row = dict[str, Any]
# The kind of a property whose getter throws; its value is what it says.
UNREADABLE = "unreadable"
GETTER_SAYS = "The property cannot be read right now."


def odd(fault: Fault, rows: list[Any]) -> list[Any]:
    """The rows as the fault makes them.

    foreign: a text and an object of another kind come along. nested: all rows come as an array within an array.
    unreadable, missing: the getter of the property that the argument names throws, or it is not there, on the first row. A plain text has
    no such property, and stays.
    """
    if fault.do == "foreign":
        properties = {"Colour": {"kind": "text", "value": "green"}}
        return [{"type": "System.String", "text": "reading the store"}, {"type": "Contoso.Paint", "properties": properties}, *rows]
    if fault.do == "nested":
        return [[rows[:1], rows[1:]]]
    changed = copy.deepcopy(rows)
    properties, name = changed[0].get("properties", {}) if changed else {}, str(fault.argument)
    if properties and fault.do == "unreadable":
        properties[name] = {"kind": UNREADABLE, "value": GETTER_SAYS}
    elif fault.do == "missing":
        properties.pop(name, None)
    return changed
