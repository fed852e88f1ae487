"""The synthetic visitor in a hall that is well, and in as many broken ones as there are ways: what it says, and what it does not."""
