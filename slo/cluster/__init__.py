"""Master and workers: the protocol, deltas of counts, identity, clock offset.

It knows messages, not sockets.
"""
