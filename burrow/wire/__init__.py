"""What goes over the socket, as bytes."""
