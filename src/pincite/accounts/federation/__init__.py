"""Signing in with OpenID providers: whom they say somebody is, believed only where it is proved."""
