"""Snapcast: one sound in several rooms, kept in step by a server (https://github.com/badaix/snapcast).

    box --PCM, source.py--> snapserver --> snapclient in each room
    box <--JSON-RPC, control.py--> snapserver

The server takes raw samples over TCP, gives each of its chunks the time at which it came, and has every client play it
so many milliseconds later, by one clock. Nothing of this is loaded where it is off.
"""
