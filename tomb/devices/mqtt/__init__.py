"""MQTT 3.1.1 over a Trio stream: `broker` opens one, `session` speaks on it, `frames` bounds what is heard."""
