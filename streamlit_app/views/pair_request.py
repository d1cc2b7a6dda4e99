"""Understands sentences such as "show forecast for store 1, department 38"."""

import re
from dataclasses import dataclass

_STORE = re.compile(r"\b(?:store|shop|s)\s*(?:no\.?|number|nr\.?|id|#)?\s*[:=#]?\s*(\d{1,9})\b", re.IGNORECASE)
_DEPARTMENT = re.compile(
    r"\b(?:departments?|depts?|dpt|dep|d)\.?\s*(?:no\.?|number|nr\.?|id|#)?\s*[:=#]?\s*(\d{1,9})\b", re.IGNORECASE
)
_BARE = re.compile(r"^\D*?(\d{1,9})\s*(?:[/,;:\-]|\s)\s*(\d{1,9})\D*$")


@dataclass(frozen=True)
class PairRequest:
    """What a sentence asks for; None where it does not say."""

    store_id: int | None = None
    dept_id: int | None = None

    @property
    def is_empty(self) -> bool:
        """Whether neither a store nor a department was found."""
        return self.store_id is None and self.dept_id is None


def read_pair(sentence: str) -> PairRequest:
    """Returns the store and the department that a sentence names, in any order; "1/38" means store 1, department 38."""
    store, department = _STORE.search(sentence), _DEPARTMENT.search(sentence)
    if store or department:
        return PairRequest(_number(store), _number(department))
    bare = _BARE.match(sentence.strip())
    return PairRequest(int(bare[1]), int(bare[2])) if bare else PairRequest()


def _number(found: re.Match[str] | None) -> int | None:
    return int(found[1]) if found else None
