"""How long a test waits for what is sure to come: only a hang reaches it, however busy the machine."""

PATIENCE_S = 60.0
