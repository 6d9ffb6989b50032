# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write a report's page as HTML: one file with its style in it, escaped, without script. Private to the collection."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._report.page import Cover, Deployment, Page

_FOLDER = Path(__file__).parent
_FILES = ("page.html.j2", "article.html.j2", "parts.html.j2", "style.css")


def html(page: Page) -> str:
    """The page as HTML. Jinja2 escapes every value, and a value that is not there is an error."""
    return "".join(pieces(page.cover, (article(one, page.cover.ending_soon_days) for one in page.deployments)))


def article(one: Deployment, ending_soon_days: int) -> str:
    """What the page says of one deployment."""
    return _environment().get_template("article.html.j2").render(one=one, ending_soon_days=ending_soon_days)


def pieces(cover: Cover, articles: Iterable[str]) -> Iterator[str]:
    """The text of the page. articles: those of its deployments, in pieces of any size."""
    return _environment().get_template("page.html.j2").generate(page=cover, articles=map(Markup, articles))


@cache
def _environment() -> Environment:
    # ansible-core's own templating would template the values again; these come from a directory that others write to.
    return Environment(
        loader=DictLoader({name: (_FOLDER / name).read_text(encoding="utf-8") for name in _FILES}),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
