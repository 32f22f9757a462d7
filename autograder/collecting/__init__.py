"""Finds what was handed in: in folders and in zips, whose it is and when it came."""
