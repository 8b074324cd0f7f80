"""The wire format of SNMP: BER, the PDUs of v2c and v3, and v3's user-based security. Pure; no sockets, no city."""
