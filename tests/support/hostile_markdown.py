"""Markdown that wants to load, link or run something, and a look at what two parsers make of a text."""

import re

from markdown_it import MarkdownIt
from markdown_it.token import Token

HOSTILE = (
    "![a [b]](&#104;ttps://evil.example/t.png)",
    "![a [b]](https\\://evil.example/t.png)",
    "![a][1]\n\n[1]: //evil.example/p.png",
    "[a\\]b](//evil.example)",
    "\\\\[a](x)",
    "<https://evil.example/x>",
    "<a\\@evil.example> <eva@evil.example>",
    "see https://evil.example and _www.evil.example_",
    "https\\:/\\/evil.example www\\.evil.example eva\\@evil\\.example",
    "<script>alert(1)</script> <img src=x <!-- a --> <?php",
    "`` ` [x](y) ` `` ```",
    "`a\n` [x](//evil.example) `b",
    "one\n:--\n`[x](y) | b`",
    "| a | b |\n|---|---|\n| `a | [x](y) | b` |",
    "rose by 41(//evil.example) and 42(y)",
    "41: y\n\n[unchecked: 41] and 41",
    "~~~\nhidden",
    "&#91;a&#93;(y) [a]\\(y)",
    "\uff3bmore\uff3d\uff08https://a.example\uff09",
    "h\u200bttps://evil.example",
)
LIVE = (
    "[a](y)",
    "![a](y)",
    "<b>",
    "https://evil.example",
    "www.evil.example",
    "e@v.il",
    "h\\ttp https\\://evil.example",
)
PIECES = (
    *"[]()!<>&`~|\\:/#*_-\n\t $41@.",
    *(
        "](y)",
        "![",
        "[1]",
        "[1]: ",
        "//evil.example",
        "https:",
        "www",
        "eva",
        "``",
        "\n\n",
        "<b",
        "&#91;",
        "    ",
        ":--",
    ),
)
PLAIN = {
    f"{block}{end}"
    for block in ("paragraph", "heading", "bullet_list", "ordered_list", "list_item", "em", "strong")
    for end in ("_open", "_close")
} | {"inline", "text", "softbreak", "hardbreak", "hr", "code_block"}
"""What an answer may consist of."""

_ADDRESS = re.compile(r"https?://\S|www\.|[\w.+-]+@[\w-]+\.\w|(?<!\w)//\w", re.IGNORECASE)


def token_types(text: str) -> set[str]:
    """Returns the types of all tokens of a text."""
    return {token.type for token in _tokens(MarkdownIt("gfm-like", {"linkify": False}), text)}


def live_parts(text: str) -> list[str]:
    """Returns what links, loads or runs, with bare addresses in running text."""
    parsers = MarkdownIt("commonmark"), MarkdownIt("gfm-like", {"linkify": False})
    tokens = [token for parser in parsers for token in _tokens(parser, text)]
    live = [token.type for token in tokens if token.type.startswith(("link", "image", "html"))]
    return live + [token.content for token in tokens if token.type == "text" and _ADDRESS.search(token.content)]


def _tokens(parser: MarkdownIt, text: str) -> list[Token]:
    found = parser.parse(text)
    return [part for token in found for part in (token, *(token.children or ()))]
