"""What a client asks for, method by method."""
