"""What the service costs, predicted from what was measured, and what many candidates at once do to it."""
