"""The grading room. Its modules, in the order that a submission passes them: collect, repair,
sandbox, verdict, gradebook, report; ``release`` makes what students get."""
