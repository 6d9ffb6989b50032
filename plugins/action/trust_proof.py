# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime, timezone
from typing import Any

from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm import oauth_server, parts
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.action import CURRENT
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.management_shell import ManagementShell
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._farm.shapes import OAuthServer
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._proof import assertion, exchange, mailbox
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._proof.assertion import Signed
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._proof.options import ProofOptions, read_options
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._proof.result import Proof, Seen, shown_token
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._proof.token_service import CORRECT_URL, TokenService, Way, stranger, way
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._proof.verdict import NOT_TRIED, Asked, Verdict, explain, unsigned
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.action import HybridAuthAction
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._task.arguments import ONPREM, SIGN_IN, Arguments, from_environment
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.applications import EXCHANGE_ONLINE, SKYPE_FOR_BUSINESS_ONLINE
from ansible_collections.sfb.hybrid_auth.plugins.plugin_utils._values.errors import HybridAuthError

_PART = "oauth_servers"
_SHORTEST_SECRET = 16
_NOT_VERIFIED = (
    "TLS certificates are not verified (validate_certs is false): anyone on the way can read the assertion and use it until it expires."
)


class ActionModule(HybridAuthAction):
    """Have the server sign an assertion with the farm's own key, and exchange it at the tenant's token service."""

    ARGUMENTS = Arguments(
        {
            **ONPREM,
            **CURRENT,
            "name": {"type": "list", "elements": "str"},
            "tenant_id": {"type": "str"},
            "cloud": SIGN_IN["cloud"],
            "metadata_url": {"type": "str", "fallback": from_environment("SFB_METADATA_URL")},
            "oauth_server_name": {"type": "str", "default": "microsoft.sts"},
            "application_id": {"type": "str", "default": SKYPE_FOR_BUSINESS_ONLINE},
            "realm": {"type": "str"},
            "audience": {"type": "str"},
            "resource": {"type": "str", "default": f"{EXCHANGE_ONLINE}/outlook.office365.com"},
            "token_endpoint": {"type": "str"},
            "thumbprint": {"type": "str"},
            "lifetime": {"type": "int", "default": 300},
            "metadata_doubt": {"type": "str"},
            "ca_path": SIGN_IN["ca_path"],
            "validate_certs": SIGN_IN["validate_certs"],
            "exchange": {"type": "bool", "default": False},
            "mailbox": {"type": "str"},
            "mailbox_binding": {"type": "str", "choices": list(mailbox.BINDINGS), "default": "NetNamedPipe"},
            "mailbox_storage_host": {"type": "str"},
            "mailbox_folder": {"type": "str", "choices": list(mailbox.FOLDERS)},
            "mailbox_delete_item": {"type": "bool", "default": True},
        },
        required_by={"mailbox_storage_host": ["mailbox"], "mailbox_folder": ["mailbox"]},
        required_if=[("mailbox_binding", "NetTCP", ["mailbox_storage_host"])],
    )

    def perform(self, params: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        options = read_options(params)
        self.warnings = [] if params["validate_certs"] else [_NOT_VERIFIED]
        self.shell = ManagementShell(self, params["management_modules"], task_vars, params["endpoint"])
        self.shell.require_runner("signing with the certificate's private key")
        self.shell.require_unseen("the key that opens an assertion")
        self.ca_path = params["ca_path"]
        self.service = TokenService(validate_certs=params["validate_certs"], ca_path=params["ca_path"])
        self.seen = Seen(server_name=options.oauth_server_name, mailbox_address=options.mailbox_address)
        found = self._way(options)
        if isinstance(found, Verdict):
            self.seen.stopped = found
        else:
            self._prove(options, found)
        if options.exchange and self.seen.exchange is None:
            self.seen.exchange = exchange.not_asked(options.cloud)
        result = {"changed": options.leaves_item and self.seen.mailbox_passed, **self.seen.result()}
        return {**result, **({"warnings": self.warnings} if self.warnings else {})}

    def _way(self, options: ProofOptions) -> Way | Verdict:
        """Where to ask, from the metadata document; where that cannot be told, or is not to be asked, why."""
        if options.doubt:
            return Verdict("not_known", f"The farm's metadata URL is in doubt: {options.doubt} Nothing was signed.", CORRECT_URL)
        servers = options.servers
        if servers is None and options.metadata_url is None:
            read = self.shell.run(parts.calls([_PART]))
            self.warnings += read.warnings
            servers = parts.shaped(read, [_PART])["oauth_servers"]
        if servers is not None:
            self._farm(servers, options)
        self.seen.metadata_url = options.metadata_url or (self.seen.server["metadata_url"] if self.seen.server else None)
        if not self.seen.metadata_url:
            return Verdict(
                "not_known",
                f"The farm has no OAuth server {options.oauth_server_name} with a metadata URL, so it is not known which tenant to ask.",
                "Set it up with oauth_server (sfb.hybrid_auth.configure does), or give tenant_id or metadata_url.",
            )
        if not options.may_be_asked(self.seen.metadata_url):
            return stranger(f"The metadata URL {self.seen.metadata_url}", self.seen.metadata_url, options)
        try:
            answer = self.service.metadata(self.seen.metadata_url)
        except HybridAuthError as exc:
            return Verdict("not_known", f"The metadata document could not be had: {exc}", "Correct that, and prove again.")
        found = way(answer, self.seen.metadata_url, options)
        if isinstance(found, Way):
            self.seen.realm, self.seen.endpoint, self.seen.resource = found.realm, found.endpoint, found.resource
        return found

    def _prove(self, options: ProofOptions, found: Way) -> None:
        """Sign and exchange in portions. Where nothing of one could be signed or exchanged, the rest is not tried."""
        rest = NOT_TRIED
        for portion in options.portions:
            known = set(self.secrets)
            signed = self._sign(options, found, portion)
            self.seen.signed = self.seen.signed or signed
            self.unasked = 0
            proofs = [self._exchange(options, found, one) for one in signed]
            # What this portion brought is kept out of what it says at once: to look for all of a thousand in everything takes minutes.
            self.seen.proofs += [proof.without(self.secrets) for proof in proofs]
            self.secrets.intersection_update(known)
            if all(one.problem for one in signed):  # of the certificate, which is the same for all
                rest = self.seen.proofs[-1].verdict
                break
            if self.unasked == len(signed):
                break
        asked = len(self.seen.proofs)
        self.seen.proofs += [Proof(options.issuer(host, found.realm), rest) for host in options.hosts[asked:]]

    def _sign(self, options: ProofOptions, found: Way, hosts: list[str]) -> list[Signed]:
        """The assertions that the server signed, made in one process with everything else that is asked of it at first."""
        read_farm = [] if self.seen.farm_read else parts.calls([_PART])
        seal = assertion.new_seal()
        self.secrets.add(seal)
        sign = assertion.call(options.application_id, hosts, found.realm, found.audience_host, options.lifetime, options.thumbprint, seal)
        write = [] if options.mailbox is None or self.check_mode or self.seen.mailbox else [options.mailbox]
        answer, error = self.shell.attempt([*read_farm, sign, *write])
        self.returned = time.monotonic()
        failure = error.details["failure"] if error else None
        if error and (failure is None or failure.get("id") != mailbox.CALL_ID):
            raise error
        self.warnings += answer.warnings
        if read_farm:
            self._farm(parts.shaped(answer, [_PART])["oauth_servers"], options)
        if write:
            rows = [str(row.get("text") or "") for row in answer.rows.get(mailbox.CALL_ID, [])]
            self.seen.mailbox = mailbox.explain(rows, failure, datetime.now(timezone.utc))
        elif options.mailbox is not None and self.check_mode:
            self.seen.mailbox = ("skip", "not done in check mode, since it writes an item into the mailbox", "")
        return assertion.read(answer.rows[sign.id], seal)

    def _exchange(self, options: ProofOptions, found: Way, signed: Signed) -> Proof:
        if signed.assertion is None or signed.issued is None:
            return Proof(signed.issuer, unsigned(str(signed.problem), signed.thumbprint, signed.message))
        self._hide(signed.assertion)
        try:
            answer = self.service.exchange(found.endpoint, signed.assertion, found.resource)
        except HybridAuthError as exc:
            self.unasked += 1
            return Proof(
                signed.issuer, Verdict("not_known", f"The token service could not be asked: {exc}", "Correct that, and prove again.")
            )
        if answer.date:
            passed = time.monotonic() - self.returned
            self.seen.skew = (signed.issued - answer.date).total_seconds() + passed
        host = signed.issuer.partition("@")[0].partition("/")[2]
        asked = Asked(signed.issuer, options.application_id, host, found.realm, str(signed.thumbprint), found.resource, self.seen.skew)
        content = answer.content
        if isinstance(content, dict) and isinstance(content.get("access_token"), str):
            self._hide(content["access_token"])
        verdict = explain(answer.status, content, asked)
        if verdict.accepted and options.exchange and self.seen.exchange is None:
            entry = exchange.ask(content["access_token"], options.cloud, self.ca_path, datetime.now(timezone.utc))
            self.seen.exchange = entry.without(self.secrets)
        return Proof(signed.issuer, verdict, shown_token(content) if verdict.accepted else None)

    def _farm(self, servers: Sequence[OAuthServer], options: ProofOptions) -> None:
        self.seen.server, self.seen.farm_read = oauth_server.find(servers, options.oauth_server_name), True

    def _hide(self, token: str) -> None:
        """Nothing shows a token, nor its signature, without which the rest is worth nothing. What is as short as a word is neither."""
        self.secrets.update(part for part in (token, token.rpartition(".")[2]) if len(part) >= _SHORTEST_SECRET)
