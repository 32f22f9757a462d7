"""Makes what students get from ``solutions/``."""
