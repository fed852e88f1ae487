"""The doctor's pure half: what was read -> what is amiss."""
