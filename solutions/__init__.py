"""Where the course is written: the lessons with their solutions, and the reference layers."""
