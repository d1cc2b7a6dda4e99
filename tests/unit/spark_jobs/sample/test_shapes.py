"""Each shape of the sample comes with a mapping that its own files bear out."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from spark_jobs.ingest.mapping import INPUTS, MAPPING_NAME, Strict, read_mapping
from spark_jobs.sample.csv_file import CsvFile
from spark_jobs.sample.shapes import SHAPES, shape_named, write_shape
from spark_jobs.sample.texts import decimal_texts
from spark_jobs.sample.writer import write_sample
from warehouse.errors import UsageError

SMALL = {"stores": 1, "products": 12, "weeks": 4}


def columns_of(record: Strict) -> Iterator[str]:
    """The names of columns that a table of the mapping gives."""
    for value in dict(record).values():
        yield from value.values() if isinstance(value, dict) else (value,) if isinstance(value, str) else value


@pytest.mark.parametrize("shape", ["till-lines", "weekly-products"])
def test_every_column_of_the_mapping_stands_in_its_file(shape: str, tmp_path: Path):
    rows = write_shape(shape_named(shape), tmp_path, SMALL)
    mapping = read_mapping(tmp_path / MAPPING_NAME)
    inputs = [part for name in INPUTS.values() if (part := getattr(mapping, name))]
    assert {part.files for part in inputs} == set(rows)
    for part in inputs:
        with (tmp_path / part.files).open(encoding="utf-8", newline="") as file:
            header = next(csv.reader(file, delimiter=";" if shape == "till-lines" else ","))
        assert set(columns_of(part.columns)) - {""} <= set(header), part.files
    assert mapping.products is not None
    assert set(mapping.products.levels) <= {"Warenbereich", "Warengruppe", "Range"}


def test_the_sample_in_walmart_s_shape_is_the_one_of_before(tmp_path: Path):
    write_shape("walmart", tmp_path / "shape", SMALL)
    write_sample(tmp_path / "sample", stores=1, departments=12, weeks=4)
    names = sorted(path.name for path in (tmp_path / "sample").iterdir())
    assert sorted(path.name for path in (tmp_path / "shape").iterdir()) == names
    for name in names:
        assert (tmp_path / "shape" / name).read_bytes() == (tmp_path / "sample" / name).read_bytes()


def test_an_unknown_shape_is_named_with_those_there_are():
    with pytest.raises(UsageError, match=r"no shape 'kroger'\. Use one of walmart, till-lines, weekly-products\."):
        shape_named("kroger")
    assert [shape_named(shape) for shape in SHAPES] == list(SHAPES)


def test_decimals_are_written_digit_by_digit():
    import numpy as np

    values = np.array([0, 5, -5, 1234, -120, 10**14 + 1])
    assert decimal_texts(values, 2, ",").to_pylist() == ["0,00", "0,05", "-0,05", "12,34", "-1,20", "1000000000000,01"]
    assert decimal_texts(values[:4], 3, ".").to_pylist() == ["0.000", "0.005", "-0.005", "1.234"]


def test_texts_with_separators_and_quotes_come_back_as_they_were(tmp_path: Path):
    rows = [['Käse "Alter Gaul"; gereift', "a;b"], ["=1+1", ""]]
    with CsvFile(tmp_path, "names.csv", ("Name", "Other"), ";") as file:
        file.write_rows(rows)
    with (tmp_path / "names.csv").open(encoding="utf-8", newline="") as written:
        assert list(csv.reader(written, delimiter=";"))[1:] == rows
    assert file.rows == 2


def test_a_file_whose_rows_fail_is_not_there(tmp_path: Path):
    def rows() -> Iterator[list[str]]:
        yield ["a"]
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError), CsvFile(tmp_path, "names.csv", ("Name",)) as file:
        file.write_rows(rows())
    assert list(tmp_path.iterdir()) == []
