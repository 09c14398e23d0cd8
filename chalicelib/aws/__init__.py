"""Adapters to AWS: one resource per file, each handed its client."""
