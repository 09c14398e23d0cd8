"""Rekognition: what it is asked, and its replies as facts."""
