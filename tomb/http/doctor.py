"""The doctor's page: what is fine, what is wrong, and the command that mends it."""

from collections.abc import Sequence

from pydantic import RootModel

from tomb.http.envelope import Success
from tomb.http.parsing import Body
from tomb.http.routes import Call, Route, Services
from tomb.models import Finding


class Findings(RootModel[Sequence[Finding]]):
    pass


async def _doctor(services: Services, _: Call[Body]) -> Success[Findings]:
    """Look at the computer around the box; some seconds at most."""
    found = await services.doctor.examine(services.process.port or services.settings.port)
    wrong = sum(each.ok == "no" for each in found)
    return Success(Findings(found), f"{wrong} wrong" if wrong else "nothing is wrong")


ROUTES = (Route("GET", "/api/system/doctor", _doctor, costly=True),)
