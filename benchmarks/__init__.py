"""What the site costs its readers, and its author, measured."""
