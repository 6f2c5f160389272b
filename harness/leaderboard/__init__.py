"""From runs to one table: columns, ranks, significance, and its formats."""
