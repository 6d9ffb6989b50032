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
      - A relative path is searched for as by M(ansible.builtin.copy), in the role, in the folder of the playbook, and in their C(files).
      - If not set, the environment variable E(AZURE_X509_CERTIFICATE_PATH) or E(AZURE_CLIENT_CERTIFICATE_PATH) is used.
        A relative path in it begins in the folder in which C(ansible-playbook) was started.
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
      - If it is set, no other sign-in option is needed, and if the task sets it, it wins over O(auth_source).
      - A token that is over, or that says it is for another Microsoft Graph endpoint than that of O(cloud) or O(graph_url), is not
        sent. Neither is one of another tenant where O(tenant) is an id, nor one that is for Microsoft Graph in general (its id) but
        whose issuer is not of the endpoint's cloud.
      - What M(sfb.hybrid_auth.graph_token) returned is only for tasks with the same O(login_url), O(graph_url), O(validate_certs) and
        O(ca_path), best set once in C(module_defaults).
      - If not set, the environment variable E(AZURE_ACCESS_TOKEN) is used.
    type: str
  cloud:
    description:
      - The Microsoft cloud that the tenant is in. It decides the hosts for sign-in and for Microsoft Graph.
      - If not set, the environment variable E(AZURE_CLOUD_ENVIRONMENT) is used. It may hold a name that azure.azcollection and AWX use,
        V(AzureCloud) for V(global), V(AzureUSGovernment) for V(gcc_high) and V(AzureChinaCloud) for V(china), or a name listed here.
        The URL of an Azure Stack is refused.
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
      - It must be of the same cloud as O(graph_url). An endpoint of no Microsoft cloud is taken only together with one of none on the
        same host, or with O(own_endpoints), so that a credential is never sent to the wrong one.
      - If not set, the environment variable E(SFB_LOGIN_URL) is used.
    type: str
  graph_url:
    description:
      - Use this Microsoft Graph endpoint instead of the one of O(cloud), for example V(https://graph.microsoft.com).
      - An endpoint of no Microsoft cloud is taken only together with O(login_url) where the sign-in uses that, as described there.
      - If not set, the environment variable E(SFB_GRAPH_URL) is used.
    type: str
  own_endpoints:
    description:
      - Declares that O(login_url) and O(graph_url) belong together although they are of no one Microsoft cloud and not on one host, such
        as gateways of your own. Without it, such a pair gets no secret and no token that is for Microsoft Graph.
      - With it, each task warns, since who runs either can act with the application's rights. It never comes from the environment.
    type: bool
    default: false
  ca_path:
    description:
      - Path on the controller of a file with certificate authorities (PEM) to trust, for example those of a proxy that
        inspects TLS.
      - A relative path is searched for as by M(ansible.builtin.copy), in the role, in the folder of the playbook, and in their C(files).
      - If not set, the environment variable E(SFB_CA_PATH) is used.
        A relative path in it begins in the folder in which C(ansible-playbook) was started.
    type: path
  validate_certs:
    description:
      - Whether TLS certificates are verified. V(false) lets anyone on the way read and change the sign-in; the module warns.
    type: bool
    default: true
  auth_source:
    description:
      - How to sign in.
      - V(auto) takes what the task sets, and otherwise the first of these that the environment has, E(AZURE_ACCESS_TOKEN),
        E(AZURE_SECRET), E(AZURE_X509_CERTIFICATE_PATH), E(AZURE_FEDERATED_TOKEN_FILE), a job of GitHub Actions that may ask for tokens,
        a managed identity that the environment names, the Azure CLI. The result of M(sfb.hybrid_auth.graph_token) and a line of C(-v)
        say what was used.
      - V(access_token) uses O(access_token), V(client_secret) uses O(client_secret), V(client_certificate) uses
        O(client_certificate_path).
      - V(federated) uses a token of an identity provider that the application trusts, see O(federated_token_file).
      - V(managed_identity) uses the identity of the Azure virtual machine, App Service or Azure Arc server that Ansible runs on.
      - V(cli) uses the account that the Azure CLI (C(az)) is signed in with.
      - V(device_code) lets a person sign in on another device, for a first run by hand. Its code is shown on standard error.
      - If not set, the environment variable E(ANSIBLE_AZURE_AUTH_SOURCE) is used, in which V(msi) means V(managed_identity) and V(env)
        means V(auto), as in azure.azcollection.
    type: str
    choices:
      - auto
      - access_token
      - client_secret
      - client_certificate
      - federated
      - managed_identity
      - cli
      - device_code
    default: auto
  federated_token_file:
    description:
      - Path on the controller of a file with a token of the identity provider, as Kubernetes keeps it for a workload identity.
      - A relative path is searched for as by M(ansible.builtin.copy), in the role, in the folder of the playbook, and in their C(files).
      - If not set, the environment variable E(AZURE_FEDERATED_TOKEN_FILE) is used.
        A relative path in it begins in the folder in which C(ansible-playbook) was started.
      - If neither this nor O(federated_token_variable) is set, V(federated) asks GitHub Actions for a token.
    type: path
  federated_token_variable:
    description:
      - Name of the environment variable that holds a token of the identity provider, such as one of C(id_tokens) in GitLab CI/CD.
    type: str
  managed_identity_client_id:
    description:
      - Client id of the user-assigned managed identity to use. Without it, it is the system-assigned one.
    type: str
  device_code_timeout:
    description:
      - Seconds to wait until the device code is entered, from 1 to 900.
    type: int
    default: 300
attributes:
  action_group:
    description: Use C(group/sfb.hybrid_auth.graph) in C(module_defaults) to set defaults for this module.
    support: full
    membership:
      - sfb.hybrid_auth.graph
requirements:
  - requests
  - msal >= 1.37.0 (1.38.0 for a user-assigned managed identity of an Azure Arc server)
  - cryptography
notes:
  - Everything runs on the controller. No connection to the inventory host is made.
"""
