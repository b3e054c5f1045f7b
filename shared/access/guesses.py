"""Guessing what nobody can know: from one network address only so many wrong tries a minute are looked at."""

from __future__ import annotations

from collections import OrderedDict
from ipaddress import IPv6Address, ip_address, ip_network

from shared.access.bucket import Bucket

MOST_ADDRESSES = 10_000  # remembered at once, by each process for itself; those that asked last
OF_ONE_CUSTOMER = 64  # bits of an IPv6 address: who has one of them has them all


class Guesses:
    """Tries by network address; a right one costs nothing. `now` is in monotonic seconds."""

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def take(self, address: str, now: float) -> float:
        """Count a try before it is looked at (tries side by side count too): 0, or the seconds until the next."""
        network = network_of(address)
        bucket = self._buckets.setdefault(network, Bucket(self._per_minute, now))
        self._buckets.move_to_end(network)
        if len(self._buckets) > MOST_ADDRESSES:
            self._buckets.popitem(last=False)
        return bucket.take(1, now)

    def forgive(self, address: str, now: float) -> None:
        """The last try was right."""
        if bucket := self._buckets.get(network_of(address)):
            bucket.spend(-1, now)


def network_of(address: str) -> str:
    """What stands for one customer of a network: an IPv4 address, or the first half of an IPv6 one."""
    try:
        found = ip_address(address)
    except ValueError:
        return address  # a socket of this machine has a name, or none
    if isinstance(found, IPv6Address):
        return str(found.ipv4_mapped or ip_network((found, OF_ONE_CUSTOMER), strict=False))
    return str(found)
