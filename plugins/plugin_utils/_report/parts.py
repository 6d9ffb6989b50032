# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write a report's files a deployment at a time, so that memory holds one of them however many there are. Private to the collection."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Protocol

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report import html, junit
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.files import write
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.page import cover, deployment

_PIECE = 65_536


class _Format(Protocol):
    """part: the text about the next deployment. whole: the file.

    document: with as little of each deployment as the page's cover needs. parts: what was read back of the parts, in pieces of any size.
    """

    def part(self, one: Mapping[str, Any]) -> str: ...

    def whole(self, document: Mapping[str, Any], parts: Iterator[str]) -> Iterator[str]: ...


class _Html:
    def __init__(self, ending_soon_days: int) -> None:
        self._ending_soon_days, self._places = ending_soon_days, count()

    def part(self, one: Mapping[str, Any]) -> str:
        return html.article(deployment(next(self._places), one, self._ending_soon_days), self._ending_soon_days)

    def whole(self, document: Mapping[str, Any], parts: Iterator[str]) -> Iterator[str]:
        return html.pieces(cover(document), parts)


class _Json:
    def __init__(self) -> None:
        self._separator = ""

    def part(self, one: Mapping[str, Any]) -> str:
        # Within a text of JSON a new line is written as an escape, so each one here is the encoder's.
        text = json.dumps(one, indent=2, ensure_ascii=False).replace("\n", "\n    ")
        separator, self._separator = self._separator, ","
        return f"{separator}\n    {text}"

    def whole(self, document: Mapping[str, Any], parts: Iterator[str]) -> Iterator[str]:
        yield json.dumps({**document, "deployments": []}, indent=2, ensure_ascii=False).removesuffix("]\n}")
        yield from parts
        yield "\n  ]\n}\n"


class _JUnit:
    def __init__(self) -> None:
        self._numbers: list[dict[str, int]] = []

    def part(self, one: Mapping[str, Any]) -> str:
        text, numbers = junit.suite(one)
        self._numbers.append(numbers)
        return text

    def whole(self, document: Mapping[str, Any], parts: Iterator[str]) -> Iterator[str]:
        yield '<?xml version="1.0" encoding="UTF-8"?>\n'
        yield from junit.pieces(document["title"], self._numbers, parts)
        yield "\n"


FORMATS = ("html", "json", "xml")


class Parts:
    """The files of a report while its deployments are added one by one; nothing is in its place before write()."""

    def __init__(self, formats: Sequence[str], ending_soon_days: int) -> None:
        every: dict[str, _Format] = {"html": _Html(ending_soon_days), "json": _Json(), "xml": _JUnit()}
        self._formats = {name: every[name] for name in FORMATS if name in formats}
        self._open = ExitStack()
        self._files: dict[str, IO[str]] = {}

    def __enter__(self) -> Parts:
        for name in self._formats:
            self._files[name] = self._open.enter_context(tempfile.TemporaryFile("w+", encoding="utf-8", newline=""))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._open.close()

    def add(self, one: Mapping[str, Any]) -> None:
        """The next of the document's deployments."""
        for name, made in self._formats.items():
            self._files[name].write(made.part(one))

    def write(self, place: Path, document: Mapping[str, Any], *, private: bool = False) -> dict[str, str]:
        """Write the files and return their paths. document: of what was added, nothing that was read is looked at.

        private: as of files.write().
        """
        texts = {f"audit.{name}": made.whole(document, self._read(name)) for name, made in self._formats.items()}
        return {name.removeprefix("audit."): path for name, path in write(place, texts, private=private).items()}

    def _read(self, name: str) -> Iterator[str]:
        file = self._files[name]
        file.seek(0)
        while piece := file.read(_PIECE):
            yield piece
