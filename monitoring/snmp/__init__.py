"""Asking devices over SNMP: one Protocol, our own engine, and pysnmp behind the same as its judge and fallback."""
