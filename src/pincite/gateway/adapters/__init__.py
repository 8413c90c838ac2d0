"""Providers behind the gateway's seams, one file each; `memory.py` holds the doubles."""
