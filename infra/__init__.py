"""What surrounds the service: the cloud it stands on, its deployment, and the same cloud on a laptop."""
