from pathlib import Path

from expectations.findings import Finding, extent, failed, refusal


def finding(
    severity="critical", is_success=False, unexpected=3, total=1000, description="Every row is dated.", observed=""
):
    return Finding(
        "incoming_sales",
        "raw_incoming.raw_sales",
        "sale_date",
        "expect",
        description,
        severity,
        is_success,
        total,
        unexpected,
        observed,
    )


def test_a_refusal_names_table_rule_rows_and_report_in_one_sentence():
    error = refusal([finding()], Path("/home/data_docs/index.html"), "")
    assert str(error) == (
        'The audit stopped raw_incoming.raw_sales: the rule "Every row is dated" is broken by 3 of 1,000 rows, '
        "so nothing was published; the report is /home/data_docs/index.html."
    )
    assert error.exit_code == 1


def test_a_refusal_speaks_of_the_rule_that_most_rows_break_and_counts_the_others():
    findings = [
        finding(unexpected=1),
        finding(unexpected=9, description="Every row names its store."),
        finding("warning"),
    ]
    text = str(refusal(findings, Path("x"), "Fix the file."))
    assert '"Every row names its store" is broken by 9 of 1,000 rows (and 1 more critical rule)' in text
    assert text.endswith("Fix the file.")


def test_only_failures_of_the_asked_severity_are_returned():
    findings = [finding(), finding("warning"), finding("info"), finding(is_success=True)]
    assert failed(findings, "critical") == [findings[0]]
    assert failed(findings, "warning") == [findings[1]]


def test_the_extent_is_in_words_that_agree_in_number():
    assert extent(finding(unexpected=1, total=1)) == "1 of 1 row"
    assert extent(finding(unexpected=1, total=1200)) == "1 of 1,200 rows"
    assert extent(finding(unexpected=2, total=None)) == "2 rows"
    assert extent(finding(unexpected=None, total=None, observed="0")) == "the observed value 0"
