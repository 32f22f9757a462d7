"""The exercises of ``03_convolution``."""

from cs_utils.exercises.specification import Exercise

EXERCISES: tuple[Exercise, ...] = ()
