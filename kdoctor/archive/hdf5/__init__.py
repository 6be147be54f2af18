"""The structure of HDF5 files: groups, attributes, shapes; links are looked at and never followed, values never read."""
