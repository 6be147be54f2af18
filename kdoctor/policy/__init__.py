"""What a team lets pass: read from TOML data, found beside the project, applied to reports. It never names code."""

from __future__ import annotations
