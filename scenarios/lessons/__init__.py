"""Classic tasks of the lectures on recurrent networks: grammars, long memory, text, gradients."""
