"""Stories of the box, told by the box itself: the whole program on a virtual clock, with devices that are none."""
