# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rolls that go wrong on the farm: certificates, keys, replication, clocks, files."""

from __future__ import annotations

from functools import partial

from .scenario import scenario
from .world import AUDIT, BY_HAND, CONFIGURE, REMOVE, ROTATE, ROTATE_AT, World, next_configure, next_day

_EVERY_RUN = (ROTATE, AUDIT, CONFIGURE)
_STAGED = 100 + BY_HAND
_EFFECTIVE = 107 + BY_HAND
_FIRST_RUN = next_day(_STAGED, ROTATE_AT)
_WHOLE = ("Application.ReadWrite.All", "Organization.Read.All")


# (1) A roll is pending, and the staged certificate is not valid yet or lacks its key.
@scenario("1: staged certificate begins too late, replaced in time")
def begins_too_late(world: World) -> None:
    world.at(_STAGED, lambda: world.stage_new("late", 117, 800, _EFFECTIVE))
    world.trouble(_STAGED, 105 + BY_HAND, "is not valid", "valid only", "begins", must=(ROTATE, AUDIT))
    world.at(105 + BY_HAND, lambda: world.stage_new("good", 104, 800, _EFFECTIVE))
    world.trouble(105 + BY_HAND, next_day(105 + BY_HAND, ROTATE_AT))


@scenario("1: staged certificate begins too late, and nobody looks")
def begins_too_late_for_good(world: World) -> None:
    world.at(_STAGED, lambda: world.stage_new("late", 117, 800, _EFFECTIVE))
    world.trouble(_STAGED, 117, "is not valid", "valid only", "begins", must=(ROTATE, AUDIT))
    world.outage(_EFFECTIVE, 117, known=_STAGED)


@scenario("1: staged certificate lacks its key on a server, until it is imported")
def lacks_key(world: World) -> None:
    def stage() -> None:
        world.certificate("next", 99, 800)
        world.stage("next", _EFFECTIVE)
        world.loses_key("fe02", "next")

    world.at(_STAGED, stage)
    world.at(105 + BY_HAND, lambda: world.has_key("fe02", "next"))
    world.trouble(_STAGED, 105 + BY_HAND, "private key", must=(ROTATE, AUDIT))


@scenario("1: staged certificate lacks its key on a server, and nobody looks")
def lacks_key_for_good(world: World) -> None:
    def stage() -> None:
        world.certificate("next", 99, 800)
        world.stage("next", _EFFECTIVE)
        world.loses_key("fe02", "next")

    world.at(_STAGED, stage)
    world.at(115 + BY_HAND, lambda: world.has_key("fe02", "next"))
    world.trouble(_STAGED, 115 + BY_HAND, "private key", must=(ROTATE, AUDIT))
    world.outage(_EFFECTIVE, 115 + BY_HAND, "fe02", known=_STAGED)


# (2) What signs is over, or a server cannot sign, while a roll is pending.
@scenario("2: what signs ends while a roll is pending", issuer_days=103)
def ends_while_pending(world: World) -> None:
    world.option(rotation_warn_days=2)
    world.roll("next", _STAGED, effective=110, end=800)
    world.outage(103, 110, known=96)
    world.trouble(103, 110, "expired", must=(ROTATE, AUDIT))


@scenario("2: a server loses the key of what signs while a roll is pending")
def loses_key(world: World) -> None:
    world.roll("next", _STAGED, effective=110, end=800)
    world.at(103 + BY_HAND, lambda: world.loses_key("fe02", "issuer"))
    world.outage(103 + BY_HAND, 110, "fe02")
    world.trouble(103 + BY_HAND, 110, "private key", must=(ROTATE, AUDIT))


@scenario("2: a server lost the key before the roll is staged")
def lost_key(world: World) -> None:
    world.at(99 + BY_HAND, lambda: world.loses_key("fe02", "issuer"))
    world.roll("next", _STAGED, effective=_EFFECTIVE, end=800)
    world.outage(99 + BY_HAND, _EFFECTIVE, "fe02")
    world.trouble(99 + BY_HAND, _EFFECTIVE, "private key", must=(ROTATE, AUDIT))


# (3) A server lacks the new certificate, replication, no names, no file.
@scenario("3: a server lacks the staged certificate for days")
def lacks_staged(world: World) -> None:
    world.at(_STAGED, lambda: world.stage_new("next", 99, 800, _EFFECTIVE, lacking=("fe02",)))
    world.at(105 + BY_HAND, lambda: world.front_end("fe02")["store"].append("next"))
    world.trouble(_STAGED, 105 + BY_HAND, "is not in the computer store", must=(ROTATE, AUDIT))


def _behind(world: World, until: float) -> None:
    """Replication to the second server stops before the roll is staged: it neither knows nor has the next certificate."""
    view = {"certificate": "issuer", "previous": None, "effective_date": None}
    world.at(_STAGED - 0.01, lambda: world.front_end("fe02").update(token_issuer=view))
    world.at(_STAGED, lambda: world.stage_new("next", 99, 800, _EFFECTIVE, lacking=("fe02",)))

    def replicate() -> None:
        server = world.front_end("fe02")
        server.pop("token_issuer")
        server["store"].append("next")

    world.at(until, replicate)
    world.trouble(_STAGED, max(until, _FIRST_RUN), must=(ROTATE,))


@scenario("3: a replica is behind until before the effective date")
def behind(world: World) -> None:
    _behind(world, 104 + BY_HAND)


@scenario("3: a replica is behind until after the effective date")
def behind_longer(world: World) -> None:
    _behind(world, 111 + BY_HAND)


@scenario("3: a replica is behind until after the overlap")
def behind_longest(world: World) -> None:
    _behind(world, 125 + BY_HAND)


@scenario("3: the lead is behind until after the overlap")
def lead_behind(world: World) -> None:
    view = {"certificate": "issuer", "previous": None, "effective_date": None}
    world.at(_STAGED - 0.01, lambda: world.front_end("fe01").update(token_issuer=view))
    world.at(_STAGED, lambda: world.stage_new("next", 99, 800, _EFFECTIVE))
    world.at(125 + BY_HAND, lambda: world.front_end("fe01").pop("token_issuer"))
    world.trouble(_STAGED, 125 + BY_HAND, must=(ROTATE,))


@scenario("3: no pool has an external name for a month")
def no_names(world: World) -> None:
    services = world.deployment()["cms"]["web_services"]
    names = [one["ExternalFqdn"] for one in services]
    world.at(90 + BY_HAND, lambda: [one.update(ExternalFqdn=None) for one in services])
    world.at(120 + BY_HAND, lambda: [one.update(ExternalFqdn=name) for one, name in zip(services, names, strict=True)])
    world.trouble(90 + BY_HAND, 120 + BY_HAND, "external Web services FQDN", must=(AUDIT, CONFIGURE))
    world.roll("next", _STAGED, effective=_EFFECTIVE, end=800)


def _with_file(world: World, ends: float) -> None:
    """The first file is rolled to on the next day."""
    world.at(50 + BY_HAND, lambda: world.option(rotation_create="pfx", rotation_pfx_path=world.new_pfx(49, ends, "One")))
    world.at(50 + BY_HAND, lambda: world.option(rotation_pfx_password="One"))


@scenario("3: the PFX file is gone after its roll, and an administrator rolls by hand", issuer_days=300)
def file_gone(world: World) -> None:
    _with_file(world, 400)
    world.at(90 + BY_HAND, (world.folder / "next.pfx").unlink)
    world.trouble(90 + BY_HAND, 730, "trust_rotation_pfx_path", must=(ROTATE,))
    world.roll("by hand", 250 + BY_HAND, effective=257 + BY_HAND, end=900)


@scenario("3: the PFX file is left until it has expired, and an administrator rolls by hand", issuer_days=150)
def file_expired(world: World) -> None:
    _with_file(world, 200)
    world.roll("by hand", 150 + BY_HAND, effective=157 + BY_HAND, end=900)
    world.roll("again", 300 + BY_HAND, effective=307 + BY_HAND, end=1000)
    # From the second roll on the farm does not remember the file's certificate, so the file might be meant for a new roll.
    world.trouble(300 + BY_HAND, 730)


@scenario("3: the PFX file is gone while its roll is pending", issuer_days=300)
def file_gone_while_pending(world: World) -> None:
    _with_file(world, 900)
    world.at(51 + BY_HAND, (world.folder / "next.pfx").unlink)
    world.trouble(51 + BY_HAND, 90 + BY_HAND, "trust_rotation_pfx_path", must=(ROTATE,))
    world.at(90 + BY_HAND, lambda: world.option(rotation_create=None, rotation_pfx_path=None, rotation_pfx_password=None))


# (5) A clock that is wrong.
@scenario("5: the lead's clock is days ahead while a roll is pending")
def clock_ahead(world: World) -> None:
    world.roll("next", _STAGED, effective=_EFFECTIVE, end=800)
    world.at(102 + BY_HAND, lambda: world.front_end("fe01").update(clock_offset=20 * 86400))
    world.at(112 + BY_HAND, lambda: world.front_end("fe01").update(clock_offset=0))
    world.outage(102 + BY_HAND, 112 + BY_HAND, "fe01")
    world.trouble(102 + BY_HAND, 112 + BY_HAND, "clock", must=(ROTATE, AUDIT))


@scenario("5: the lead's clock is days ahead before the roll is staged")
def clock_ahead_before(world: World) -> None:
    world.at(98 + BY_HAND, lambda: world.front_end("fe01").update(clock_offset=12 * 86400))
    world.at(104 + BY_HAND, lambda: world.front_end("fe01").update(clock_offset=0))
    world.roll("next", _STAGED, effective=_EFFECTIVE, end=800)
    world.outage(98 + BY_HAND, 104 + BY_HAND, "fe01")
    world.trouble(98 + BY_HAND, 104 + BY_HAND, "clock", must=(ROTATE, AUDIT))


# (7) What signs ends, and no successor is made.
@scenario("7: what signs ends minutes after a run, and nobody has a successor", issuer_days=100 + (5 * 60 + 22) / 1440)
def ends_in_minutes(world: World) -> None:
    ends, again = world.setting.issuer_days, 102 + BY_HAND
    world.at(again, lambda: world.stage_new("next", 101, 800, None))
    world.outage(ends, next_day(again, ROTATE_AT), known=0)
    world.trouble(ends, again, "expired", must=(ROTATE, AUDIT))
    world.trouble(again, next_day(again, ROTATE_AT), must=(AUDIT,))


@scenario("7: no successor can be made on the server, which says so for weeks", issuer_days=100 + (5 * 60 + 22) / 1440)
def cannot_be_made(world: World) -> None:
    ends, again = world.setting.issuer_days, 102 + BY_HAND
    world.option(rotation_create="self_signed")
    for one in world.deployment()["front_ends"]:
        one["lacks"] = ["New-SelfSignedCertificate"]
    world.trouble(ends - 60, ends, "New-SelfSignedCertificate", "trust_rotation_effective_date", must=(ROTATE,))
    world.at(again, lambda: world.stage_new("next", 101, 900, None))
    world.outage(ends, next_day(again, ROTATE_AT), known=0)
    world.trouble(ends, again, "expired", must=(ROTATE, AUDIT))
    world.trouble(again, next_day(again, ROTATE_AT), must=(AUDIT,))


@scenario("7: a successor is made on the last morning", issuer_days=100 + (5 * 60 + 22) / 1440)
def made_on_the_last_morning(world: World) -> None:
    """Asked for with immediate, since no lead is left. The days before were red."""
    world.at(99.99, lambda: world.option(rotation_create="self_signed", rotation_immediate=True))
    world.at(100 + BY_HAND, lambda: world.option(rotation_immediate=None))


# (10) Rolls that are cancelled, replaced, followed by another; another subject.
@scenario("10: a roll is cancelled and staged anew")
def cancelled(world: World) -> None:
    world.roll("first", _STAGED, effective=_EFFECTIVE, end=800)
    world.at(103 + BY_HAND, lambda: world.stage("issuer", None))
    world.roll("second", 130 + BY_HAND, effective=137 + BY_HAND, end=900)
    world.at(131 + BY_HAND, lambda: world.stage("issuer", None))
    world.at(133 + BY_HAND, lambda: world.stage("second", 140 + BY_HAND))


@scenario("10: a roll is replaced by another while it is pending")
def replaced(world: World) -> None:
    world.roll("first", _STAGED, effective=_EFFECTIVE, end=800)
    world.roll("second", 103 + BY_HAND, effective=110 + BY_HAND, end=900)


@scenario("10: a roll is replaced by another an hour before it takes effect")
def replaced_late(world: World) -> None:
    world.roll("first", _STAGED, effective=_EFFECTIVE, end=800)
    world.roll("second", _EFFECTIVE - 1 / 24, effective=110 + BY_HAND, end=900)


@scenario("10: another roll follows within the overlap")
def within_overlap(world: World) -> None:
    world.roll("first", _STAGED, effective=_EFFECTIVE, end=800)
    world.roll("second", 109 + BY_HAND, effective=112 + BY_HAND, end=900)
    world.roll("third", 113 + BY_HAND, effective=115 + BY_HAND, end=1000)


@scenario("10: back to the one before within the overlap")
def back(world: World) -> None:
    """The new certificate made trouble elsewhere, so the administrator goes back to the one before it, at once or by a roll."""
    world.roll("next", _STAGED, effective=_EFFECTIVE, end=800)
    world.at(109 + BY_HAND, lambda: world.stage("issuer", None))
    world.at(130 + BY_HAND, lambda: world.stage("next", 132 + BY_HAND))
    world.trouble(130 + BY_HAND, next_day(130 + BY_HAND, ROTATE_AT))


@scenario("10: the subject changes with each roll", issuer_days=200)
def subjects(world: World) -> None:
    for number, subject in enumerate(("CN=sip.contoso.com", "CN=OAuth,O=Contoso\\, Ltd.,C=DE", "CN=contoso.com")):
        day = 90.0 * (number + 1) + BY_HAND
        world.roll(f"roll {number}", day, effective=day + 7, end=day + 500, subject=subject)


# (11) Options that are left from before.
@scenario("11: the PFX file is replaced while its roll is pending", issuer_days=300)
def file_replaced(world: World) -> None:
    """As long as two days lie between, what is pending takes effect, and only then the other file is rolled to."""
    effective = world.text(60)
    world.at(50 + BY_HAND, lambda: world.option(rotation_create="pfx", rotation_pfx_path=world.new_pfx(49, 500, "One")))
    world.at(50 + BY_HAND, lambda: world.option(rotation_pfx_password="One", rotation_effective_date=effective))
    world.at(51 + BY_HAND, lambda: world.option(rotation_effective_date=None))
    world.at(53 + BY_HAND, lambda: world.new_pfx(52, 900, "One"))
    world.trouble(53 + BY_HAND, 60, "pending", must=(ROTATE,))


@scenario("11: an effective date that is over is left in the options", issuer_days=300)
def date_left(world: World) -> None:
    effective = world.text(60)
    world.at(50 + BY_HAND, lambda: world.option(rotation_create="pfx", rotation_pfx_path=world.new_pfx(49, 500, "One")))
    world.at(50 + BY_HAND, lambda: world.option(rotation_pfx_password="One", rotation_effective_date=effective))
    world.roll("by hand", 400 + BY_HAND, effective=407 + BY_HAND, end=1000)


@scenario("11: an effective date that is over meets a pending roll", issuer_days=300)
def date_left_while_pending(world: World) -> None:
    world.option(rotation_effective_date=world.text(60))
    world.roll("by hand", 70 + BY_HAND, effective=77 + BY_HAND, end=500)
    world.at(480 + BY_HAND, lambda: world.option(rotation_create="self_signed"))
    world.trouble(480 + BY_HAND, 485 + BY_HAND, "trust_rotation_effective_date", must=(ROTATE,))
    world.at(485 + BY_HAND, lambda: world.option(rotation_effective_date=None))


# (13) A password that is a part of dates, thumbprints and base64.
def _with_password(world: World, password: str) -> None:
    for number in range(4):
        day = 100.0 * (number + 1) + BY_HAND

        def do(day: float = day) -> None:
            path = world.new_pfx(day - 1, day + 400, password)
            world.option(rotation_create="pfx", rotation_pfx_path=path, rotation_pfx_password=password)

        world.at(day, do)


@scenario("13: a PFX password that is a digit")
def digit(world: World) -> None:
    _with_password(world, "0")


@scenario("13: a PFX password that is in every date")
def in_dates(world: World) -> None:
    _with_password(world, "202")


@scenario("13: a PFX password that is in base64")
def in_base64(world: World) -> None:
    _with_password(world, "MII")


@scenario("13: a PFX password that is a word of the answers")
def in_words(world: World) -> None:
    _with_password(world, "Certificate")


# (15) Superseded certificates in the stores.
@scenario("15: a replaced certificate that lasts longer is in the stores", issuer_days=900)
def superseded(world: World) -> None:
    """What signed was replaced in an emergency by one that ends earlier; a successor of that one is made and not taken from the store."""
    world.at(50 + BY_HAND, lambda: world.stage_new("swapped", 49, 200, 51 + BY_HAND))
    world.trouble(50 + BY_HAND, next_day(50 + BY_HAND, ROTATE_AT))
    world.at(60 + BY_HAND, lambda: world.option(rotation_create="self_signed", rotation_valid_days=365))
    _never_again(world, "issuer", 60 + BY_HAND)


@scenario("15: certificates of cancelled rolls are in the stores", issuer_days=200)
def leftovers(world: World) -> None:
    for number in range(3):
        world.certificate(f"leftover {number}", -400, 300 + 100 * number)
    world.option(rotation_create="self_signed", rotation_valid_days=365)


def _never_again(world: World, name: str, after: float) -> None:
    """The farm is never to sign again with a certificate that was taken out of use."""

    def check() -> str | None:
        issuer = world.deployment()["cms"]["token_issuer"]
        if world.day_of(world.now) > after and issuer["certificate"] == name:
            return f"the farm is to sign with {name} again, which was replaced"
        return None

    world.checks.append(check)


# (16) Where no script may run.
@scenario("16: restricted endpoint, rolls by hand", issuer_days=230, restricted=True)
def restricted(world: World) -> None:
    for number in range(2):
        day, name = 200.0 * (number + 1) + BY_HAND, f"roll {number}"
        world.roll(name, day, effective=day + 7, end=day + 400)
        world.at(day, partial(world.tell_certificate, name))


__all__ = ["REMOVE", "next_configure"]
