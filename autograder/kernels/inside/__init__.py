"""What runs inside the sandbox, before a student's code does. It is shown there as a package of its
own, ``inside``: it imports nothing of the grader's."""
