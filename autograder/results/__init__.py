"""What grading leaves: the journal, nbgrader's gradebook, tables, feedback, late days."""
