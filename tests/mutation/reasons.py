"""What no mutant is made of, and mutants that need not lose points: each with the reason."""

# Exercises that leave many ways open: a network with another learning rate is as right.
WITHOUT_MUTANTS = {
    "train_small_network": "any network that classifies well enough is right; what it must "
    "reach is tested with networks of known accuracy",
}

# (exercise, change): why the mutant answers every question of the exercise rightly.
NOT_ASKED = {
    (
        "ConvNet",
        "self.w1.shape[2] - 1 -> self.w1.shape[2] - 0",
    ): "kernels have an odd size in this exercise, where k // 2 and (k - 1) // 2 are the same",
    (
        "ConvNet",
        "self.w1.shape[2] -> self.w1.shape[3]",
    ): "kernels are as wide as they are high in this exercise",
}
