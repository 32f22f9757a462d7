"""What the class misunderstood: one HTML page about a graded course folder.

``gather`` reads the folder, ``statistics`` and ``similarity`` count and compare, ``examples`` takes
names off students' code, ``plots``, ``tables`` and ``page`` make the page.
"""

from autograder.class_report.gather import ReportError
from autograder.class_report.page import write_report

__all__ = ["ReportError", "write_report"]
