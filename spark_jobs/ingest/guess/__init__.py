"""What the files of a retailer mean, guessed from the names of their columns and from their values, without Spark."""
