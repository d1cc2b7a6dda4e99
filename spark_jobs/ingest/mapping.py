"""The mapping of a retailer's files: `shelfcast.toml`, which says what stands in which column and what it means."""

import difflib
import fnmatch
import stat
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationError, field_validator, model_validator

from warehouse.calendar import unknown_holidays
from warehouse.currencies import is_currency
from warehouse.errors import ShelfcastError
from warehouse.files import files_in, is_named_as_text
from warehouse.retailer import Retailer, Strict

MAPPING_NAME = "shelfcast.toml"
SHIPPED = Path(__file__).parent / "mappings"
"""Folder of the mappings that come with Shelfcast, each found by the names and columns of its files."""
INPUTS = {
    "store_attributes": "stores",
    "products": "products",
    "raw_sales": "sales",
    "external_features": "covariates",
    "stock_positions": "stock",
    "promotions": "promotions",
}
"""Table of a mapping that names the files, by the table in schema raw that they feed."""
Covariate = Literal[
    "temperature",
    "fuel_price",
    "markdown_1",
    "markdown_2",
    "markdown_3",
    "markdown_4",
    "markdown_5",
    "cpi",
    "unemployment",
]
"""Covariates with a column of their own in `raw.external_features`; markdowns are money, temperatures Fahrenheit."""
CovariateName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=48)]
"""Name of any covariate; those that are none of the above stand together in `other_covariates`."""
Columns = Annotated[tuple[str, ...], BeforeValidator(lambda value: (value,) if isinstance(value, str) else value)]
"""One column, or several whose texts together, with a blank between them, are the value."""
Pattern = Annotated[str, Field(min_length=1, max_length=255)]
"""Name of a file or a pattern such as sales-*.csv.gz, within the folder of the mapping."""
OWN_NAMES = (
    *("store_code", "store_id", "product_code", "feature_date", "is_holiday", "load_id", "other_covariates", "line"),
    *("text", "part", "width", "place", "line_number", "reason", "is_duplicate", "is_repeated"),
    *("file_name", "raw_text"),
)
"""Columns that rows have while they are read."""
_LIKELY = 0.6
LONGEST_MAPPING, LONGEST_LINE = 1_000_000, 10_000
"""Bytes of a mapping, and characters of a line of it."""
_SHOWN_FAULTS = 20
_SHOWN_SIGNS = 200


class SalesColumns(Strict):
    """Columns of the sales.

    Attributes:
        store: code of the store; without it all rows are of one store.
        product: code of what was sold; without it all sales of a store are one series.
        date: day of the sale, or day that labels its week.
        units: pieces, or kilograms and the like.
        amount: money taken.
        price: price apiece; with `units` and without `amount` the money is their product.
        line: what identifies a line of a till, such as basket and position: exact repeats of it are dropped.
        holiday: whether the file flags the week as a holiday's.
    """

    store: Columns = ()
    product: Columns = ()
    date: str
    units: str = ""
    amount: str = ""
    price: str = ""
    line: Columns = ()
    holiday: str = ""

    @model_validator(mode="after")
    def _has_a_measure(self) -> "SalesColumns":
        if not (self.units or self.amount):
            raise ValueError("name the column of units, of amount, or both")
        return self


class SalesInput(Strict):
    """The sales files.

    Attributes:
        grain: what a row is.
        date_label: what the date of a row is: the day of the sale, or the first or the last day of its week.
        repeats: what rows of the same store, product and date are: parts that add up, or a contradiction.
    """

    files: Pattern
    grain: Literal["lines", "days", "weeks"]
    date_label: Literal["day", "first", "last"] = "day"
    date_format: str = ""
    decimal_mark: Literal["", ".", ","] = ""
    repeats: Literal["add", "refuse"] = "add"
    columns: SalesColumns

    @model_validator(mode="after")
    def _label_fits_grain(self) -> "SalesInput":
        if (self.grain == "weeks") == (self.date_label == "day"):
            raise ValueError(
                "a date labels the first or the last day of a week where the grain is weeks, and a day where it is not"
            )
        return self


class StoreColumns(Strict):
    """Columns of the stores; the size is in square feet or any other measure of area."""

    store: Columns
    name: str = ""
    type: str = ""
    size: str = ""


class StoresInput(Strict):
    """The file of stores.

    Attributes:
        is_complete: whether a store that the file lacks is a fault of the rows that name it; else they are kept.
    """

    files: Pattern
    is_complete: bool = False
    columns: StoreColumns


class ProductColumns(Strict):
    """Columns of the products: their code as sales have it, their name."""

    product: Columns
    name: str = ""


class ProductsInput(Strict):
    """The file of products.

    Attributes:
        levels: columns of the hierarchy, from the coarsest to the finest.
        forecast_level: the one of them that is forecast; the product itself where it is empty.
    """

    files: Pattern
    columns: ProductColumns
    levels: tuple[str, ...] = Field((), max_length=3)
    forecast_level: str = ""

    @model_validator(mode="after")
    def _levels_differ(self) -> "ProductsInput":
        if len(set(self.levels)) < len(self.levels) or not all(self.levels):
            raise ValueError("levels name different columns, from the coarsest to the finest")
        return self

    @model_validator(mode="after")
    def _level_is_known(self) -> "ProductsInput":
        if self.forecast_level and self.forecast_level not in self.levels:
            raise ValueError(f"forecast_level {self.forecast_level} is none of the levels {', '.join(self.levels)}")
        return self


class StockColumns(Strict):
    """Columns of the stock: counts are pieces where a price stands beside them or pieces are forecast."""

    store: Columns = ()
    product: Columns
    date: str
    on_hand: str
    on_order: str = ""
    expected_date: str = ""
    unit_price: str = ""
    lead_time_days: str = ""


class StockInput(Strict):
    """The file of stock counts."""

    files: Pattern
    columns: StockColumns


class PromotionColumns(Strict):
    """Columns of planned prices and promotions.

    Attributes:
        store: code of the store; without it a plan holds in every store that sells the product.
        product: code of the product as the sales have it.
        date: any day of the week that is planned.
        price: price apiece of that week; several of one week count as their mean.
        promotion: whether the product is promoted in that week: empty, 0, FALSE and the like are no promotion.
    """

    store: Columns = ()
    product: Columns
    date: str
    price: str = ""
    promotion: str = ""

    @model_validator(mode="after")
    def _has_a_plan(self) -> "PromotionColumns":
        if not (self.price or self.promotion):
            raise ValueError("name the column of price, of promotion, or both")
        return self


class PromotionsInput(Strict):
    """The file of planned prices and promotions, of weeks ahead and, where they are known, of past ones."""

    files: Pattern
    columns: PromotionColumns


class CovariateColumns(Strict):
    """Columns of the covariates: numbers of a store and a week, each by a name of its own or a known one."""

    store: Columns = ()
    date: str
    holiday: str = ""
    values: dict[CovariateName, str] = Field(default_factory=dict, max_length=64)

    @field_validator("values")
    @classmethod
    def _names_are_free(cls, values: dict[str, str]) -> dict[str, str]:
        taken = [name for name in values if name in OWN_NAMES]
        if taken:
            raise ValueError(f"{', '.join(taken)} cannot be the name of a covariate; choose another")
        return values


class CovariatesInput(Strict):
    """The file of covariates.

    Attributes:
        date_label: whether a date is the first or the last day of its week.
    """

    files: Pattern
    date_label: Literal["first", "last"] = "last"
    columns: CovariateColumns


class Mapping(Strict):
    """What the files of a retailer mean; see `docs/your-data.md`.

    Attributes:
        codes: whether codes are texts as they are written, or whole numbers, of which 1, 01 and 1.0 are the same.
    """

    codes: Literal["text", "numbers"] = "text"
    retailer: Retailer
    sales: SalesInput
    stores: StoresInput | None = None
    products: ProductsInput | None = None
    stock: StockInput | None = None
    covariates: CovariatesInput | None = None
    promotions: PromotionsInput | None = None

    @field_validator("retailer")
    @classmethod
    def _currency_is_known(cls, value: Retailer) -> Retailer:
        if value.currency and not is_currency(value.currency):
            raise ValueError(f"{value.currency} is no currency of ISO 4217: write its three letters, such as EUR")
        return value

    @model_validator(mode="after")
    def _holidays_are_known(self) -> "Mapping":
        calendar = self.retailer.calendar
        place = " ".join((calendar.country, calendar.region)).strip() or "a calendar without a country"
        faults = [
            f"{name} is no holiday of {place}{f': did you mean {close}?' if close else ''}"
            for name, close in unknown_holidays(calendar).items()
        ]
        if faults:
            raise ValueError("; ".join(faults))
        return self

    @model_validator(mode="after")
    def _products_are_told_apart(self) -> "Mapping":
        if not self.sales.columns.product and (self.stock or (self.products and self.products.forecast_level)):
            raise ValueError(
                "stock and levels need a column of products in the sales: name it under sales.columns.product"
            )
        return self

    @model_validator(mode="after")
    def _promotions_are_of_series(self) -> "Mapping":
        if self.promotions is None:
            return self
        if not self.sales.columns.product or (self.products and self.products.forecast_level):
            raise ValueError("promotions are planned for products, so products themselves must be what is forecast")
        if self.promotions.columns.store and not self.sales.columns.store:
            raise ValueError("promotions.columns names a column of stores, but sales.columns does not")
        return self

    @model_validator(mode="after")
    def _unit_is_given(self) -> "Mapping":
        if self.retailer.is_in_units and not self.sales.columns.units:
            raise ValueError("retailer.forecast_unit is units, but sales.columns names no column of units")
        if not self.retailer.is_in_units and not (self.sales.columns.amount or self.sales.columns.price):
            raise ValueError("retailer.forecast_unit is amount, but sales.columns names neither amount nor price")
        return self

    @model_validator(mode="after")
    def _stores_are_named_alike(self) -> "Mapping":
        has_stores = bool(self.sales.columns.store)
        if self.stock is not None and bool(self.stock.columns.store) != has_stores:
            raise ValueError("stock.columns names a column of stores where sales.columns does, and only there")
        if self.covariates is not None and self.covariates.columns.store and not has_stores:
            raise ValueError("covariates.columns names a column of stores, but sales.columns does not")
        return self


def read_mapping(path: Path) -> Mapping:
    """Returns the mapping that a file holds.

    Raises:
        ShelfcastError: it can't be read, or says something that is not known or not possible; all faults are named.
    """
    try:
        return Mapping.model_validate(tomllib.loads(_text_of(path)))
    except FileNotFoundError:
        raise ShelfcastError(f"There is no mapping {path}.", "Write one with `shelfcast init FOLDER`.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ShelfcastError(f"The mapping {path} is not readable: {error}.", "Save it as UTF-8 text.") from None
    except tomllib.TOMLDecodeError as error:
        raise ShelfcastError(f"The mapping {path} is not TOML: {error}.", "Fix that line.") from None
    except ValidationError as error:
        faults = list(dict.fromkeys(_faults(error)))
        more = f"; and {len(faults) - _SHOWN_FAULTS:,} more" if len(faults) > _SHOWN_FAULTS else ""
        raise ShelfcastError(
            f"{path} has faults: {'; '.join(faults[:_SHOWN_FAULTS])}{more}.", "Fix them and try again."
        ) from None
    except (ValueError, RecursionError):
        # A number of thousands of digits, or tables within tables without end.
        raise ShelfcastError(
            f"The mapping {path} holds a value that is too long or too deep to be read.", "Fix that line."
        ) from None


def _text_of(path: Path) -> str:
    """Returns the text of a mapping.

    Raises:
        FileNotFoundError: there is none.
        ShelfcastError: it is no file, or longer than any mapping is.
        OSError, UnicodeDecodeError: it can't be read.
    """
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise ShelfcastError(f"The mapping {path} is no file.", "Name the file itself.")
    if status.st_size > LONGEST_MAPPING:
        raise ShelfcastError(f"The mapping {path} has more than {LONGEST_MAPPING:,} bytes.", "Shorten it.")
    text = path.read_text(encoding="utf-8-sig")
    long = next((number for number, line in enumerate(text.splitlines(), 1) if len(line) > LONGEST_LINE), None)
    if long is not None:
        raise ShelfcastError(f"Line {long} of the mapping {path} has more than {LONGEST_LINE:,} signs.", "Break it.")
    return text


def matching(folder: Path, pattern: str) -> list[Path]:
    """Returns the files of a folder that a pattern of the mapping names, whatever the case of their letters.

    Raises:
        ShelfcastError: there is no such folder, or it is not readable.
    """
    found = files_in(folder, "the files of the mapping")
    names = [path.name for path in found if path.is_file() and is_named_as_text(path)]
    exact = [name for name in names if name == pattern]
    return [folder / name for name in exact or names if exact or fnmatch.fnmatch(name.lower(), pattern.lower())]


def _faults(error: ValidationError) -> Iterator[str]:
    for fault in error.errors(include_url=False, include_context=False):
        place = ".".join(str(part) for part in fault["loc"])[:_SHOWN_SIGNS]
        if fault["type"] == "extra_forbidden":
            known = _fields_at(fault["loc"][:-1])
            close = difflib.get_close_matches(str(fault["loc"][-1])[:_SHOWN_SIGNS], known, 1, _LIKELY)
            hint = f": did you mean {close[0]}?" if close else f"; it may be {', '.join(known)}"
            yield f"{place} is not known{hint}"
        elif fault["type"] == "missing":
            yield f"{place} is missing"
        else:
            yield f"{f'{place}: ' if place else ''}{_said(fault['msg'])}"


def _said(message: str) -> str:
    """Returns what pydantic says without its capital, or what a check of ours says, which is as it should be."""
    ours = message.removeprefix("Value error, ")
    return ours if ours != message else message[:1].lower() + message[1:]


def _fields_at(place: Sequence[Any]) -> list[str]:
    """Returns the keys that a table of the mapping may have."""
    model: Any = Mapping
    for part in place:
        if isinstance(part, int):
            continue
        annotation = model.model_fields[part].annotation if part in model.model_fields else None
        kinds = [annotation, *getattr(annotation, "__args__", ())]
        model = next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Strict)), Strict)
    return list(model.model_fields)
