"""How the groups of tests are dealt out to the workers of xdist."""

from __future__ import annotations

from xdist.scheduler import LoadGroupScheduling
from xdist.workermanage import WorkerController


class GroupsWithoutWaiting(LoadGroupScheduling):
    """A worker that dies costs its test, not the run. As xdist 3.8 has it, the test goes to the next worker, which dies
    of it too; and a worker that comes later is dealt a single group: it begins a test only when it knows the next one,
    so that with one left both sides wait for ever."""

    def remove_node(self, node: WorkerController) -> str | None:
        died_in = super().remove_node(node)
        for group in self.workqueue.values():
            if died_in in group:
                group[died_in] = True
        return died_in

    def _reschedule(self, node: WorkerController) -> None:
        super()._reschedule(node)
        while not node.shutting_down and self._pending_of(self.assigned_work[node]) < 2:
            super()._reschedule(node)  # another group, or the word that there is none
