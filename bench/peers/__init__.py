"""Pincite beside the default pipelines of LlamaIndex, Haystack and txtai: same files, questions and MiniLM weights.

One file a system; each runs in a process and an environment of its own. `python -m bench.peers` compares them.
"""
