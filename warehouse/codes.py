"""Stores and products by the codes and names that people know; the numbers of the tables stay inside."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from warehouse.database import Database, Role

STORES = "select store_id, store_code, store_name, store_label from marts.dim_stores"
PRODUCTS = "select dept_id, product_code, product_name, product_label from marts.dim_departments"


def read_stores(database: "Database", role: "Role" = "reader") -> "pd.DataFrame":
    """Returns store_id, store_code, store_name and store_label of every store, in no order."""
    return database.read_frame(role, STORES)


def read_products(database: "Database", role: "Role" = "reader") -> "pd.DataFrame":
    """Returns dept_id, product_code, product_name and product_label of all that ever sold, in no order."""
    return database.read_frame(role, PRODUCTS)
