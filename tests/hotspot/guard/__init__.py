"""The LAN guard's pure core: what frames say, what is a danger, and what is a hall's daily life."""
