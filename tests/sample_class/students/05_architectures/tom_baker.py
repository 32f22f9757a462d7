"""Tom Baker: opened the notebook, wrote nothing, handed it in."""
