"""Hostile files, made anew from what is known of them: none of them does anything, each carries the trigger."""
