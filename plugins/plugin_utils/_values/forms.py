# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Normal forms of GUIDs, host names and https URLs, and the checks of options that hold them. Private to the collection."""

from __future__ import annotations

import re
import uuid
from urllib.parse import SplitResult, urlsplit, urlunsplit

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.applications import EXCHANGE_ONLINE
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import InvalidOptionError

# RFC 1123 section 2.1: letters, digits and hyphens; RFC 1035 section 2.3.4: 63 octets a label, 253 visible characters a name.
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)", re.ASCII)
# Zero-width characters and marks of direction, which come with what is copied from a certificate's dialog box or a chat.
INVISIBLE = dict.fromkeys((0xAD, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF))
_AND_FIXED_BLANK = {**INVISIBLE, 0xA0: None}
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
# A name alone: with a path, a drive, a wildcard or a file's ending Import-Module runs what lies there.
_MODULE = re.compile(r"[a-z0-9_][a-z0-9_-]*(\.[a-z0-9_-]+)*", re.ASCII | re.IGNORECASE)
_MODULE_FILE = re.compile(r"\.(psm1|psd1|ps1|dll|exe|cdxml|xaml)", re.IGNORECASE)


def bare(value: object) -> str:
    """The text without blanks around it and without what no name has in it: characters that cannot be seen, and no-break blanks."""
    return str(value).translate(_AND_FIXED_BLANK).strip()


def is_guid(value: str) -> bool:
    """Whether the text is a GUID in its 8-4-4-4-12 form (RFC 9562 section 4), in any case."""
    return _GUID.fullmatch(value.lower()) is not None


def guid(option: str, value: str) -> str:
    """The GUID in lower case; InvalidOptionError if it is not one."""
    text = bare(value)
    if not is_guid(text):
        raise InvalidOptionError(option, f"{text!r} is not a GUID", f"a GUID such as {EXCHANGE_ONLINE}")
    return str(uuid.UUID(text))


def is_host_name(value: str) -> bool:
    """Whether the text is a fully qualified host name: at least two labels, no scheme, port, path or wildcard."""
    text = value.lower()
    labels = text.split(".")
    return len(text) <= 253 and len(labels) > 1 and all(_LABEL.fullmatch(label) for label in labels) and not labels[-1].isdigit()


def module_name(option: str, value: str) -> str:
    """The name of a PowerShell module; InvalidOptionError for a path or anything else that is none."""
    text = bare(value)
    if not _MODULE.fullmatch(text) or _MODULE_FILE.fullmatch(text[text.rfind(".") :] if "." in text else ""):
        raise InvalidOptionError(
            option, f"{str(value)!r} is no name of a PowerShell module", "a name such as SkypeForBusiness, and no path"
        )
    return text


def host_name(option: str, value: str) -> str:
    """The fully qualified host name in lower case without a final dot; InvalidOptionError if it is not one."""
    text = bare(value).rstrip(".").lower()
    if not is_host_name(text):
        raise InvalidOptionError(
            option,
            f"{str(value)!r} is not a fully qualified host name",
            "a name such as webext.contoso.com, without scheme, port or path",
        )
    return text


def domain_pattern(option: str, value: str) -> str:
    """The domain, with or without *. before it, in lower case; InvalidOptionError if it is none."""
    text = bare(value).lower()
    prefix = "*." if text.startswith("*.") else ""
    try:
        return prefix + host_name(option, text.removeprefix("*."))
    except InvalidOptionError:
        raise InvalidOptionError(option, f"{str(value)!r} is not a domain", "names such as contoso.com or *.contoso.com") from None


def https_url(option: str, value: str) -> str:
    """The URL as given, without surrounding blanks; InvalidOptionError if it is not an absolute https URL.

    One with user information or a fragment is refused too, and one whose host is neither a name of DNS nor an address.
    """
    text = bare(value)
    problem = ""
    try:
        parts = urlsplit(text)
        if parts.username is not None or parts.password is not None:
            problem = "the URL holds a user name or password"
        elif parts.scheme.lower() != "https":
            problem = f"{text!r} is not an https URL"
        elif not parts.hostname or re.search(r"\s", text):
            problem = f"{text!r} has no host name or holds blanks"
        elif "\\" in text:
            # To .NET and browsers, though not to RFC 3986, it ends the host as / does.
            problem = f"{text!r} holds a backslash, so its host is not the same to everything that reads it"
        elif "@" in text.partition("//")[2].partition("/")[0]:
            problem = f"{text!r} holds @ before its path, so its host is not the same to everything that reads it"
        elif "#" in text:
            problem = f"{text!r} holds a fragment (#), which is never sent to a server"
        elif not _is_host(parts.hostname):
            problem = f"{text!r} has a host that is no name of ASCII letters, digits and hyphens (xn-- for others), and no address"
        else:
            _port = parts.port  # urllib checks the range only when it is read
    except ValueError as exc:
        problem = f"{text!r} is not a URL ({exc})"
    if problem:
        raise InvalidOptionError(option, problem, "an absolute URL such as https://autodiscover.contoso.com/path")
    return text


def _is_host(value: str) -> bool:
    """Whether the host of a URL, without the brackets of an address, is a name of DNS, which may have one label alone, or an address."""
    if ":" in value:
        return True  # urlsplit takes a colon in brackets alone, and what is no address there fails in every client
    labels = value.removesuffix(".").lower().split(".")
    return len(value) <= 254 and all(_LABEL.fullmatch(label) for label in labels)


def url_parts(value: str) -> SplitResult:
    """The parts of a URL that others wrote; all of them are empty where it is none, and where a backslash makes its host doubtful."""
    if "\\" in value:
        return SplitResult("", "", "", "", "")
    try:
        return urlsplit(value.strip())
    except ValueError:
        return SplitResult("", "", "", "", "")


def url_key(value: str) -> str:
    """A form in which two URLs that differ in letter case or in a default port are equal; what is no URL is compared as text."""
    try:
        parts = urlsplit(value.strip())
    except ValueError:
        return value.strip().lower()
    netloc = parts.netloc.lower()
    if parts.scheme.lower() == "https" and netloc.endswith(":443"):
        netloc = netloc[: -len(":443")]
    return urlunsplit((parts.scheme.lower(), netloc, parts.path, parts.query, parts.fragment)).lower()


def same_text(left: str | None, right: str | None) -> bool:
    """Whether two texts are the same where letter case does not matter and empty equals none."""
    return (left or "").strip().lower() == (right or "").strip().lower()


def same_url(left: str | None, right: str | None) -> bool:
    """Whether two URLs are the same where letter case and a default port do not matter and empty equals none."""
    return url_key(left or "") == url_key(right or "")
