"""What is known of currencies by their code of ISO 4217, from the Unicode locale data (CLDR) that Babel carries."""

from functools import cache


def is_currency(code: str) -> bool:
    """Returns whether a code is one of a currency, of today or of the past."""
    from babel.core import get_global

    return code in get_global("all_currencies")


@cache
def minor_digits(code: str) -> int:
    """Returns the decimals in which people write a currency: 2 for cents, 0 for yen, and 2 where no code is known."""
    from babel.numbers import get_currency_precision

    return int(get_currency_precision(code))
