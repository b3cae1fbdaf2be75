"""What a rehearsed box has in place of devices, disks and networks: all of it on Trio's clock, none of it real."""
