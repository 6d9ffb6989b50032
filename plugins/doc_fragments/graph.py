# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    # Sign-in to Microsoft Graph; the argument spec is SIGN_IN in plugin_utils/_arguments.py.
    DOCUMENTATION = r"""
options:
  tenant:
    description:
      - The tenant to sign in to, as its id (a GUID) or as one of its verified domains.
      - If not set, the environment variable E(AZURE_TENANT) or E(AZURE_TENANT_ID) is used.
    type: str
  client_id:
    description:
      - The application (client) id of the registered application that signs in.
      - If not set, the environment variable E(AZURE_CLIENT_ID) is used.
    type: str
  client_secret:
    description:
      - The application's client secret.
      - If not set, the environment variable E(AZURE_SECRET) or E(AZURE_CLIENT_SECRET) is used.
    type: str
    aliases:
      - secret
  client_certificate_path:
    description:
      - Path on the controller of the application's certificate with its private key, as PEM or as PFX (PKCS#12).
      - If not set, the environment variable E(AZURE_X509_CERTIFICATE_PATH) or E(AZURE_CLIENT_CERTIFICATE_PATH) is used.
      - A certificate given as an option wins over a secret that comes from the environment, and a secret given as an
        option over a certificate that comes from the environment.
    type: path
  client_certificate_password:
    description:
      - Password of the private key in O(client_certificate_path).
      - If not set, the environment variable E(AZURE_CLIENT_CERTIFICATE_PASSWORD) is used.
    type: str
  access_token:
    description:
      - A ready access token for Microsoft Graph, or what M(sfb.hybrid_auth.graph_token) returned earlier in the same play.
      - If it is set, no other sign-in option is needed.
      - If not set, the environment variable E(AZURE_ACCESS_TOKEN) is used.
    type: str
  cloud:
    description:
      - The Microsoft cloud that the tenant is in. It decides the hosts for sign-in and for Microsoft Graph.
    type: str
    choices:
      - global
      - gcc
      - gcc_high
      - dod
      - china
    default: global
  login_url:
    description:
      - Use this sign-in endpoint instead of the one of O(cloud), for example V(https://login.microsoftonline.com).
      - If not set, the environment variable E(SFB_LOGIN_URL) is used.
    type: str
  graph_url:
    description:
      - Use this Microsoft Graph endpoint instead of the one of O(cloud), for example V(https://graph.microsoft.com).
      - If not set, the environment variable E(SFB_GRAPH_URL) is used.
    type: str
  ca_path:
    description:
      - Path on the controller of a file with certificate authorities (PEM) to trust, for example those of a proxy that
        inspects TLS.
      - If not set, the environment variable E(SFB_CA_PATH) is used.
    type: path
  validate_certs:
    description:
      - Whether TLS certificates are verified. V(false) lets anyone on the way read and change the sign-in; the module warns.
    type: bool
    default: true
requirements:
  - requests
  - msal
  - cryptography
notes:
  - Everything runs on the controller. No connection to the inventory host is made.
"""
