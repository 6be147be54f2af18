"""A document in another container or dialect: the config in its words, the weights where its loader looks for them. Nothing is loaded.

What a conversion changes is only where things stand and how they are named; numbers are copied as bytes.
"""
