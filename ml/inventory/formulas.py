"""Closed-form inventory formulas: checks on the simulated distribution, never a second opinion beside it.

They assume normal demand or a constant rate. The recommendations take the order size from `economic_order_quantity`;
safety stock and reorder point come from simulated demand (`ml.inventory.orders.levels`).
Amounts may be money or pieces, as long as one call keeps to one unit.
"""

import math

from scipy.stats import norm


def demand_deviation_over_lead_time(
    demand_mean: float, demand_deviation: float, lead_time_mean: float, lead_time_deviation: float = 0.0
) -> float:
    """Returns the standard deviation of demand over a random lead time.

    Args:
        demand_mean: mean demand per period.
        demand_deviation: standard deviation of demand per period, independent between periods.
        lead_time_mean: mean lead time in periods.
        lead_time_deviation: standard deviation of the lead time in periods.

    Source: Silver, Pyke and Thomas, Inventory and Production Management in Supply Chains, 4th ed., section 6.10,
    variance of a random sum: sqrt(E(L) var(D) + E(D)^2 var(L)).
    """
    return math.sqrt(lead_time_mean * demand_deviation**2 + (demand_mean * lead_time_deviation) ** 2)


def normal_safety_stock(service_level: float, deviation: float) -> float:
    """Returns the safety stock z(service level) times the deviation of protection demand, for normal demand.

    Source: Nahmias and Olsen, Production and Operations Analysis, 7th ed., section 5.5, type 1 service.

    Raises:
        ValueError: the service level is not between 0 and 1, both excluded.
    """
    if not 0 < service_level < 1:
        raise ValueError(f"service level {service_level} is not between 0 and 1")
    return float(norm.ppf(service_level)) * deviation


def normal_reorder_point(service_level: float, mean: float, deviation: float) -> float:
    """Returns mean protection demand plus the normal safety stock: the level that covers it with that probability."""
    return mean + normal_safety_stock(service_level, deviation)


def economic_order_quantity(ordering_cost: float, holding_cost: float, demand_rate: float) -> float:
    """Returns the order size that minimises ordering plus holding cost: sqrt(2 K D / h).

    Args:
        ordering_cost: K, money per order.
        holding_cost: h, money per unit and time; zero makes the answer infinite where there is demand.
        demand_rate: D, units per the same time.

    Source: Harris (1913), How many parts to make at once; Snyder and Shen, Fundamentals of Supply Chain Theory,
    2nd ed., equation (3.4).

    Raises:
        ValueError: an argument is negative.
    """
    if min(ordering_cost, holding_cost, demand_rate) < 0:
        raise ValueError("ordering cost, holding cost and demand rate must not be negative")
    if ordering_cost * demand_rate == 0:
        return 0.0
    return math.sqrt(2 * ordering_cost * demand_rate / holding_cost) if holding_cost else math.inf


def newsvendor_ratio(underage_cost: float, overage_cost: float) -> float:
    """Returns the service level that maximises expected profit: underage over underage plus overage cost.

    Source: Arrow, Harris and Marschak (1951), Optimal inventory policy; Snyder and Shen, section 4.3.

    Raises:
        ValueError: a cost is negative, or both are zero.
    """
    if min(underage_cost, overage_cost) < 0 or underage_cost + overage_cost == 0:
        raise ValueError("underage and overage cost must not be negative, nor both zero")
    return underage_cost / (underage_cost + overage_cost)


def standard_normal_loss(z: float) -> float:
    """Returns the expected excess of a standard normal variable over z: phi(z) - z (1 - Phi(z)).

    Source: Snyder and Shen, Fundamentals of Supply Chain Theory, 2nd ed., appendix C.3.
    """
    return float(norm.pdf(z) - z * norm.sf(z))


def normal_expected_shortage(stock: float, mean: float, deviation: float) -> float:
    """Returns the expected demand that a stock leaves unmet, for normal demand, in the unit of demand.

    Source: deviation times the standard normal loss at (stock - mean) / deviation.
    """
    if deviation == 0:
        return max(mean - stock, 0.0)
    return deviation * standard_normal_loss((stock - mean) / deviation)


def normal_fill_rate(stock: float, mean: float, deviation: float, order_quantity: float) -> float:
    """Returns the share of demand met from stock when orders of one size are placed at a reorder point, never below 0.

    Args:
        stock: reorder point.
        mean: mean demand over the lead time.
        deviation: standard deviation of it.
        order_quantity: demand of a replenishment cycle.

    Source: one less expected shortage per cycle over the order size; Silver, Pyke and Thomas, Inventory and Production
    Management in Supply Chains, 4th ed., section 6.7.2; Nahmias and Olsen, 7th ed., section 5.5, type 2 service.

    Raises:
        ValueError: the order size is not above zero.
    """
    if order_quantity <= 0:
        raise ValueError(f"order quantity {order_quantity} is not above 0")
    return max(1 - normal_expected_shortage(stock, mean, deviation) / order_quantity, 0.0)
