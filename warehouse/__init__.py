"""Ground floor: settings, the database, bulk load and the tables that code owns."""
