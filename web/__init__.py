"""What a browser gets from Waybill: pages that need no build step and no other host."""
