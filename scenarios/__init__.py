"""What is simulated and compared: speech, tasks, papers, lessons and liquids."""
