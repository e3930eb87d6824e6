"""One test for each issue that was reported, so that it stays repaired."""
