"""What is said: the topic tree, the schemas of the messages, their reference."""
