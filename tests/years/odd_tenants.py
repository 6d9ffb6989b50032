# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What goes wrong in the tenant or by what it shares: deployments, entries, permissions, principals, removal."""

from __future__ import annotations

from .scenario import scenario
from .world import AUDIT, BY_HAND, CONFIGURE, EXCHANGE, REMOVE, ROTATE, ROTATE_AT, SKYPE, World, next_configure, next_day

_EVERY_RUN = (ROTATE, AUDIT, CONFIGURE)
_WHOLE = ("Application.ReadWrite.All", "Organization.Read.All")


# (4) Two deployments of one tenant sign with the same certificate.
def _two(world: World) -> None:
    world.second_deployment()
    world.roll("next", 100 + BY_HAND, effective=107 + BY_HAND, end=800)
    world.roll("next", 200 + BY_HAND, effective=207 + BY_HAND, end=900, deployment="branch")


def _until_its_own_run(world: World) -> None:
    """What a play of one deployment cannot know (docs/rotation.md, "Several deployments of one tenant"): who else signs with an entry
    that no deployment's name is on. So it goes after the overlap, and the other deployment's run of that morning puts it back with its
    name, after which it stays."""
    removed = next_day(107 + BY_HAND + 7, ROTATE_AT)
    world.outage(removed, removed + 1 / 1440, "fe03", "fe04")


@scenario("4: two deployments with one certificate, one rolled, plays apart")
def apart(world: World) -> None:
    _two(world)
    _until_its_own_run(world)


@scenario("4: two deployments with one certificate, one rolled, in one play")
def together(world: World) -> None:
    _two(world)
    world.plays[:] = [["contoso", "branch"]]


@scenario("4: two deployments with one certificate, the other one's turn first")
def other_first(world: World) -> None:
    """The other deployment's own run has been by then, so it is without the entry for a day; its audit of that night is red."""
    _two(world)
    world.plays.reverse()
    removed = next_day(107 + BY_HAND + 7, ROTATE_AT)
    world.outage(removed, removed + 1, "fe03", "fe04")


# (6) An entry that ends before its certificate.
def _entries_end(world: World, day: float, *app_ids: str) -> None:
    own = world.thumbprint("issuer")
    for app_id in app_ids:
        for key in world.principal(app_id)["keyCredentials"]:
            if key["customKeyIdentifier"] == own:
                key["endDateTime"] = world.text(day)


@scenario("6: the tenant's entries end before the certificate")
def entries_end(world: World) -> None:
    _entries_end(world, 150.2, SKYPE, EXCHANGE)


@scenario("6: one of the entries ends while a roll is pending")
def entry_ends_while_pending(world: World) -> None:
    _entries_end(world, 105.2, SKYPE)
    world.roll("next", 100 + BY_HAND, effective=110, end=900)


@scenario("6: an entry is shortened by hand to end in an hour")
def entry_is_shortened(world: World) -> None:
    """What ends before the next run is refused until then; the nightly audit comes too late for it."""
    day = 100 + BY_HAND
    world.at(day, lambda: _entries_end(world, day + 1 / 24, EXCHANGE))
    world.outage(day + 1 / 24, next_day(day, ROTATE_AT))


# (8) The shared principal is given up in the second year.
@scenario("8: no credential on the shared principal from the second year on", issuer_days=500)
def not_shared(world: World) -> None:
    world.roll("first", 200 + BY_HAND, effective=207 + BY_HAND, end=600)
    world.at(365 + BY_HAND, lambda: world.option(exchange_credential=False))
    world.roll("second", 500 + BY_HAND, effective=507 + BY_HAND, end=1000)
    world.trouble(365 + BY_HAND, next_day(365 + BY_HAND, ROTATE_AT), must=(AUDIT,))


@scenario("8: no credential on the shared principal while a roll is pending")
def not_shared_while_pending(world: World) -> None:
    world.roll("next", 100 + BY_HAND, effective=107 + BY_HAND, end=1000)
    world.at(103 + BY_HAND, lambda: world.option(exchange_credential=False))
    world.trouble(103 + BY_HAND, next_day(103 + BY_HAND, ROTATE_AT), must=(AUDIT,))


# (9) The schedule goes on after a removal.
@scenario("9: rotate goes on after remove")
def removed(world: World) -> None:
    gone, back = 200 + BY_HAND, 263 + BY_HAND
    world.extra_runs.append((gone, REMOVE))
    world.at(gone - 0.001, lambda: world.option(remove_confirm="contoso"))
    world.at(gone + 0.001, lambda: world.option(remove_confirm=None))
    world.paused(CONFIGURE, gone, back)
    world.outage(gone, next_configure(back))
    world.trouble(gone, next_configure(back), must=(ROTATE, AUDIT))

    def check() -> str | None:
        if gone < world.day_of(world.now) < back and world.thumbprint("issuer") in _own(world):
            return "the tenant has the farm's certificate again, which was removed"
        return None

    world.checks.append(check)
    world.roll("next", 300 + BY_HAND, effective=307 + BY_HAND, end=900)


def _own(world: World) -> list[str]:
    return [str(key["customKeyIdentifier"]) for app_id in (SKYPE, EXCHANGE) for key in world.principal(app_id)["keyCredentials"]]


# (12) What was made cannot be given to the tenant.
def _cannot_write(world: World, begin: float, end: float) -> None:
    world.at(begin, lambda: world.roles("Application.Read.All", "Organization.Read.All"))
    world.at(end, lambda: world.roles(*_WHOLE))


@scenario("12: the tenant takes nothing for a month after a certificate was made", issuer_days=160)
def month_of_failures(world: World) -> None:
    world.option(rotation_create="self_signed")
    _cannot_write(world, 99.9, 130 + BY_HAND)
    # Until the successor is due there is nothing to write.
    world.trouble(99.9, 130 + BY_HAND, "Application.ReadWrite.All", must=())
    world.trouble(101, 130 + BY_HAND, "Application.ReadWrite.All", must=(ROTATE,))

    def check() -> str | None:
        made = len(world.deployment()["certificates"]) - 1
        return f"{made} certificates were made, and one was needed" if made > 1 and world.day_of(world.now) < 400 else None

    world.checks.append(check)


@scenario("12: the farm takes nothing for a month after a certificate was made", issuer_days=160)
def month_without_staging(world: World) -> None:
    """The certificate is made and in the tenant, and Set-CsCertificate fails."""
    world.option(rotation_create="self_signed")
    lead = world.front_end("fe01")
    world.at(99.9, lambda: lead.update(lacks=["Set-CsCertificate"]))
    world.at(130 + BY_HAND, lambda: lead.update(lacks=[]))
    world.trouble(100, 130 + BY_HAND, "Set-CsCertificate", must=())
    world.trouble(101, 130 + BY_HAND, "Set-CsCertificate", must=(ROTATE,))

    def check() -> str | None:
        made = len(world.deployment()["certificates"]) - 1
        return f"{made} certificates were made, and one was needed" if made > 1 and world.day_of(world.now) < 400 else None

    world.checks.append(check)


# (14) A principal that is disabled.
@scenario("14: the Skype for Business principal is disabled for ten days while a roll is pending")
def disabled(world: World) -> None:
    world.at(101 + BY_HAND, lambda: world.principal(SKYPE).update(accountEnabled=False))
    world.at(111 + BY_HAND, lambda: world.principal(SKYPE).update(accountEnabled=True))
    world.outage(101 + BY_HAND, 111 + BY_HAND)
    world.trouble(101 + BY_HAND, 111 + BY_HAND, "disabled", must=(ROTATE, AUDIT))
    world.roll("next", 100 + BY_HAND, effective=107 + BY_HAND, end=900)


@scenario("14: the Exchange Online principal is disabled until the next configure")
def exchange_disabled(world: World) -> None:
    day = 100 + BY_HAND
    world.at(day, lambda: world.principal(EXCHANGE).update(accountEnabled=False))
    world.outage(day, next_configure(day) - 1 / 1440)
    world.roll("next", day + 0.1, effective=107 + BY_HAND, end=900)
