"""What flows through a model: shapes of tensors, its inputs and their states, and layers that its inputs do not reach."""
