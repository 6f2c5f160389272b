"""Which runs may be compared in one table: systems, and the certificate."""
