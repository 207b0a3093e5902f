"""Lifecycles as tables: the one table that drives commands, available actions, refusals, docs and tests."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Generic, TypeVar

from domain.kernel.actor import ActorKind, Permission, Scope
from domain.kernel.errors import IllegalTransition

StatusT = TypeVar("StatusT", bound=StrEnum)
ActionT = TypeVar("ActionT", bound=StrEnum)
FactsT = TypeVar("FactsT")


@dataclass(frozen=True)
class Refusal:
    """Why an action is not possible now: a stable code, and a sentence for people."""

    code: str
    reason: str


@dataclass(frozen=True)
class Transition(Generic[StatusT, ActionT, FactsT]):
    """One arrow. `blocked` looks at the facts and says why not, or None."""

    action: ActionT
    source: StatusT
    target: StatusT
    doc: str
    blocked: Callable[[FactsT], Refusal | None] | None = None


@dataclass(frozen=True)
class ActionState:
    """An action as one actor sees it now."""

    action: str
    enabled: bool
    reason: str | None


@dataclass(frozen=True)
class Lifecycle(Generic[StatusT, ActionT, FactsT]):
    """The states, the arrows between them, and the permission that each command needs.

    Actions without a permission are never asked for: they follow from facts (a roll-up, a scan, a time-out).
    """

    name: str
    initial: tuple[StatusT, ...]
    transitions: tuple[Transition[StatusT, ActionT, FactsT], ...]
    permissions: Mapping[ActionT, Permission] = field(default_factory=dict)

    def __post_init__(self) -> None:
        statuses, actions = type(self.initial[0]), type(self.transitions[0].action)
        arrows = [(each.action, each.source) for each in self.transitions]
        assert len(arrows) == len(set(arrows)), f"{self.name}: an action leads two ways from one state"
        assert {each.action for each in self.transitions} == set(actions), f"{self.name}: an action without an arrow"
        reached = set(self.initial) | {each.target for each in self.transitions}
        assert reached == set(statuses), f"{self.name}: unreachable {set(statuses) - reached}"
        assert all(each.doc.endswith(".") for each in self.transitions), f"{self.name}: a doc is a sentence"

    @cached_property
    def _arrows(self) -> dict[tuple[ActionT, StatusT], Transition[StatusT, ActionT, FactsT]]:
        return {(each.action, each.source): each for each in self.transitions}

    def refusal(self, action: ActionT, status: StatusT, facts: FactsT) -> Refusal | None:
        """Why the action is not possible now, or None when it is."""
        arrow = self._arrows.get((action, status))
        if arrow is None:
            sources = [each.source for each in self.transitions if each.action == action]
            return Refusal(
                "WRONG_STATUS",
                f"{_spoken(action)} needs the {self.name} to be {_either(sources)}; it is {status}.",
            )
        return arrow.blocked(facts) if arrow.blocked else None

    def step(self, action: ActionT, status: StatusT, facts: FactsT) -> StatusT:
        """The status after the action.

        Raises IllegalTransition with the rule's code and sentence when it is not possible now.
        """
        refused = self.refusal(action, status, facts)
        if refused:
            raise IllegalTransition(self.name, action, status, refused.code, refused.reason)
        return self._arrows[action, status].target

    def available(self, scope: Scope, status: StatusT, facts: FactsT) -> list[ActionState]:
        """Every command, enabled now for this actor or with the reason why not, in the order of the table."""
        found = []
        for action in dict.fromkeys(arrow.action for arrow in self.transitions if arrow.action in self.permissions):
            reason = self._not_allowed(scope, action)
            if reason is None and (refused := self.refusal(action, status, facts)):
                reason = refused.reason
            found.append(ActionState(action, reason is None, reason))
        return found

    def _not_allowed(self, scope: Scope, action: ActionT) -> str | None:
        needed = self.permissions[action]
        if scope.may(needed):
            return None
        return "Ask our staff." if scope.actor_kind is not ActorKind.STAFF else f"This needs the permission {needed}."


def _spoken(action: str) -> str:
    return action.replace("_", " ").capitalize()


def _either(statuses: Sequence[str]) -> str:
    *most, last = statuses
    return f"{', '.join(most)} or {last}" if most else last
