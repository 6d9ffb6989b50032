# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tables of a report's page. Private to the collection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.calendar import Row
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.values import shown
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.words import (
    CERTIFICATE_STATES,
    CERTIFICATES,
    STATES,
    counted,
    day,
    minute,
    remaining,
)


@dataclass(frozen=True)
class Cell:
    """label: the column's name, which a phone shows beside the value. state: the sign before the text, if any. code: an identifier."""

    label: str
    text: str
    state: str = ""
    code: bool = False

    @property
    def long(self) -> bool:
        """Whether it has a word that must be broken anywhere so that the table fits; the others stay whole."""
        return len(self.text) > _LONGEST_WORD and any(len(word) > _LONGEST_WORD for word in self.text.split())


@dataclass(frozen=True)
class Table:
    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    @property
    def records(self) -> bool:
        """Whether it has too many columns for a page, so that each row is shown as a record."""
        return len(self.columns) > _MOST_COLUMNS


@dataclass(frozen=True)
class Fold:
    """A part that folds: its title, how much is in it, its tables, and the text where there is nothing to show."""

    title: str
    note: str
    tables: tuple[Table, ...]
    empty: str


_MOST_COLUMNS, _LONGEST_WORD = 5, 18
_BRINGS = {"fail": "a failure", "warn": "a warning", "skip": "a change", "pass": "a change"}
_CODES = {"Thumbprint", "Key id", "Application id", "Service principal name", "Realm", "Metadata URL", "Service name", "Id"}


def table(caption: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> Table:
    """A table of values, or of ready cells, in the columns' order."""
    return Table(
        caption,
        tuple(columns),
        tuple(
            tuple(
                value if isinstance(value, Cell) else Cell(column, shown(value), code=column in _CODES)
                for column, value in zip(columns, row, strict=True)
            )
            for row in rows
        ),
    )


def link_table(links: Sequence[Mapping[str, Any]]) -> Table:
    """What the map shows, in words."""
    columns = ("No.", "Link", "State", "Checks")
    return table(
        "The links of the map",
        columns,
        [
            (str(number), link["title"], Cell("State", STATES[link["state"]], link["state"]), counted(link["counts"]))
            for number, link in enumerate(links, start=1)
        ],
    )


def certificate_table(certificates: Sequence[Mapping[str, Any]]) -> Table:
    """What the time line shows, in words."""
    columns = ("Thumbprint", "State", "What it does", "Held by", "Valid from", "Valid until", "Left", "Subject")
    return table(
        "Certificates of the farm and keys of the tenant",
        columns,
        [
            (
                row["thumbprint"],
                Cell("State", CERTIFICATES[row["state"]], CERTIFICATE_STATES[row["state"]]),
                _does(row),
                [*(["the farm"] if row["farm"] else []), *row["places"]],
                day(row["not_before"]),
                day(row["not_after"]),
                remaining(row["days_left"], row["state"], row["not_before"]),
                row["subject"],
            )
            for row in certificates
        ],
    )


def calendar_table(rows: Sequence[Row], *, several: bool) -> Table:
    """The days that change the verdict. several: whether the report has several deployments."""
    columns = ("Day", "It brings", *(("Deployment",) if several else ()), "From then on", "Of")
    return table(
        "The days that change this verdict, as far as they are known",
        columns,
        [
            (row.day, Cell("It brings", _BRINGS[row.state], row.state), *((row.deployments,) if several else ()), row.what, row.about)
            for row in rows
        ],
    )


def finding_table(caption: str, findings: Sequence[Mapping[str, Any]]) -> Table:
    """Findings that need nothing to be done, a line each."""
    columns = ("Check", "Subject", "Actual", "Id")
    return table(caption, columns, [(one["heading"], one["subject"], one["actual"], one["id"]) for one in findings])


def _does(row: Mapping[str, Any]) -> str:
    if not row["roles"]:
        return "of the farm" if row["farm"] else "key that the farm does not have"
    since = f" from {minute(row['effective_date'])}" if row["effective_date"] and "signs next" in row["roles"] else ""
    return ", ".join(row["roles"]) + since
