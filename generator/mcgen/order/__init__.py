"""The static proof that the order of an emitted tree holds."""

from mcgen.order.finding import OrderFinding, order_problems
from mcgen.order.proof import OrderProof

__all__ = ["OrderFinding", "OrderProof", "order_problems"]
