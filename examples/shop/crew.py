"""Who works at Lantern & Leaf: every change in the books names one of them."""

from domain.kernel.actor import SYSTEM, Role, staff

KEEPER = staff("ida", Role.ADMIN)
SUPPORT = staff("marek", Role.SUPPORT)
WAREHOUSE = staff("lene", Role.WAREHOUSE)
CARRIER = SYSTEM  # the carriers' messages come in by themselves
