"""Tools for those who work on Waybill; they are not installed with it."""
