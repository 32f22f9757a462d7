"""The exercises of ``02_matrix_backprop``."""

from cs_utils.exercises.specification import Exercise

EXERCISES: tuple[Exercise, ...] = ()
