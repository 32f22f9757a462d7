"""The exercises of ``04_pooling``: receptive fields and pooling layers, a whole convolutional network,
and looking into a trained one."""

# In the notebook's order.
EXERCISES = ()
