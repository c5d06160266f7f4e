"""The user interface of set-up: schemas, checks, one flow per kind of meter."""
