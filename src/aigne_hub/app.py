"""The composition root: builds each room once and connects them. The only place that knows them all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import structlog

from aigne_hub import console
from aigne_hub.access.apps.desk import AppDesk
from aigne_hub.access.connect.desk import ConnectDesk
from aigne_hub.access.keys import Keys
from aigne_hub.access.limits import MemoryCounters
from aigne_hub.access.oauth.server import authorization_server
from aigne_hub.access.preferences import PreferenceBook
from aigne_hub.access.signin.attempts import Attempts
from aigne_hub.access.signin.links import Links
from aigne_hub.access.signin.passkeys.desk import PasskeyDesk
from aigne_hub.access.signin.passwords import Hashing
from aigne_hub.access.signin.sessions import Sessions
from aigne_hub.access.signin.sign_in import SignIn
from aigne_hub.access.signin.sso.identities import Identities
from aigne_hub.access.signin.sso.issuers import IssuerBook
from aigne_hub.access.snapshot import AccessSnapshot
from aigne_hub.access.tickets.desk import TicketDesk
from aigne_hub.access.trust.issuers import TrustedIssuers
from aigne_hub.access.trust.keyring import KeyRing
from aigne_hub.access.trust.tokens import TrustedTokens
from aigne_hub.access.users import Users
from aigne_hub.api.app import control_plane
from aigne_hub.audit.journal import Journal
from aigne_hub.base.clock import Clock
from aigne_hub.base.crypto import Vault
from aigne_hub.base.deadlines import Deadlines
from aigne_hub.base.ids import IdSource
from aigne_hub.base.load import Load
from aigne_hub.catalog.google_tokens import GoogleTokens
from aigne_hub.catalog.rates.book import RateBook
from aigne_hub.catalog.registry import Registry as CatalogRegistry
from aigne_hub.catalog.routes.book import RouteBook
from aigne_hub.catalog.snapshot import CatalogSnapshot
from aigne_hub.catalog.standing import Standing
from aigne_hub.catalog.statuses.availability import Availability
from aigne_hub.catalog.statuses.board import StatusBoard
from aigne_hub.console.pages import Console
from aigne_hub.db.boots import new_boot
from aigne_hub.db.engine import Database
from aigne_hub.db.lives import Lives
from aigne_hub.edge.app import Edge
from aigne_hub.edge.reading import BodyReader
from aigne_hub.edge.wire import Receive, Scope, Send
from aigne_hub.files.bucket import Bucket, BucketAddress
from aigne_hub.files.desk import FileDesk
from aigne_hub.files.disk import Disk
from aigne_hub.files.drafts import Drafts
from aigne_hub.files.place import Place
from aigne_hub.files.sweep import Sweeper
from aigne_hub.files.threads import Threads
from aigne_hub.flows.change_preferences import PreferenceDesk
from aigne_hub.flows.credential_check import CredentialCheck
from aigne_hub.flows.credential_health import CredentialHealth
from aigne_hub.flows.environment_providers import put_environment_providers
from aigne_hub.flows.freshness import Freshness
from aigne_hub.flows.keep_credential import CredentialKeeper
from aigne_hub.flows.local_provider import put_local_provider
from aigne_hub.flows.model_statuses import ModelStatuses
from aigne_hub.flows.note_refusal import RefusalBook
from aigne_hub.flows.openid import OpenId
from aigne_hub.flows.send_link import Mailing
from aigne_hub.flows.sign_in_sso import SingleSignOn
from aigne_hub.flows.telling import Telling
from aigne_hub.house import House
from aigne_hub.jobs.ticks import keep_ticking, ticks_of
from aigne_hub.local.supervisor import MODEL_NAME, LocalModel, is_available
from aigne_hub.master_key import master_key
from aigne_hub.notices.book import WebhookBook
from aigne_hub.outbound import Client, Guard, Limits
from aigne_hub.outbound.mail import Mailer, MailServer
from aigne_hub.providers.known import LOCAL
from aigne_hub.relay.answer import Relay
from aigne_hub.relay.counting import Counting
from aigne_hub.relay.estimating import Estimating
from aigne_hub.relay.explain import Explainer
from aigne_hub.relay.fetching import Fetching
from aigne_hub.relay.filling import LARGEST, Filling
from aigne_hub.relay.health import Health
from aigne_hub.relay.hedging import Hedging
from aigne_hub.relay.passing import Passing
from aigne_hub.relay.plan import Planner, fresh_planner
from aigne_hub.relay.repeats import Repeats
from aigne_hub.relay.retrying import RetryBudget
from aigne_hub.relay.slots import Slots
from aigne_hub.relay.videos.desk import VideoDesk
from aigne_hub.relay.videos.maker import Maker
from aigne_hub.relay.videos.waiting import WaitingVideos
from aigne_hub.settings import BadSetting, Settings, read_settings
from aigne_hub.tokenizer.keeper import Tokenizer
from aigne_hub.usage.recorder import Recorder

log = structlog.get_logger()

_LOCAL_START_S = 15.0
_PAGES = Path(console.__file__).parent / "dist"  # what `make web` builds


@asynccontextmanager
async def open_house(settings: Settings, *, clock: Clock | None = None) -> AsyncIterator[House]:
    """The rooms, connected and fresh, on a database whose tables are up to date."""
    clock = clock or Clock()
    vault = Vault(master_key(settings))
    deadlines = Deadlines()
    database = await Database.open(settings.database)
    client = Client(
        deadlines=deadlines,
        guard=Guard(allow_private=settings.private_upstreams),
        proxy=settings.proxy or None,
    )
    outside = Client(deadlines=deadlines, guard=Guard(allow_private=False))
    hashing, tokenizer = Hashing(), Tokenizer(clock)
    threads = Threads()
    lives: Lives | None = None
    try:
        boot = await new_boot(database, clock)
        lives, ids = Lives.of(settings.data_dir, settings.database, boot), IdSource(clock, boot)
        journal = Journal(vault, clock)
        ground = _Ground(
            settings,
            clock,
            vault,
            deadlines,
            database,
            client,
            outside,
            ids,
            hashing,
            tokenizer,
            threads,
            journal,
            lives,
        )
        house = _house(ground)
        await house.freshness.look()
        yield house
    finally:
        if lives is not None:
            lives.close()
        hashing.close()
        tokenizer.close()
        threads.close()
        await outside.close()
        await client.close()
        await database.close()


@dataclass(frozen=True, slots=True)
class _Ground:
    """What rooms are built on."""

    settings: Settings
    clock: Clock
    vault: Vault
    deadlines: Deadlines
    database: Database
    client: Client
    outside: Client
    ids: IdSource
    hashing: Hashing
    tokenizer: Tokenizer
    threads: Threads
    journal: Journal
    lives: Lives

    @property
    def limits(self) -> Limits:
        settings = self.settings
        return Limits(
            connect_s=settings.connect_s,
            first_byte_s=settings.first_byte_s,
            idle_s=settings.idle_s,
            total_s=settings.total_s,
            answer_bytes=settings.answer_limit,
        )


def _house(ground: _Ground) -> House:
    settings, clock, vault, database = ground.settings, ground.clock, ground.vault, ground.database
    client, ids, journal = ground.client, ground.ids, ground.journal
    access, catalog = AccessSnapshot(vault, clock, stale_s=settings.stale_s), _catalog(ground)
    keys, tickets = Keys(vault, clock, ids, journal), TicketDesk(vault, clock, ids)
    users, sessions = Users(clock, ids, journal), Sessions(vault, clock, ids)
    sign_in = SignIn(database, clock, ground.hashing, sessions, Attempts(clock), journal)
    passkeys = PasskeyDesk(clock, ids, tickets, journal)
    links = Links(database, clock, ids, tickets, users, sign_in, sessions, passkeys, journal)
    providers, rates = CatalogRegistry(vault, clock, ids, journal), RateBook(clock, ids, journal)
    recorder = Recorder(database.writer, database.dialect, clock, ids)
    drafts, place, files = _shelves(ground)
    credentials = CredentialKeeper(database, providers, CredentialCheck(client, clock), clock)
    webhooks, mailer = WebhookBook(vault, clock, journal), _mailer(settings)
    telling = Telling(database, client, webhooks, mailer, ids, clock)
    refused = CredentialHealth(database, providers, Standing(clock, journal), credentials, telling)
    statuses, routes = StatusBoard(), RouteBook(clock, journal, catalog.foresee)
    availability, estimating = Availability(statuses, clock, catalog.kind_listed), Estimating(ground.tokenizer)
    health = Health(clock, catalog.usable, refused.note_invalid, availability)
    planner, slots, maker = fresh_planner(health, clock), Slots(ground.deadlines), Maker(client, clock, ground.limits)
    return House(
        settings=settings,
        clock=clock,
        deadlines=ground.deadlines,
        database=database,
        access=access,
        users=users,
        apps=AppDesk(clock, users),
        oauth=authorization_server(vault, clock, ids, journal, tickets),
        trusted_issuers=TrustedIssuers(clock, ids, journal),
        trusted_tokens=TrustedTokens(access, KeyRing(client, clock), clock),
        keys=keys,
        connects=ConnectDesk(vault, clock, keys, journal),
        sessions=sessions,
        tickets=tickets,
        preferences=PreferenceDesk(PreferenceBook(clock, journal), rates, routes),
        sign_in=sign_in,
        passkeys=passkeys,
        links=links,
        mailing=Mailing(database, links, mailer),
        single_sign_on=_single_sign_on(ground, users, tickets, sign_in),
        journal=journal,
        refusals=RefusalBook(database, clock, journal),
        counters=MemoryCounters(clock),
        load=Load(clock),
        catalog=catalog,
        providers=providers,
        rates=rates,
        routes=routes,
        statuses=statuses,
        model_statuses=ModelStatuses(database, catalog, statuses, availability, telling, clock),
        webhooks=webhooks,
        telling=telling,
        explainer=Explainer(catalog, planner, health),
        freshness=Freshness(database, access, catalog, statuses),
        credentials=credentials,
        credential_health=refused,
        health=health,
        files=files,
        file_sweeper=Sweeper(database, clock, drafts, place),
        client=client,
        recorder=recorder,
        relay=_relay(ground, catalog, planner, slots, files, recorder),
        repeats=Repeats(database, vault, clock, ground.lives.boot, total_s=settings.total_s),
        lives=ground.lives,
        tokenizer=ground.tokenizer,
        counting=Counting(catalog, planner, slots, client, recorder, estimating, clock, limits=ground.limits),
        video_desk=VideoDesk(database, catalog, planner, maker, recorder, clock),
        waiting_videos=WaitingVideos(catalog, planner, maker, files, recorder, clock, total_s=settings.total_s),
    )


def _catalog(ground: _Ground) -> CatalogSnapshot:
    settings, tokens = ground.settings, GoogleTokens(ground.client, ground.clock)
    return CatalogSnapshot(
        ground.vault, ground.clock, tokens, knows_lacks=settings.check_models, keys=settings.provider_keys
    )


def _relay(
    ground: _Ground, catalog: CatalogSnapshot, planner: Planner, slots: Slots, files: FileDesk, recorder: Recorder
) -> Relay:
    settings, client, outside = ground.settings, ground.client, ground.outside
    estimating, fetching = Estimating(ground.tokenizer), Fetching(client, largest=settings.answer_limit // 4)
    passing = Passing(catalog, files, fetching, estimating, ground.deadlines, drain_s=settings.drain_s)
    filling = Filling(None if settings.proxy else Fetching(outside, largest=LARGEST))
    clock, limits = ground.clock, ground.limits
    budget, hedging = RetryBudget(clock), Hedging(planner.conditions, clock)
    return Relay(
        catalog, planner, client, filling, passing, slots, budget, hedging, recorder, estimating, clock, limits=limits
    )


def _shelves(ground: _Ground) -> tuple[Drafts, Place, FileDesk]:
    """Where files are written, where they are kept, and who keeps them."""
    settings = ground.settings
    drafts, place = Drafts(settings.data_dir / "files" / "drafts", ground.threads), _place(ground)
    desk = FileDesk(
        ground.database,
        ground.vault,
        ground.clock,
        ground.ids,
        ground.journal,
        drafts,
        place,
        keep_s=settings.files_s,
        limit=settings.files_limit,
        largest=settings.answer_limit,
    )
    return drafts, place, desk


def _place(ground: _Ground) -> Place:
    settings, threads = ground.settings, ground.threads
    if not settings.files_s3:
        return Disk(settings.data_dir / "files", threads)
    try:
        address = BucketAddress.parse(settings.files_s3)
    except ValueError as error:
        raise BadSetting(f"HUB_FILES_S3 cannot be used: {error}") from error
    return Bucket(ground.client, address, threads, ground.clock)


def _single_sign_on(ground: _Ground, users: Users, tickets: TicketDesk, sign_in: SignIn) -> SingleSignOn:
    clock, ids, journal = ground.clock, ground.ids, ground.journal
    return SingleSignOn(
        ground.database,
        OpenId(ground.client, clock),
        IssuerBook(ground.vault, clock, ids, journal),
        Identities(clock, ids, users, journal),
        tickets,
        sign_in,
    )


def _mailer(settings: Settings) -> Mailer | None:
    return Mailer(MailServer.parse(settings.smtp_url)) if settings.smtp_url else None


class Hub:
    """The ASGI application of one worker: its lifespan is the house's, its requests are the edge's."""

    def __init__(self, settings: Settings, *, clock: Clock | None = None) -> None:
        self._settings = settings
        self._clock = clock
        self._edge: Edge | None = None

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] == "lifespan":
            return self._lifespan(receive, send)
        assert self._edge is not None, "the server waits for the lifespan before it accepts"
        return self._edge(scope, receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            async with open_house(self._settings, clock=self._clock) as house, background(house):
                await put_environment_providers(house.database, house.providers, self._settings.provider_keys)
                await house.freshness.look()
                reader = BodyReader(house.deadlines, limit=self._settings.body_limit, seconds=self._settings.body_s)
                self._edge = Edge(house, reader, control_plane(house), Console(_PAGES))
                await send({"type": "lifespan.startup.complete"})
                await receive()
        except Exception as error:  # the server must hear of it, or it would wait for ever
            log.exception("the hub could not start" if self._edge is None else "the hub did not stop cleanly")
            kind = "startup" if self._edge is None else "shutdown"
            await send({"type": f"lifespan.{kind}.failed", "message": str(error)})
        else:
            await send({"type": "lifespan.shutdown.complete"})


@asynccontextmanager
async def background(house: House) -> AsyncIterator[None]:
    """What runs beside the calls: the ticks, and the local model when it is wanted."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(keep_ticking(tick)) for tick in ticks_of(house)]
        tasks.append(group.create_task(house.relay.probes.run()))
        if house.settings.local_model and is_available():
            began_ms = house.clock.now_ms()
            model = LocalModel(
                house.settings.data_dir,
                lambda address: put_local_provider(house.database, house.providers, address),
            )
            tasks.append(group.create_task(model.run()))
            await _local_model_listed(house, began_ms)
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()


async def _local_model_listed(house: House, began_ms: int) -> None:
    """Wait until the local model can be called, whichever worker runs it, so that `ready` is true of it too."""
    with suppress(TimeoutError):
        async with asyncio.timeout(_LOCAL_START_S):
            while not _is_local_ready(house, began_ms):
                await asyncio.sleep(0.05)
            return
    log.warning("local model is not up yet", model=f"{LOCAL}/{MODEL_NAME}")


def _is_local_ready(house: House, began_ms: int) -> bool:
    return any(p.name == LOCAL and p.updated_ms >= began_ms for p in house.catalog.ready())


def create_app() -> Hub:
    """The application by the environment's settings, for an ASGI server that wants a factory."""
    return Hub(read_settings())
