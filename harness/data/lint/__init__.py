"""What may be wrong with the data of a task: one small function a check, all in one registry."""
