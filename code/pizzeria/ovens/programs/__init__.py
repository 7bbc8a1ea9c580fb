"""What is started: the commands, the whole kitchen as processes or in one, its views."""
