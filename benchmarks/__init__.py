"""Measurements that anyone can run: `make bench`. Each figure stands beside a limit measured in the same run."""
