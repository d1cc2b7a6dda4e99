"""A mapping is read as data: whatever it holds, it is answered in sentences that are short and safe to print."""

import os
from pathlib import Path

import pytest

from spark_jobs.ingest.mapping import Mapping, matching, read_mapping
from warehouse.errors import ShelfcastError

GOOD = """
[retailer]
{retailer}
[sales]
files = "sales.csv"
grain = "days"
[sales.columns]
date = "Date"
amount = "Money"
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "shelfcast.toml"


def read(path: Path, text: str) -> Mapping:
    path.write_text(text, encoding="utf-8")
    return read_mapping(path)


def refusal(path: Path, text: str) -> str:
    with pytest.raises(ShelfcastError) as caught:
        read(path, text)
    return str(caught.value)


def test_plain_words_in_any_script_are_kept(path: Path):
    words = '[retailer.words]\nstore = "магазин"\nstores = "магазины"'
    assert read(path, GOOD.format(retailer=f'name = "Süd & Söhne 東"\n{words}')).retailer.words.store == "магазин"


@pytest.mark.parametrize("sign", ["\\u0000", "\\u001b[31m", "\\n", "\\u202e", "\\u200b"])
@pytest.mark.parametrize("key", ["name", "words.store", "calendar.events"])
def test_signs_that_nobody_sees_are_refused_in_every_text(path: Path, key: str, sign: str):
    text = f'"a{sign}b"'
    value = f"[{{name = {text}, dates = [2024-01-01]}}]" if key == "calendar.events" else text
    told = refusal(path, GOOD.format(retailer=f"{key} = {value}"))
    assert "holds signs that cannot be printed" in told
    assert told.isprintable()


@pytest.mark.parametrize("value", ["true", '"8"', "8.5"])
def test_a_horizon_is_a_whole_number(path: Path, value: str):
    assert "retailer.horizon_weeks: input should be a valid integer" in refusal(
        path, GOOD.format(retailer=f"horizon_weeks = {value}")
    )


def test_a_currency_is_one_of_iso_4217(path: Path):
    told = refusal(path, GOOD.format(retailer='currency = "EUX"'))
    assert "retailer: EUX is no currency of ISO 4217: write its three letters, such as EUR" in told
    path.write_text(GOOD.format(retailer='currency = "KES"'))
    assert read_mapping(path).retailer.currency == "KES"


@pytest.mark.parametrize(
    "retailer",
    [
        f"horizon_weeks = {'9' * 5_000}",
        f"name = {'[' * 3_000}{']' * 3_000}",
        f"{'.'.join('a' * 50_000)} = 1",
        f'name = "{"x" * 200_000}"',
    ],
    ids=["digits", "depth", "dots", "length"],
)
def test_values_without_end_are_refused_at_once(path: Path, retailer: str):
    told = refusal(path, GOOD.format(retailer=retailer))
    assert len(told) < 400 + len(str(path))


def test_of_many_faults_the_first_are_told_and_the_rest_counted(path: Path):
    told = refusal(path, GOOD.format(retailer="\n".join(f"unknown_{n} = 1" for n in range(5_000))))
    assert "unknown_0 is not known" in told
    assert "and 4,980 more" in told
    assert len(told) < 20_000


def test_what_a_fault_says_of_a_value_keeps_the_value(path: Path):
    told = refusal(path, GOOD.format(retailer='calendar.aligned = [{name = "Nope"}]'))
    assert f"{path} has faults: Nope is no holiday of a calendar without a country." in told
    assert "a region such as BY needs its country" in refusal(path, GOOD.format(retailer='calendar.region = "BY"'))


def test_levels_are_different_columns(path: Path):
    products = '[products]\nfiles = "p.csv"\nlevels = ["Group", "Group"]\n[products.columns]\nproduct = "Code"\n'
    text = GOOD.format(retailer="") + products
    assert "levels name different columns" in refusal(path, text)


def test_a_pipe_or_a_folder_is_no_mapping(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe.toml")
    for place in (tmp_path / "pipe.toml", tmp_path):
        with pytest.raises(ShelfcastError, match="is no file"):
            read_mapping(place)


def test_a_file_whose_name_is_no_text_is_no_input(tmp_path: Path):
    (tmp_path / "sales.csv").write_text("a,b\n")
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/sales\xff.csv")).write_text("a,b\n")
    assert [each.name for each in matching(tmp_path, "sales*.csv")] == ["sales.csv"]
