"""Classic tasks of the lectures on recurrent networks: grammars, long memory, noise to subtract, text, gradients."""
