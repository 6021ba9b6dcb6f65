"""Memory that training takes, beside what was foreseen."""
