"""The same trainings, as one would write them with other tools; none of them is a dependency."""
