"""What can befall a site's cloud: a module for each fault, which ends in a `SiteFault`. Its name is the module's."""
