"""Python imports this as it starts, where this folder is on its path: guards child processes."""

import no_network

no_network.install()
