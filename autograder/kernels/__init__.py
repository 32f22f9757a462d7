"""Runs a hand-in: its kernel, the sandbox around it, its limits, and what comes out of it."""
