"""What an attacker would look for in a tree: rules over its objects, and what is known to break them, with reasons."""
