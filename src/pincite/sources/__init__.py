"""Sources: keep outside places in step with collections. Nothing is built here yet."""
