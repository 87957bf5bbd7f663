"""A page in the browser that answers while its reader moves a lever: ``expatsim page``."""
