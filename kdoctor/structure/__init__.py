"""The model inside a document: its objects and layers, nested models, connections, calls, and the arrays that belong to each."""
