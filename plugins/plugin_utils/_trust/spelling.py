# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which known name a misspelt one was meant to be. Private to the collection.

A variable that the role does not know is silently without effect. One that resembles a variable of the role is a mistake; any other may
belong to another role, whose variables begin with the same word.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

# Short words resemble each other by chance.
_SHORTEST_WORD = 4
_SHARED_WORDS = 3


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that this unknown one resembles, None where it resembles none.

    It resembles one by one edit, by singular and plural, by the order of its words, by their order and one edit in one of them, and of
    several words by one that is left out, there as well, or cut short.
    """
    known = tuple(known)
    candidates = {one: _distance(name.lower(), one) for one in known}
    close = [one for one, distance in candidates.items() if distance <= 1 or _same_words(name.lower(), one)]
    found = min(close, key=lambda one: (candidates[one], one), default=None)
    if found is not None or beginning(name, known):
        return found
    return max((one for one in known if _one_word_apart(name.lower(), one)), key=lambda one: (len(_words(one)), one), default=None)


def beginning(name: str, known: Iterable[str]) -> list[str]:
    """The known names that begin with this unknown one, where it is one of them without its last word; none where it is not."""
    first = f"{name.lower()}_"
    longer = [one for one in known if one.startswith(first)]
    dropped = any("_" not in one.removeprefix(first) for one in longer)
    # Every name begins with the first word; short words after it are other roles' too.
    return longer if dropped and len(name.partition("_")[2]) >= _SHORTEST_WORD else []


def _same_words(left: str, right: str) -> bool:
    ours, theirs = Counter(_words(left)), Counter(_words(right))
    only_ours, only_theirs = list((ours - theirs).elements()), list((theirs - ours).elements())
    if not only_ours and not only_theirs:
        return True
    if len(only_ours) != 1 or len(only_theirs) != 1 or not ours & theirs:
        return False
    return min(len(only_ours[0]), len(only_theirs[0])) >= _SHORTEST_WORD and _distance(only_ours[0], only_theirs[0]) == 1


def _one_word_apart(left: str, right: str) -> bool:
    """Whether the left name, of three words at least, is the right one without one of its words, or with a short one after it such as id,
    or with its last one cut short.
    """
    ours, theirs = _words(left), _words(right)
    if len(theirs) == len(ours) + 1:
        return len(ours) >= _SHARED_WORDS and not Counter(ours) - Counter(theirs)
    if len(ours) == len(theirs) + 1:
        return len(theirs) >= _SHARED_WORDS and ours[:-1] == theirs and len(ours[-1]) <= _SHORTEST_WORD
    return len(ours) == len(theirs) >= _SHARED_WORDS and ours[:-1] == theirs[:-1] and theirs[-1].startswith(ours[-1])


def _words(name: str) -> list[str]:
    return [word.removesuffix("s") for word in name.split("_") if word]


def _distance(left: str, right: str) -> int:
    """0 where they are the same, 1 where one edit makes them so (a letter more, less, another, or two swapped), else 2."""
    if left == right:
        return 0
    if abs(len(left) - len(right)) > 1:
        return 2
    start = next((index for index, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), min(len(left), len(right)))
    a, b = left[start:], right[start:]
    same = a[1:] == b[1:] or a[1:] == b or a == b[1:] or (a[:2] == b[1::-1] and len(b) > 1 and a[2:] == b[2:])
    return 1 if same else 2
