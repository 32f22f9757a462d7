"""Reads a hand-in's file and makes a notebook of it that can be graded."""
