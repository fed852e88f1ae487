"""Messages between gateway and hub, of every version that must be understood."""
