"""The command line for integrators: it talks to the REST API with a token, over the network, and to nothing else."""
