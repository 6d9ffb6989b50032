# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sp_credential
short_description: Manage a farm's certificate on service principals
version_added: 1.0.0
author:
  - The sfb.hybrid_auth contributors (@sfb-hybrid-auth)
description:
  - Puts the farm's OAuthTokenIssuer certificate on service principals, so that the tenant accepts the tokens that the farm signs, or
    takes certificates away. With O(object=application) the same for application objects of the tenant's own.
  - Other credentials stay as they are. Microsoft Graph replaces the whole list with each write, so the lists of all service principals are
    read until two readings agree, then written one after the other, and read back until the directory shows them; a credential that was
    there and is missing then fails the task.
  - A second service principal is not read again before it is written, so what another program writes to it while the first one is
    written and read back is lost. One task for each service principal makes that time shorter.
  - Runs of one user on one machine write one after the other. Programs elsewhere that write to the same principal at the same moment are
    noticed as far as Microsoft Graph shows it.
  - Needs the Microsoft Graph permission C(Application.ReadWrite.All).
extends_documentation_fragment:
  - sfb.hybrid_auth.attributes
  - sfb.hybrid_auth.attributes.controller
  - sfb.hybrid_auth.graph
options:
  app_ids:
    description:
      - The application ids of the service principals.
      - The default are those of the documented procedure. Exchange Online (V(00000002-0000-0ff1-ce00-000000000000)) is shared with
        other hybrid products (CVE-2025-53786); the module warns. Leave it out where a dedicated hybrid application is used.
    type: list
    elements: str
    default:
      - 00000004-0000-0ff1-ce00-000000000000
      - 00000002-0000-0ff1-ce00-000000000000
  object:
    description:
      - What holds the credentials. An application of the tenant's own, such as a dedicated hybrid application, has an application object
        with keys of its own, where V(application) puts them; its service principal, which every tenant has of it, is another object.
      - The same rules are for both. For V(application), O(app_ids) has to be given, and O(current) is a result of
        M(sfb.hybrid_auth.sp_info) that has C(applications).
      - In check mode V(application) asks for the app management policy too where a certificate is due and the sign-in may read it
        (C(Policy.Read.All)). The task fails where the policy surely refuses the certificate, and warns where it may.
    type: str
    choices:
      - service_principal
      - application
    default: service_principal
  state:
    description:
      - V(present) adds the certificate where no key credential of it serves. A key credential serves if its type is C(AsymmetricX509Cert),
        its usage C(Verify), and it is valid now, or when the certificate itself, O(start) or O(valid_at) begin where that is later. One
        that begins later or is over stays, and another one is added beside it.
      - V(absent) removes the key credentials that O(key_id), O(thumbprint), O(certificate_path), O(certificate_content) or O(certificates)
        names.
        All but O(key_id) name a certificate, and remove a key credential only where Microsoft Graph gives that certificate with it. One of
        which only the identifier names it stays, with a warning that has its id; O(key_id) removes it.
      - What goes is decided from the reading before the first write. A key credential that appears later stays.
    type: str
    choices:
      - present
      - absent
    default: present
  certificate_path:
    description:
      - Path on the controller of the certificate as PEM, DER or base64. Where a private key lies beside it in the file, it is not read.
      - A relative path is searched for as by M(ansible.builtin.copy), in the role, in the folder of the playbook, and in their C(files).
      - At most one of O(certificate_path), O(certificate_content), O(certificates), O(thumbprint) and O(key_id) can be given.
    type: path
  certificate_content:
    description:
      - The certificate as PEM or as base64 of its DER form, for example what M(sfb.hybrid_auth.onprem_info) returned.
    type: str
  certificates:
    description:
      - Several certificates, each as in O(certificate_content), for example the one that signs and the one that is staged. They are
        written to a service principal in one request.
      - One that Windows signs with and that nothing here can read is given as M(sfb.hybrid_auth.onprem_info) returned it whole, with its
        C(thumbprint), C(content), C(subject), C(not_before), C(not_after), C(key_type) and C(key_size). It is what the server says it is.
    type: list
    elements: raw
  thumbprint:
    description:
      - With O(state=absent), the SHA-1 thumbprints of the certificates that go; one may be given without a list.
    type: list
    elements: str
  key_id:
    description:
      - With O(state=absent), the ids of the key credentials that go; one may be given without a list. They go in one request for each
        service principal.
    type: list
    elements: str
  display_name:
    description:
      - Display name of a new key credential, at most 90 characters. The default is the certificate's subject.
    type: str
  display_names:
    description:
      - Display names of new key credentials by the thumbprints of their certificates, at most 90 characters each. A certificate that is not
        among them has O(display_name).
      - M(sfb.hybrid_auth.trust_plan) and M(sfb.hybrid_auth.trust_rotation) return them, so that the deployment finds its key credentials
        again.
    type: dict
  start:
    description:
      - When a new key credential begins to be valid, in ISO 8601 such as V(2026-11-02T08:00:00Z), without a zone in UTC.
      - It lies within the certificate's validity. By default it comes from the certificate.
      - A key credential that is there is never altered.
    type: str
  end:
    description:
      - When a new key credential ends, in ISO 8601 such as V(2026-11-02T08:00:00Z), without a zone in UTC.
      - It lies within the certificate's validity, after O(start) and now. By default it comes from the certificate.
    type: str
  valid_at:
    description:
      - When a certificate begins to sign, by its thumbprint, where that is later than now. Each is in ISO 8601 such as
        V(2026-11-02T08:00:00Z), without a zone in UTC.
      - A key credential that is over by then, or begins after it, does not count as there. M(sfb.hybrid_auth.trust_rotation) tells it of
        what it wants added.
    type: dict
  remove_expired:
    description:
      - Also remove every expired key credential of these service principals, whoever put it there.
    type: bool
    default: false
  current:
    description:
      - The whole registered result of M(sfb.hybrid_auth.sp_info) from earlier in the play.
      - If it already shows what the task wants, nothing is contacted. Otherwise the module reads again before it writes.
    type: dict
  wait_timeout:
    description:
      - How many seconds a change may take in all, from the first reading until the directory shows it, from 1 to 86400.
      - Within them a request that was throttled, lost or met another writer is planned and sent again, and what a reading no longer shows
        is waited for.
    type: int
    default: 120
seealso:
  - module: sfb.hybrid_auth.onprem_certificate
  - module: sfb.hybrid_auth.onprem_info
  - module: sfb.hybrid_auth.sp_info
  - module: sfb.hybrid_auth.trust_plan
  - module: sfb.hybrid_auth.trust_removal
  - module: sfb.hybrid_auth.trust_rotation
  - name: Rotation
    description: How the certificate rolls to the next one, day by day.
    link: https://github.com/sfb-hybrid-auth/sfb.hybrid_auth/blob/main/docs/rotation.md
  - name: Configure server-to-server authentication for a hybrid environment
    description: The documented procedure.
    link: https://learn.microsoft.com/SkypeForBusiness/manage/authentication/configure-a-hybrid-environment
  - name: Update servicePrincipal
    description: The request that writes the list.
    link: https://learn.microsoft.com/graph/api/serviceprincipal-update
"""

EXAMPLES = r"""
- name: Put a certificate from a file on the Skype for Business Online service principal
  sfb.hybrid_auth.sp_credential:
    tenant: contoso.com
    client_id: "{{ lookup('ansible.builtin.env', 'AZURE_CLIENT_ID') }}"
    client_secret: "{{ lookup('ansible.builtin.env', 'AZURE_SECRET') }}"
    app_ids:
      - 00000004-0000-0ff1-ce00-000000000000
    certificate_path: issuer.cer

- name: Put a certificate on the application object of a dedicated hybrid application
  sfb.hybrid_auth.sp_credential:
    tenant: contoso.com
    client_id: "{{ lookup('ansible.builtin.env', 'AZURE_CLIENT_ID') }}"
    client_secret: "{{ lookup('ansible.builtin.env', 'AZURE_SECRET') }}"
    object: application
    app_ids:
      - 0a1b2c3d-0000-4000-8000-000000000001
    certificate_path: issuer.cer

- name: Remove a certificate by its thumbprint from the shared Exchange Online service principal
  sfb.hybrid_auth.sp_credential:
    tenant: contoso.com
    client_id: "{{ lookup('ansible.builtin.env', 'AZURE_CLIENT_ID') }}"
    client_secret: "{{ lookup('ansible.builtin.env', 'AZURE_SECRET') }}"
    app_ids:
      - 00000002-0000-0ff1-ce00-000000000000
    state: absent
    thumbprint: BB5D1064437D8720A5C53078185E6A361A78B10A

# This removes expired key credentials of other products too, whoever put them there: look with --check --diff first.
- name: Remove what is expired on the Skype for Business Online service principal
  sfb.hybrid_auth.sp_credential:
    tenant: contoso.com
    client_id: "{{ lookup('ansible.builtin.env', 'AZURE_CLIENT_ID') }}"
    client_secret: "{{ lookup('ansible.builtin.env', 'AZURE_SECRET') }}"
    app_ids:
      - 00000004-0000-0ff1-ce00-000000000000
    state: absent
    remove_expired: true
"""

RETURN = r"""
written:
  description: What was done before the task failed, in order.
  returned: failure after a part was done
  type: list
  elements: str
  sample:
    - add name 00000004-0000-0ff1-ce00-000000000000/webext.contoso.com to service principal 00000004-0000-0ff1-ce00-000000000000
service_principals:
  description: The service principals as they are now; in check mode as they would be.
  returned: when O(object=service_principal)
  type: list
  elements: dict
  contains:
    app_id:
      description: The application's id.
      type: str
      sample: 00000004-0000-0ff1-ce00-000000000000
    id:
      description: The id of the service principal's object in this tenant.
      type: str
      sample: 6f1d3f9e-3a9c-4c3f-9d3e-0f1f4d5a8b11
    display_name:
      description: The service principal's display name; V(null) where it has none.
      type: str
      sample: Skype for Business Online
    account_enabled:
      description: Whether users and services can sign in to it; V(null) where it is not told.
      type: bool
      sample: true
    names:
      description: Its service principal names.
      type: list
      elements: str
      sample: ["00000004-0000-0ff1-ce00-000000000000/webext.contoso.com"]
    key_credentials: &keys
      description: Its key credentials.
      type: list
      elements: dict
      contains:
        key_id:
          description: The id of the key credential; V(null) of one that check mode predicts.
          type: str
        thumbprint:
          description:
            - The certificate's SHA-1 thumbprint, whatever encoding is stored; V(null) where it cannot be told.
            - Where the key type is V(null), Microsoft Graph did not give the certificate, and this is what the identifier claims.
          type: str
        identifier:
          description:
            - The identifier as it is stored; V(null) where there is none.
            - Whoever writes a key credential chooses it, so it may name another certificate than the one that is there.
          type: str
        subject:
          description: The certificate's subject; V(null) where Microsoft Graph does not give the certificate.
          type: str
        start:
          description: When the key credential begins to be valid, in UTC; V(null) where it has no begin.
          type: str
        end:
          description: When it ends, in UTC; V(null) where it has no end.
          type: str
        days_left:
          description: Whole days until then, negative when it is over; V(null) where it has no end.
          type: int
        expired:
          description: Whether it is over.
          type: bool
        usage:
          description: What the key credential may be used for; V(null) where Microsoft Graph does not return it.
          type: str
          sample: Verify
        type:
          description: The kind of key credential; V(null) where Microsoft Graph does not return it.
          type: str
          sample: AsymmetricX509Cert
        display_name:
          description: The key credential's display name; V(null) where it has none.
          type: str
        key_type:
          description: Kind of the certificate's key; V(null) where Microsoft Graph does not give the certificate.
          type: str
          sample: RSA
        key_size:
          description: Bits of the certificate's key; V(null) where Microsoft Graph does not give the certificate.
          type: int
          sample: 2048
        signature_algorithm:
          description: How the certificate is signed; V(null) where Microsoft Graph does not give the certificate.
          type: str
          sample: sha256RSA
        encoding:
          description:
            - How the certificate is written there, V(der), V(pem), or V(text) for base64 within base64, since programs differ;
              V(null) where Microsoft Graph does not give the certificate.
          type: str
          sample: der
        unread:
          description:
            - Properties in which Microsoft Graph gave something that is not of their kind, so that they are not told here.
            - Such a key credential stays as it is stored when another one is written.
          type: list
          elements: str
          sample: []
    password_credentials: &secrets
      description: Its secrets, without their values.
      type: list
      elements: dict
      contains:
        key_id:
          description: The id of the secret; V(null) where Microsoft Graph does not return it.
          type: str
        display_name:
          description: The secret's display name; V(null) where it has none.
          type: str
        start:
          description: When it begins to be valid, in UTC; V(null) where it has no begin.
          type: str
        end:
          description: When it ends, in UTC; V(null) where it has no end.
          type: str
applications:
  description: The application objects as they are now; in check mode as they would be.
  returned: when O(object=application)
  type: list
  elements: dict
  contains:
    app_id:
      description: The application's id.
      type: str
    id:
      description: The id of the application object, which has keys of its own.
      type: str
    display_name:
      description: The application's display name; V(null) where it has none.
      type: str
      sample: SfB hybrid contoso
    key_credentials: *keys
    password_credentials: *secrets
operations:
  description: What was changed, in words; in check mode what would be. Empty when nothing changes.
  returned: success
  type: list
  elements: str
  sample:
    - add certificate BB5D1064437D8720A5C53078185E6A361A78B10A (CN=contoso.com) to service principal 00000004-0000-0ff1-ce00-000000000000
"""
