"""Tags as text, and text as tags: formats, prompts, alignment, repair."""
