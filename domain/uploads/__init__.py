"""Uploads: files that were sent to be worked on, kept for a week."""
