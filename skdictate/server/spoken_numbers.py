"""Writes numbers as English words, for text without normalisation."""

from __future__ import annotations

import re

_ONES = re.findall(
    r"\w+",
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen",
)
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_SCALES = ("", "thousand", "million", "billion", "trillion")
_IRREGULAR = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}
_MOST_DIGITS = 15
"""Longer numbers are read digit by digit."""
_NUMBER = re.compile(
    r"(?P<dollars>\$)?(?P<whole>\d{1,3}(?:,\d{3})+|\d+)(?:\.(?P<part>\d+))?"
    r"(?P<percent>%)?(?P<ordinal>(?:st|nd|rd|th)\b)?",
    re.IGNORECASE,
)


def spelled(text: str) -> str:
    """Replace the numbers in a text by words; the rest stays as it is."""
    return _NUMBER.sub(_spell, text)


def _spell(match: re.Match[str]) -> str:
    words = _whole(match["whole"].replace(",", ""))
    if match["part"]:
        words += ["point", *_digits(match["part"])]
    elif match["ordinal"]:
        words[-1] = _ordinal(words[-1])
    if match["percent"]:
        words.append("percent")
    if match["dollars"]:
        words.append("dollar" if words == ["one"] else "dollars")
    before, after = match.string[: match.start()], match.string[match.end() :]
    left, right = " " * before[-1:].isalnum(), " " * after[:1].isalnum()
    return f"{left}{' '.join(words)}{right}"


def _whole(digits: str) -> list[str]:
    is_code = len(digits) > _MOST_DIGITS or (len(digits) > 1 and digits[0] == "0")
    return _digits(digits) if is_code else list(_words(int(digits)))


def _digits(digits: str) -> list[str]:
    return [_ONES[int(digit)] for digit in digits]


def _words(number: int) -> list[str]:
    if number == 0:
        return ["zero"]
    words: list[str] = []
    for scale in _SCALES:
        number, below = divmod(number, 1000)
        if below:
            words = [*_below_thousand(below), *([scale] if scale else []), *words]
    return words


def _below_thousand(number: int) -> list[str]:
    hundreds, rest = divmod(number, 100)
    words = [_ONES[hundreds], "hundred"] if hundreds else []
    if rest < 20:
        return words + ([_ONES[rest]] if rest else [])
    tens, ones = divmod(rest, 10)
    return [*words, _TENS[tens], *([_ONES[ones]] if ones else [])]


def _ordinal(word: str) -> str:
    if word.endswith("y"):
        return f"{word[:-1]}ieth"
    return _IRREGULAR.get(word, f"{word}th")
