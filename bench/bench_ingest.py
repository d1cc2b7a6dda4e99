"""Measures the way from files to features at several sizes: seconds and peak memory of each step.

    make bench-ingest                                   # 1, 5, 10 and 20 million generated rows
    make bench-ingest ARGS="--millions 20"              # the largest alone
    make bench-ingest DATA=path/to/csvs ARGS="--millions"   # the user's files alone
    make bench-ingest ARGS="--shape till-lines --millions 50 --without-features"   # to the publication
    make bench-ingest ARGS="--shape weekly-products --millions 1"   # units and prices, zeros filled in

Each size has a fresh home and a process of its own. Steps: start (imports, server), ingest (with the start of Spark),
audit, publication, features. Memory and processor seconds are those of the process, Spark and the embedded Postgres
together, sampled four times a second; on a machine that others use, the latter tell more than the seconds on the
clock. Results are kept in a JSON file beside the table and the picture, so that sizes can be measured one by one.
"""

import argparse
import json
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from forecast_figures import markdown_table, write_section
from process_memory import Work, memory_now

from warehouse.settings import PROJECT_ROOT

if TYPE_CHECKING:
    from spark_jobs.sample.shapes import Shape

STEPS = ("start", "ingest", "audit", "publication", "features")
ROWS_PER_STORE: dict["Shape", int] = {"walmart": 10_676, "till-lines": 300_000, "weekly-products": 16_500}
"""Rows of sales that a generated store has, on average, at the sizes of `COUNTS`."""
COUNTS: dict["Shape", dict[str, int]] = {
    "walmart": {"products": 81, "weeks": 143},
    "till-lines": {"products": 600, "weeks": 104, "lines_per_week": 2_400},
    "weekly-products": {"products": 93, "weeks": 312},
}


@dataclass(frozen=True)
class Measurement:
    """One size: rows of the sales; per step done its seconds, processor seconds, and peak of all memory in bytes."""

    name: str
    rows: int
    seconds: dict[str, float]
    work_seconds: dict[str, float]
    peak_bytes: dict[str, int]
    disk_bytes: int
    shape: "Shape" = "walmart"

    @property
    def published_seconds(self) -> float:
        """Seconds of ingest, audit and publication."""
        return sum(self.seconds[step] for step in STEPS[1:-1])

    @property
    def has_features(self) -> bool:
        """Whether the features were made as well."""
        return "features" in self.seconds


@dataclass(frozen=True)
class Sample:
    """A moment: its time, the memory in bytes then, and the processor seconds used so far."""

    at: float
    bytes: int
    work: float


def main() -> None:
    """Measures the sizes asked for, then prints the table of all that was ever measured, and draws the curve."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--millions", type=float, nargs="*", default=[1, 5, 10, 20], help="sizes in million rows")
    parser.add_argument("--shape", default="walmart", choices=list(COUNTS), help="what the generated files look like")
    parser.add_argument("--data", type=Path, help="folder with CSV files to measure as well")
    parser.add_argument("--reports", type=Path, default=PROJECT_ROOT / ".shelfcast" / "reports")
    parser.add_argument("--work", type=Path, help="folder for the generated files and the homes")
    parser.add_argument("--document", action="store_true", help="write the table into docs/benchmarks.md")
    parser.add_argument("--without-features", action="store_true", help="stop after the publication")
    parser.add_argument("--steps", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    has_features = not options.without_features
    if options.steps is not None:
        run_steps(options.data, options.steps, has_features)
        return
    options.reports.mkdir(parents=True, exist_ok=True)
    kept = options.reports / "ingest_curve.json"
    with tempfile.TemporaryDirectory(prefix="shelfcast-bench-", dir=options.work) as work:
        # Started by root, Postgres runs as a user of its own, who must pass through.
        Path(work).chmod(0o711)
        if options.data is not None:
            keep(kept, measure(options.data.resolve(), Path(work), options.data.resolve().name, has_features))
        for millions in options.millions:
            folder = generate(Path(work) / "files", millions, options.shape)
            name = f"{_NAMES[options.shape]}, {millions:g} million"
            keep(kept, replace(measure(folder, Path(work), name, has_features), shape=options.shape))
            shutil.rmtree(folder)
    show(read(kept), options.reports, options.document)


def generate(folder: Path, millions: float, shape: "Shape") -> Path:
    """Returns a folder with a generated sample of about so many million rows of sales."""
    from spark_jobs.sample.shapes import write_shape

    began = time.monotonic()
    stores = max(1, round(millions * 1e6 / ROWS_PER_STORE[shape]))
    files = write_shape(shape, folder, {"stores": stores, **COUNTS[shape]})
    print(f"wrote {max(files.values()):,} rows of {stores:,} stores in {time.monotonic() - began:.0f} s", flush=True)
    return folder


def measure(folder: Path, work: Path, name: str, has_features: bool) -> Measurement:
    """Returns what a process of its own took in a fresh home for the files of a folder; the home is removed."""
    home, marks = work / "home", work / "marks.json"
    environment = {**os.environ, "SHELFCAST_HOME": str(home)}
    command = [sys.executable, __file__, "--data", str(folder), "--steps", str(marks)]
    command += [] if has_features else ["--without-features"]
    process = subprocess.Popen(command, env=environment)
    began, work_done, samples = time.time(), Work(), []
    while process.poll() is None:
        used = work_done.seconds(process.pid, home)
        samples.append(Sample(time.time(), memory_now(process.pid, home).total, used))
        time.sleep(0.25)
    subprocess.run([sys.executable, "-m", "flows.cli", "stop"], env=environment, cwd=PROJECT_ROOT, check=True)
    disk = sum(path.lstat().st_size for path in home.rglob("*") if path.is_file())
    shutil.rmtree(home)
    if process.returncode:
        sys.exit(f"{name}: ended with code {process.returncode}")
    ends = json.loads(marks.read_text())
    seconds, work_seconds, peaks = per_step(began, ends["steps"], samples)
    print(f"{name}: {ends['rows']:,} rows, {sum(seconds.values()):.0f} s", flush=True)
    return Measurement(name, ends["rows"], seconds, work_seconds, peaks, disk)


def per_step(
    began: float, ends: dict[str, float], samples: list[Sample]
) -> tuple[dict[str, float], dict[str, float], dict[str, int]]:
    """Returns seconds, processor seconds and peak bytes of each step.

    Args:
        began: when the first step began.
        ends: when each step ended, in their order.
        samples: taken while they ran.
    """
    seconds, work, peaks, worked = {}, {}, {}, 0.0
    for step, end in ends.items():
        seconds[step] = end - began
        peaks[step] = max((one.bytes for one in samples if began <= one.at <= end), default=0)
        so_far = max((one.work for one in samples if one.at <= end), default=worked)
        work[step] = so_far - worked
        began, worked = end, so_far
    return seconds, work, peaks


def run_steps(folder: Path, marks: Path, has_features: bool) -> None:
    """Carries out the steps in this process, as a run does, and writes down when each ended."""
    from flows.pipeline.context import Options, open_context
    from flows.pipeline.stages import audit, features, ingest

    context = open_context(Options(data=str(folder)))
    boundary = _LastRecord()
    logging.getLogger("expectations.audit").addHandler(boundary)
    ends = {"start": time.time()}
    rows = ingest(context).message
    ends["ingest"] = time.time()
    audit(context)
    # The audit's own line in the log separates it from the publication.
    ends |= {"audit": boundary.at, "publication": time.time()}
    if has_features:
        features(context)
        ends["features"] = time.time()
    print(rows, flush=True)
    count = context.database.read_frame("pipeline", _ROWS).iloc[0, 0]
    marks.write_text(json.dumps({"rows": int(count), "steps": ends}))


class _LastRecord(logging.Handler):
    """Remembers when the last record was logged."""

    at = 0.0

    def emit(self, record: logging.LogRecord) -> None:
        """Notes the time of a record."""
        self.at = record.created


def read(path: Path) -> list[Measurement]:
    """Returns the measurements that were kept, fewest rows first."""
    kept = json.loads(path.read_text()) if path.exists() else []
    return sorted((Measurement(**one) for one in kept), key=lambda one: one.rows)


def keep(path: Path, fresh: Measurement) -> None:
    """Adds a measurement to those kept, in place of one of the same name."""
    kept = [one for one in read(path) if one.name != fresh.name] + [fresh]
    path.write_text(json.dumps([asdict(one) for one in kept], indent=1))


def show(found: list[Measurement], reports: Path, has_document: bool) -> None:
    """Prints and writes the table, and draws the curve."""
    table = curve_table(found)
    print(table)
    (reports / "ingest_curve.md").write_text(table + "\n")
    draw(found, reports / "ingest_curve.png")
    if has_document:
        write_section("ingest", f"## From files to features\n\n{_WORDS}\n\n{table}")


def curve_table(found: Iterable[Measurement]) -> str:
    """Returns the measurements as a Markdown table: per step seconds, processor seconds and peak memory."""
    header = ["files", "rows", *STEPS, "ingest to publication", "with features", "peak GB", "disk GB"]
    return markdown_table(header, [_row(one) for one in found])


def _row(one: Measurement) -> list[str]:
    steps = [
        f"{one.seconds[step]:.0f} s ({one.work_seconds[step]:.0f}), {one.peak_bytes[step] / 1e9:.1f} GB"
        if step in one.seconds
        else _NOT_DONE
        for step in STEPS
    ]
    with_features = f"{one.published_seconds + one.seconds['features']:.0f} s" if one.has_features else _NOT_DONE
    peak, disk = max(one.peak_bytes.values()) / 1e9, one.disk_bytes / 1e9
    return [
        one.name,
        f"{one.rows:,}",
        *steps,
        f"{one.published_seconds:.0f} s",
        with_features,
        f"{peak:.1f}",
        f"{disk:.1f}",
    ]


def draw(found: list[Measurement], path: Path) -> None:
    """Draws seconds and peak memory over rows, of the sizes of weekly departments at which every step was done."""
    from matplotlib.figure import Figure

    found = [one for one in found if one.has_features and one.shape == "walmart"]
    figure = Figure(figsize=(11, 4.4), layout="constrained")
    left, right = figure.subplots(1, 2)
    millions = [one.rows / 1e6 for one in found]
    below = [0.0] * len(found)
    for step in STEPS:
        above = [low + one.seconds[step] for low, one in zip(below, found, strict=True)]
        left.fill_between(millions, below, above, label=step, alpha=0.85)
        left.plot(millions, above, color="white", linewidth=1, marker="o", markersize=3)
        right.plot(millions, [one.peak_bytes[step] / 1e9 for one in found], marker="o", label=step)
        below = above
    left.set_ylabel("seconds, steps on top of each other")
    right.set_ylabel("peak memory with Spark and Postgres, GB")
    for axes in (left, right):
        axes.set_xlabel("million rows of sales")
        axes.set_xlim(left=0)
        axes.set_ylim(bottom=0)
        axes.legend(frameon=False, loc="upper left")
    figure.savefig(path, dpi=130)


_NOT_DONE = "not measured"
_NAMES: dict["Shape", str] = {"walmart": "generated", "till-lines": "till lines", "weekly-products": "weekly products"}
_ROWS = "select rows_read from ops.loads where table_name = 'raw_sales' order by load_id desc limit 1"
_WORDS = (
    "Seconds, processor seconds in brackets and peak memory (the process, Spark and the embedded Postgres together) of "
    "each step, in a fresh home and one process for each size. Generated files have the shape of the public data. "
    "Measured on two cores with `make bench-ingest`."
)

if __name__ == "__main__":
    main()
