"""Exposures say which marts a page reads; here the code of the pages says it, and the two must agree."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest
import yaml

from warehouse.settings import PROJECT_ROOT

PAGES = PROJECT_ROOT / "streamlit_app" / "app_pages"
FIRST_PARTY = ("streamlit_app", "ml", "warehouse", "agents", "expectations")
# How long rows are kept is decided by the latest run and decision; no page shows what is read for that.
UNSEEN = {"streamlit_app.queries.cache"}
MART = re.compile(r"\b(?:from|join)\s+marts\.([a-z_]+)")


@dataclass
class Module:
    """The top-level definitions of a module, and what its names mean elsewhere."""

    definitions: dict[str, ast.AST] = field(default_factory=dict)
    imports: dict[str, tuple[str, str]] = field(default_factory=dict)


def file_of(name: str) -> Path | None:
    path = PROJECT_ROOT.joinpath(*name.split("."))
    return next((file for file in (path.with_suffix(".py"), path / "__init__.py") if file.exists()), None)


@cache
def module(name: str) -> Module:
    file = file_of(name)
    found = Module()
    tree = ast.parse(file.read_text()) if file else ast.Module([], [])
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.definitions[node.name] = node
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in (target for target in targets if isinstance(target, ast.Name)):
                found.definitions[target.id] = node
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(FIRST_PARTY):
            for alias in node.names:
                found.imports[alias.asname or alias.name] = (str(node.module), alias.name)
    return found


def named_by(node: ast.AST, where: str) -> Iterator[tuple[str, str]]:
    """The first-party definitions, as module and name, that a piece of code names."""
    known = module(where)
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and part.id in known.definitions:
            yield where, part.id
        elif isinstance(part, ast.Name) and part.id in known.imports:
            yield known.imports[part.id]
        elif isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name) and part.value.id in known.imports:
            yield ".".join(known.imports[part.value.id]), part.attr


def marts_read(file: Path) -> set[str]:
    """The marts in the strings of all that the file's code leads to."""
    where = ".".join(file.relative_to(PROJECT_ROOT).with_suffix("").parts)
    found: set[str] = set()
    seen: set[tuple[str, str]] = set()
    waiting: list[tuple[ast.AST, str]] = [(ast.parse(file.read_text()), where)]
    while waiting:
        node, where = waiting.pop()
        texts = [n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
        found |= {mart for text in texts for mart in MART.findall(text)}
        for home, name in set(named_by(node, where)) - seen:
            seen.add((home, name))
            known = module(home)
            if name in known.definitions and home not in UNSEEN:
                waiting.append((known.definitions[name], home))
            elif name in known.imports:
                waiting.append((ast.Name(name), home))
    return found


def exposed(name: str) -> set[str]:
    exposures = yaml.safe_load((PROJECT_ROOT / "dbt_project" / "models" / "exposures.yml").read_text())["exposures"]
    (found,) = [exposure for exposure in exposures if exposure["name"] == name]
    return {re.sub(r"ref\('(.*)'\)", r"\1", reference) for reference in found["depends_on"]}


EXPOSED = {f"{page.stem}_page": page for page in PAGES.glob("*.py") if page.stem != "__init__"}
EXPOSED["side_bar"] = PROJECT_ROOT / "streamlit_app" / "app.py"


@pytest.mark.parametrize("name", sorted(EXPOSED))
def test_an_exposure_names_the_marts_that_its_page_reads_and_no_other(name):
    read = marts_read(EXPOSED[name])
    assert exposed(name) == read, f"In dbt_project/models/exposures.yml, {name} must name {sorted(read)}."


def test_the_exposure_of_the_command_names_the_marts_of_its_queries():
    # What stores, products and the retailer are called is read by modules of the ground floor.
    shared = [PROJECT_ROOT / "warehouse" / name for name in ("codes.py", "retailer.py")]
    files = [*(PROJECT_ROOT / "flows").rglob("*.py"), *shared]
    assert exposed("command") == {mart for file in files for mart in MART.findall(file.read_text())}


def test_a_query_behind_two_modules_is_found():
    assert "dim_stores" in marts_read(PAGES / "ai_insights.py")
    assert "fct_rejected_rows" in marts_read(PAGES / "data_quality.py")
