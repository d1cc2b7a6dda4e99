"""Files of purchase orders: one a store, whole, the same bytes however often they are written."""

import contextlib
import datetime as dt
import itertools
import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from flows.cli.main import app
from flows.exports.orders import COLUMNS, OrdersReport, csv_text, summary, write_files
from warehouse.codes import Code, Codes
from warehouse.errors import ShelfcastError, UsageError

WEEK = dt.date(2012, 10, 26)
DELIVERY = dt.date(2012, 11, 9)
ORDERS = pd.DataFrame(
    [
        ("1-2-20121026", 1, 2, WEEK, DELIVERY, 600.0, 86.0, 420.0, 50.0, "automatic", "", "counted"),
        ("1-3-20121026", 1, 3, WEEK, DELIVERY, 1050.0, None, 735.0, 50.0, "overridden", "Ana, B.", "counted"),
        ("45-2-20121026", 45, 2, WEEK, DELIVERY, 100.0, None, 70.0, 50.0, "approved", "Ana", "simulated"),
    ],
    columns=["order_id", "store_id", "dept_id", *COLUMNS[5:]],
)
CODES = Codes({number: Code(str(number), "", str(number)) for number in (1, 45)}, {2: Code("2", "Milk", "Milk")})
SAME = "All of them were exported before with these amounts: the files are the same and nothing was recorded."
REPORT = OrdersReport(WEEK, 2, 3, 1750.0, 1225.0, waiting=4, waiting_amount=9000.0, snoozed=1, simulated=1, new=3)


def test_a_file_holds_a_store_s_orders_with_cents_and_whole_pieces(tmp_path: Path) -> None:
    paths = write_files(ORDERS, tmp_path / "new", WEEK, CODES)
    assert [path.name for path in paths] == ["orders-1-2012-10-26.csv", "orders-45-2012-10-26.csv"]
    assert paths[0].read_text().splitlines() == [
        "order_id,store_code,store_name,product_code,product_name,decision_week,expected_delivery_date,order_amount,pieces,order_cost_amount,"
        "pack_size_amount,decision,decided_by,stock_source",
        "1-2-20121026,1,,2,Milk,2012-10-26,2012-11-09,600.00,86,420.00,50.00,automatic,,counted",
        '1-3-20121026,1,,3,,2012-10-26,2012-11-09,1050.00,,735.00,50.00,overridden,"Ana, B.",counted',
    ]
    assert {path for path in (tmp_path / "new").rglob("*") if path.is_file()} == set(paths)


def test_a_second_export_writes_the_same_bytes(tmp_path: Path) -> None:
    first = [path.read_bytes() for path in write_files(ORDERS, tmp_path, WEEK, CODES)]
    assert [path.read_bytes() for path in write_files(ORDERS, tmp_path, WEEK, CODES)] == first


def test_the_file_of_a_store_with_nothing_left_to_order_keeps_its_header_alone(tmp_path: Path) -> None:
    write_files(ORDERS, tmp_path, WEEK, CODES)
    (other,) = write_files(ORDERS[ORDERS["store_id"] == 45], tmp_path, WEEK - dt.timedelta(weeks=1), CODES)
    another_week = other.read_text()
    write_files(ORDERS[ORDERS["store_id"] == 1], tmp_path, WEEK, CODES)
    assert (tmp_path / "2012-10-26" / "orders-45-2012-10-26.csv").read_text() == ",".join(COLUMNS) + "\n"
    assert other.read_text() == another_week


def test_without_orders_no_file_is_made(tmp_path: Path) -> None:
    assert write_files(ORDERS.iloc[:0], tmp_path / "none", WEEK, CODES) == []
    assert not (tmp_path / "none").exists()


def test_a_folder_that_cannot_be_written_is_named_and_nothing_is_left(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ShelfcastError, match=r"file/2012-10-26 cannot be written: .* Choose another place"):
        write_files(ORDERS, tmp_path / "file", WEEK, CODES)
    assert [path.name for path in tmp_path.rglob("*")] == ["file"]


class Killed(BaseException):
    """What no `except` or clean-up of the product may catch, as after a kill."""


def theirs_in(place: Path) -> dict[str, tuple[int, str]]:
    """What people put into a folder: files with their rights, and links as they are."""
    found = (path for path in place.rglob("*") if not path.name.startswith("orders-"))
    return {
        str(path.relative_to(place)): (path.lstat().st_mode, str(path.readlink()) if path.is_symlink() else "")
        for path in found
    }


def put_theirs(place: Path) -> dict[str, tuple[int, str]]:
    (place / "notes.txt").write_text("mine")
    (place / "notes.txt").chmod(0o600)
    (place / "letters").mkdir(mode=0o750)
    (place / "letters" / "a.txt").touch(mode=0o640)
    (place / "gone").symlink_to("nowhere")
    place.chmod(0o770)
    return theirs_in(place)


def ours_in(place: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in place.glob("orders-*")}


def test_what_people_put_into_the_folder_stays_as_it_is(tmp_path: Path) -> None:
    write_files(ORDERS, tmp_path, WEEK, CODES)
    place = tmp_path / str(WEEK)
    theirs = put_theirs(place)
    write_files(ORDERS.assign(order_amount=50.0), tmp_path, WEEK, CODES)
    assert theirs_in(place) == theirs
    assert (place / "notes.txt").read_text() == "mine"
    assert place.stat().st_mode & 0o777 == 0o770
    assert [path.name for path in tmp_path.iterdir()] == [str(WEEK)]


def test_what_people_put_into_the_folder_during_an_export_stays(tmp_path: Path, monkeypatch) -> None:
    (first, _) = write_files(ORDERS, tmp_path, WEEK, CODES)

    def slow(orders: pd.DataFrame) -> str:
        (first.parent / "late.txt").write_text("mine")
        return csv_text(orders)

    monkeypatch.setattr("flows.exports.orders.csv_text", slow)
    write_files(ORDERS, tmp_path, WEEK, CODES)
    assert (first.parent / "late.txt").read_text() == "mine"


def test_a_link_to_the_folder_stays_and_the_files_go_where_it_leads(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / str(WEEK)).symlink_to(tmp_path / "disk")
    for _ in range(2):
        paths = write_files(ORDERS, tmp_path / "out", WEEK, CODES)
    assert (tmp_path / "out" / str(WEEK)).is_symlink()
    assert ours_in(tmp_path / "disk").keys() == {path.name for path in paths}


def test_a_folder_with_the_name_of_a_file_is_named_and_nothing_is_changed(tmp_path: Path) -> None:
    (first, second) = write_files(ORDERS, tmp_path, WEEK, CODES)
    before = second.read_bytes()
    first.unlink()
    (first / "kept").mkdir(parents=True)
    with pytest.raises(ShelfcastError, match=rf"cannot be written: the folder {first.name} stands in the way"):
        write_files(ORDERS.assign(order_amount=50.0), tmp_path, WEEK, CODES)
    assert ((first / "kept").is_dir(), second.read_bytes()) == (True, before)
    assert [path.name for path in tmp_path.iterdir()] == [str(WEEK)]


@pytest.mark.parametrize("step", range(1, 17))
def test_an_export_killed_at_any_step_leaves_the_files_of_before_or_those_of_now(tmp_path, monkeypatch, step) -> None:
    place = tmp_path / "2012-10-26"
    before = {path.name: path.read_bytes() for path in write_files(ORDERS, tmp_path, WEEK, CODES)}
    theirs = put_theirs(place)
    fewer = ORDERS.assign(order_amount=50.0)
    now = {path.name: path.read_bytes() for path in write_files(fewer, tmp_path / "undisturbed", WEEK, CODES)}
    steps = itertools.count(1)

    def struck(act):
        def run(*given, **named):
            if next(steps) >= step:
                raise Killed
            return act(*given, **named)

        return run

    for name in ("mkdir", "write_bytes", "rename", "unlink", "rmdir"):
        monkeypatch.setattr(Path, name, struck(getattr(Path, name)))
    monkeypatch.setattr(shutil, "rmtree", struck(shutil.rmtree))
    with contextlib.suppress(Killed):
        write_files(fewer, tmp_path, WEEK, CODES)
    monkeypatch.undo()
    assert (ours_in(place) if place.exists() else before) in (before, now)
    write_files(fewer, tmp_path, WEEK, CODES)
    assert (ours_in(place), theirs_in(place)) == (now, theirs)
    assert {path.name for path in tmp_path.iterdir()} == {"2012-10-26", "undisturbed"}


def test_the_columns_are_those_of_the_head() -> None:
    assert csv_text(CODES.with_codes(ORDERS.iloc[:0])) == ",".join(COLUMNS) + "\n"


@pytest.mark.parametrize(
    ("report", "sentence"),
    [
        (REPORT, "3 orders of 2 stores for the week of 2012-10-26: $1,750 at retail, $1,225 at cost, written to out"),
        (REPORT, "Recorded: 3 new, 0 with another amount than exported before, 0 withdrawn."),
        (
            REPORT,
            "Pairs that wait for a person: 4, with $9,000 recommended; `shelfcast decide list --waiting` names them.",
        ),
        (REPORT, "Orders that rest on simulated stock: 1. Do not place these; count their stock."),
        (replace(REPORT, new=0), SAME),
        (replace(REPORT, new=0, files_changed=2), SAME.replace("the files are the same", "2 files name new decisions")),
        (replace(REPORT, new=0, withdrawn=1), "Tell the suppliers of the orders that changed or were withdrawn."),
        (replace(REPORT, orders=0, stores=0), "Nothing is to be ordered for the week of 2012-10-26."),
    ],
)
def test_the_summary_says_what_was_written_and_who_waits(report: OrdersReport, sentence: str) -> None:
    assert sentence in summary(report, Path("out"))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["export", "orders", "--horizon", "4"], "The export 'orders' takes --to and --week alone"),
        (["export", "sales", "--week", "2012-10-26"], "Only `export orders` takes --week"),
        (["decide", "snooze", "1", "38", "--until", "soon"], "'soon' is not a date"),
        (["decide", "override", "1", "38", "--reason", "x"], "An override needs a quantity"),
        (["decide", "override", "1", "38", "--quantity", "-5", "--reason", "x"], "An order of -5 cannot be"),
        (["decide", "override", "1", "38", "--quantity", "5"], "An override needs a reason"),
        (["decide", "snooze", "1", "38"], "A snooze needs the date"),
    ],
)
def test_wrong_use_is_refused_before_anything_is_opened(arguments: list[str], sentence: str) -> None:
    ended = CliRunner().invoke(app, arguments)
    assert isinstance(ended.exception, UsageError)
    assert sentence in str(ended.exception)


HOSTILE = [
    "../../etc/passwd",
    "a/b",
    "a b",
    "a_b",
    "CON",
    "con",
    "Nord",
    "NORD",
    "☕",
    "ü" * 128,
    ".",
    "=1+1",
    "Чай",
    "x\ny",
]


def test_whatever_codes_hold_each_store_has_a_file_of_its_own_in_the_folder(tmp_path: Path) -> None:
    codes = Codes({number: Code(code, "", code) for number, code in enumerate(HOSTILE)})
    one = ORDERS.iloc[:1]
    orders = pd.concat([one.assign(store_id=number) for number in codes.stores])
    paths = write_files(orders, tmp_path, WEEK, codes)
    assert {path.parent for path in paths} == {tmp_path / str(WEEK)}
    folded = {path.name.casefold() for path in paths}
    assert len(folded) == len(HOSTILE)
    assert max(len(path.name.encode()) for path in paths) <= 255
    read = {pd.read_csv(path, dtype=str, keep_default_na=False)["store_code"].iloc[0] for path in paths}
    assert read == {"'=1+1" if code == "=1+1" else code for code in HOSTILE}
    again = write_files(orders, tmp_path, WEEK, codes)
    assert again == paths
