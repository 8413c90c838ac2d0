"""The house colours and names that every written format shares.

No layout here: each writer owns its own.
"""

COMPANY = "Harrowtide Instruments"
INK = "1C2B33"
TEAL = "0B5A66"
SAND = "C98A2B"
MIST = "EAF2F3"
LINE = "B9CCD0"
GREY = "5E6F76"
