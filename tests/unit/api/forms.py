"""Forms as browsers send them."""


def form(*parts: tuple[str, bytes, str | None], field_type: str = "") -> bytes:
    """Parts as (name, content, name of the file), with the boundary `frontier`."""
    lines: list[bytes] = []
    for name, content, filename in parts:
        disposition = f'Content-Disposition: form-data; name="{name}"'
        kind = "image/jpeg" if filename else field_type
        lines += [
            b"--frontier",
            (disposition + (f'; filename="{filename}"' if filename else "")).encode(),
            *([f"Content-Type: {kind}".encode()] if kind else []),
            b"",
            content,
        ]
    return b"\r\n".join([*lines, b"--frontier--", b""])
