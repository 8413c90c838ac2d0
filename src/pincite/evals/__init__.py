"""Evals: golden sets, runs, metrics and gates. Nothing is built here yet."""
