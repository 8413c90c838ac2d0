"""Engines behind the `SearchIndex` seam, one file each; `memory.py` is the double."""
