"""What makes the site out of the package: reference, course, pictures. `make docs` runs it."""
