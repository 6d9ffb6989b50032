# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kinds of the role's variables: how what an inventory, -e or an AWX survey gives becomes a typed value. Private to the collection.

AWX sends an empty text for what nobody filled in, and text for numbers, yes and no, and lists. So a text may stand for each of these,
and what is blank is not given. Nothing is contacted; no file is read.
"""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml
from ansible.module_utils.parsing.convert_bool import boolean

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.inventory import patterns
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant import endpoints
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._tenant.service_principal_name import own_domains
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values import forms
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.certificate import check_subject
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import InvalidOptionError
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.key_owner import UNNAMED
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.ranges import Range
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.thumbprint import option_thumbprint
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.times import option_time, utc_text

CLEAR = "clear"
NOTHING = "none"
_SEPARATOR = re.compile(r"[,\r\n]")
_LONGEST_NUMBER = 20
_NUMBER = re.compile(r"[+-]?[0-9]+")
_ENVIRONMENT_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True)
class Kind:
    """What a variable takes. words: for people. read: the typed value of what is not blank; InvalidOptionError where it is none.

    many: whether it is a list, which says nothing where no entry is left without the blank ones. placed: whether it is a path that may be
    relative, of a file that is read or a folder that is written to.
    """

    words: str
    read: Callable[[str, Any], Any]
    many: bool = False
    placed: Literal["file", "folder"] | None = None

    def given(self, value: Any) -> bool:
        return not is_blank(_listed(value) if self.many else value)


def variable(kind: Kind, default: Any = None, *, entry_points: Sequence[str] = (), secret: bool = False) -> Any:
    """A field of the settings: a variable of the role. entry_points: those that take it, all where none is named."""
    metadata = {"kind": kind, "entry_points": tuple(entry_points), "secret": secret}
    if isinstance(default, Mapping):
        return dataclasses.field(default_factory=dict, metadata=metadata)  # pylint: disable=invalid-field-call
    # pylint: disable-next=invalid-field-call
    return dataclasses.field(default=default, metadata=metadata, repr=not secret, compare=not secret)


def is_blank(value: Any) -> bool:
    """Whether it says nothing: null, text without a visible character, or a list or dictionary of nothing else."""
    if value is None:
        return True
    if isinstance(value, str):
        return not value.translate(forms.INVISIBLE).strip()
    if isinstance(value, (list, tuple)):
        return all(is_blank(one) for one in value)
    return isinstance(value, Mapping) and not value


def _text(option: str, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        shown = {True: "yes or no", False: "a list" if isinstance(value, (list, tuple)) else "a dictionary"}[isinstance(value, bool)]
        raise InvalidOptionError(option, f"it is {shown}", "a text (in quotes where YAML takes it for something else)")
    text = str(value).translate(forms.INVISIBLE).strip()
    if not text.isprintable():
        raise InvalidOptionError(option, f"{text!r} holds a line break or a character that cannot be seen", "a text of one line")
    return text


def _checked(check: Callable[[str, str], Any]) -> Callable[[str, Any], Any]:
    return lambda option, value: check(option, _text(option, value))


def _path(option: str, text: str) -> str:
    try:
        return str(Path(os.path.expandvars(text)).expanduser())
    except RuntimeError:
        raise InvalidOptionError(option, f"the home folder that {text!r} begins with is not known", "a path on the controller") from None


def _own_domain(option: str, text: str) -> str:
    return own_domains(option, [text])[0]


def _environment_name(option: str, text: str) -> str:
    if not _ENVIRONMENT_NAME.fullmatch(text):
        raise InvalidOptionError(option, f"{text!r} is no name of an environment variable", "letters, digits and underscores")
    return text


def _moment(option: str, text: str) -> str:
    moment = option_time(option, text)
    if moment is None:  # only for a blank text, which is not read
        raise InvalidOptionError(option, "it is blank", "a time")
    return utc_text(moment)


def _secret(option: str, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise InvalidOptionError(option, "it is no text", "a text")
    return str(value)


def _yes_no(option: str, value: Any) -> bool:
    try:
        return bool(boolean(value.translate(forms.INVISIBLE) if isinstance(value, str) else value))
    except TypeError:
        raise InvalidOptionError(option, f"{value!r} is neither yes nor no", "true or false") from None


def _key_name(option: str, value: Any) -> str:
    text = _text(option, value)
    if forms.is_guid(text):
        return text.lower()
    try:
        return option_thumbprint(option, text)
    except InvalidOptionError:
        raise InvalidOptionError(option, f"{text!r} is neither a thumbprint nor a key id", "40 hexadecimal digits, or a GUID") from None


def _identity(_option: str, text: str) -> str:
    return text.lower() if forms.is_guid(text) else text


def entries(option: str, value: Any) -> list[Any]:
    """The entries of a list, without blank ones: of a list, of a text with commas or one a line, or of a list in JSON or YAML."""
    listed = _listed(value)
    if not isinstance(listed, (list, tuple)):
        raise InvalidOptionError(option, "it is no list", "a list, or a text with commas or one entry a line")
    return [one for one in listed if not is_blank(one)]


def _listed(value: Any) -> Any:
    """The list that a value is or stands for, with its blank entries; the value itself where it is none."""
    if isinstance(value, str):
        text = value.translate(forms.INVISIBLE).strip()
        found = _written_out(text)
        return found if isinstance(found, list) else _SEPARATOR.split(text)
    return [value] if isinstance(value, (int, float)) and not isinstance(value, bool) else value


def _written_out(text: str) -> Any:
    """The list or dictionary that a text is in JSON or YAML's flow style, as -e and AWX's extra variables may have it."""
    if not (text.startswith(("[", "{")) and text.endswith(("]", "}"))):
        return None
    try:
        return yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506  # it makes texts, lists and dictionaries only
    except yaml.YAMLError:
        return None


def each(option: str, values: Iterable[Any], read: Callable[[str, Any], Any]) -> tuple[Any, ...]:
    """Every value read, once each and in order; InvalidOptionError that says of all of them what is wrong."""
    read_each = [_attempt(option, value, read) for value in values]
    wrong = [one for one in read_each if isinstance(one, InvalidOptionError)]
    if wrong:
        raise InvalidOptionError(option, "; ".join(dict.fromkeys(one.problem for one in wrong)), wrong[0].expected)
    return tuple(dict.fromkeys(read_each))


def _attempt(option: str, value: Any, read: Callable[[str, Any], Any]) -> Any:
    try:
        return read(option, value)
    except InvalidOptionError as exc:
        return exc


def _owners(option: str, value: Any) -> dict[str, str]:
    """Owners by thumbprint or key id, from a dict of them, a list of dicts with thumbprint and owner, or a list of thumbprints."""
    if isinstance(value, str):
        found = _written_out(value.strip())
        value = found if isinstance(found, (dict, list)) else value
    pairs: list[tuple[Any, Any]] = (
        list(value.items())
        if isinstance(value, Mapping)
        else [(one.get("thumbprint"), one.get("owner")) if isinstance(one, Mapping) else (one, None) for one in entries(option, value)]
    )
    keys = {}

    def pair(_option: str, given: tuple[Any, Any]) -> str:
        key, owner = given
        if is_blank(key):
            raise InvalidOptionError(option, "an entry has no thumbprint", "owners by thumbprint, or a list of thumbprints")
        name = _key_name(option, key)
        keys[name] = UNNAMED if is_blank(owner) else _text(option, owner)
        return name

    each(option, pairs, pair)
    return keys


TEXT = Kind("a text", _text)
# Which application a whole name must begin with, another variable says.
SERVICE_NAME = Kind("a host name or a whole service principal name", _text)
SECRET = Kind("a text, which is secret", _secret)
YES_NO = Kind("yes or no", _yes_no)
GUID = Kind("a GUID", _checked(forms.guid))
URL = Kind("an https URL", _checked(forms.https_url))
TENANT = Kind("a domain or a GUID", _checked(endpoints.tenant_name))
PATH = Kind("the path of a file on the controller, whole or from the playbook", _checked(_path), placed="file")
FOLDER = Kind("the path of a folder on the controller, whole or from the playbook", _checked(_path), placed="folder")
ENVIRONMENT_NAME = Kind("the name of an environment variable", _checked(_environment_name))
MODULE_NAME = Kind("the name of a PowerShell module", _checked(forms.module_name))
MOMENT = Kind("a time in ISO 8601, without a zone in UTC", _checked(_moment))
SUBJECT = Kind("a distinguished name", _checked(check_subject))
HOST = Kind("a host name", _checked(forms.host_name))
OWN_DOMAIN = Kind("a DNS domain of your own", _checked(_own_domain))
DOMAIN_PATTERN = Kind("a domain such as contoso.com or *.contoso.com", _checked(forms.domain_pattern))
THUMBPRINT = Kind("a thumbprint", _checked(option_thumbprint))
IDENTITY = Kind("a name or a GUID", _checked(_identity))
OWNERS = Kind("a dictionary of owners by thumbprint or key id, or a list of those", _owners)


def one_of(*choices: str) -> Kind:
    """One of these words, in any letter case."""
    by_key = {choice.lower(): choice for choice in choices}

    def read(option: str, value: Any) -> str:
        text = _text(option, value)
        if text.lower() not in by_key:
            raise InvalidOptionError(option, f"{text!r} is none of its choices", f"one of {', '.join(choices)}")
        return by_key[text.lower()]

    return Kind(f"one of {', '.join(choices)}", read)


def number(within: Range) -> Kind:
    """A whole number in a range, or the text of one."""

    def read(option: str, value: Any) -> int:
        return _whole(option, value, within.words, lambda found: within.least <= found <= within.most)

    return Kind(within.words, read)


def one_number_of(*choices: int) -> Kind:
    words = f"one of {', '.join(map(str, choices))}"
    return Kind(words, lambda option, value: _whole(option, value, words, choices.__contains__))


def _whole(option: str, value: Any, expected: str, fits: Callable[[int], bool]) -> int:
    text = value.translate(forms.INVISIBLE).strip() if isinstance(value, str) else value
    is_number = isinstance(text, (int, float)) and not isinstance(text, bool) and text == text // 1
    if not is_number and not (isinstance(text, str) and _NUMBER.fullmatch(text) and len(text) < _LONGEST_NUMBER):
        raise InvalidOptionError(option, f"{value!r} is no whole number", expected)
    found = int(text)
    if not fits(found):
        raise InvalidOptionError(option, f"{found} is out of range", expected)
    return found


def list_of(kind: Kind) -> Kind:
    """Some of a kind, as a list, a text with commas or one a line."""
    return Kind(f"a list, each {kind.words}", lambda option, value: each(option, entries(option, value), kind.read), many=True)


def list_or_nothing(kind: Kind) -> Kind:
    """As list_of(), where the word none means none of them."""

    def read(option: str, value: Any) -> tuple[Any, ...]:
        given = entries(option, value)
        return () if _is_word(given, NOTHING) else each(option, given, kind.read)

    return Kind(f"a list, each {kind.words}; or {NOTHING}", read, many=True)


def clearable(kind: Kind) -> Kind:
    """As the kind, where the word clear means that the setting is emptied: a blank text, or an empty list."""

    def read(option: str, value: Any) -> Any:
        given = entries(option, value) if kind.many else [value]
        if _is_word(given, CLEAR):
            return () if kind.many else ""
        if kind.many and any(_is_word([one], CLEAR) for one in given):
            raise InvalidOptionError(option, f"it holds {CLEAR} beside other entries", f"{CLEAR} alone, or the domains")
        return kind.read(option, value)

    return Kind(f"{kind.words}; or {CLEAR}", read, many=kind.many)


def _is_word(given: Sequence[Any], word: str) -> bool:
    return len(given) == 1 and isinstance(given[0], str) and given[0].translate(forms.INVISIBLE).strip().lower() == word


def host_pattern(option: str, value: Any) -> str:
    """A pattern of hosts as the play takes it: a text, or a list, whose entries count together."""
    return ",".join(patterns([_text(option, value)] if isinstance(value, str) else each(option, entries(option, value), _text)))


HOSTS = Kind("a pattern of hosts, or a list of such", host_pattern)
