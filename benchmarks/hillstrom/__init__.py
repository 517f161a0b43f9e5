"""Hillstrom's three-arm randomised e-mail test of 64,000 customers, through the ordinary nightly job."""
