"""A Lambda function's folder as a zip: same files, same bytes, on any machine and at any time."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

#: The oldest time that a zip can hold; one has to be given.
_TIME = (1980, 1, 1, 0, 0, 0)
_READABLE_FILE = 0o100644


def function_zip(folder: Path) -> bytes:
    """Return a zip of all files below a folder. Raises OSError if one cannot be read."""
    files = sorted(
        (path.relative_to(folder).as_posix(), path)
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    )
    buffer = io.BytesIO()
    # Stored, not deflated: what deflating gives depends on the zlib at hand. The functions are small.
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, path in files:
            entry = zipfile.ZipInfo(name, _TIME)
            entry.create_system = 3  # Unix: permissions count, and Lambda must be able to read the file
            entry.external_attr = _READABLE_FILE << 16
            archive.writestr(entry, path.read_bytes())
    return buffer.getvalue()
