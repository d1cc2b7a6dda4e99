"""Names of files made from codes, which may hold anything: every system takes them, and no two codes share one."""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

LONGEST_STEM = 40
"""Characters of a code that a name holds; four bytes each leave room for the rest in 255."""
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)", re.IGNORECASE)
_UNSAFE = re.compile(r"[^\w.-]+")


def safe_stem(code: str) -> str:
    """Returns the part of a file name that stands for a code: the code itself where it is plain.

    What is not has a mark behind it that no other code has.

    >>> safe_stem("0042"), safe_stem("Nord"), safe_stem("../etc"), safe_stem("CON")
    ('0042', 'Nord', 'etc-f7f9121f', 'CON-a3dbc4b6')
    """
    plain = _UNSAFE.sub("_", unicodedata.normalize("NFKC", code)).strip("._-")[:LONGEST_STEM].strip("._-")
    return plain if plain == code and not _RESERVED.fullmatch(plain) else _marked(plain, code)


def safe_stems(codes: Iterable[str]) -> dict[str, str]:
    """Returns the stem of each code; those that differ in their case alone have a mark, too.

    >>> safe_stems(["a", "A", "b"])
    {'a': 'a-ca978112', 'A': 'A-559aead0', 'b': 'b'}
    """
    stems = {code: safe_stem(code) for code in codes}
    folded = Counter(stem.casefold() for stem in stems.values())
    return {
        code: stem if folded[stem.casefold()] == 1 or stem != code else _marked(stem, code)
        for code, stem in stems.items()
    }


def _marked(stem: str, code: str) -> str:
    return f"{stem or 'code'}-{hashlib.sha256(code.encode()).hexdigest()[:8]}"
