"""The first piece of each packet, so that as many persons as possible get one.

Households come in the order of the objective. One that finds every lot it can use empty looks for a chain: a household
that holds such a piece and can use another lot that has some left (an augmenting path). Whom the goods can reach
together form a matroid, so taking them in order of their persons reaches the most; more goods never reach fewer.
"""

from __future__ import annotations

from collections import defaultdict, deque

from services.distribution.domain.allocation.packing import Draft, Kind, Shelves


class FirstPieces:
    """Who holds which first piece while the plan is made."""

    def __init__(self, shelves: Shelves) -> None:
        self._shelves = shelves
        self._holders: defaultdict[int, list[Draft]] = defaultdict(list)
        # Lots by sku, but those from which no chain leads to a piece: none will later, for chains only use pieces up
        self._open = dict(shelves.by_sku)
        self._hopeless: set[Kind] = set()

    def give(self, draft: Draft) -> bool:
        """A first piece for this household, if need be by a chain; False when there is none."""
        if not self._shelves.pieces or (self._hopeless and self._shelves.kind(draft) in self._hopeless):
            return False
        number = self._shelves.best(draft)
        if number is not None:
            self._shelves.take(number)
            self._hold(draft, number)
            return True
        if draft.household.has_nothing and self._chain(draft):
            return True
        self._hopeless.add(self._shelves.kind(draft))
        return False

    def _hold(self, draft: Draft, number: int) -> None:
        if draft.first is not None:
            self._holders[draft.first].remove(draft)
        draft.first = number
        self._holders[number].append(draft)

    def _chain(self, draft: Draft) -> bool:
        left = self._shelves.left
        if not self._shelves.pieces:
            return False
        unseen = dict(self._open)
        came_from: dict[int, Draft] = {}
        kinds: set[Kind] = set()
        asking = deque([draft])
        while asking:
            asker = asking.popleft()
            kind = self._shelves.kind(asker)
            if kind in kinds:
                continue
            kinds.add(kind)
            for number in self._shelves.sought(asker, unseen):
                came_from[number] = asker
                if left[number]:
                    self._pass_on(draft, number, came_from)
                    return True
                asking.extend(self._holders[number])
        self._open = unseen
        return False

    def _pass_on(self, draft: Draft, number: int, came_from: dict[int, Draft]) -> None:
        """Each household of the chain takes the piece that it found, and leaves its own to the one before it."""
        self._shelves.take(number)
        while True:
            taker = came_from[number]
            freed = taker.first
            self._hold(taker, number)
            if taker is draft:
                return
            assert freed is not None
            number = freed
