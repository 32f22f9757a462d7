"""Tests of the tests: right solutions changed by a machine, which no check may let pass."""
