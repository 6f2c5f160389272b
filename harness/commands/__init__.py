"""The commands: each reads its arguments, calls one thing, prints; heavy imports inside."""
