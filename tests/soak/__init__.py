"""Proofs that take their time: `make soak` runs every module of this folder, and `make test` none."""
