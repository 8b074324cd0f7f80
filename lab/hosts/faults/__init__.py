"""What can befall a guest: a module for each fault, which ends in a `HostFault`. The module's name is the fault's."""
