"""What stands in for hardware below OpenStack; runs inside the services' own environment, not in ours.

Each project's services run in one process, so that messages between them need no broker
(`transport_url=fake:///` is oslo.messaging's transport within a process).
"""
