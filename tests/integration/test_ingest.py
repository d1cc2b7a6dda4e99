"""A load from files to raw_incoming, the lake and its account, and what a refused load leaves behind."""

import shutil
from pathlib import Path

import pytest

from spark_jobs.ingest.input_files import find_inputs
from spark_jobs.sample.writer import write_sample
from warehouse.database import Database
from warehouse.errors import ShelfcastError, UsageError
from warehouse.settings import Settings


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_sample(tmp_path, stores=2, departments=4, weeks=20)
    return tmp_path


@pytest.fixture
def own_settings(settings: Settings, tmp_path: Path) -> Settings:
    """Settings with a lake of their own, because loads of other tests clear old folders."""
    return settings.model_copy(update={"lake_uri": str(tmp_path / "lake")})


@pytest.fixture
def ingest(spark, own_settings: Settings, database: Database):
    from spark_jobs.ingest.job import ingest as ingest_files

    def run(folder: Path, date_format: str | None = None, **changes: float):
        settings = own_settings.model_copy(update=changes)
        return ingest_files(settings, database, find_inputs(folder), "run-1", "files", date_format)

    return run


def loads(database: Database, load_id: str) -> dict[str, tuple]:
    frame = database.read_frame("pipeline", "select * from ops.loads where load_id = %(load)s", {"load": load_id})
    names = ["status", "rows_read", "rows_accepted", "rows_rejected", "rows_duplicate"]
    return {row.table_name: tuple(getattr(row, name) for name in names) for row in frame.itertuples()}


def test_a_load_fills_the_incoming_tables_the_lake_and_its_account(folder: Path, ingest, database: Database):
    import pyarrow.parquet as pq

    sales_count = len((folder / "train.csv").read_text().splitlines()) - 1
    report = ingest(folder)
    sales = database.read_frame("pipeline", "select * from raw_incoming.raw_sales")
    assert len(sales) == sales_count
    assert set(sales["load_id"]) == {report.load_id}
    assert pq.read_table(f"{report.uri}/raw_sales").num_rows == sales_count
    assert loads(database, report.load_id) == {
        "store_attributes": ("incoming", 2, 2, 0, 0),
        "raw_sales": ("incoming", sales_count, sales_count, 0, 0),
        "external_features": ("incoming", 118, 118, 0, 0),
    }
    assert sales["weekly_sales"].sum() == pytest.approx(
        sum(float(line.split(",")[3]) for line in (folder / "train.csv").read_text().splitlines()[1:])
    )


def test_a_refused_load_keeps_its_rejected_rows_and_touches_nothing_else(folder: Path, ingest, database: Database):
    before = ingest(folder)
    with (folder / "train.csv").open("a") as file:
        file.write("1,1,2010-02-05,many,FALSE\n77,1,2010-02-05,1,FALSE\n")
    count = len((folder / "train.csv").read_text().splitlines()) - 1
    sentence = (
        f"2 of {count} rows of train.csv cannot be used, the first on line {count}: "
        "Weekly_Sales is not a number: 'many'. Correct train.csv, or go on without these rows with --reject-rate-max"
    )
    with pytest.raises(ShelfcastError) as caught:
        ingest(folder)
    assert str(caught.value).startswith(sentence)
    assert caught.value.exit_code == 1
    rejected = database.read_frame(
        "pipeline",
        "select * from raw.rejected_rows where load_id in (select load_id from ops.loads where status = 'refused') "
        "order by line_number desc limit 2",
    )
    assert rejected["raw_text"].tolist() == ["77,1,2010-02-05,1,FALSE", "1,1,2010-02-05,many,FALSE"]
    assert rejected["reason"].tolist() == ["store 77 is not in stores.csv", "Weekly_Sales is not a number: 'many'"]
    assert loads(database, rejected["load_id"][0])["raw_sales"] == ("refused", count, count - 2, 2, 0)
    assert set(database.read_frame("pipeline", "select load_id from raw_incoming.raw_sales")["load_id"]) == {
        before.load_id
    }
    assert loads(database, before.load_id)["raw_sales"][0] == "incoming"
    assert not list(Path(before.uri).parent.glob(f"{rejected['load_id'][0]}*"))


def test_rejected_rows_are_left_out_where_the_user_accepts_their_share(folder: Path, ingest, database: Database):
    with (folder / "train.csv").open("a") as file:
        file.write("1,1,2010-02-05,many,FALSE\n")
    count = len((folder / "train.csv").read_text().splitlines()) - 1
    report = ingest(folder, reject_rate_max=0.05)
    assert loads(database, report.load_id)["raw_sales"] == ("incoming", count, count - 1, 1, 0)
    assert database.read_frame("pipeline", "select count(*) from raw_incoming.raw_sales").iloc[0, 0] == count - 1
    rejected = database.read_frame(
        "pipeline", "select line_number from raw.rejected_rows where load_id = %(load)s", {"load": report.load_id}
    )
    assert rejected["line_number"].tolist() == [count + 1]


def test_rejected_text_that_postgres_would_refuse_is_kept_readable(folder: Path, ingest, database: Database):
    with (folder / "train.csv").open("ab") as file:
        file.write(b"1,1,2010-02-05,caf\xe9\x00,FALSE\n")
    report = ingest(folder, reject_rate_max=0.5)
    rejected = database.read_frame(
        "pipeline", "select raw_text from raw.rejected_rows where load_id = %(load)s", {"load": report.load_id}
    )
    assert rejected["raw_text"].tolist() == ["1,1,2010-02-05,caf\u00e9\ufffd,FALSE"]


def test_a_new_load_closes_one_that_was_never_audited(folder: Path, ingest, database: Database):
    first, second = ingest(folder), ingest(folder)
    assert loads(database, first.load_id)["raw_sales"][0] == "refused"
    assert loads(database, second.load_id)["raw_sales"][0] == "incoming"


def test_inventory_fills_its_table_and_its_absence_empties_it(folder: Path, ingest, database: Database):
    count = "select count(*) from raw_incoming.stock_positions"
    (folder / "inventory.csv").write_text("Store,Dept,Date,On_Hand\n1,1,2010-02-09,500\n")
    ingest(folder)
    assert database.read_frame("pipeline", count).iloc[0, 0] == 1
    (folder / "inventory.csv").unlink()
    ingest(folder)
    assert database.read_frame("pipeline", count).iloc[0, 0] == 0


def test_old_folders_go_unless_a_published_artifact_names_them(
    folder: Path, ingest, own_settings: Settings, database: Database
):
    from spark_jobs.lake import prune_inputs

    lake = Path(own_settings.lake) / "inputs"
    names = [f"20200101T00000{n}-aaaaaa" for n in range(4)]
    for name in names:
        (lake / name / "raw_sales").mkdir(parents=True)
    with database.connect("pipeline") as connection:
        connection.execute(
            "insert into ops.published_artifacts (artifact_name, uri, run_id, fingerprint) values ('old', %s, '', '')",
            [f"{lake}/{names[0]}"],
        )
    try:
        assert prune_inputs(own_settings, database) == [names[1]]
        report = ingest(folder)
        assert {path.name for path in lake.iterdir()} == {names[0], names[3], report.load_id}
    finally:
        with database.connect("pipeline") as connection:
            connection.execute("delete from ops.published_artifacts where artifact_name = 'old'")


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("train.csv", None, r"^train\.csv is missing from .*Put train\.csv or train\.csv\.gz there; .*`shelfcast init"),
        ("train.csv", "", r"^.*train\.csv is empty\. "),
        (
            "train.csv",
            "Store,Dept,Date,IsHoliday\n1,1,2010-02-05,FALSE\n",
            r"^train\.csv has no column Weekly_Sales\. ",
        ),
        (
            "train.csv",
            "Store,Dept,Date,Weekly_Sales,IsHoliday\n1,1,5 lutego 2010,1,FALSE\n",
            r"^No date in train\.csv is written in a known format\. ",
        ),
        (
            "stores.csv",
            "Store,Type,Size\n1,A,100\n2,B,100\n2,A,100\n",
            r"^2 of 3 rows of stores\.csv cannot be used, the first on line 3: line 4 has other values for the same",
        ),
        ("stores.csv", "Store,Type,Size\n1,A,100\n", r"rows of train\.csv cannot be used.* store 2 is not in stores"),
    ],
    ids=["missing file", "empty", "missing column", "wrong date format", "duplicates disagree", "unknown store"],
)
def test_bad_input_is_one_sentence_and_leaves_the_incoming_tables_alone(
    folder: Path, ingest, database: Database, name: str, content: str | None, sentence: str
):
    before = (
        database.read_frame("pipeline", "select count(*), min(load_id) from raw_incoming.raw_sales").iloc[0].tolist()
    )
    (folder / name).unlink()
    if content is not None:
        (folder / name).write_text(content)
    with pytest.raises(ShelfcastError, match=sentence) as caught:
        ingest(folder)
    assert "\n" not in str(caught.value)
    assert (
        database.read_frame("pipeline", "select count(*), min(load_id) from raw_incoming.raw_sales").iloc[0].tolist()
        == before
    )


def test_an_unknown_date_format_is_wrong_use(folder: Path, ingest):
    with pytest.raises(UsageError, match="is not a known date format"):
        ingest(folder, "yy.MM.dd")


def test_the_source_files_are_left_as_they_were(folder: Path, ingest, tmp_path: Path):
    copy = shutil.copytree(folder, tmp_path / "copy")
    ingest(folder)
    for name in ("train.csv", "features.csv", "stores.csv"):
        assert (folder / name).read_bytes() == (copy / name).read_bytes()


@pytest.mark.real_data
def test_every_row_of_the_public_files_is_accounted_for(real_data: Path, ingest, database: Database):
    report = ingest(real_data)
    assert loads(database, report.load_id) == {
        "store_attributes": ("incoming", 45, 45, 0, 0),
        "raw_sales": ("incoming", 397_841, 397_841, 0, 0),
        "external_features": ("incoming", 8_190, 8_190, 0, 0),
    }
    negative = "select count(*) from raw_incoming.raw_sales where weekly_sales < 0"
    assert database.read_frame("pipeline", negative).iloc[0, 0] > 1_000
