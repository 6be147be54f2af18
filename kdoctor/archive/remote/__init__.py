"""Files that are not on this machine: buckets, hubs, web servers, tar archives, through fsspec, read by ranges."""

from __future__ import annotations
