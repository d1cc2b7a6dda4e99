"""Pages from templates: documents in, HTML out, with nothing that is fetched from elsewhere."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jinja2

WORDS = {"passed": "passed", "info": "passed", "warning": "passed with warnings", "critical": "stopped"}

Document = Mapping[str, Any]


def page_of(document: Document) -> str:
    """Returns the page of a document, whose `page` names the template; every value is escaped."""
    return _templates().get_template(f"{document['page']}.html.j2").render(words=WORDS, **document)


@cache
def _templates() -> jinja2.Environment:
    loader = jinja2.FileSystemLoader(Path(__file__).parent / "templates")
    return jinja2.Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
