"""Text that comes from data or from a model, made harmless before anybody else reads it.

Text from data (reasons, names, notes) is handed to a model between <data> and </data> and can't close that bracket by
itself; the agents' instructions say that what stands there is a quotation. What a model wrote is shown as plain text
with emphasis, list items and headings: every other sign of Markdown is escaped.
"""

import html
import re
import unicodedata

OPEN, CLOSE = "<data>", "</data>"
MAXIMUM_QUOTE = 300
_BRACKETS = str.maketrans({"<": "‹", ">": "›", "`": "'", "\u201c": "'", "\u201d": "'", '"': "'"})  # noqa: RUF001
_NAME = re.compile(r"[^\w .:+-]")
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()]*\)")
_DEEPEST_LINK = 5
_TAG = re.compile(r"</?[A-Za-z!][^>]{0,200}>")
_REST = r"""(?:\\?[^\s<>()\[\]"'`|\\])+"""
ADDRESS = re.compile(
    rf"(?:[a-z][a-z\d+.-]{{0,15}}\\?:)?(?:\\?/){{2}}{_REST}|www\\?\.(?:{_REST})?"
    r"|[\w.+-]{1,64}\\?@(?:\\?[\w-])*\\?\.(?:\\?[\w.-])+",
    re.IGNORECASE,
)
"""What a renderer may turn into a link by itself, also where some of its punctuation is escaped."""
MARKUP = "[]<>&~|`\\"
"""Signs with which links, pictures, tags, entities, tables and code begin or end."""
_SETTLED = r"\\[!-/:-@\[-`{-~]|`[^`|\r\n]+`"


def quote_data(text: str) -> str:
    """Returns text from data as one bounded line between the data marks, unable to close them, its links cut."""
    return f"{OPEN}{_without_links(_one_line(text)).translate(_BRACKETS)[:MAXIMUM_QUOTE]}{CLOSE}"


def quoted_text(marked: str) -> str:
    """Returns what stands between the data marks."""
    return marked.removeprefix(OPEN).removesuffix(CLOSE)


def name_from_data(label: str) -> str:
    """Returns the name of a store or product as one line of Markdown in which nothing loads, links or stands out."""
    return quoted_text(quote_data(label)).replace("*", "\N{ASTERISK OPERATOR}")


def safe_name(text: str | None) -> str:
    """Returns a name from data (a model, a policy, a holiday) with nothing in it but a name's characters."""
    return _NAME.sub("", _one_line(text or ""))[:60]


def printable(text: str) -> str:
    """Returns text without control, format and surrogate characters, new lines and tabs apart.

    Signs that only look like others (full-width brackets and the like) are made those, so that no later step of the
    way can make them so; the text may become longer by that.
    """
    signs = unicodedata.normalize("NFKC", text)
    return "".join(sign for sign in signs if sign in "\n\t" or unicodedata.category(sign) not in ("Cc", "Cf", "Cs"))


def plain_answer(text: str) -> str:
    """Returns a model's answer as Markdown in which nothing loads, links or runs."""
    text = printable(html.unescape(text)).replace(OPEN, '"').replace(CLOSE, '"').replace("`", "'")
    return escape_markup(_without_links(_TAG.sub("", text))).strip()


def escape_markup(text: str, signs: str = MARKUP) -> str:
    """Returns Markdown without live mark-up but emphasis, lists, headings and code in a line; addresses are code.

    What is escaped or code already stays as it is, so that text may be escaped twice.
    """

    def escaped(found: re.Match[str]) -> str:
        return found[0] if found["settled"] else f"`{found[0]}`" if found["address"] else f"\\{found[0]}"

    pattern = rf"(?P<address>{ADDRESS.pattern})|(?P<settled>{_SETTLED})|[{re.escape(signs)}]"
    return re.sub(pattern, escaped, text, flags=re.IGNORECASE)


def _without_links(text: str) -> str:
    for _ in range(_DEEPEST_LINK):
        text = _LINK.sub(r"\1", text)
    return ADDRESS.sub("(address removed)", text)


def _one_line(text: str) -> str:
    printable = "".join(sign if unicodedata.category(sign)[0] != "C" else " " for sign in text)
    return " ".join(printable.split())
