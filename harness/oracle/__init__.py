"""What a perfect model would score: under each backend, each format, and the rules of others."""
