"""From a request to finished cells: configuration, plan, child processes, one run."""
