"""The proctoring itself: values and rules, with no clock, no I/O and no vendor."""
