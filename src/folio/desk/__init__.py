"""The author's desk: beginning a post, and being told all that is wrong with one before a build."""
