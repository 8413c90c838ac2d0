"""Embeds each text once: what an embedder made of the same text before is looked up, in this document or another.

Kept by model and the text's sha256 (`library`). Quick embedders go without: computing is faster than looking up.
"""

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pincite.core import Scope
from pincite.gateway import Embedder
from pincite.library import Library

_STORED = "<f4"  # little endian


async def embedded_once(
    library: Library, embedder: Embedder, scope: Scope, texts: Sequence[str], owners: Sequence[str]
) -> NDArray[np.float32]:
    """Return (len(texts), dimensions) float32 rows, as `Embedder.embed` does, and keep what was not known.

    Args:
        library: keeps vectors.
        embedder: makes those that are not there.
        scope: the tenant, who shares nothing with others.
        texts: what is embedded.
        owners: the id of the document that each text is of.

    Raises: Unavailable: the embedder did not answer.
    """
    digests = [hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest() for text in texts]
    known = dict(await library.vectors(scope, embedder.model_id, sorted(set(digests))))
    first = {digest: place for place, digest in reversed(list(enumerate(digests))) if digest not in known}
    if first:
        places = sorted(first.values())
        made = await embedder.embed(scope, [texts[place] for place in places])
        rows = {digests[place]: row.astype(_STORED).tobytes() for place, row in zip(places, made, strict=True)}
        owned = {digest: (owners[first[digest]], row) for digest, row in rows.items()}
        await library.save_vectors(scope, embedder.model_id, owned)
        known.update(rows)
    if not digests:
        return np.zeros((0, embedder.dimensions), dtype=np.float32)
    return np.stack([np.frombuffer(known[digest], dtype=_STORED) for digest in digests]).astype(np.float32)
