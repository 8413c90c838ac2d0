"""Settings of the write path; `app` fills them in."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class IngestSettings:
    """Limits and rhythms of ingestion.

    Args:
        max_upload_bytes: largest file that is accepted.
        page_batch: pages that are stored at once, and the steps in which progress is seen.
        portion_pages: pages that one durable step reads; the next step goes on behind them.
        portion_limit_s: longest time that one step may take.
        look_s: how often it is seen, during a step, whether the document is still wanted.
        silence_s: a document that was begun fails when nothing is heard of it for so long; more than a step takes.
        slice_documents: how many small documents that come together are read as one piece of work, at most.
        slice_bytes: of how many bytes together, at most.
        slice_patience_s: how long the parser may take for one of them; one that takes longer is read on its own.
        small_bytes: no document of more bytes is a small one.
        index_batch: chunks that are embedded and written to the index at once; each write costs a commit.
        tries: how often a step is tried when storage fails; waits double from `retry_wait_s`, up to 15 s: a database
            that is restarted should cost nobody a document.
        retry_wait_s: the first wait, in seconds.
        sweep_s: how often work that was lost between commit and queue is looked for.
        litter_s: how often bytes that belong to no document (refused or broken-off uploads) are removed.
        renew_s: how often it is looked for indexes of an earlier version.
        fill_s: how often it is looked for documents that wait for the better embedder.
        fill_batch: chunks that it is given at once.
        fill_lease_s: how long a batch may take before another process may think that this one died.
        fill_patience_s: how long each batch waits at most while documents are being read.
        context_batch: chunks whose contexts are written, indexed and kept together.
        contexts_at_once: requests to the model that writes them.
        context_timeout_s: longest time for one.
        context_failures: so many failures in a row leave the rest to another run.
        maintain_after_s: how long the index rests after the last write before it is tidied.
    """

    max_upload_bytes: int = 250 << 20
    page_batch: int = 64
    portion_pages: int = 256
    portion_limit_s: float = 900.0
    look_s: float = 1.0
    silence_s: float = 4500.0
    slice_documents: int = 64
    slice_bytes: int = 2 << 20
    slice_patience_s: float = 5.0
    small_bytes: int = 256 << 10
    index_batch: int = 512
    tries: int = 8
    retry_wait_s: float = 0.5
    sweep_s: float = 60.0
    litter_s: float = 3600.0
    renew_s: float = 3600.0
    fill_s: float = 2.0
    fill_batch: int = 128
    fill_lease_s: float = 90.0
    fill_patience_s: float = 10.0
    context_batch: int = 16
    contexts_at_once: int = 4
    context_timeout_s: float = 30.0
    context_failures: int = 3
    maintain_after_s: float = 2.0
