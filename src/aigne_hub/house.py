"""The frozen object that doors receive lives here: the rooms, built once and connected."""

from __future__ import annotations

from dataclasses import dataclass

from aigne_hub.access.apps.desk import AppDesk
from aigne_hub.access.connect.desk import ConnectDesk
from aigne_hub.access.identity import Caller
from aigne_hub.access.keys import Keys
from aigne_hub.access.limits import Counters
from aigne_hub.access.oauth.server import AuthorizationServer
from aigne_hub.access.signin.links import Links
from aigne_hub.access.signin.passkeys.desk import PasskeyDesk
from aigne_hub.access.signin.sessions import Sessions
from aigne_hub.access.signin.sign_in import SignIn
from aigne_hub.access.signin.store import Session
from aigne_hub.access.snapshot import AccessSnapshot
from aigne_hub.access.tickets.desk import TicketDesk
from aigne_hub.access.trust.issuers import TrustedIssuers
from aigne_hub.access.trust.tokens import TrustedTokens, is_jwt
from aigne_hub.access.users import Users
from aigne_hub.audit.journal import Journal
from aigne_hub.base.clock import Clock
from aigne_hub.base.crypto import Unreadable
from aigne_hub.base.deadlines import Deadlines
from aigne_hub.base.load import Load
from aigne_hub.catalog.entries import Credential, CredentialState
from aigne_hub.catalog.rates.book import RateBook
from aigne_hub.catalog.registry import Registry as CatalogRegistry
from aigne_hub.catalog.routes.book import RouteBook
from aigne_hub.catalog.snapshot import CatalogSnapshot
from aigne_hub.catalog.statuses.board import StatusBoard
from aigne_hub.db.engine import Database
from aigne_hub.db.lives import Lives
from aigne_hub.files.desk import FileDesk
from aigne_hub.files.sweep import Sweeper
from aigne_hub.flows.change_preferences import PreferenceDesk
from aigne_hub.flows.credential_health import CredentialHealth
from aigne_hub.flows.freshness import Freshness
from aigne_hub.flows.keep_credential import CredentialKeeper
from aigne_hub.flows.model_statuses import ModelStatuses
from aigne_hub.flows.note_refusal import RefusalBook
from aigne_hub.flows.send_link import Mailing
from aigne_hub.flows.sign_in_sso import SingleSignOn
from aigne_hub.flows.telling import Telling
from aigne_hub.notices.book import WebhookBook
from aigne_hub.outbound import Client
from aigne_hub.relay.answer import Relay
from aigne_hub.relay.counting import Counting
from aigne_hub.relay.explain import Explainer
from aigne_hub.relay.health import Health
from aigne_hub.relay.repeats import Repeats
from aigne_hub.relay.videos.desk import VideoDesk
from aigne_hub.relay.videos.waiting import WaitingVideos
from aigne_hub.settings import Settings
from aigne_hub.tokenizer.keeper import Tokenizer
from aigne_hub.usage.recorder import Recorder


@dataclass(frozen=True, slots=True)
class House:
    """Everything a door may ask. Doors read from it and call it; nobody changes it."""

    settings: Settings
    clock: Clock
    deadlines: Deadlines
    database: Database
    access: AccessSnapshot
    users: Users
    keys: Keys
    sessions: Sessions
    tickets: TicketDesk
    preferences: PreferenceDesk
    connects: ConnectDesk
    apps: AppDesk
    oauth: AuthorizationServer
    trusted_issuers: TrustedIssuers
    trusted_tokens: TrustedTokens
    sign_in: SignIn
    passkeys: PasskeyDesk
    links: Links
    mailing: Mailing
    single_sign_on: SingleSignOn
    journal: Journal
    refusals: RefusalBook
    counters: Counters
    load: Load
    catalog: CatalogSnapshot
    providers: CatalogRegistry
    rates: RateBook
    routes: RouteBook
    statuses: StatusBoard
    model_statuses: ModelStatuses
    webhooks: WebhookBook
    telling: Telling
    explainer: Explainer
    freshness: Freshness
    credentials: CredentialKeeper
    credential_health: CredentialHealth
    health: Health
    files: FileDesk
    file_sweeper: Sweeper
    client: Client
    recorder: Recorder
    relay: Relay
    repeats: Repeats
    lives: Lives
    tokenizer: Tokenizer
    counting: Counting
    video_desk: VideoDesk
    waiting_videos: WaitingVideos

    def state_of(self, credential: Credential) -> CredentialState:
        """How a credential is, by its row and by what this process has seen of it."""
        if credential.state is CredentialState.off:
            return CredentialState.off
        try:
            self.providers.open(credential)
        except Unreadable:
            return CredentialState.unreadable
        if not credential.active:
            return credential.state
        return self.health.state_of(credential.id, credential.provider_id, credential.updated_ms)

    async def note_seen(self, session: Session, address: str | None) -> None:
        """Write down that a session was used just now."""
        async with self.database.write() as conn:
            await self.sessions.touch(conn, session, address)

    async def identify(self, bearer: str | None, address: str | None = None) -> Caller:
        """Whose key, token or JWT this is; raises NotSignedIn, NotAllowed or Unavailable."""
        if bearer is not None and is_jwt(bearer):
            return await self.freshness.identify_workload(self.trusted_tokens, bearer, address)
        return await self.freshness.identify(bearer, address)
