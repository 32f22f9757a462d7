"""What the modules of this lesson share: its name."""

LESSON = "04_pooling"
