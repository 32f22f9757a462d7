"""What nbgrader and formgrader themselves load, named in a course folder's settings."""
