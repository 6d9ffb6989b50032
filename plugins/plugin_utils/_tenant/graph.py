# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Microsoft Graph v1.0: read lists and objects, change objects, and say in words why it refused. Private to the collection."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any
from urllib.parse import urlencode, urlsplit

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant import remedies
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.access_token import AccessToken
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.endpoints import Endpoints
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.http import HttpSession, json_of
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.clock import Asked, Asking, http_date
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.clouds import host_of
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.option_names import options

_MOST_PAGES = 1000
_CONNECT_SECONDS = 15


class GraphError(HybridAuthError):
    """Graph answered with an error (https://learn.microsoft.com/graph/errors). status is HTTP's, code is Graph's own.

    retry_after: the seconds that the service asks to wait, None where it does not say.
    """

    def __init__(self, message: str, remedy: str, status: int, code: str, request_id: str | None, retry_after: float | None = None) -> None:
        super().__init__(message, remedy, status=status, error_code=code, request_id=request_id)
        self.status = status
        self.code = code
        self.retry_after = retry_after

    @property
    def passes(self) -> bool:
        """Whether the same wish may be granted later: throttling, trouble of the service, another writer at the same moment.

        https://learn.microsoft.com/graph/throttling, https://learn.microsoft.com/graph/resolve-auth-errors and
        https://learn.microsoft.com/graph/errors (409 with Directory_ConcurrencyViolation)
        """
        return self.status == 429 or self.status >= 500 or "ConcurrencyViolation" in self.code

    @property
    def may_be_done(self) -> bool:
        """Whether the service may have carried the request out in spite of the answer."""
        return self.status >= 500


class Graph:
    """One tenant's Graph with one token.

    clock: the tenant's time from the last answer's Date header, None where it had none, and when the controller asked.
    """

    def __init__(self, where: Endpoints, token: AccessToken) -> None:
        self.base = f"{where.graph_url}/v1.0"
        self._session = HttpSession(validate_certs=where.validate_certs, ca_path=where.ca_path)
        self._session.headers.update({"Authorization": f"Bearer {token.value}", "Accept": "application/json"})
        self.clock: tuple[datetime | None, Asked] | None = None

    def read(self, path: str, subject: str, query: Mapping[str, str] | None = None) -> dict[str, Any]:
        """The JSON object at a path; GraphError that names the subject if Graph refuses."""
        return self._json("GET", self._url(path, query), subject)

    def read_list(self, path: str, subject: str, query: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
        """All objects of a list, page by page (https://learn.microsoft.com/graph/paging)."""
        found: list[dict[str, Any]] = []
        url: str | None = self._url(path, query)
        for _page in range(_MOST_PAGES):
            answer = self._json("GET", str(url), subject)
            page = answer.get("value")
            if not isinstance(page, list) or not all(isinstance(one, dict) for one in page):
                raise HybridAuthError(f"Microsoft Graph's answer to a request for {subject} is no list.", f"Check {options('graph_url')}.")
            found.extend(page)
            url = answer.get("@odata.nextLink")
            if url is None:
                return found
            if not self._is_own(url):
                raise HybridAuthError(
                    f"Microsoft Graph sent the request for {subject} on to {url!r}. It was not followed, "
                    f"since the token is for {urlsplit(self.base).scheme}://{host_of(self.base)} alone.",
                    f"Check {options('graph_url')}, and that no proxy answers in its place.",
                )
        raise HybridAuthError(
            f"Microsoft Graph's list of {subject} did not end after {_MOST_PAGES} pages.",
            f"Check {options('graph_url')}, and that no proxy answers in its place.",
        )

    def change(self, path: str, subject: str, body: Mapping[str, Any], seconds: float) -> None:
        """Replace the given properties of the object at a path (PATCH, answered by 204 without content). It is asked for once.

        seconds: how long the answer may take. Raises GraphError, and UnansweredError where it is not known whether it was done.
        """
        answer = self._session.patch(self._url(path, None), json=dict(body), timeout=(_CONNECT_SECONDS, seconds))
        if answer.status_code >= 300:
            raise _refused(answer, subject)

    def _is_own(self, url: Any) -> bool:
        """Whether it is a URL of the same scheme, host and port, and without what one reader of it drops and another does not."""
        if not isinstance(url, str) or not url.isprintable() or " " in url:
            return False
        try:
            return urlsplit(url).scheme.lower() == "https" and host_of(url) == host_of(self.base)
        except ValueError:  # no URL at all
            return False

    def _url(self, path: str, query: Mapping[str, str] | None) -> str:
        return f"{self.base}/{path}" + (f"?{urlencode(query, safe='$,()')}" if query else "")

    def _json(self, method: str, url: str, subject: str) -> dict[str, Any]:
        asking = Asking()
        answer = self._session.request(method, url)
        self.clock = (http_date(answer.headers.get("Date")), asking.done())
        if answer.status_code >= 300:
            raise _refused(answer, subject)
        content = json_of(answer)
        if not isinstance(content, dict):
            raise HybridAuthError(
                f"{urlsplit(url).netloc} answered {answer.status_code} to a request for {subject}, but not with a JSON object.",
                f"Check {options('graph_url')}, and that no proxy answers in its place.",
            )
        return content


def _refused(answer: Any, subject: str) -> GraphError:
    content = json_of(answer)
    error = content.get("error") if isinstance(content, dict) else None
    error = error if isinstance(error, dict) else {}
    inner = error.get("innerError")
    code, text = str(error.get("code") or ""), str(error.get("message") or "").strip()
    writing = answer.request.method == "PATCH"
    return GraphError(
        f"Microsoft Graph {'did not change' if writing else 'did not give'} {subject}: "
        f"{answer.status_code}{f' {code}' if code else ''}{f', {text}' if text else ''}".rstrip(".")
        + ".",
        remedies.of_graph(answer.status_code, f"{code} {text} {answer.headers.get('WWW-Authenticate', '')}", writing),
        answer.status_code,
        code,
        inner.get("request-id") if isinstance(inner, dict) else answer.headers.get("request-id"),
        _seconds(answer.headers.get("Retry-After")),
    )


def _seconds(text: str | None) -> float | None:
    """What Retry-After asks for: seconds, or a time (RFC 9110 section 10.2.3)."""
    if not text:
        return None
    if text.strip().isascii() and text.strip().isdigit():
        return float(text)
    until = http_date(text)
    return None if until is None else max((until - datetime.now(timezone.utc)).total_seconds(), 0.0)
