import datetime as dt

import pytest
from hostile_markdown import HOSTILE, PIECES, live_parts
from hypothesis import given
from hypothesis import strategies as st

from agents.grounding import check_numbers
from agents.quoting import plain_answer
from streamlit_app.views import formats


@pytest.mark.parametrize(
    ("amount", "text"), [(1234.4, "$1,234"), (-56, "-$56"), (0, "$0"), (-0.2, "$0"), (None, "—"), (float("nan"), "—")]
)
def test_dollars_are_whole_and_carry_their_sign_before_the_dollar(amount: float | None, text: str) -> None:
    assert formats.money(amount) == text


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (562_140_000, "$562.1M"),
        (48_349, "$48.3k"),
        (912, "$912"),
        (999_960, "$1.0M"),
        (-2_500_000, "-$2.5M"),
        (3.2e9, "$3.2B"),
        (999.6, "$1.0k"),
        (None, "—"),
    ],
)
def test_short_dollars_have_a_unit_that_fits(amount: float | None, text: str) -> None:
    assert formats.money_short(amount) == text


@pytest.mark.parametrize(
    ("rate", "text"), [(0.123, "12.3%"), (1.0, "100.0%"), (-0.0001, "0.0%"), (-0.05, "-5.0%"), (None, "—")]
)
def test_a_fraction_is_written_as_percent(rate: float | None, text: str) -> None:
    assert formats.percent(rate) == text


@pytest.mark.parametrize(("rate", "text"), [(0.021, "+2.1%"), (-0.021, "-2.1%"), (-0.0004, "0.0%"), (None, "—")])
def test_a_signed_percent_says_which_way_it_went(rate: float | None, text: str) -> None:
    assert formats.signed_percent(rate) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.84, "0.8 s"), (41.7, "42 s"), (59.6, "1 min 00 s"), (185, "3 min 05 s"), (3720, "1 h 02 min"), (None, "—")],
)
def test_durations_grow_with_their_unit(seconds: float | None, text: str) -> None:
    assert formats.duration(seconds) == text


def test_moments_are_said_in_utc_whatever_zone_they_come_in() -> None:
    berlin = dt.timezone(dt.timedelta(hours=2))
    assert formats.moment(dt.datetime(2012, 10, 26, 16, 5, tzinfo=berlin)) == "Oct 26, 2012, 14:05 UTC"


def test_a_week_is_named_by_its_friday() -> None:
    assert formats.week(dt.date(2012, 11, 2)) == "Nov 2, 2012"


def test_missing_days_of_stock_mean_that_it_lasts_beyond_the_forecast() -> None:
    assert [formats.days(value) for value in (1.2, 12.0, None)] == ["1 day", "12 days", "beyond the forecast"]


def test_models_are_named_as_people_name_them() -> None:
    assert [formats.model(name) for name in ("lightgbm", "seasonal_naive", None)] == ["LightGBM", "Seasonal naive", "—"]
    assert [formats.model(name) for name in ("stl_ets", "extra_trees")] == ["STL + ETS", "Extra-trees"]


def test_dollar_signs_of_a_report_do_not_become_formulas() -> None:
    assert formats.plain_markdown("from $5 to \\$7") == "from \\$5 to \\$7"


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_has_a_link_picture_or_tag_on_a_page(text: str) -> None:
    assert live_parts(formats.plain_markdown(text)) == []
    assert live_parts(formats.literal(text)) == []
    assert live_parts(formats.mark_unchecked(formats.plain_markdown(plain_answer(text)))) == []


@given(st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=3))).map("".join))
def test_what_a_person_or_a_model_wrote_links_nothing_on_a_page(text: str) -> None:
    assert live_parts(formats.literal(text)) == []
    marked = formats.mark_unchecked(formats.plain_markdown(check_numbers(plain_answer(text), []).text))
    assert live_parts(marked) == []
    assert "::red-background" not in marked
    assert "](" not in marked


def test_a_report_is_escaped_once_and_the_commands_of_a_sentence_stay_code() -> None:
    report = check_numbers(plain_answer("# Up\n\n- **by** [5] & < $6"), []).text
    assert formats.plain_markdown(report) == "# Up\n\n- **by** \\[\\[unchecked: 5\\]\\] \\& \\< \\[unchecked: \\$6\\]"
    assert formats.plain_markdown("Run `make run` in C:\\home [1].") == "Run `make run` in C:\\\\home \\[1\\]."


def test_no_address_in_a_text_becomes_a_live_link() -> None:
    text = formats.plain_markdown("see https://evil.example/a, www.evil.example and eva@evil.example")
    assert text == "see `https://evil.example/a,` `www.evil.example` and `eva@evil.example`"
    assert formats.plain_markdown("`http://evil.example`") == "`http://evil.example`"


def test_what_a_person_wrote_is_shown_with_its_own_signs() -> None:
    assert formats.literal("*x* :red[y] $5 `z` # 1") == "\\*x\\* \\:red\\[y\\] \\$5 \\`z\\` \\# 1"
    assert formats.literal("[a](http://evil.example)") == "\\[a\\]\\(`http://evil.example`\\)"
    assert formats.plain_markdown(formats.literal("![a](b) $1")) == formats.literal("![a](b) $1")


def test_a_change_that_is_not_known_draws_no_arrow_and_is_said_in_words() -> None:
    assert (formats.change(None), formats.change(0.021)) == (None, "+2.1%")
    assert (formats.compared(None), formats.compared(0.021)) == ("no full year before to compare", "vs a year ago")


def test_a_run_that_goes_on_does_not_say_of_how_many_stages() -> None:
    assert formats.stages_done(4, 5, is_running=True) == "4 so far"
    assert formats.stages_done(4, 5, is_running=False) == "4 of 5"


def test_a_number_that_no_tool_returned_stands_on_red() -> None:
    marked = formats.mark_unchecked(formats.plain_markdown("rose by [unchecked: $41] percent"))
    assert marked == "rose by :red-background[\\$41 (not found in the data)] percent"


def test_a_log_is_shown_without_colours_and_with_its_last_lines_alone() -> None:
    assert formats.plain_log("a\n\x1b[32mb\x1b[0m\nx\ry\n", lines=3) == "b\ny"
