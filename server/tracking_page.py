"""The tracking page's routes: a link becomes a cookie, the cookie shows an order, and forms change it."""

import secrets
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from strawberry.schema import Schema

from domain.flows.request_tracking_link import RequestTrackingLink, request_tracking_link
from domain.kernel.actor import ANONYMOUS, Actor, ActorKind
from domain.kernel.runner import Runner
from resolvers.context import Context
from server.answers import shown
from server.auth import TRACKING_COOKIE, Authenticator, BadCredentials, Identity
from server.compiled_reads import CompiledReads
from server.page_attempts import PageAttempts
from web import tracking as page
from web.tracking.forms import UNITS

LONGEST_FORM = 20_000
MOST_FIELDS = 600
PATH = "/track"
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self';"
        " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    # Forms of this page say where they come from, and nobody else is told of it.
    "Referrer-Policy": "same-origin",
    "Vary": "Accept-Language, Cookie",
    "X-Content-Type-Options": "nosniff",
}
EXCHANGE_HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
SAID = frozenset({"canceled", "returned", "requested"})
KNOWN_REFUSALS = frozenset({"PROOF_REFUSED", "TOO_MANY_ATTEMPTS", "ILLEGAL_TRANSITION", "NOT_RETURNABLE"})
STATUS = {"TOO_MANY_ATTEMPTS": 429, "ILLEGAL_TRANSITION": 409, "NOT_RETURNABLE": 409, "OTHER_ORDER": 409}
Fields = Mapping[str, str]
Handled = Callable[[Request, Fields], Awaitable[Response]]


class TrackingPage:
    """Serves the page. It reads and writes by the API's own operations, as the bearer of the link."""

    def __init__(
        self,
        schema: Schema,
        authenticator: Authenticator,
        reads: CompiledReads,
        runner: Runner,
        context_for: Callable[[Actor], Context],
    ) -> None:
        self._schema, self._authenticator, self._reads = schema, authenticator, reads
        self._runner, self._context_for = runner, context_for
        self._attempts = PageAttempts()
        self._query, self._cancel, self._return = (page.operation(name) for name in ("tracking", "cancel", "return"))

    def routes(self, assets: Callable[..., Any]) -> list[BaseRoute]:
        """Where it is served."""
        return [
            Route(PATH, self.show),
            Route(f"{PATH}/cancel", self._form(self.cancel), methods=["POST"]),
            Route(f"{PATH}/return", self._form(self.ask_for_return), methods=["POST"]),
            Route(f"{PATH}/link", self._form(self.ask_for_link), methods=["POST"]),
            Mount(f"{PATH}/assets", assets(directory=page.ASSETS)),
        ]

    # -- seeing it ------------------------------------------------------------------------------------------------
    async def show(self, request: Request) -> Response:
        """The order of the cookie; or, with a token, the cookie."""
        if "token" in request.query_params:
            return await self._exchange(request)
        said = request.query_params.get("said")
        return await self._page(request, page.Notice(f"said.{said}") if said in SAID else None)

    async def _exchange(self, request: Request) -> Response:
        """The token becomes a cookie that no script reads, and leaves the address; so does one that opens nothing."""
        chosen = request.query_params.get("lang")
        answer = RedirectResponse(_at(chosen), 303, headers=EXCHANGE_HEADERS)
        token = request.query_params["token"]
        identity = await self._identity(token)
        is_secure = request.url.scheme == "https"
        if identity is None or identity.expires_at is None:
            answer.delete_cookie(TRACKING_COOKIE, secure=is_secure, httponly=True, samesite="lax")
            return answer
        left = int((identity.expires_at - datetime.now(UTC)).total_seconds())
        # Lax: a link in a mail is followed from a foreign site, and what it sets must be sent back at once.
        answer.set_cookie(TRACKING_COOKIE, token, max_age=left, secure=is_secure, httponly=True, samesite="lax")
        return answer

    async def _page(self, request: Request, notice: page.Notice | None, status: int = 200, lang: str = "") -> Response:
        say = _language(request, lang)
        identity = await self._identity(request.cookies.get(TRACKING_COOKIE))
        if identity is None or (tracking := await self._tracking(identity.actor)) is None:
            status = 404 if status == 200 and notice is None else status
            return HTMLResponse(page.closed(say, notice), status, headers=HEADERS)
        return HTMLResponse(page.page(say, tracking, notice), status, headers=HEADERS)

    async def _identity(self, token: str | None) -> Identity | None:
        """Who the token of a link is; None when it opens nothing, or not any more."""
        if not token:
            return None
        try:
            found = await self._authenticator.identify(f"Tracking {token}")
        except BadCredentials:
            return None
        return found if found.actor.scope.actor_kind is ActorKind.TRACKING_LINK else None

    async def _tracking(self, actor: Actor) -> page.Tracking | None:
        found = await self._answer(actor, self._query, {})
        tracking: page.Tracking | None = found["tracking"]
        return tracking

    # -- changing it ----------------------------------------------------------------------------------------------
    async def cancel(self, request: Request, fields: Fields) -> Response:
        """Call the order off."""
        asked = {"proof": fields.get("proof", "")}
        return await self._change(request, fields, self._cancel, asked, form="cancel", done="canceled")

    async def ask_for_return(self, request: Request, fields: Fields) -> Response:
        """Ask to send goods back."""
        units = [
            {"sku": name.removeprefix(UNITS), "quantity": int(text)}
            for name, text in fields.items()
            if name.startswith(UNITS) and text.isascii() and text.isdecimal() and int(text[:7]) > 0
        ]
        reason = fields.get("reason", "").strip()
        if not units or not reason:
            return await self._refused(request, fields, "NOTHING_CHOSEN", form="return")
        key = f"page:return:{fields.get('returns', '')[:10]}"
        asked = {"proof": fields.get("proof", ""), "units": units, "reason": reason, "idempotencyKey": key}
        return await self._change(request, fields, self._return, asked, form="return", done="returned")

    async def ask_for_link(self, request: Request, fields: Fields) -> Response:
        """Have a new link sent. The answer is the same whether or not there is such an order."""
        if not self._attempts.admits(request.client.host if request.client else ""):
            return await self._refused(request, fields, "TOO_MANY_ATTEMPTS", form="link")
        asked = RequestTrackingLink(fields.get("number", ""), fields.get("proof", ""))
        await self._runner.run(request_tracking_link, ANONYMOUS, asked)
        return _done("requested", fields)

    async def _change(
        self, request: Request, fields: Fields, document: str, asked: Mapping[str, Any], *, form: str, done: str
    ) -> Response:
        identity = await self._identity(request.cookies.get(TRACKING_COOKIE))
        if identity is None or (tracking := await self._tracking(identity.actor)) is None:
            return await self._page(request, None, lang=fields.get("lang", ""))
        if tracking["number"] != fields.get("order"):
            return await self._refused(request, {}, "OTHER_ORDER", form="")
        [payload] = (await self._answer(identity.actor, document, {"input": asked})).values()
        if payload["errors"]:
            return await self._refused(request, fields, payload["errors"][0]["code"], form=form)
        return _done(done, fields)

    async def _refused(self, request: Request, fields: Fields, code: str, *, form: str) -> Response:
        known = code if code in KNOWN_REFUSALS | {"OTHER_ORDER", "NOTHING_CHOSEN"} else "OTHER"
        given = {name: value for name, value in fields.items() if name != "proof"} | {"form": form}
        notice = page.Notice(f"refused.{known}", is_refusal=True, given=given)
        return await self._page(request, notice, STATUS.get(known, 422), fields.get("lang", ""))

    def _form(self, handled: Handled) -> Callable[[Request], Awaitable[Response]]:
        """The handler of a form that was sent from this page. For others the cookie stays at home, too."""

        async def handle(request: Request) -> Response:
            if not _is_from_here(request):
                return PlainTextResponse("This form was not sent from this page.", 403, headers=HEADERS)
            fields = await _fields(request)
            if fields is None:
                return PlainTextResponse("This form is too long, or is none.", 400, headers=HEADERS)
            return await handled(request, fields)

        return handle

    async def _answer(self, actor: Actor, document: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        """The data of an operation of ours. Raises RuntimeError with what the log knows the bug by."""
        asked = {"query": document, "variables": variables}
        context = self._context_for(actor)
        if (read := await self._reads.answer(asked, actor.scope)) is not None:
            data: dict[str, Any] = orjson.loads(read)["data"]
            return data
        result = await self._schema.execute(document, variable_values=dict(variables), context_value=context)
        if result.errors or result.data is None:
            raise RuntimeError([error["extensions"] for error in shown(result.errors or [])])
        return result.data


def _is_from_here(request: Request) -> bool:
    """Whether the browser says that a page of ours sent it: Fetch Metadata, or the origin where it does not know it."""
    if site := request.headers.get("sec-fetch-site"):
        return site == "same-origin"
    origin = urlsplit(request.headers.get("origin", ""))
    return origin.netloc != "" and secrets.compare_digest(
        origin.netloc.encode(), request.headers.get("host", "").encode("latin-1")
    )


async def _fields(request: Request) -> Fields | None:
    """The fields of a form, each once; None when it is too long, or no form."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/x-www-form-urlencoded":
        return None
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > LONGEST_FORM:
            return None
    try:
        return dict(parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=MOST_FIELDS))
    except ValueError:
        return None


def _language(request: Request, chosen: str) -> page.Language:
    wish = chosen or request.query_params.get("lang")
    return page.wanted(wish, request.headers.get("accept-language", "")[:500])


def _at(lang: str | None, **more: str) -> str:
    """The page's address, in the language that was chosen."""
    asked = {**more, **({"lang": lang} if lang in page.NAMES else {})}
    return PATH + ("?" + "&".join(f"{name}={value}" for name, value in asked.items()) if asked else "")


def _done(said: str, fields: Fields) -> Response:
    return RedirectResponse(_at(fields.get("lang"), said=said), 303, headers=HEADERS)
