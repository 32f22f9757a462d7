"""Hannah Fischer: handed in a picture by the name of the notebook (the build does)."""
