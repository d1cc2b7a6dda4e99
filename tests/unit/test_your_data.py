"""The page about a retailer's own files, followed to the letter: its keys, its defaults, its examples, its commands."""

import re
import tomllib
import types
import typing
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from pydantic_core import PydanticUndefined
from typer.testing import CliRunner

from flows.cli.main import app
from spark_jobs.ingest.input_files import SHIPPED
from spark_jobs.ingest.mapping import Mapping, Strict, read_mapping
from spark_jobs.sample.shapes import shape_named, write_shape
from warehouse.settings import PROJECT_ROOT

PAGE = (PROJECT_ROOT / "docs" / "your-data.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
COMMANDS = [line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]
IN_SENTENCES = re.findall(r"`(shelfcast [^`]+)`", PAGE)
ROW = re.compile(r"^\| `(\w+)` \| (.+) \| (.+) \|$", re.MULTILINE)
RECORDS = {
    "[[retailer.calendar.events]]": "An event has these keys:",
    "[[retailer.calendar.aligned]]": "A holiday of `aligned` has these keys:",
}
"""Tables that a mapping may hold several of, by the sentence before the page's table of their keys."""


def tables(model: type[Strict], name: str = "") -> Iterator[tuple[str, type[Strict]]]:
    """A model and those of its fields, by the names of their tables in the file."""
    yield f"[{name}]" if name else "", model
    for key, field in model.model_fields.items():
        for kind in (field.annotation, *typing.get_args(field.annotation)):
            if isinstance(kind, type) and not isinstance(kind, types.GenericAlias) and issubclass(kind, Strict):
                place = f"{name}.{key}".removeprefix(".")
                yield from tables(kind, place) if "tuple" not in str(field.annotation) else [(f"[[{place}]]", kind)]


TABLES = dict(tables(Mapping))


def rows_of(table: str) -> dict[str, str]:
    """The keys that the page says a table of the mapping has, each with its default."""
    if table in RECORDS:
        text = PAGE.partition(RECORDS[table])[2]
    elif table:
        text = PAGE.partition(f"### {table}\n")[2] or PAGE.partition(f"Columns, `{table}`")[2]
    else:
        text = PAGE.partition("## shelfcast.toml\n")[2]
    head = re.search(r"(?:^\|.*\|\n)+", text, re.MULTILINE)
    assert head is not None, f"the page has no table of {table}"
    return {key: default for key, _, default in ROW.findall(head[0])}


@pytest.mark.parametrize("table", TABLES)
def test_the_page_names_every_key_of_a_table_and_no_other(table: str):
    own = {
        key
        for key, field in TABLES[table].model_fields.items()
        if f"[{table.strip('[]')}.{key}]".replace("[.", "[") not in TABLES
    }
    assert set(rows_of(table)) == own


@pytest.mark.parametrize("table", TABLES)
def test_the_page_names_every_default_that_is_a_word_or_a_number(table: str):
    rows = rows_of(table)
    for key, field in TABLES[table].model_fields.items():
        if key not in rows:
            continue
        if field.is_required():
            assert rows[key] == "required", key
        elif isinstance(field.default, bool):
            assert rows[key] == f"`{str(field.default).lower()}`", key
        elif isinstance(field.default, int | float):
            assert rows[key] == f"{field.default:g}", key
        elif field.default not in ("", (), None, PydanticUndefined):
            assert rows[key] == f'`"{field.default}"`', key
        else:
            assert rows[key] != "required", key


def test_the_first_example_is_the_mapping_that_is_shipped():
    assert Mapping.model_validate(tomllib.loads(EXAMPLES[0])) == Mapping.model_validate(
        tomllib.loads((SHIPPED / "walmart.toml").read_text())
    )


@pytest.mark.parametrize(("number", "shape"), [(1, "till-lines"), (2, "weekly-products")])
def test_the_other_examples_are_those_of_the_samples_with_their_first_rows(number: int, shape: str, tmp_path: Path):
    rows = write_shape(shape_named(shape), tmp_path, {})
    assert EXAMPLES[number] == (tmp_path / "shelfcast.toml").read_text(encoding="utf-8")
    first = (tmp_path / next(iter(rows))).read_text(encoding="utf-8")
    shown = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)[number - 1]
    assert first.startswith(shown)


def test_the_page_has_three_whole_examples():
    assert len(EXAMPLES) == 3


def test_every_command_of_the_page_exists_with_its_options():
    for line in [*COMMANDS, *IN_SENTENCES]:
        words = line.partition("#")[0].split()
        if words[0] == "make":
            assert f"\n{words[1]}:" in (PROJECT_ROOT / "Makefile").read_text()
            continue
        commands = typer.main.get_command(app).commands
        assert words[1] in commands, line
        options = {name for one in commands[words[1]].params for name in one.opts}
        assert {word for word in words if word.startswith("--")} <= options, line


@pytest.mark.parametrize("shape", ["till-lines", "weekly-products"])
def test_init_finds_the_files_and_columns_of_an_example_by_itself(shape: str, tmp_path: Path):
    write_shape(shape_named(shape), tmp_path, {"stores": 3, "products": 12, "weeks": 30})
    kept, found = tmp_path / "shelfcast.toml", tmp_path / "elsewhere.toml"
    written = kept.read_bytes()
    shown = CliRunner().invoke(app, ["init", str(tmp_path), "--to", str(found)])
    assert shown.exit_code == 0, shown.output
    assert kept.read_bytes() == written
    meant, guessed = read_mapping(kept), read_mapping(found)
    assert guessed.sales.grain == meant.sales.grain
    assert guessed.sales.date_label == meant.sales.date_label
    assert guessed.sales.columns == meant.sales.columns
    assert guessed.retailer.week_ends_on == meant.retailer.week_ends_on
    assert {guessed.stores and guessed.stores.files, guessed.products and guessed.products.files} == {
        meant.stores and meant.stores.files,
        meant.products and meant.products.files,
    }
    assert guessed.promotions == meant.promotions


def test_the_stock_of_kaggle_s_shape_has_the_columns_in_brackets():
    stock = Mapping.model_validate(tomllib.loads(EXAMPLES[0])).stock
    assert stock is not None
    text = PAGE.partition("Columns, `[stock.columns]`")[2].partition("###")[0]
    shown = {key: re.findall(r"\(`(\w+)`\)", what) for key, what, _ in ROW.findall(text)}
    named = {key: value[0] if isinstance(value, tuple) else value for key, value in dict(stock.columns).items()}
    assert shown == {key: [column] for key, column in named.items()}
