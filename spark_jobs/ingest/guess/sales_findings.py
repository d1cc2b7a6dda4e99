"""What was found in the files of a folder, on its way to a mapping."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from spark_jobs.ingest.guess.forecast_level import values_by_code
from spark_jobs.ingest.guess.origin import Origin
from spark_jobs.ingest.guess.sales_columns import SalesRoles
from spark_jobs.ingest.guess.sales_scan import SalesSurvey, SalesWriting
from spark_jobs.ingest.guess.table_roles import KnownTable
from spark_jobs.ingest.guess.week_labels import Grain


@dataclass
class Findings:
    """What was found, on its way to a mapping.

    Attributes:
        doubts: all that is missing or doubtful, in sentences.
        unused: files and columns that nothing was made of, in sentences.
        listed: codes that tables list, by their files and what the codes are of.
    """

    sales: KnownTable
    others: list[KnownTable]
    roles: SalesRoles
    survey: SalesSurvey
    origin: Origin
    grain: Grain
    writing: SalesWriting
    date_format_reason: str = ""
    mark_reason: str = ""
    doubts: list[str] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)
    listed: dict[tuple[str, str], set[str]] = field(default_factory=dict)

    def codes_in(self, known: KnownTable, role: str) -> set[str]:
        """Returns the codes of stores or products that a table lists."""
        key = known.table.files, role
        if key not in self.listed:
            self.listed[key] = set(values_by_code(known, (key_column(known, role),), ())[0])
        return self.listed[key]

    def overlap(self, codes: Sequence[str], known: KnownTable, role: str) -> float:
        """Returns the share of the codes of the sales that a table lists, a fraction."""
        listed = self.codes_in(known, role)
        return sum(code in listed for code in codes) / max(len(codes), 1)


def key_column(known: KnownTable, role: str) -> str:
    """Returns the column with the codes of stores or products, or with their names where it has no codes."""
    return known.roles.get(role) or known.roles.get(f"{role} name", "")
