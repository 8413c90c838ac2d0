"""SCIM 2.0: a directory says who there is and in which groups, and it counts from the next request on."""
