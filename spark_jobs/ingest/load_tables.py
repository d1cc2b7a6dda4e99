"""The tables of a load, made of the rows that can be used: series of weeks, stores, products, covariates, stock."""

from dataclasses import dataclass, replace

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F  # noqa: N812

from spark_jobs.ingest.appending import completed, published, published_stores
from spark_jobs.ingest.input_files import InputFiles
from spark_jobs.ingest.keys import give_keys, known_keys, with_keys
from spark_jobs.ingest.mapping import Mapping
from spark_jobs.ingest.read_file import Read, accepted
from spark_jobs.ingest.row_accounts import Measures, WeekAccount
from spark_jobs.ingest.schema import COVARIATES, ONE, ONE_TYPE, OTHERS, UNKNOWN, fold, tables_of
from spark_jobs.ingest.weeks import (
    DECIMALS,
    MEASURES,
    WholeWeeks,
    fill_zeros,
    sum_to_weeks,
    week_end_of,
    whole_weeks,
    with_measures,
)
from warehouse.calendar import holiday_rows
from warehouse.database import Database
from warehouse.errors import ShelfcastError

LEVELS = ("level_1", "level_2", "level_3")
TABLES = (
    *("store_attributes", "products", "raw_sales", "external_features", "stock_positions", "promotions"),
    *("retailer", "holidays"),
)
"""What a load may bring, by table in schema raw."""
_SHOWN, _NAMED = 40, 20
"""Characters of a column's name that are shown, and how many columns are named."""
_EXACT = f"decimal(30,{DECIMALS})"


@dataclass(frozen=True)
class Written:
    """What was written of a load: its tables, the account of its weeks, and what is to be said of it."""

    tables: tuple[str, ...]
    weeks: WeekAccount | None
    words: tuple[str, ...]


class Tables:
    """The tables of one load on their way into its folder of the lake.

    Attributes:
        words: what is to be said of them.
    """

    def __init__(
        self,
        spark: SparkSession,
        database: Database,
        inputs: InputFiles,
        reads: list[Read],
        folder: str,
        load_id: str,
        published_uri: str | None,
    ) -> None:
        self._spark, self._database, self._inputs = spark, database, inputs
        self._mapping: Mapping = inputs.mapping
        self._folder, self._load_id, self._published = folder, load_id, published_uri
        self._rows = {read.account.table_name: self._coded(read) for read in reads}
        self._present = {read.account.table_name: read.present for read in reads}
        self._names = {read.account.table_name: read.account.file_name for read in reads}
        self._held: list[DataFrame] = []
        self.words: list[str] = []

    def write(self) -> Written:
        """Returns what was written: every table of the load, with what is published and not replaced beside it.

        Raises:
            ShelfcastError: no week of the sales is whole.
        """
        self._tell_unused()
        account, sales = None, None
        if "raw_sales" in self._rows:
            sales, account = self._weeks()
        self._stores, self._products = self._keys(sales)
        self._write("store_attributes", self._store_attributes(), ["store_id"])
        if sales is not None or self._published is not None:
            account = self._write_sales(sales, account)
        self._write_products()
        self._write("external_features", self._covariates(), ["store_id", "feature_date"])
        self._write("stock_positions", self._stock(), ["store_id", "dept_id", "stock_date"])
        self._write("promotions", self._promotions(), ["store_id", "dept_id", "week_date"])
        self._write_retailer()
        for frame in self._held:
            frame.unpersist()
        return Written(tuple(self._there()), account, tuple(self.words))

    def _tell_unused(self) -> None:
        """Says which columns of the files nobody asks for; of a shipped mapping they are known."""
        if self._inputs.is_shipped:
            return
        fields = {name: table.fields for name, table in tables_of(self._mapping).items()}
        for file in self._inputs.all:
            tables = [other.table for other in self._inputs.all if other.name == file.name]
            if tables[0] != file.table:  # one file for several tables: it is told once
                continue
            used = {fold(column) for table in tables for field in fields[table] for column in field.columns}
            unused = [name for name in file.header if name and fold(name) not in used]
            if unused:
                self.words.append(f"not used of {file.name}: {', '.join(name[:_SHOWN] for name in unused[:_NAMED])}")

    def _coded(self, read: Read) -> DataFrame:
        """Returns the rows that can be used, with the code of the one store or product that the sales do not name."""
        columns, rows = self._mapping.sales.columns, accepted(read.rows)
        if not columns.store and "store_code" not in rows.columns:
            rows = rows.withColumn("store_code", F.lit(ONE))
        is_of_one = read.account.table_name == "raw_sales" and not columns.product
        return rows.withColumn("product_code", F.lit(ONE)) if is_of_one else rows

    def _weeks(self) -> tuple[DataFrame, WeekAccount]:
        """Returns the sales by code and week, and their account."""
        rows = with_measures(self._at_level(self._rows["raw_sales"]), self._mapping)
        whole = whole_weeks(rows, self._mapping)
        if not whole.any:
            raise ShelfcastError(
                f"No week of {self._names['raw_sales']} is whole: there is only {whole.left_out}.",
                "Add days until at least one week is whole.",
            )
        products = self._mapping.products
        is_summed = self._mapping.sales.grain == "weeks" and not (products and products.forecast_level)
        if self._mapping.sales.repeats == "refuse" and is_summed:
            return rows, _account(rows, rows, whole, self._mapping)
        week = week_end_of(F.col("sale_date"), self._mapping.retailer.week_end)
        weeks = sum_to_weeks(rows.where(week.between(whole.first, whole.last)), self._mapping).persist()
        self._held.append(weeks)
        return weeks, _account(rows, weeks, whole, self._mapping)

    def _at_level(self, rows: DataFrame) -> DataFrame:
        """Returns the rows with the code of the level that is forecast in place of the product's."""
        products = self._mapping.products
        if products is None or not products.forecast_level or "products" not in self._rows:
            return rows
        level = self._level(products.forecast_level)
        levels = self._rows["products"].select("product_code", F.col(level).alias("level_code"))
        found = rows.join(F.broadcast(levels), on="product_code", how="left")
        code = F.coalesce("level_code", F.lit(UNKNOWN)).alias("product_code")
        return found.select(*[name for name in rows.columns if name != "product_code"], code)

    def _level(self, forecast_level: str) -> str:
        """Returns the column of a level of the hierarchy, by the name that its file gives it."""
        assert self._mapping.products is not None
        return LEVELS[self._mapping.products.levels.index(forecast_level)]

    def _keys(self, sales: DataFrame | None) -> tuple[dict[str, int], dict[str, int]]:
        """Returns the numbers of all stores and products of the load, by code."""
        # A plan names no store or product of its own: what has no sales has nothing that it could move.
        frames = [rows for name, rows in self._rows.items() if name != "promotions"]
        frames += [sales] if sales is not None else []
        stores = [frame.select("store_code") for frame in frames if "store_code" in frame.columns]
        sold = [self._rows["stock_positions"]] if "stock_positions" in self._rows else []
        products = [self._at_level(frame).select("product_code") for frame in sold]
        products += [sales.select("product_code")] if sales is not None else []
        return (
            give_keys(self._database, "store", _distinct(stores)),
            give_keys(self._database, "product", _distinct(products)),
        )

    def _keyed(self, rows: DataFrame, is_of_all: bool = False) -> DataFrame:
        """Returns the rows with numbers in place of codes: those of this load, or all that were ever given."""
        stores = known_keys(self._database, "store") if is_of_all else self._stores
        products = known_keys(self._database, "product") if is_of_all else self._products
        if "store_code" in rows.columns:
            rows = with_keys(rows, stores, "store_code", "store_id")
        return with_keys(rows, products, "product_code", "dept_id") if "product_code" in rows.columns else rows

    def _store_attributes(self) -> DataFrame:
        """Returns the stores of the file, and those that only other files name."""
        stores = self._frame({"store_code": list(self._stores), "store_id": list(self._stores.values())})
        names = ["store_code", "store_name", "store_type", "size_sqft"]
        given = self._rows.get("store_attributes")
        kind = ONE_TYPE if self._mapping.stores is None else UNKNOWN
        if self._published is not None:
            # Those that are published stay as they are, unless the file tells of them anew.
            known = published_stores(self._spark, self._published)
            known = known if given is None else known.join(given, on="store_code", how="left_anti")
            stores = stores.join(known.select("store_code"), on="store_code", how="left_anti")
        if given is None:
            if self._published is None:
                self.words.append("no file of stores: stores of one type and unknown size")
            nothing = F.lit(None).cast("string")
            described = stores.withColumns(
                {"store_name": nothing, "store_type": F.lit(kind), "size_sqft": nothing.cast("int")}
            )
            return described.select("store_id", *names)
        absent = [name for name in names if name not in given.columns]
        listed = given.withColumns({name: F.lit(None).cast("string") for name in absent}).select(*names)
        missing = stores.join(listed, on="store_code", how="left_anti").count()
        if missing:
            self.words.append(
                f"{missing:,} stores are not in {self._names['store_attributes']}: their type is {UNKNOWN}"
            )
        has_type = "store_type" in self._present["store_attributes"]
        own_type = F.coalesce("store_type", F.lit(UNKNOWN if has_type else ONE_TYPE))
        found = stores.join(listed, on="store_code", how="left").withColumn("store_type", own_type)
        return found.select("store_id", *names).withColumn("size_sqft", F.col("size_sqft").cast("int"))

    def _write_sales(self, sales: DataFrame | None, account: WeekAccount | None) -> WeekAccount | None:
        """Returns the account with the weeks that were filled, once the series are written."""
        given = None if sales is None else self._in_forecast_unit(self._keyed(sales))
        keys = ["store_id", "dept_id", "sale_date"]
        whole = completed(self._spark, given, self._published, "raw_sales", keys)
        if whole is None:
            return account
        absent = [name for name in ("weekly_units", "weekly_amount") if name not in whole.columns]
        whole = whole.withColumns({name: F.lit(None).cast("double") for name in absent})
        is_filled = self._mapping.retailer.missing_week == "zero"
        rows = self._flagged(fill_zeros(whole) if is_filled else whole, "raw_sales", "sale_date")
        self._put("raw_sales", rows.select(*keys, "weekly_sales", "weekly_units", "weekly_amount", "is_holiday"))
        if account is None or not is_filled:
            return account
        before = account.weeks.rows if self._published is None else whole.count()
        return replace(account, zeros=self._spark.read.parquet(f"{self._folder}/raw_sales").count() - before)

    def _in_forecast_unit(self, weeks: DataFrame) -> DataFrame:
        """Returns the weeks with the measure that is forecast as `weekly_sales` and the other one beside it."""
        is_in_units = self._mapping.retailer.is_in_units
        own, other = MEASURES if is_in_units else MEASURES[::-1]
        nothing = F.lit(None).cast("double")
        known = F.when(F.col("is_complete"), F.col(other)) if "is_complete" in weeks.columns else F.col(other)
        return weeks.select(
            "store_id",
            "dept_id",
            "sale_date",
            F.coalesce(own, F.lit(0.0)).alias("weekly_sales"),
            (nothing if is_in_units else known).alias("weekly_units"),
            (known if is_in_units else nothing).alias("weekly_amount"),
            F.col("is_holiday") if "is_holiday" in weeks.columns else F.lit(None).cast("boolean").alias("is_holiday"),
        )

    def _flagged(self, rows: DataFrame, table: str, date: str) -> DataFrame:
        """Returns the rows with `is_holiday` by the calendar where no file says."""
        if "is_holiday" in self._present.get(table, ()):
            return rows
        first, last = rows.agg(F.min(date), F.max(date)).collect()[0]
        calendar = [] if first is None else holiday_rows(self._mapping.retailer, first, last)
        weeks = sorted({week for _, _, week, is_flagged in calendar if is_flagged})
        by_calendar = F.col(date).isin(weeks) if weeks else F.lit(False)
        given = F.col("is_holiday") if "is_holiday" in rows.columns else F.lit(None).cast("boolean")
        return rows.withColumn("is_holiday", F.coalesce(given, by_calendar))

    def _write_products(self) -> None:
        """Writes what is known of every product, category or department that the series name."""
        codes = self._frame({"product_code": list(self._products), "dept_id": list(self._products.values())})
        before = None if self._published is None else published(self._spark, self._published, "products")
        if before is not None and "products" not in self._rows:
            codes = codes.join(before.select("dept_id"), on="dept_id", how="left_anti")
        products = self._mapping.products
        names = ["product_name", *LEVELS]
        if products is None or "products" not in self._rows:
            described = codes.withColumns({name: F.lit(None).cast("string") for name in names})
        else:
            rows = self._rows["products"]
            absent = [name for name in names if name not in rows.columns]
            rows = rows.withColumns({name: F.lit(None).cast("string") for name in absent})
            described = codes.join(self._described(rows, products.forecast_level), on="product_code", how="left")
            self._tell_unknown(rows, products.forecast_level)
        self._write("products", described.select("dept_id", "product_code", *names), ["dept_id"])

    def _tell_unknown(self, rows: DataFrame, forecast_level: str) -> None:
        """Says how many products of the sales the file of products lacks, or gives no level.

        Raises:
            ShelfcastError: it lacks all of them, and their level is what is forecast.
        """
        if "raw_sales" not in self._rows:
            return
        level = F.col(self._level(forecast_level)) if forecast_level else F.lit("")
        listed = rows.select("product_code", F.lit(True).alias("is_listed"), level.isNotNull().alias("has_level"))
        sold = self._rows["raw_sales"].select("product_code").distinct()
        counts = sold.join(listed, on="product_code", how="left").agg(
            F.count("*").alias("all"), F.count("is_listed").alias("listed"), F.count_if("has_level").alias("placed")
        )
        found, name, what = counts.collect()[0], self._names["products"], f": their {forecast_level} is {UNKNOWN}"
        if forecast_level and not found["listed"]:
            raise ShelfcastError(
                f"None of the {found['all']:,} products of the sales is in {name}, so none has a {forecast_level}.",
                "Write their codes alike in both files, leading zeros included.",
            )
        if missing := found["all"] - found["listed"]:
            self.words.append(f"{missing:,} products are not in {name}{what if forecast_level else ''}")
        if empty := found["listed"] - found["placed"]:
            self.words.append(f"{empty:,} products have no {forecast_level} in {name}{what}")

    def _described(self, rows: DataFrame, forecast_level: str) -> DataFrame:
        """Returns name and hierarchy by the code of the level that is forecast: of a level, what most products have."""
        assert self._mapping.products is not None
        if not forecast_level:
            return rows.groupBy("product_code").agg(*[F.first(name).alias(name) for name in ("product_name", *LEVELS)])
        depth = self._mapping.products.levels.index(forecast_level)
        above = [F.mode(F.col(name)) if n < depth else F.lit(None).cast("string") for n, name in enumerate(LEVELS)]
        code = F.coalesce(F.col(LEVELS[depth]), F.lit(UNKNOWN)).alias("product_code")
        named = [column.alias(name) for column, name in zip(above, LEVELS, strict=True)]
        return rows.groupBy(code).agg(F.first(F.lit(None).cast("string")).alias("product_name"), *named)

    def _covariates(self) -> DataFrame | None:
        rows = self._rows.get("external_features")
        if rows is None:
            if self._published is not None:
                return None
            self.words.append("no file of covariates: no covariates")
            kinds = {"store_id": pa.int32(), "feature_date": pa.date32()} | dict.fromkeys(COVARIATES, pa.float64())
            kinds |= {OTHERS: pa.string(), "is_holiday": pa.bool_()}
            return self._spark.createDataFrame(pa.schema(kinds).empty_table())
        rows = self._keyed(rows)
        if "store_id" not in rows.columns:
            stores = self._spark.read.parquet(f"{self._folder}/store_attributes").select("store_id")
            rows = rows.crossJoin(F.broadcast(stores))
        absent = {name: F.lit(None).cast("double") for name in COVARIATES if name not in rows.columns}
        others = sorted(self._present["external_features"] - {"store_code", "feature_date", "is_holiday", *COVARIATES})
        as_object = F.lit(None).cast("string")
        if others:
            as_object = F.when(F.coalesce(*others).isNotNull(), F.to_json(F.struct(*others)))
        flagged = self._flagged(rows.withColumns(absent), "external_features", "feature_date")
        return flagged.select("store_id", "feature_date", *COVARIATES, as_object.alias(OTHERS), "is_holiday")

    def _stock(self) -> DataFrame | None:
        """Returns the counts; at a level above the product, the sums of the latest counts of its products."""
        rows = self._rows.get("stock_positions")
        if rows is None:
            return None
        kinds = {"on_order": "double", "expected_date": "date", "unit_price": "double", "lead_time_days": "double"}
        absent = {name: F.lit(None).cast(kind) for name, kind in kinds.items() if name not in rows.columns}
        whole = rows.withColumns(absent).withColumn("on_order", F.coalesce("on_order", F.lit(0.0)))
        products = self._mapping.products
        if products is not None and products.forecast_level:
            whole = self._stock_of_level(whole)
        names = ["store_id", "dept_id", "stock_date", "on_hand", *kinds]
        return self._sold_ones(self._keyed(whole).select(*names))

    def _stock_of_level(self, counts: DataFrame) -> DataFrame:
        """Returns one count of every store and level: of each of its products the latest."""
        newest = Window.partitionBy("store_code", "product_code").orderBy(F.desc("stock_date"))
        latest = counts.withColumn("rank", F.row_number().over(newest)).where("rank = 1")
        value = F.sum(F.col("unit_price") * F.col("on_hand"))
        pieces = F.sum(F.when(F.col("unit_price").isNotNull(), F.col("on_hand")))
        return (
            self._at_level(latest)
            .groupBy("store_code", "product_code")
            .agg(
                F.max("stock_date").alias("stock_date"),
                F.sum("on_hand").alias("on_hand"),
                F.sum("on_order").alias("on_order"),
                F.min("expected_date").alias("expected_date"),
                F.coalesce(F.try_divide(value, pieces), F.avg("unit_price")).alias("unit_price"),
                F.max("lead_time_days").alias("lead_time_days"),
            )
        )

    def _sold_ones(self, counts: DataFrame) -> DataFrame:
        """Returns the counts of what has sales; how many have none is said."""
        if self._inputs.is_shipped:
            return counts
        kept = counts.join(F.broadcast(self._sold_pairs()), on=["store_id", "dept_id"], how="left_semi")
        left = kept.count()
        if not left:
            raise ShelfcastError(
                f"No count of {self._names['stock_positions']} is of what has sales.",
                "Write its codes as the sales have them.",
            )
        self._tell_left_out(counts.count() - left, "counts of stock")
        return kept

    def _sold_pairs(self) -> DataFrame:
        return self._spark.read.parquet(f"{self._folder}/raw_sales").select("store_id", "dept_id").distinct()

    def _tell_left_out(self, count: int, rows: str) -> None:
        if count:
            self.words.append(f"{count:,} {rows} are of what has no sales, and are left out")

    def _promotions(self) -> DataFrame | None:
        """Returns the plan of each pair and week; a plan without a store holds in every store that sells the product.

        Several rows of a week count as the mean of their prices, and as a promotion where any is one.
        """
        rows = self._rows.get("promotions")
        if rows is None:
            return None
        kinds = {"planned_price": "double", "is_promoted": "boolean"}
        absent = {name: F.lit(None).cast(kind) for name, kind in kinds.items() if name not in rows.columns}
        whole = rows.withColumns(absent)
        if "is_promoted" in self._present["promotions"]:
            whole = whole.withColumn("is_promoted", F.coalesce("is_promoted", F.lit(False)))
        week = week_end_of(F.col("plan_date"), self._mapping.retailer.week_end)
        keys = [name for name in ("store_code", "product_code") if name in whole.columns]
        weeks = whole.groupBy(*keys, week.alias("week_date")).agg(
            F.round(F.avg("planned_price"), DECIMALS).alias("planned_price"), F.max("is_promoted").alias("is_promoted")
        )
        # Added rows may plan what did not sell in them.
        keyed = self._keyed(weeks.persist(), is_of_all=True)
        self._held.append(weeks)
        pairs = F.broadcast(self._sold_pairs())
        on = ["store_id", "dept_id"] if "store_id" in keyed.columns else ["dept_id"]
        sold = keyed.join(pairs, on=on, how="left_semi").count()
        if not sold:
            raise ShelfcastError(
                f"No plan of {self._names['promotions']} is of what has sales.",
                "Write its codes as the sales have them, or leave the file out until one of its products has sold.",
            )
        self._tell_left_out(weeks.count() - sold, "plans of prices and promotions")
        planned = keyed.join(pairs, on=on, how="inner")
        return planned.select("store_id", "dept_id", "week_date", *kinds)

    def _write_retailer(self) -> None:
        """Writes who the retailer is, and the holidays of its calendar around its sales."""
        self._put("retailer", self._frame({"retailer_id": [1], "settings": [self._mapping.retailer.model_dump_json()]}))
        if "raw_sales" not in self._there():
            return
        span = self._spark.read.parquet(f"{self._folder}/raw_sales").agg(F.min("sale_date"), F.max("sale_date"))
        first, last = span.collect()[0]
        rows = holiday_rows(self._mapping.retailer, first, last) if first is not None else []
        names = ("holiday_date", "holiday_name", "week_date", "is_flagged")
        kinds = (pa.date32(), pa.string(), pa.date32(), pa.bool_())
        columns = {
            name: pa.array([row[n] for row in rows], kind)
            for n, (name, kind) in enumerate(zip(names, kinds, strict=True))
        }
        self._put("holidays", self._spark.createDataFrame(pa.table(columns)))

    def _write(self, name: str, given: DataFrame | None, keys: list[str]) -> None:
        whole = completed(self._spark, given, self._published, name, keys)
        if whole is not None:
            self._put(name, whole)

    def _put(self, name: str, rows: DataFrame) -> None:
        if "load_id" in rows.columns:
            rows = rows.withColumn("load_id", F.coalesce("load_id", F.lit(self._load_id)))
        else:
            rows = rows.withColumn("load_id", F.lit(self._load_id))
        rows.write.mode("overwrite").parquet(f"{self._folder}/{name}")

    def _there(self) -> list[str]:
        return [name for name in TABLES if published(self._spark, self._folder, name) is not None]

    def _frame(self, columns: dict[str, list[int] | list[str]]) -> DataFrame:
        """Returns a frame of columns; an Arrow table goes to Java as it is, a list of rows through Python workers."""
        kinds = {"store_id": pa.int32(), "dept_id": pa.int32(), "retailer_id": pa.int16()}
        table = pa.table({name: pa.array(values, kinds.get(name, pa.string())) for name, values in columns.items()})
        return self._spark.createDataFrame(table)


def _distinct(frames: list[DataFrame]) -> set[str]:
    return {str(row[0]) for frame in frames for row in frame.distinct().collect()}


def _account(rows: DataFrame, weeks: DataFrame, whole: WholeWeeks, mapping: Mapping) -> WeekAccount:
    """Returns the account of usable rows and of the weeks that they were summed to, to the last digit of the file."""
    end = week_end_of(F.col("sale_date"), mapping.retailer.week_end)
    is_out = ~end.between(whole.first, whole.last) if whole.left_out else F.lit(False)
    other = MEASURES[1 if mapping.retailer.is_in_units else 0]
    is_return = F.least(*[F.coalesce(name, F.lit(0.0)) for name in MEASURES]) < 0
    sums = [F.sum(F.col(name).cast(_EXACT)) for name in MEASURES]
    out = [F.sum(F.when(is_out, F.col(name).cast(_EXACT)).otherwise(0)) for name in MEASURES]
    found = rows.agg(
        F.count(F.lit(1)), *sums, F.count_if(is_out), *out, F.count_if(is_return), F.count(other)
    ).collect()[0]
    summed = found[:3] if weeks is rows else weeks.agg(F.count(F.lit(1)), *sums).collect()[0]
    without = int(found[0]) - int(found[7]) if found[7] else 0
    return WeekAccount(
        _measures(found[:3]), _measures(found[3:6]), _measures(summed), whole.left_out, int(found[6]), without
    )


def _measures(row: tuple[object, ...]) -> Measures:
    rows, units, amount = row
    return Measures(int(str(rows)), *(None if value is None else float(str(value)) for value in (units, amount)))
