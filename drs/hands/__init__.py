"""The hands on sites, hosts and names that the steps of a drill act with: what each promises; `asty` gives them."""
