"""What a liquid does: what delays and templates show of its memory, how its column lives, what its synapses change."""
