"""Measurements that anybody can run; `python -m bench` lists and runs them. Nothing in the product imports this."""

from pincite.app.settings import keep_numbers_in_one_thread

keep_numbers_in_one_thread()  # as where the program starts
