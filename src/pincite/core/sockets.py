"""What the server offers to those that answer a request, beside what ASGI says: names, on which both sides agree."""

ABORT = "pincite.abort"
"""An extension: a function that ends the connection at once, without waiting for what is on its way."""
