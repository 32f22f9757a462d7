"""The grading room: ``command`` is its door, ``grading`` takes one hand-in from file to verdicts,
and ``runs`` and ``batch`` take a class. The folders, in the order that a hand-in passes them:
``collecting``, ``repairing``, ``kernels``, ``judging``, ``results``; then ``exports`` and
``class_report``. ``releasing`` makes what students get; ``plugins`` is what nbgrader loads."""

import sys

# jsonschema would take a second to compile a grammar of internet addresses, in every process that
# reads a notebook; the notebook format asks for none.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
