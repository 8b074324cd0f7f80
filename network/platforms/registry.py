"""The grammar of each platform, under the name by which scripts outside this repository ask for it.

Code of this repository asks `platforms.registry`.
"""

from platforms.registry import grammar as platform

__all__ = ["platform"]
