"""The way to the house: `link` keeps the connection, `topics` and `discovery` say what is told, `commands` what may be
asked for. Nothing of it is loaded where no broker is set."""
