"""The screens and dialogues, and the commands of the inbox."""
