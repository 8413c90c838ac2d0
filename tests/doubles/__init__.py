"""Stand-ins for the world outside: real servers that can be told to misbehave."""
