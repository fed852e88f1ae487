"""The LAN guard on a real bridge: it finds attacks and their port, nothing in a hall's day; it has no rights and sends nothing."""
