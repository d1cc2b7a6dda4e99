"""The encoding of a text that is not UTF-8, told by its letters: words have to be those of one language."""

# ruff: noqa: RUF001

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

Encoding = Literal[
    "UTF-8", "Latin-1", "UTF-16 LE", "UTF-16 BE", "Windows-1250", "Windows-1254", "Windows-1251", "Windows-1253",
    "Shift-JIS", "EUC-KR", "Big5", "GB18030",
]  # fmt: skip
CODECS: dict[Encoding, str] = {
    **{"UTF-8": "utf-8", "Latin-1": "cp1252", "UTF-16 LE": "utf-16-le", "UTF-16 BE": "utf-16-be"},
    **{"Windows-1250": "cp1250", "Windows-1254": "cp1254", "Windows-1251": "cp1251", "Windows-1253": "cp1253"},
    **{"Shift-JIS": "cp932", "EUC-KR": "cp949", "Big5": "cp950", "GB18030": "gb18030"},
}
CELLS_MAX = 5_000
"""Different cells that are looked at; more of the same file tell no more."""
_CELL_ENDS = re.compile(rb'[\r\n\t;,"]+')
"""What no byte of a longer character is; a bar may be one."""
_WORD = re.compile(r"(?:[^\W\d_]|[^\x00-\x7f])+")
_NEVER_INSIDE = re.compile(r"(?<=[^\W\d_])(?:[^\w\x00-\x7f‘’·–](?=[^\W\d_])|[¿¡¹£¥¯¼¾¨´¸ª÷×])|(?<=.)þ$")
"""Signs that no language has within a word, and a letter that ends none: another encoding's letters."""
_NO_LETTERS = bytes((0xA0, 0x80, 0xA3))
"""Blanks and signs of currencies, which stand in numbers."""
_LIKELY, _CLEARLY, _NEARLY = 0.8, 0.1, 0.05
"""Share of words of one language from which on a reading is likely; by how much it must be better; and as good."""

_WESTERN = (
    "äöüß", "àâçéèêëîïôœùûüÿ", "áéíñóúüªº", "áâãàçéêíóôõúüªº", "àèéìíîòóùúªº", "áéëèïíóöüê", "åäöéüšž", "æøåéóòêôä",
    "áðéíóúýþæö", "àçéèíïóòúü", "äöüõšž",
)  # fmt: skip
_CENTRAL = (
    "ąćęłńóśźż", "áčďéěíňóřšťúůýž", "áäčďéíĺľňóôŕšťúýž", "áéíóöőúüű", "ăâîşţ", "čćđšž",
)  # fmt: skip


def _alphabet(letters: str) -> Callable[[str], bool]:
    allowed = frozenset(letters + letters.upper())
    return lambda sign: sign in allowed


def _lies_in(codec: str, first: int, last: int) -> Callable[[str], bool]:
    """Returns whether signs are frequent ones of a double-byte codec, which stand at the beginning of its table."""

    def lies(sign: str) -> bool:
        code = sign.encode(codec, "ignore")
        return len(code) == 2 and first <= code[0] <= last

    return lies


def _is_japanese(sign: str) -> bool:
    return "\u3005" <= sign <= "\u30ff" or ("\u4e00" <= sign <= "\u9fff") or "\uff10" <= sign <= "\uff5a"


_LANGUAGES: dict[Encoding, Sequence[Callable[[str], bool]]] = {
    "Latin-1": [_alphabet(letters) for letters in _WESTERN],
    "Windows-1250": [_alphabet(letters) for letters in _CENTRAL],
    "Windows-1254": [_alphabet("çğıöşüâîûİ")],
    "Windows-1251": [
        _alphabet("абвгдежзийклмнопрстуфхцчшщъыьэюяё№"), _alphabet("абвгґдеєжзиіїйклмнопрстуфхцчшщьюя№"),
        _alphabet("абвгдђежзијклљмнњопрстћуфхцчџш"),
    ],
    "Windows-1253": [_alphabet("αβγδεζηθικλμνξοπρστυφχψωςάέήίόύώϊϋ")],
    "Shift-JIS": [_is_japanese],
    "EUC-KR": [lambda sign: "\uac00" <= sign <= "\ud7a3"],
    "Big5": [_lies_in("big5", 0xA4, 0xC6)],
    "GB18030": [_lies_in("gb2312", 0xB0, 0xF7)],
}  # fmt: skip

_OWN_SCRIPT = frozenset(_LANGUAGES) - {"Latin-1", "Windows-1250", "Windows-1254"}
"""Encodings whose words have no Latin letters among their own."""


@dataclass(frozen=True)
class Reading:
    """An encoding, and another in which the letters of the text are as likely; empty where there is none."""

    encoding: Encoding
    rival: Encoding | None = None


def foreign_cells(chunk: bytes) -> set[bytes]:
    """Returns the cells in some bytes that are not plain ASCII."""
    return {cell for cell in set(_CELL_ENDS.split(chunk)) if not cell.translate(None, _NO_LETTERS).isascii()}


def read_letters(cells: Iterable[bytes]) -> Reading:
    """Returns the encoding of cells that are not UTF-8: Latin-1 unless another makes clearly better words of them.

    Each word of Latin-1 may be of any language of Western Europe; those of another encoding have to be of one.
    """
    texts = sorted(cells)
    western, best_western = _shares(texts, "Latin-1")
    others = [name for name in _LANGUAGES if name != "Latin-1"]
    shares = {name: _shares(texts, name)[1] for name in others}
    ranked = sorted(others, key=lambda name: -shares[name])
    best = shares[ranked[0]]
    if best >= _LIKELY and best >= western + _CLEARLY:
        near = [name for name in ranked[1:] if shares[name] > best - _NEARLY and _differ(texts, name, ranked[0])]
        return Reading(ranked[0], near[0] if near else None)
    near = [name for name in ranked if shares[name] >= max(best_western - _NEARLY, 1 - _NEARLY)]
    return Reading("Latin-1", next((name for name in near if _differ(texts, name, "Latin-1")), None))


def _shares(texts: Sequence[bytes], encoding: Encoding) -> tuple[float, float]:
    """Returns the share of words that are of some language of an encoding, and of the one that has most of them."""
    decoded = [text.decode(CODECS[encoding], "replace") for text in texts]
    words = {word for text in decoded for word in _WORD.findall(text) if _has_own_letters(word)}
    fitting = [
        [_is_word(word, is_letter, encoding in _OWN_SCRIPT) for is_letter in _LANGUAGES[encoding]]
        for word in sorted(words)
    ]
    if not fitting:
        return 1.0, 0.0
    some = sum(map(any, fitting)) / len(fitting)
    return some, max(sum(column) for column in zip(*fitting, strict=True)) / len(fitting)


def _has_own_letters(word: str) -> bool:
    return not word.isascii() and any(sign.isalpha() or sign == "\ufffd" for sign in word)


def _is_word(word: str, is_letter: Callable[[str], bool], has_own_script: bool) -> bool:
    """Returns whether a word has only letters of a language, none of them large behind a small one."""
    letters = [sign for sign in word if not sign.isascii() and (sign.isalpha() or sign == "\ufffd")]
    if any(a.islower() and b.isupper() and not b.isascii() for a, b in pairwise(word)) or "ς" in word[:-1]:
        return False
    if has_own_script and (len(letters) < 2 or any(sign.isascii() for sign in word)):
        return False
    return not _NEVER_INSIDE.search(word) and all(map(is_letter, letters))


def _differ(texts: Sequence[bytes], one: Encoding, other: Encoding) -> bool:
    return any(text.decode(CODECS[one], "replace") != text.decode(CODECS[other], "replace") for text in texts)
