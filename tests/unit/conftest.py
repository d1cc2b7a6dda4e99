"""Unless a test says otherwise, people are spoken to in the words of the public data: dollars and departments."""

from collections.abc import Iterator

import pytest

from warehouse.retailer import Retailer, Words
from warehouse.wording import Wording, speaking


@pytest.fixture(autouse=True)
def of_the_public_data() -> Iterator[Wording]:
    words = Words(product="department", products="departments")
    with speaking(Wording(Retailer(currency="USD", week_ends_on="Friday", words=words))) as wording:
        yield wording
