"""A local AWS that survives its process: what was answered is on disk before the answer goes out.

Executions and their events are written one by one (``journal``); a service's whole state is written after
each request that may have changed it (``services``, ``keeper``).
"""
