from expectations.retention import forget_definitions, pages_folder, prune, validations_folder


def write_run(home, suite, run, moment):
    for root, ending in ((validations_folder(home), "json"), (pages_folder(home) / "validations", "html")):
        path = root / suite / run / moment / f"table.{ending}"
        path.parent.mkdir(parents=True)
        path.write_text("x")


def kept_runs(root):
    return {path.name for path in root.glob("*/*")}


def test_only_the_newest_runs_keep_their_validations_and_pages(tmp_path):
    for number in range(13):
        write_run(tmp_path, "incoming_sales", f"run-{number:02d}", f"20260101T{number:02d}0000.000000Z")
        write_run(tmp_path, "forecasts", f"run-{number:02d}", f"20260101T{number:02d}3000.000000Z")
    prune(tmp_path)
    expected = {f"run-{number:02d}" for number in range(3, 13)}
    assert kept_runs(validations_folder(tmp_path)) == expected
    assert kept_runs(pages_folder(tmp_path) / "validations") == expected


def test_a_run_counts_as_new_as_its_newest_audit(tmp_path):
    write_run(tmp_path, "incoming_sales", "old-name", "20260105T000000.000000Z")
    write_run(tmp_path, "incoming_sales", "resumed", "20260101T000000.000000Z")
    write_run(tmp_path, "forecasts", "resumed", "20260109T000000.000000Z")
    prune(tmp_path, kept=1)
    assert kept_runs(validations_folder(tmp_path)) == {"resumed"}


def test_nothing_to_prune_is_no_error(tmp_path):
    prune(tmp_path)


def test_a_definition_cut_short_by_a_crash_does_not_stay(tmp_path):
    for name in (
        "great_expectations.yml",
        "expectations/incoming_sales.json",
        "validation_definitions/incoming_sales.json",
    ):
        path = tmp_path / "gx" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text('{"cut sh')
    other = tmp_path / "gx" / "expectations" / "forecasts.json"
    other.write_text("{}")
    forget_definitions(tmp_path, ["incoming_sales"])
    assert [path for path in (tmp_path / "gx").rglob("*") if path.is_file()] == [other]
