"""What bytes are, whatever their name says."""
