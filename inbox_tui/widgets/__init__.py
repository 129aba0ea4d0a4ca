"""What the screens are made of: widgets that know how a message looks, not where it comes from."""
