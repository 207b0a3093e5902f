"""What nobody asks for: the jobs that follow what was done."""

from domain.reactions import REACTIONS
from server.worker import Worker
from tests.domain.shop import RUNNER
from tests.flows.deeds.deed import Deed, Draw, World


async def work_off_jobs(world: World, draw: Draw) -> None:
    worker = Worker(RUNNER, REACTIONS)
    while await worker.work():
        pass


DEEDS = (Deed(work_off_jobs, weight=2),)
