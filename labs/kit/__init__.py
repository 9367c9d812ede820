"""What every lab shares: the record a lab fills in, the drawing of figures, the runner, the staleness hash."""
