"""Yusuf Demir: handed in an empty file (the build does)."""
