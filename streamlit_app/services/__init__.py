"""What the pages set going."""
