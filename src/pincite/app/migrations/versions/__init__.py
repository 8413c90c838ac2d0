"""One file a migration, in order; each must go up and down on both engines."""
