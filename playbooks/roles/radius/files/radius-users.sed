# USER:PASSWORD as FreeRADIUS writes it (rlm_files); a line with other signs lets nobody in.
s/^([A-Za-z0-9._@-]+):([A-Za-z0-9._~+/=-]+)$/\1 Cleartext-Password := "\2"/w /run/freeradius/authorize
