"""The tables of a mapping, made of what was found, each key with its reason."""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import Literal

from spark_jobs.ingest.date_formats import choose_format, date_proofs, plain_date, read_date
from spark_jobs.ingest.guess.column_words import plural
from spark_jobs.ingest.guess.forecast_level import Hierarchy, LevelShare, values_by_code
from spark_jobs.ingest.guess.mapping_text import Entry, Section, plain_entries
from spark_jobs.ingest.guess.name_fits import fits, name_words
from spark_jobs.ingest.guess.sales_findings import Findings, key_column
from spark_jobs.ingest.guess.sales_scan import Scan
from spark_jobs.ingest.guess.table_roles import LEAST, KnownTable, best_column, covariate_columns, date_of, title_of
from spark_jobs.ingest.mapping import OWN_NAMES
from spark_jobs.ingest.schema import COVARIATES, Place, fold
from warehouse.errors import ShelfcastError
from warehouse.retailer import WEEKDAYS, Retailer


def retailer_section(found: Findings, unit: str, why: str) -> Section:
    """Returns who the retailer is; `unit` is what is forecast, and `why` the reason."""
    origin, grain = found.origin, found.grain
    last, plain = WEEKDAYS[grain.week_end], Retailer()
    entries = [
        Entry("currency", origin.currency, origin.reasons.get("currency", "")),
        Entry("number_format", origin.number_format, f"as in {origin.country}" if origin.country else ""),
        Entry("forecast_unit", unit, why),
        Entry("week_ends_on", last, grain.reasons.get("week_ends_on", "")),
    ]
    if grain.label == "first":
        entries.append(Entry("week_label", "first", "as the files have it"))
    entries.append(
        Entry("missing_week", plain.missing_week, "a product without a row did not sell, where its store reported")
    )
    return Section("retailer", tuple(entry for entry in entries if entry.value))


def words_section(found: Findings, hierarchy: Hierarchy, level: LevelShare) -> Section:
    """Returns what the house calls its stores and what is forecast, as the columns have it."""
    words: dict[str, str] = {}
    store = _word(found.roles.store, _STORE_WORDS)
    if store:
        words |= {"store": store, "stores": plural(store)}
    if level.column:
        word = hierarchy.words[hierarchy.columns.index(level.column)]
    else:
        name = next(iter(found.roles.product), "")
        word = "department" if fits(name, "department").score == 1 else _word(name, _PRODUCT_WORDS)
    if word:
        words |= {"product": word, "products": plural(word)}
    return Section("retailer.words", plain_entries(words, {}))


_STORE_WORDS = {
    **{"shop": "shop", "branch": "branch", "outlet": "outlet", "location": "location", "site": "site"},
    **{"warehouse": "warehouse", "market": "market", "channel": "channel"},
    **dict.fromkeys(("filiale", "filial", "sucursal", "succursale", "filiaal", "oddzial"), "branch"),
}


_PRODUCT_WORDS = {
    "item": "item",
    **dict.fromkeys(("article", "artikel", "articulo", "articolo", "artigo", "artykul"), "article"),
}


def _word(name: str, known: Mapping[str, str]) -> str:
    words = name_words(name)
    return next((english for word, english in known.items() if any(one.startswith(word) for one in words)), "")


def sales_sections(found: Findings) -> list[Section]:
    """Returns what the sales files and their columns are."""
    roles, grain, writing = found.roles, found.grain, found.writing
    head = [
        Entry("files", found.sales.table.files),
        Entry("grain", grain.grain, grain.reasons.get("grain", "")),
        Entry("date_label", grain.label, grain.reasons.get("date_label", "")),
    ]
    if found.date_format_reason:
        head.append(Entry("date_format", writing.date_format, found.date_format_reason))
    if found.mark_reason:
        head.append(Entry("decimal_mark", writing.numerals.mark, found.mark_reason))
    product = roles.product if len(roles.product) > 1 else "".join(roles.product)
    columns: dict[str, str | Sequence[str]] = {"store": roles.store, "product": product, "date": roles.date}
    columns |= {"units": roles.units, "amount": roles.amount}
    if not roles.amount:
        columns["price"] = roles.price
    columns |= {"line": roles.line, "holiday": roles.holiday}
    reasons = dict(roles.reasons) | {"line": "a line that repeats exactly is one line"}
    if roles.price and not roles.amount:
        reasons["price"] = "money is units times price"
    _say_unused(found, columns)
    return [Section("sales", tuple(head)), Section("sales.columns", plain_entries(columns, reasons))]


def _say_unused(found: Findings, columns: Mapping[str, str | Sequence[str]]) -> None:
    used = {name for value in columns.values() for name in ([value] if isinstance(value, str) else value)}
    used |= {found.sales.roles[role] for role in ("product name", "store name") if role in found.sales.roles}
    left = [name for name in found.sales.table.header if name and name not in used]
    if left:
        found.unused.append(f"columns of {found.sales.table.files}: {', '.join(left)}")
    _say_marks(found, left)


_MARKS = frozenset(("feature", "feat", "display", "tpr"))
"""Words for promotions that mean something else in the names of other columns."""


def _say_marks(found: Findings, left: Sequence[str]) -> None:
    """Adds where marks of promotions and counts of stock belong that stand in the sales, in one doubt."""
    columns = [found.sales.columns[name] for name in left if name in found.sales.columns]
    marks = [column.name for column in columns if _is_mark(column.name)]
    counts = [column.name for column in columns if column.is_number and fits(column.name, "on hand").score >= LEAST]
    told = {"marks of promotions": (marks, "in a file of promotions, past weeks and those ahead")}
    told["counts of stock"] = (counts, "in a file of stock")
    said = [f"{what} ({', '.join(names)}) belong {where}" for what, (names, where) in told.items() if names]
    if said:
        found.doubts.append(f"columns of {found.sales.table.files} that are not used: {'; '.join(said)}")


def _is_mark(name: str) -> bool:
    """Returns whether a column is called a promotion rather than what was sold in one."""
    score = fits(name, "promotion").score
    is_measure = any(fits(name, concept).score >= score for concept in ("units", "amount", "sales", "price"))
    return not _MARKS.isdisjoint(name_words(name)) or (score >= LEAST and not is_measure)


def leave_strangers(found: Findings, scan: Scan) -> None:
    """Leaves out the tables of stock, promotions and covariates whose stores are not those of the sales."""
    reasons = {known.table.files: reason for known in found.others if (reason := _strangeness(found, known, scan))}
    found.unused += [f"{files}, {reason}" for files, reason in reasons.items()]
    found.others = [known for known in found.others if known.table.files not in reasons]


def _strangeness(found: Findings, known: KnownTable, scan: Scan) -> str:
    """Returns why the stores of a table are not those of the sales; nothing where they are, or need not be."""
    store = key_column(known, "store")
    if known.kind == "stock" and found.roles.store and not store:
        return "which holds stock and names no store, as the sales do"
    is_by_store = known.kind in ("stock", "covariates") or (known.kind == "promotions" and found.roles.store)
    if not is_by_store or not store or found.overlap(scan.stores, known, "store"):
        return ""
    return f"whose column {store} names none of the stores of the sales"


def store_sections(found: Findings, scan: Scan) -> list[Section]:
    """Returns what the file of stores and its columns are; nothing without one."""
    if not found.roles.store:
        found.doubts.append("no column names a store: all sales are taken for those of one store")
        return []
    listed = [known for known in found.others if known.kind == "stores"]
    ranked = sorted(listed, key=lambda known: found.overlap(scan.stores, known, "store"))
    found.unused += [f"{known.table.files}, which lists stores too" for known in ranked[:-1]]
    if not ranked or not (share := found.overlap(scan.stores, ranked[-1], "store")):
        found.unused += [f"{known.table.files}, none of whose stores sold" for known in ranked[-1:]]
        name = _agreed_name(found.sales, found.roles.store, "store name")
        columns: dict[str, str | Sequence[str]] = {"store": found.roles.store, "name": name}
        if not name:
            found.doubts.append("no file lists the stores: they have no type and no size")
            return []
        return _sections("stores", found.sales.table.files, columns)
    known = ranked[-1]
    say_overlap(found, known, "store", scan.stores, share)
    key = key_column(known, "store")
    names = [name for name, profile in known.columns.items() if name != key and profile.is_text]
    areas = [name for name, profile in known.columns.items() if name != key and profile.is_number]
    title = known.roles.get("store name") or title_of(known, key)
    unique = [name for name in names if known.is_unique(name)]
    title = title or (unique[0] if len(unique) == 1 else "")
    kinds = [name for name in names if name != title and known.columns[name].distinct < len(known.head)]
    columns = {
        "store": key,
        "name": title if title != key else "",
        "type": best_column(kinds, "type"),
        "size": best_column(areas, "area"),
    }
    return _sections("stores", known.table.files, columns)


def _agreed_name(known: KnownTable, code: str, role: str) -> str:
    """Returns the column with the names of codes in the sales, where all rows agree on them."""
    name = known.roles.get(role, "")
    if not name or name == code:
        return ""
    return "" if values_by_code(known, (code,), (name,))[1] else name


def _sections(name: str, files: str, columns: Mapping[str, str | Sequence[str]], *more: Entry) -> list[Section]:
    head = Section(name, (Entry("files", files), *more))
    return [head, Section(f"{name}.columns", plain_entries(columns, {}))]


def product_sections(
    found: Findings, hierarchy: Hierarchy, described: KnownTable | None, level: LevelShare, shares: Sequence[LevelShare]
) -> list[Section]:
    """Returns what the file of products, its columns and levels are; nothing where no table describes products."""
    if described is None:
        if found.roles.product:
            found.doubts.append("no file lists the products: they have no names and no groups")
        return []
    code = found.roles.product if described is found.sales else (key_column(described, "product"),)
    columns: dict[str, str | Sequence[str]] = {"product": code if len(code) > 1 else code[0], "name": hierarchy.name}
    more = []
    if hierarchy.columns:
        more.append(Entry("levels", hierarchy.columns, "from the coarsest to the finest"))
    if level.column:
        told = ", ".join(f"{one.column or 'product'} {one.share:.0%}" for one in shares)
        reason = f"the finest level whose median series sells in most of its weeks: {told}"
        more.append(Entry("forecast_level", level.column, reason))
    return _sections("products", described.table.files, columns, *more)


def stock_sections(found: Findings) -> list[Section]:
    """Returns what the file of stock and its columns are; nothing without one."""
    listed = [known for known in found.others if known.kind == "stock"]
    if not listed:
        found.doubts.append("no file of stock was found: stock is assumed, and said to be")
        return []
    if not found.roles.product:
        found.doubts.append(
            f"{listed[0].table.files} is not read: its stock is of products, which the sales do not name"
        )
        return []
    known, roles = listed[0], listed[0].roles
    found.unused += [f"{other.table.files}, which holds stock too" for other in listed[1:]]
    columns: dict[str, str | Sequence[str]] = {
        "store": key_column(known, "store"),
        "product": key_column(known, "product"),
        "date": date_of(known),
        "on_hand": roles["on hand"],
        "on_order": roles.get("on order", ""),
        "expected_date": roles.get("expected date", ""),
        "unit_price": roles.get("price", ""),
        "lead_time_days": roles.get("lead time", ""),
    }
    return _sections("stock", known.table.files, columns)


def promotion_sections(found: Findings, forecast_level: str) -> list[Section]:
    """Returns what the file of planned prices and its columns are; nothing without one, or above the product."""
    listed = [known for known in found.others if known.kind == "promotions"]
    if not listed:
        return []
    known, roles = listed[0], listed[0].roles
    if forecast_level or not found.roles.product:
        level = forecast_level or "a whole store"
        found.unused.append(f"{known.table.files}, whose prices are of products, and {level} is forecast")
        return []
    found.unused += [f"{other.table.files}, which holds prices of products too" for other in listed[1:]]
    if "price" not in roles and _begins_after_sales(found, known):
        found.doubts.append(
            f"{known.table.files} holds only weeks after the sales, and a mark without a price is learned from marked "
            "past weeks alone: add their rows"
        )
    columns: dict[str, str | Sequence[str]] = {
        "store": key_column(known, "store") if found.roles.store else "",
        "product": key_column(known, "product"),
        "date": date_of(known),
        "price": roles.get("price", ""),
        "promotion": roles.get("promotion", ""),
    }
    return _sections("promotions", known.table.files, columns)


def _begins_after_sales(found: Findings, known: KnownTable) -> bool:
    """Returns whether all dates of a table lie after those of the sales."""
    writing = found.writing
    sold = [day for text in found.survey.dates if (day := read_date(text, writing.date_format, writing.label_weekday))]
    dates = _dates(found, known)
    return bool(dates) and min(dates) > max(sold)


def covariate_sections(found: Findings) -> list[Section]:
    """Returns what the file of covariates and its columns are; nothing without one of the same weeks as the sales."""
    listed = [known for known in found.others if known.kind == "covariates"]
    usable = [(known, label) for known in listed if (label := _covariate_label(found, known))]
    unusable = [known for known in listed if known not in [one for one, _ in usable]]
    found.unused += [f"{known.table.files}, {_why_unusable(found, known)}" for known in unusable]
    if not usable:
        return []
    known, label = usable[0]
    found.unused += [f"{other.table.files}, which holds numbers of weeks too" for other, _ in usable[1:]]
    columns: dict[str, str | Sequence[str]] = {
        "store": key_column(known, "store"),
        "date": date_of(known),
        "holiday": known.roles.get("holiday", ""),
    }
    names = _value_names(covariate_columns(known))
    values = Section("covariates.columns.values", plain_entries(names, {}))
    return [*_sections("covariates", known.table.files, columns, Entry("date_label", label)), values]


def _covariate_label(found: Findings, known: KnownTable) -> Literal["", "first", "last"]:
    """Returns whether the dates of a table are the first or the last days of the weeks of the sales."""
    weekdays = _weekdays(found, known)
    if weekdays == {found.grain.week_end}:
        return "last"
    return "first" if weekdays == {(found.grain.week_end + 1) % 7} else ""


def _why_unusable(found: Findings, known: KnownTable) -> str:
    first, last = WEEKDAYS[(found.grain.week_end + 1) % 7], WEEKDAYS[found.grain.week_end]
    remedy = f"date each week by its {last} or its {first}"
    if len(_weekdays(found, known)) > 1:
        return f"whose dates are days, and covariates come by weeks: sum or average them to weeks, and {remedy}"
    return f"whose dates are not those of the weeks of the sales: {remedy}"


def _weekdays(found: Findings, known: KnownTable) -> set[int]:
    """Returns the weekdays on which the dates of a table fall; none where they can't be read."""
    return {day.weekday() for day in _dates(found, known)}


def _dates(found: Findings, known: KnownTable) -> set[dt.date]:
    """Returns the dates of a table; none where they can't be read."""
    column = date_of(known)
    texts = {plain_date(text): 1 for text in known.head[column].unique() if text}
    proofs = date_proofs({text: Place(0, number) for number, text in enumerate(texts)})
    try:
        name = choose_format(known.table.files, proofs, found.writing.date_format)
    except ShelfcastError:
        return set()
    return {day for text in texts if (day := read_date(text, name)) is not None}


def _value_names(columns: Sequence[str]) -> dict[str, str]:
    """Returns the columns by the names of their covariates: known ones, else their own in small letters."""
    known = {fold(name): name for name in COVARIATES}
    names: dict[str, str] = {}
    for column in columns:
        plain = re.sub(r"[^a-z0-9]+", "_", " ".join(name_words(column))).strip("_")
        is_free = plain[:1].isalpha() and plain not in OWN_NAMES
        name = known.get(fold(column)) or (plain if is_free else f"covariate_{plain}".rstrip("_"))[:44]
        twins = sum(other == name or other.startswith(f"{name}_of_") for other in names)
        names[f"{name}_of_{twins + 1}" if twins else name] = column
    return names


def say_overlap(found: Findings, known: KnownTable, role: str, codes: Sequence[str], share: float) -> None:
    """Adds a doubt where a table lists only a share of the codes of the sales."""
    missing = round((1 - share) * len(codes))
    if not missing:
        return
    told = f"{missing:,} of {len(codes):,} {role}s of the sales are not in {known.table.files}"
    listed = {code.lstrip("0") for code in found.codes_in(known, role)}
    if sum(code.lstrip("0") in listed for code in codes) > len(codes) - missing:
        told += "; some differ by leading zeros alone, which count"
    found.doubts.append(told)
