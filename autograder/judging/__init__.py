"""Decides scores from plain arrays, outside the student's process."""
