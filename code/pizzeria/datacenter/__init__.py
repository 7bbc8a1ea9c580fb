"""The two data centres: one reservation service, every way to wait for it, and what each costs."""
