"""Inventory policy over one distribution of demand in the protection period."""
