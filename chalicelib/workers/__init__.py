"""Plain functions over message bodies."""
