"""The soak: a real box, busy clients, and `kill -9` at random moments, hundreds of times.

Each playlist, tag and upload belongs to one worker, who does one thing at a time and knows what every answer promised.
So after a restart the library must be exactly what was acknowledged, plus each thing that was under way, whole or not
at all. `worker` and its deeds make the load, `seen` looks at what is there, `checks` compares, `rounds` kills.

    python -m tests.soak --kills 300 --seed 7 --keep DIR [--power-cut]

Another box is killed while it fetches from YouTube (`fetching`). Two have it easier. `crowd`: a hundred clients watch
one, come and go, and must all have seen the same in the end. `hostile`: strangers send one what no client would, for
half an hour, and it must not mind.

`--installed` takes the power from a whole computer with the package on it, its systemd and its disk included
(`installed`), 300 times.

`--life` looks for what grows, where nobody means harm: a day of a family on virtual time (`day`), and twenty minutes of
a real household (`household`).

The random choices come from the seed; the moments at which the kernel and the box take their turns cannot.
"""
