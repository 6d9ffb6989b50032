# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The products, the end of their support, and their builds: the one table, as of November 2026. Private to the collection.

Subscription Edition and 2019 share the version 7.0.2046, so the product's name decides. How Get-CsServerVersion names Subscription Edition
was not seen. What the table does not know is told as unknown.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

Build = tuple[int, ...]

# Which update brought the builds of `fixed`, and which faults it is for: the CVE list, https://github.com/CVEProject/cvelistV5
FIXES = "October 2026"
FAULTS = ("CVE-2026-85873", "CVE-2026-70297", "CVE-2026-83746")
# Told by others who cite Microsoft's announcement of August 2025.
DEDICATED_SOURCE = (
    "https://techcommunity.microsoft.com/blog/skype_for_business_blog/released-august-2025-skype-for-business-server-hotfix-updates/4445144"
)


@dataclass(frozen=True)
class Product:
    """name: as the product's texts have it. baseline: the first three numbers of its versions.

    supported_until: the last day with support for everyone. official: whether that day was read at Microsoft, or only at others who cite
    it. paid_until: the last day of support that is paid for beyond it. fixed: the least build with the known fixes. dedicated: the least
    build that can use a dedicated application. below: builds from here on are another product's.
    """

    name: str
    baseline: Build
    supported_until: date
    official: bool
    source: str
    fixed: Build
    dedicated: Build
    paid_until: date | None = None
    below: Build | None = None


_LIFECYCLE = "https://learn.microsoft.com/lifecycle/products"
PRODUCTS = (
    Product(
        "Skype for Business Server 2015",
        (6, 0, 9319),
        date(2025, 10, 14),
        True,
        f"{_LIFECYCLE}/skype-for-business-server-2015",
        (6, 0, 9319, 886),
        (6, 0, 9319, 881),
        # Told by others who cite Microsoft, as for 2019.
        paid_until=date(2026, 10, 31),
    ),
    Product(
        "Skype for Business Server 2019",
        (7, 0, 2046),
        date(2025, 10, 14),
        True,
        f"{_LIFECYCLE}/skype-for-business-server-2019",
        (7, 0, 2046, 583),
        (7, 0, 2046, 553),
        paid_until=date(2026, 10, 31),
        below=(7, 0, 2046, 820),
    ),
    Product(
        "Skype for Business Server Subscription Edition",
        (7, 0, 2046),
        # Not before that day.
        date(2035, 12, 31),
        False,
        "what others cite of Microsoft's announcements",
        (7, 0, 2046, 889),
        (7, 0, 2046, 820),
    ),
)

_NUMBERS = re.compile(r"(?<!\d)\d{1,9}(?:\.\d{1,9}){2,3}(?!\d)")


def product_of(version: str) -> Product | None:
    """The product that Get-CsServerVersion names in this text; None for one that the table does not know."""
    told, baseline = version.partition("(")[0].strip().lower(), build_in(version)
    found = next((one for one in PRODUCTS if told == one.name.lower()), None)
    return found if found and baseline and baseline[:3] == found.baseline else None


def build_in(text: str | None) -> Build | None:
    """The version in the text, such as (7, 0, 2046, 583); None where there is none."""
    match = _NUMBERS.search(text or "")
    return tuple(map(int, match[0].split("."))) if match else None


def shown(build: Build) -> str:
    """The build as the product shows it."""
    return ".".join(map(str, build))


def day_text(day: date) -> str:
    """The day in words, such as 14 October 2025."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
