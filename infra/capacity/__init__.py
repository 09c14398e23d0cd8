"""What many candidates at once do to AWS's quotas: a simulation with the service's own arithmetic."""
