"""The grading room. Its modules, in the order that a submission passes them: archives and collect,
reading, matching and repair, sandbox, verdict and versions, gradebook, report, late and totals,
exports; ``release`` makes what students get."""
