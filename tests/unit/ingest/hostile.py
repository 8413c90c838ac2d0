"""PDFs written by hand for tests, of which some pages end the parser: they inflate to more than it may hold."""

import zlib

_MEGABYTES = 700


def page(text: str) -> bytes:
    """Return the content of a page that says something."""
    return zlib.compress(f"BT /F1 12 Tf 20 200 Td ({text}) Tj ET".encode("latin-1"))


def bomb() -> bytes:
    """Return the content of a page that inflates to hundreds of megabytes."""
    squeezer = zlib.compressobj(9)
    return b"".join(squeezer.compress(b" " * (1 << 20)) for _ in range(_MEGABYTES)) + squeezer.flush()


def pdf(contents: list[bytes]) -> bytes:
    """Return a PDF of these pages."""
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(len(contents)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(contents)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for number, content in enumerate(contents):
        font = "/Resources << /Font << /F1 3 0 R >> >>"
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 300] {font} /Contents {5 + 2 * number} 0 R >>".encode()
        )
        head = f"<< /Length {len(content)} /Filter /FlateDecode >>\nstream\n".encode()
        objects.append(head + content + b"\nendstream")
    written, offsets = bytearray(b"%PDF-1.4\n"), list[int]()
    for number, item in enumerate(objects, start=1):
        offsets.append(len(written))
        written += f"{number} 0 obj\n".encode() + item + b"\nendobj\n"
    table = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    size = len(objects) + 1
    end = f"xref\n0 {size}\n0000000000 65535 f \n{table}trailer << /Size {size} /Root 1 0 R >>\n"
    return bytes(written) + f"{end}startxref\n{len(written)}\n%%EOF".encode()
