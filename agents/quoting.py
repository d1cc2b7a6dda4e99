"""Text that comes from data or from a model, made harmless before anybody else reads it.

Text from data (reasons, names, notes) is handed to a model between <data> and </data> and can't close that bracket by
itself; the agents' instructions say that what stands there is a quotation. What a model wrote is shown as plain text.
"""

import re
import unicodedata

OPEN, CLOSE = "<data>", "</data>"
MAXIMUM_QUOTE = 300
_BRACKETS = str.maketrans({"<": "‹", ">": "›", "`": "'", "\u201c": "'", "\u201d": "'", '"': "'"})  # noqa: RUF001
_TAG_BEGIN = re.compile(r"<(?=[A-Za-z/!?])")
_NAME = re.compile(r"[^\w .:+-]")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_TAG = re.compile(r"</?[A-Za-z!][^>]*>")
_ADDRESS = re.compile(r"\b(?:https?|ftp|file|data|javascript):\S+", re.IGNORECASE)


def quote_data(text: str) -> str:
    """Returns text from data as one bounded line between the data marks, unable to close them, its links cut."""
    return f"{OPEN}{_without_links(_one_line(text)).translate(_BRACKETS)[:MAXIMUM_QUOTE]}{CLOSE}"


def quoted_text(marked: str) -> str:
    """Returns what stands between the data marks."""
    return marked.removeprefix(OPEN).removesuffix(CLOSE)


def safe_name(text: str | None) -> str:
    """Returns a name from data (a model, a policy, a holiday) with nothing in it but a name's characters."""
    return _NAME.sub("", _one_line(text or ""))[:60]


def plain_answer(text: str) -> str:
    """Returns a model's answer without links, pictures, tags and addresses: nothing in it loads or runs.

    Signs that only look like others (full-width brackets and the like) are made those first, so that no later step of
    the way can make them so; and no bracket that could begin a tag is left.
    """
    text = unicodedata.normalize("NFKC", text).replace(OPEN, '"').replace(CLOSE, '"')
    return _TAG_BEGIN.sub("‹", _without_links(_TAG.sub("", text))).strip()  # noqa: RUF001


def _without_links(text: str) -> str:
    while (cut := _LINK.sub(r"\1", text)) != text:
        text = cut
    return _ADDRESS.sub("(address removed)", text)


def _one_line(text: str) -> str:
    printable = "".join(sign if unicodedata.category(sign)[0] != "C" else " " for sign in text)
    return " ".join(printable.split())
