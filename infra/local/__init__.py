"""The same cloud on a laptop, and a player that has an interview proctored in it.

`python -m infra.local run` plays an interview through the HTTP API; `python -m infra.local serve` only
starts the cloud.
"""
