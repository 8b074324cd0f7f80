"""What a drill proves to an auditor: made from its journal and the city's data of its day, and from nothing else."""
