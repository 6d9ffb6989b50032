# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The end of Exchange Web Services in Exchange Online: its dates, each with its source. Private to the collection.

Every page, warning and finding says these dates. tests/unit/values/test_exchange_web_services.py compares them.
What is not known: which application id a Skype for Business farm needs on the tenant's list, and whether an update of the product
will do without Exchange Web Services. That the product's features on Exchange Online run on them is said by others than Microsoft.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone


@dataclass(frozen=True)
class Stage:
    """What is so from a day on. begins: 0:00 UTC of that day. official: whether it was read at Microsoft, or only at others who cite it."""

    begins: datetime
    source: str
    official: bool

    @property
    def day(self) -> str:
        """The day in words, such as 1 April 2027."""
        return f"{self.begins.day} {_MONTHS[self.begins.month - 1]} {self.begins.year}"

    def reached(self, now: datetime) -> bool:
        return now >= self.begins


_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_ANNOUNCED = "what others cite of Microsoft's announcements (article 4492361 of the Exchange blog, message MC1485116)"

# Requests through the Exchange Online principal that all hybrid products share are refused.
SHARED_BLOCKED = Stage(
    datetime(2025, 10, 31, tzinfo=timezone.utc), "https://learn.microsoft.com/exchange/hybrid-deployment/deploy-dedicated-hybrid-app", True
)
# Only applications on the tenant's list are let in. Tenants without a choice of their own are switched one by one during that month.
ALLOW_LIST = Stage(datetime(2026, 10, 10, tzinfo=timezone.utc), _ANNOUNCED, False)
# Nobody is let in.
END = Stage(datetime(2027, 4, 1, tzinfo=timezone.utc), _ANNOUNCED, False)
STAGES = (SHARED_BLOCKED, ALLOW_LIST, END)

# The setting of the list. It takes up to a day: https://learn.microsoft.com/powershell/module/exchange/set-organizationconfig
LIST_SETTING = "Set-OrganizationConfig -EwsAllowedAppIDs"


def refusals(now: datetime) -> str:
    """What Exchange Web Services of Exchange Online refuse on that day, as a clause."""
    if END.reached(now):
        return f"Exchange Web Services ended on {END.day}"
    refused = [f"refuse what comes through the shared principal since {SHARED_BLOCKED.day}"] if SHARED_BLOCKED.reached(now) else []
    refused += [f"let in only applications on the tenant's list since {ALLOW_LIST.day}"] if ALLOW_LIST.reached(now) else []
    return f"Exchange Web Services {', '.join(refused)}{' and ' if refused else ''}end on {END.day}"


def taking_back(now: datetime) -> str:
    """What it would cost and spare on that day to keep the farm's certificate off the shared principal, as one sentence."""
    cost = "nothing that is known" if SHARED_BLOCKED.reached(now) else f"what comes through this principal until {SHARED_BLOCKED.day}"
    return f"Today trust_exchange_credential: false would cost {cost}, since {refusals(now)}, and would spare the tenant this risk."
