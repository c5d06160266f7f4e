"""Disposable files beside the journal."""
