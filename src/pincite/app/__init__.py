"""App: settings, wiring, the HTTP app, the CLI, workers and the built web app: the only place that wires."""
