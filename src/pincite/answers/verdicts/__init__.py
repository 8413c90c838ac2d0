"""Verdicts of claims: which sentences of the evidence carry a claim, how surely, and what no likeness can outweigh.

Pure over values and without a model call; the answer's text and its pins are made in `wording.py`.
"""
