"""How fast, and in how much memory: every figure that the documentation states, measured again."""
