"""The layers of lessons 2 to 4 on whole batches, in vectorised NumPy: the reference answers."""
