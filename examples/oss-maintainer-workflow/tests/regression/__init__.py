"""A test for each issue that was one."""
