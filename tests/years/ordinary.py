# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two years as they should be: rolls of every kind, pools and names that come and go, other products in the tenant, and odd dates."""

from __future__ import annotations

import copy
from datetime import datetime, timezone
from functools import partial

from .scenario import scenario
from .world import (
    AUDIT,
    BY_HAND,
    CONFIGURE,
    EXCHANGE,
    ROTATE,
    ROTATE_AT,
    State,
    World,
    next_configure,
    next_day,
)

_EVERY_RUN = (ROTATE, AUDIT, CONFIGURE)


@scenario("rolls by hand, back to back", issuer_days=150)
def by_hand(world: World) -> None:
    for number in range(7):
        day = 90.0 * (number + 1) + BY_HAND
        world.roll(f"roll {number}", day, effective=day + 7, end=day + 150)


@scenario("rolls, self-signed", issuer_days=100)
def self_signed(world: World) -> None:
    world.option(rotation_create="self_signed", rotation_valid_days=150)


@scenario("rolls, self-signed, the previous one forgotten", issuer_days=100)
def self_signed_forgotten(world: World) -> None:
    world.option(rotation_create="self_signed", rotation_valid_days=120, rotation_warn_days=30, rotation_remove_previous=True)


@scenario("rolls from PFX files", issuer_days=150)
def pfx(world: World) -> None:
    password = "P@ss w0rd of the PFX"

    def next_file(day: float) -> None:
        world.option(rotation_create="pfx", rotation_pfx_path=world.new_pfx(day - 1, day + 160, password), rotation_pfx_password=password)

    for number in range(7):
        day = 90.0 * (number + 1) + BY_HAND
        world.at(day, partial(next_file, day))


@scenario("emergency swap", issuer_days=800)
def emergency(world: World) -> None:
    def swap() -> None:
        path = world.new_pfx(199, 900, "Emergency")
        world.option(rotation_create="pfx", rotation_pfx_path=path, rotation_pfx_password="Emergency", rotation_immediate=True)

    world.at(200 + BY_HAND, swap)
    world.at(202 + BY_HAND, lambda: world.option(rotation_immediate=None, rotation_create=None))
    world.at(202 + BY_HAND, lambda: world.option(rotation_pfx_path=None, rotation_pfx_password=None))


def _pool(number: int, name: str) -> State:
    return {"PoolFqdn": f"pool0{number}.contoso.com", "InternalFqdn": f"webint{number}.contoso.com", "ExternalFqdn": name}


def _until_configured(world: World, day: float) -> None:
    """Until the next configure an audit may say that names differ."""
    world.trouble(day, next_configure(day))


@scenario("a new pool")
def new_pool(world: World) -> None:
    services = world.deployment()["cms"]["web_services"]
    world.at(50 + BY_HAND, lambda: services.append(_pool(4, "webext4.contoso.com")))
    _until_configured(world, 50 + BY_HAND)
    world.roll("next", 60 + BY_HAND, effective=67 + BY_HAND, end=800)


@scenario("a pool that is gone")
def gone_pool(world: World) -> None:
    services = world.deployment()["cms"]["web_services"]
    world.at(50 + BY_HAND, lambda: services.pop(1))
    _until_configured(world, 50 + BY_HAND)
    world.roll("next", 51 + BY_HAND, effective=58 + BY_HAND, end=800)


@scenario("a renamed pool")
def renamed_pool(world: World) -> None:
    services = world.deployment()["cms"]["web_services"]
    world.at(50 + BY_HAND, lambda: services[1].update(PoolFqdn="poolnew.contoso.com", ExternalFqdn="webextnew.contoso.com"))
    _until_configured(world, 50 + BY_HAND)
    world.roll("next", 300 + BY_HAND, effective=307 + BY_HAND, end=900)


@scenario("SIP domains come and go")
def sip_domains(world: World) -> None:
    domains, tenant = world.deployment()["sip_domains"], world.state["tenants"][0]["domains"]
    world.at(30 + BY_HAND, lambda: (domains.append("fabrikam.com"), tenant.append("fabrikam.com")))
    _until_configured(world, 30 + BY_HAND)
    world.at(400 + BY_HAND, lambda: domains.remove("fabrikam.com"))
    _until_configured(world, 400 + BY_HAND)
    world.roll("next", 405 + BY_HAND, effective=412 + BY_HAND, end=1000)


@scenario("another product's wizard adds its key and takes ours away")
def wizard(world: World) -> None:
    keys = world.principal(EXCHANGE)["keyCredentials"]

    def add(number: int) -> None:
        other = copy.deepcopy(keys[0]) | {"keyId": f"99999999-0000-4000-8000-{number:012d}"}
        world.principal(EXCHANGE)["keyCredentials"].append(other)

    def replace() -> None:
        """It writes the list anew with nothing but its own key."""
        principal = world.principal(EXCHANGE)
        principal["keyCredentials"] = principal["keyCredentials"][:1]

    for number in range(6):
        world.at(60.0 * (number + 1) + BY_HAND, partial(add, number))
    for day in (200 + BY_HAND, 400 + BY_HAND, 405 + BY_HAND):
        world.at(day, replace)
        world.outage(day, next_day(day, ROTATE_AT))
    world.roll("next", 398 + BY_HAND, effective=406 + BY_HAND, end=900)


@scenario("the farm moves to another tenant")
def tenant_move(world: World) -> None:
    day = 300 + BY_HAND

    def move() -> None:
        other = copy.deepcopy(world.state["tenants"][0])
        other.update(id="6699c5fe-0000-4000-8000-000000000001", display_name="Fabrikam", domains=["fabrikam.com"])
        for principal in other["service_principals"]:
            principal["keyCredentials"] = principal["keyCredentials"][1:3]
            principal["servicePrincipalNames"] = [one for one in principal["servicePrincipalNames"] if "contoso" not in one]
        other["service_principals"][1]["accountEnabled"] = True
        world.state["tenants"].append(other)
        world.deployment()["tenant"] = "fabrikam.com"
        world.deployment()["sip_domains"][:] = ["fabrikam.com"]
        world.option(tenant="fabrikam.com", takeover=["microsoft.sts", "microsoft.exchange"])

    world.at(day, move)
    # The next roll's run gives the new tenant what signs; the farm trusts that tenant from the next configure on.
    world.outage(day, next_day(day, ROTATE_AT))
    world.trouble(day, next_configure(day), must=(AUDIT,))
    world.roll("next", 400 + BY_HAND, effective=407 + BY_HAND, end=1000)


@scenario("the application's permission is withdrawn for a while")
def withdrawn(world: World) -> None:
    world.at(100 + BY_HAND, world.roles)
    world.at(120 + BY_HAND, lambda: world.roles("Application.ReadWrite.All", "Organization.Read.All"))
    world.trouble(100 + BY_HAND, 120 + BY_HAND, "Application.ReadWrite.All", "Application.Read.All", must=_EVERY_RUN)
    world.roll("next", 118 + BY_HAND, effective=125 + BY_HAND, end=900)


def _zoned(world: World) -> None:
    """An effective date in a zone's own time, at the change to summer time and back."""
    password = "Zoned"

    def next_file(day: float, effective: str | None) -> None:
        path = world.new_pfx(day - 1, day + 400, password)
        world.option(rotation_create="pfx", rotation_pfx_path=path, rotation_pfx_password=password, rotation_effective_date=effective)

    # Day 83 is 2027-03-25, day 300 is 2027-10-28.
    for day, effective in ((80, "2027-03-28T02:30:00+01:00"), (297, "2027-10-31T02:30:00+02:00")):
        world.at(day + BY_HAND, partial(next_file, day, effective))
        world.at(day + 1 + BY_HAND, lambda: world.option(rotation_effective_date=None))
    world.roll("by hand", 600 + BY_HAND, effective=607.1, end=1000)


zoned_west = scenario("time zones: Los Angeles", zone="America/Los_Angeles", issuer_days=200)(_zoned)
zoned_middle = scenario("time zones: Berlin", zone="Europe/Berlin", issuer_days=200)(_zoned)
zoned_east = scenario("time zones: Auckland", zone="Pacific/Auckland", issuer_days=200)(_zoned)
zoned_far = scenario("time zones: Kiritimati", zone="Pacific/Kiritimati", issuer_days=200)(_zoned)


# 2028-02-29T12:00 is day 364.5 after 2027-03-02.
@scenario("leap day", start=datetime(2027, 3, 2, tzinfo=timezone.utc), issuer_days=364.5)
def leap_day(world: World) -> None:
    world.roll("next", 355 + BY_HAND, effective=364.0, end=364.0 + 366)
    world.option(rotation_warn_days=5)
    world.roll("last", 720 + BY_HAND, effective=727 + BY_HAND, end=1000)


@scenario("leap day, self-signed", start=datetime(2027, 3, 2, tzinfo=timezone.utc), issuer_days=364.5)
def leap_day_self_signed(world: World) -> None:
    world.option(rotation_create="self_signed", rotation_valid_days=365, rotation_warn_days=2)


@scenario("2038, self-signed", start=datetime(2037, 6, 1, tzinfo=timezone.utc), issuer_days=232.13482638888889)
def in_2038(world: World) -> None:
    """The first certificate ends on 2038-01-19 at 03:14:09, a second after 32 bits end."""
    world.option(rotation_create="self_signed", rotation_valid_days=400)


@scenario("2038, by hand", start=datetime(2038, 1, 17, tzinfo=timezone.utc), issuer_days=300)
def by_hand_in_2038(world: World) -> None:
    """Its successor begins to sign in the second in which 32 bits end."""
    world.roll("next", BY_HAND, effective=2.134826388888889, end=400)
    world.roll("last", 300 + BY_HAND, effective=307 + BY_HAND, end=1000)


@scenario("2050, self-signed", start=datetime(2049, 1, 1, tzinfo=timezone.utc), issuer_days=300)
def in_2050(world: World) -> None:
    """X.509 writes years until 2049 with two digits and later ones with four."""
    world.option(rotation_create="self_signed", rotation_valid_days=150)


@scenario("2050, by hand", start=datetime(2049, 1, 1, tzinfo=timezone.utc), issuer_days=365)
def by_hand_in_2050(world: World) -> None:
    """The first certificate ends with the year 2049; its successor begins to sign a second before, and ends with 2050."""
    world.roll("next", 350 + BY_HAND, effective=365 - 1 / 86400, end=730)
    world.roll("last", 700 + BY_HAND, effective=707 + BY_HAND, end=1500)
