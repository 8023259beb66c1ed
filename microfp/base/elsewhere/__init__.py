"""Names of other libraries lead home: one table of them, which every hint reads.

Somebody who knows micrograd, PyTorch, JAX, optax, scikit-learn, Keras or pandas guesses names from
there. Whoever is asked for a name that there is not looks here: a module, a record, a function that
was given an argument it does not have. The pages on coming from elsewhere are held to the same
table.
"""
