"""Row accounting and the sentence that stops a load."""

import pytest

from spark_jobs.ingest.row_accounts import FileAccount, Rejection, refusal

BAD = Rejection(17, "Weekly_Sales is not a number: 'abc'")


def account(read: int, rejected: int, duplicate: int = 0) -> FileAccount:
    return FileAccount(
        "raw_sales", "train.csv", "0", "yyyy-MM-dd", read, rejected, duplicate, BAD if rejected else None
    )


def test_read_is_accepted_plus_rejected_plus_duplicates():
    assert account(100, 3, 7).rows_accepted == 90
    assert str(account(1_000, 3, 7)) == "train.csv: 1,000 rows read = 990 accepted + 3 rejected + 7 exact duplicates"


def test_a_clean_load_is_not_refused():
    assert refusal([account(100, 0, 5)], 0.0) is None


def test_one_rejected_row_stops_the_load_and_the_sentence_names_it():
    error = refusal([account(100, 0), account(397_841, 3)], 0.0)
    assert str(error) == (
        "3 of 397,841 rows of train.csv cannot be used, the first on line 17: Weekly_Sales is not a number: 'abc'. "
        "Correct train.csv, or go on without these rows with --reject-rate-max 0.0001."
    )


@pytest.mark.parametrize(("read", "rejected"), [(3, 1), (7, 2), (10_000, 1), (397_841, 3)])
def test_the_rate_that_the_sentence_offers_is_enough(read: int, rejected: int):
    offered = float(str(refusal([account(read, rejected)], 0.0)).rsplit(" ", 1)[1].rstrip("."))
    assert refusal([account(read, rejected)], offered) is None


def test_a_file_without_a_usable_row_is_refused_at_any_rate():
    assert "Correct train.csv." in str(refusal([account(5, 5)], 1.0))
