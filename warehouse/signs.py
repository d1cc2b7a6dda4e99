"""Signs of texts that come from people and files: what a name may hold, and how a text is told on one line."""

import unicodedata

_JOINERS = "\u200c\u200d\u00ad"
"""What words of some scripts, and emoji, are written with, though nobody sees it."""


def has_control_signs(text: str) -> bool:
    r"""Returns whether a text holds signs that nobody sees: control, format and direction signs, halves of pairs.

    >>> has_control_signs("Süd, Ост, 東, a\u200cb"), has_control_signs("a\x1b[31m"), has_control_signs("a\u202eb")
    (False, True, True)
    """
    return not text.isprintable() and any(
        unicodedata.category(sign).startswith("C") and sign not in _JOINERS for sign in text
    )


def one_line(text: str) -> str:
    r"""Returns a text without signs that move a terminal or turn what stands behind them: blanks in their places.

    >>> one_line("a\x1b[31m\u202eb\nc")
    'a [31m b c'
    """
    return "".join(sign if sign.isprintable() or sign == "\N{NO-BREAK SPACE}" else " " for sign in text)
