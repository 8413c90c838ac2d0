"""Agents: multi-step runs with limits and approvals. Nothing is built here yet."""
