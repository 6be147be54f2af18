"""What every layer of Keras 3 returns for inputs of given shapes: a rule for each class, as a function of its config."""
