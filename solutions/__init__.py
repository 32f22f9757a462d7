"""Where the course is written: a text notebook for each lesson, and the reference answers.

The lessons' own solutions show each idea in loops. The modules beside them give the same answers
in vectorised NumPy (``numpy_vectors`` for lesson 1, ``numpy_layers`` from lesson 2 on) and on
PyTorch tensors (``torch_layers``); the three check one another.
"""
