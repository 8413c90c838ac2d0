"""Measurements that anybody can run; `python -m bench` lists and runs them. Nothing in the product imports this."""
