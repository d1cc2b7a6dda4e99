from ml.forecasting.promotion import choose

ERRORS = {"seasonal_naive": 2000.0, "lightgbm": 1400.0, "blend": 1405.0}


def test_without_an_incumbent_the_least_error_is_champion() -> None:
    choice = choose(ERRORS, None)
    assert (choice.champion, choice.challenger) == ("lightgbm", "blend")


def test_an_incumbent_within_the_margin_stays() -> None:
    choice = choose(ERRORS, "blend")
    assert (choice.champion, choice.challenger) == ("blend", "lightgbm")
    assert "less than the margin" in choice.reason


def test_an_incumbent_beaten_by_more_than_the_margin_is_replaced() -> None:
    choice = choose(ERRORS, "seasonal_naive")
    assert (choice.champion, choice.challenger) == ("lightgbm", "blend")
    assert "30.0% below that of seasonal_naive" in choice.reason


def test_a_champion_that_is_still_best_stays() -> None:
    assert choose(ERRORS, "lightgbm").champion == "lightgbm"


def test_an_incumbent_that_no_longer_competes_is_replaced() -> None:
    assert choose(ERRORS, "retired").champion == "lightgbm"
