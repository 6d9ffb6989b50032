# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""HTTPS to Microsoft's services: TLS as the options say, repeated where that is safe, failures in words. Private to the collection."""

from __future__ import annotations

import ipaddress
import re
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant import observed
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.clouds import host_of
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.observation import is_observed, note, seconds_since
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.option_names import options
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.packages import missing

try:
    import requests
    from requests.adapters import HTTPAdapter
    from urllib3.exceptions import InvalidHeader, MaxRetryError, NewConnectionError, ReadTimeoutError, ResponseError
    from urllib3.util.retry import Retry
except ImportError:  # reported by require_requests() when a connection is needed
    HAS_REQUESTS = False
    _Session: Any = object
    _Retry: Any = object
else:
    HAS_REQUESTS = True
    _Session = requests.Session
    _Retry = Retry

_CONNECT_SECONDS = 15
_READ_SECONDS = 60.0
_SHORTEST_ANSWER_SECONDS = 5.0
_LOCAL_CONNECT_SECONDS = 3
_ATTEMPTS = 6
_LONGEST_WAIT_SECONDS = 120
# https://learn.microsoft.com/graph/throttling and https://learn.microsoft.com/graph/best-practices-concept
_REPEATED_STATUS = (429, 500, 502, 503, 504)
_LATE, _LATE_REMEDY = "{} did not answer in time.", "Check the network from the controller, and run again."
# How urllib3's messages begin: with the object in the program that failed.
_PROGRAM = re.compile(r"^(?:<[^>]*>|\w+\([^)]*\)): ")


# When requests are no longer repeated, by time.monotonic().
_DEADLINE: ContextVar[float | None] = ContextVar("deadline", default=None)

# What may be sent again without a look at what became of it. A PATCH of a list may undo what another wrote meanwhile.
_REPEATED_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE"})


def _longest_answer() -> float:
    """Seconds that an answer may take; a request that is made at the end still gets a few."""
    deadline = _DEADLINE.get()
    return _READ_SECONDS if deadline is None else max(min(_READ_SECONDS, deadline - time.monotonic()), _SHORTEST_ANSWER_SECONDS)


class UnansweredError(HybridAuthError):
    """A request was sent, and it is not known whether it was carried out."""


def require_requests() -> None:
    """HybridAuthError if the requests package is missing."""
    if not HAS_REQUESTS:
        raise missing("requests", "talking to the sign-in and to Microsoft Graph")


class _BoundedRetry(_Retry):  # type: ignore[misc]  # the base is chosen at import
    """Repeats a request after what Retry-After asks for, but never waits longer than a play should hang."""

    def get_retry_after(self, response: Any) -> float | None:
        try:
            seconds = super().get_retry_after(response)
        except (ValueError, OverflowError, InvalidHeader):  # neither seconds nor a time, so it asks for nothing
            return None
        return None if seconds is None else min(seconds, _LONGEST_WAIT_SECONDS)

    def increment(self, *args: Any, **kwargs: Any) -> Any:
        error = kwargs.get("error")
        # A certificate that cannot be verified stays so, and whoever shows it should not be asked again.
        if error is not None and any(isinstance(one, ssl.SSLCertVerificationError) for one in error.args):
            raise MaxRetryError(kwargs["_pool"], str(args[1] if len(args) > 1 else kwargs.get("url")), error)
        following = super().increment(*args, **kwargs)
        response, deadline = kwargs.get("response"), _DEADLINE.get()
        seconds = (response and self.get_retry_after(response)) or following.get_backoff_time()
        if deadline is not None and time.monotonic() + seconds > deadline:
            reason = error or ResponseError("too many error responses")
            raise MaxRetryError(kwargs["_pool"], str(args[1] if len(args) > 1 else kwargs.get("url")), reason)
        return following


class HttpSession(_Session):  # type: ignore[misc]  # the base is chosen at import
    """A requests session whose TLS setting holds for every request.

    Reads and token requests are repeated where the service asks for it or was not reached; a PATCH is not.
    """

    def __init__(self, *, validate_certs: bool = True, ca_path: str | None = None) -> None:
        require_requests()
        super().__init__()
        self._tls: bool | str | None = False if not validate_certs else ca_path
        # Without one, requests would look for the host in ~/.netrc, and put what it finds in place of a token.
        self.auth = _as_it_is
        del self.adapters["http://"]
        self.mount("https://", self.adapter())

    @staticmethod
    def adapter() -> Any:
        return HTTPAdapter(
            max_retries=_BoundedRetry(
                total=_ATTEMPTS,
                status_forcelist=_REPEATED_STATUS,
                allowed_methods=_REPEATED_METHODS,
                backoff_factor=0.5,
                respect_retry_after_header=True,
                raise_on_status=False,
            )
        )

    @staticmethod
    def may_carry(url: str) -> bool:
        """Whether a secret or a token may travel to and from this URL."""
        return urlsplit(url).scheme.lower() == "https"

    def prepare_request(self, request: Any) -> Any:
        try:
            return super().prepare_request(request)
        except requests.exceptions.RequestException as exc:  # an address, such as one from an answer, that cannot be one
            raise HybridAuthError(
                f"{request.url!r} cannot be asked: {_cause(exc)}. Nothing was sent.",
                f"Check {options('login_url', 'graph_url')}, and that no proxy answers in their place.",
            ) from None

    def get_redirect_target(self, _answer: Any) -> None:
        """None: requests would read the address of a redirection, which may be none, also where it is not to follow it."""

    def send(self, request: Any, **kwargs: Any) -> Any:
        if not self.may_carry(request.url):
            raise HybridAuthError(
                f"{urlsplit(request.url).netloc} was to be asked without TLS. Nothing was sent.",
                "Give its https URL, and check that no proxy answers in the service's place.",
            )
        # The environment variables REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE would win over Session.verify.
        if self._tls is not None:
            kwargs["verify"] = self._tls
        if not kwargs.get("timeout"):
            kwargs["timeout"] = (_CONNECT_SECONDS, _longest_answer())
        # Neither sign-in nor Graph redirects these requests, and what they carry is for the named host alone.
        kwargs["allow_redirects"] = False
        with _noted(request) as answered, reaching(request.url):
            answer = super().send(request, **kwargs)
            answered.append(answer)
        if answer.is_redirect:
            target = host_of(answer.headers["location"]) or "another address"
            raise HybridAuthError(
                f"{urlsplit(request.url).netloc} sent the request on to {target}. "
                "It was not followed, since what it carries is for the named host alone.",
                f"Check {options('cloud', 'login_url', 'graph_url')}, and that no proxy or portal answers in their place.",
            )
        return answer


@contextmanager
def _noted(request: Any) -> Iterator[list[Any]]:
    """Note the shape of the answer that is put into the list, where anybody wants to know."""
    answered: list[Any] = []
    if not is_observed():
        yield answered
        return
    began = time.monotonic()
    seen: dict[str, Any] = {}
    try:
        yield answered
        answer = answered[0]
        seen = observed.of_answer(request.method, request.url, answer.status_code, answer.headers, json_of(answer))
    except BaseException as exc:
        seen = observed.of_failure(request.method, request.url, exc)
        raise
    finally:
        note("requests", {**seen, "seconds": seconds_since(began)})


class LocalSession(HttpSession):
    """For the endpoints that give a machine its identity: never through a proxy, and plain HTTP only on the machine or its own link.

    What is repeated: https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token#error-handling.
    Outside Azure nothing answers, which a task should learn soon.
    """

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False
        self.mount("http://", self.adapter())

    @staticmethod
    def may_carry(url: str) -> bool:
        return HttpSession.may_carry(url) or _is_near(urlsplit(url).hostname or "")

    @staticmethod
    def adapter() -> Any:
        return HTTPAdapter(
            max_retries=_BoundedRetry(
                total=4,
                connect=1,
                status_forcelist=(404, 410, *_REPEATED_STATUS),
                allowed_methods=None,
                backoff_factor=0.5,
                respect_retry_after_header=True,
                raise_on_status=False,
            )
        )

    def send(self, request: Any, **kwargs: Any) -> Any:
        return super().send(request, **{**kwargs, "timeout": (_LOCAL_CONNECT_SECONDS, _READ_SECONDS)})


def _as_it_is(request: Any) -> Any:
    """The authentication of a request that has its own."""
    return request


def _is_near(host: str) -> bool:
    """Whether it is this machine or an address of its own link, such as 169.254.169.254."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host.lower() == "localhost"
    return address.is_loopback or address.is_link_local


def json_of(answer: Any) -> Any:
    """What the answer holds as JSON; None where that is none, or nested beyond what can be read."""
    try:
        return answer.json()
    except (ValueError, RecursionError):
        return None


@contextmanager
def repeated_for(seconds: float) -> Iterator[None]:
    """Repeat no request once so many seconds are over, nor wait for it beyond them."""
    token = _DEADLINE.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _DEADLINE.reset(token)


@contextmanager
def reaching(url: str) -> Iterator[None]:
    """Turn the failure to talk to a server at all into a HybridAuthError that names the server and what to do."""
    require_requests()
    host = urlsplit(url).netloc
    try:
        yield
    except requests.exceptions.SSLError as exc:
        raise HybridAuthError(
            f"TLS with {host} failed: {_cause(exc)}.",
            f"If a proxy inspects TLS, give its certificate authority with {options('ca_path')}.",
        ) from None
    except requests.exceptions.ProxyError as exc:
        raise HybridAuthError(f"The proxy refused the way to {host}: {_cause(exc)}.", "Check HTTPS_PROXY and NO_PROXY.") from None
    except requests.exceptions.ConnectTimeout:
        raise HybridAuthError(_LATE.format(host), _LATE_REMEDY) from None
    except (requests.exceptions.ChunkedEncodingError, requests.exceptions.ContentDecodingError) as exc:
        raise UnansweredError(
            f"{host} broke off its answer: {_cause(exc)}.", "See whether a proxy or a firewall cuts connections, and run again."
        ) from None
    except requests.exceptions.RequestException as exc:
        # After repetitions urllib3's error is inside the one that says that there were too many.
        reason = getattr(exc.args[0] if exc.args else None, "reason", None)
        if isinstance(exc, requests.exceptions.Timeout) or isinstance(reason, ReadTimeoutError):
            raise UnansweredError(_LATE.format(host), _LATE_REMEDY) from None
        kind = HybridAuthError if isinstance(reason, NewConnectionError) else UnansweredError
        raise kind(
            f"{host} cannot be reached from the controller: {_cause(exc)}.",
            "Check the name, the firewall and the proxy settings (HTTPS_PROXY).",
        ) from None
    except OSError as exc:  # requests' own for a file of certificates that is not there
        raise HybridAuthError(
            f"{host} was not asked: {str(exc).rstrip('.')}.",
            f"Correct {options('ca_path')}, or the environment variables REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE.",
        ) from None


def _cause(exc: BaseException) -> str:
    """The innermost reason, which urllib3 wraps several times."""
    while True:
        inner = getattr(exc, "reason", None) or next((arg for arg in getattr(exc, "args", ()) if isinstance(arg, BaseException)), None)
        if not isinstance(inner, BaseException) or inner is exc:
            break
        exc = inner
    return _PROGRAM.sub("", str(exc).strip() or type(exc).__name__).rstrip(".")
