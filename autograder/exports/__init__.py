"""The points in the forms that learning management systems (LMS) take, and the grader as a zip for
Gradescope. ``tables`` holds what the gradebooks have in common."""
