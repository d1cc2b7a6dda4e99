"""Unless a test says otherwise, people are spoken to in the words of the public data: dollars and departments."""

from collections.abc import Iterator

import pytest

from retailers import WALMART
from warehouse.wording import Wording, speaking


@pytest.fixture(autouse=True)
def of_the_public_data() -> Iterator[Wording]:
    with speaking(Wording(WALMART)) as wording:
        yield wording
