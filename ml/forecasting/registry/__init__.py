"""Models in MLflow: versions, aliases, roll-back."""
