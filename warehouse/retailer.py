"""What a warehouse must know of its retailer: unit, currency, words, weeks and calendar. Published with its data."""

import datetime as dt
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator

from warehouse.signs import has_control_signs

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from warehouse.database import Database, Role, Snapshot

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
Weekday = Literal["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
LONGEST_TEXT = 128
"""Characters of a code, a name or a word of the retailer's own."""


def _printable(text: str) -> str:
    if has_control_signs(text):
        raise ValueError("holds signs that cannot be printed, such as control or direction signs; write it anew")
    return text


Printable = Annotated[str, Field(max_length=LONGEST_TEXT), AfterValidator(_printable)]
Text = Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT), AfterValidator(_printable)]
"""A name or a word of the retailer's own."""


class Strict(BaseModel):
    """A frozen record that refuses keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Words(Strict):
    """What the house calls its stores and what is forecast in them, in the singular and the plural."""

    store: Text = "store"
    stores: Text = "stores"
    product: Text = "product"
    products: Text = "products"


class Event(Strict):
    """Days of the retailer's own that matter for sales: a sale, a fair, a final.

    Attributes:
        name: what people call it.
        dates: one date for every time.
        stores: codes of the stores that it concerns; all without one.
    """

    name: Text
    dates: tuple[dt.date, ...] = Field(min_length=1)
    stores: tuple[str, ...] = ()


class AlignedHoliday(Strict):
    """A holiday whose week is compared with its own week of the years before.

    Attributes:
        name: of a holiday or an event.
        weeks_before: weeks before its own that go with it; by the kind of holiday where it is empty.
        weeks_after: weeks after its own that go with it; by the kind of holiday where it is empty.
    """

    name: Text
    weeks_before: int | None = Field(None, ge=0, le=4)
    weeks_after: int | None = Field(None, ge=0, le=4)


class CalendarSettings(Strict):
    """Which days are holidays.

    Attributes:
        country: ISO 3166 code that the library `holidays` knows, such as DE; empty where no country's holidays count.
        region: subdivision that the library knows, such as BY.
        holidays: names of the country's holidays whose weeks count as holiday weeks; all public ones where it is empty.
        aligned: holidays and events, counting or not, that sales of the years before are aligned on; where it is empty
            all public ones, the unofficial ones that move, and all events.
        events: the retailer's own.
    """

    country: str = ""
    region: str = ""
    holidays: tuple[str, ...] = ()
    aligned: tuple[AlignedHoliday, ...] = ()
    events: tuple[Event, ...] = ()


class Retailer(Strict):
    """A retailer, as its mapping says.

    Attributes:
        name: what it is called; may be empty.
        currency: ISO 4217 code; empty where it is not known, and amounts then carry no sign.
        number_format: how people of the house write a thousand and a half.
        forecast_unit: whether pieces or money are forecast.
        week_ends_on: the last day of a week.
        week_label: whether people call a week by its first or its last day.
        missing_week: what a week without a row is, inside the life of a series, where its store reported something.
        horizon_weeks: weeks ahead that are forecast.
        holiday_weight: how much a holiday week counts in WMAE, in ordinary weeks.
    """

    name: Printable = ""
    currency: str = Field("", pattern="^([A-Z]{3})?$")
    number_format: Literal["1,234.5", "1.234,5", "1 234,5", "1'234.5"] = "1,234.5"
    forecast_unit: Literal["units", "amount"] = "amount"
    week_ends_on: Weekday = "Sunday"
    week_label: Literal["first", "last"] = "last"
    missing_week: Literal["zero", "unknown"] = "zero"
    horizon_weeks: int = Field(8, ge=1, le=26, strict=True)
    holiday_weight: float = Field(1.0, ge=1.0, le=100.0, strict=True)
    words: Words = Words()
    calendar: CalendarSettings = CalendarSettings()

    @field_validator("calendar")
    @classmethod
    def _known_country(cls, value: CalendarSettings) -> CalendarSettings:
        import holidays

        known = holidays.list_supported_countries(include_aliases=False)
        if value.country and value.country not in known:
            raise ValueError(f"{value.country} is no country that the library holidays knows")
        if value.region and value.region not in known.get(value.country, []):
            regions: Sequence[str] = known.get(value.country, [])
            if not value.country:
                raise ValueError(f"a region such as {value.region} needs its country")
            raise ValueError(f"{value.region} is no region of {value.country}: {', '.join(regions) or 'it has none'}")
        return value

    @property
    def week_end(self) -> int:
        """The last day of a week, 0 for Monday."""
        return WEEKDAYS.index(self.week_ends_on)

    @property
    def is_in_units(self) -> bool:
        """Whether pieces are forecast."""
        return self.forecast_unit == "units"


def read_retailer(database: "Database", role: "Role" = "reader") -> Retailer:
    """Returns the retailer whose data is published; one of plain settings before any is.

    The pipeline reads what the last audit published, everybody else what the marts were built with.
    """
    place = "raw.retailer" if role == "pipeline" else "marts.dim_retailer"
    with database.snapshot(role) as snapshot:
        found = snapshot.read_frame("select to_regclass(%(place)s) is not null as is_there", {"place": place})
        if not found.loc[0, "is_there"]:
            return Retailer()
        if role == "pipeline":
            return retailer_of_sales(snapshot)
        return _retailer(snapshot.read_frame("select settings from marts.dim_retailer"))


def retailer_of_sales(snapshot: "Snapshot") -> Retailer:
    """Returns the retailer whose sales stand in raw, for what is computed from them."""
    return _retailer(snapshot.read_frame("select settings from raw.retailer"))


def _retailer(rows: "pd.DataFrame") -> Retailer:
    return Retailer.model_validate_json(str(rows.loc[0, "settings"])) if len(rows) else Retailer()
