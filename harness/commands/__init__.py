"""The commands of the CLI: each reads its arguments, calls one function and prints."""
