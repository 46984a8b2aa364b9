"""Connections, what they may hold, the processes that answer large requests, and how all of it stops."""
