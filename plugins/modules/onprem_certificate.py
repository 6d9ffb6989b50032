# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: onprem_certificate
short_description: Stage or assign the farm's OAuthTokenIssuer certificate
version_added: 1.0.0
author:
  - The sfb.hybrid_auth contributors (@sfb-hybrid-auth)
description:
  - Brings the certificate that the farm signs tokens with next into the computer store, and stages or assigns it for the whole
    deployment. The Central Management Store copies it with its private key to all Front Ends.
  - A roll is staged with C(Set-CsCertificate -Roll -EffectiveDate). Until the effective date the present certificate goes on signing. The
    date is given to the cmdlet as a time, not as text, so that the region settings of the server do not matter.
  - Nothing is staged or assigned that the tenant does not hold, that has expired, has no private key or a key that is too short, or
    that would take effect only when the present certificate has expired.
  - A PFX is sent in the request and is written to no file on the server. Its key becomes exportable there, which the Central Management
    Store needs.
extends_documentation_fragment:
  - sfb.hybrid_auth.attributes
  - sfb.hybrid_auth.attributes.server
  - sfb.hybrid_auth.onprem
options:
  state:
    description:
      - V(in_store) only brings the certificate into the computer store.
      - V(assigned) does so and stages or assigns it.
      - V(previous_absent) makes the farm forget the certificate that signed before (C(Remove-CsCertificate -Previous)). It is refused while
        a roll is pending, and for 24 hours after the present certificate took effect.
      - V(store_absent) takes O(thumbprints) out of the computer store of the server, each with its private key. Nothing is removed where
        C(Get-CsCertificate) shows one of them there for any use, as the present or as the previous certificate; the server asks that again
        right before it removes. Only this server's store is looked at, so run the task on every server.
    type: str
    choices:
      - assigned
      - in_store
      - previous_absent
      - store_absent
    default: assigned
  source:
    description:
      - V(thumbprint) is a certificate that is in the computer store already.
      - V(pfx) is a file on the controller.
      - V(self_signed) is a new certificate that the server makes. None is made while a roll is pending, where the certificate
        that signs is as new as a new one would be, or where an earlier run left one that was not assigned. One that lacks a SIP domain
        among its names is not taken for it.
    type: str
    choices:
      - thumbprint
      - pfx
      - self_signed
    default: thumbprint
  thumbprint:
    description:
      - With O(source=thumbprint), the SHA-1 thumbprint of the certificate.
    type: str
  thumbprints:
    description:
      - With O(state=store_absent), the SHA-1 thumbprints of the certificates that are not to be in the store. They cannot be brought back.
    type: list
    elements: str
  prepared:
    description:
      - With O(source=thumbprint), the whole registered result of an earlier task with O(state=in_store), whose certificate is meant.
      - In check mode it is believed where the certificate is not in the store yet. At most one of O(thumbprint) and O(prepared) can
        be given.
    type: dict
  pfx_path:
    description:
      - With O(source=pfx), the path on the controller of a PFX (PKCS#12) file with the certificate and its private key.
      - A relative path is searched for as by M(ansible.builtin.copy), in the role, in the folder of the playbook, and in their C(files).
      - The connection must use pipelining, as winrm and psrp always do, since ansible-core would otherwise write the request to a file.
      - It is refused with E(ANSIBLE_DEBUG), with which ansible-core would print the PFX and its password.
    type: path
  pfx_password:
    description:
      - Password of that file. Keep it in a vault.
    type: str
  subject:
    description:
      - With O(source=self_signed), the subject, as Windows writes it (C(CN=contoso.com, O="Contoso, Inc.")) or in the form of RFC 4514.
        The default is C(CN=) with the default SIP domain.
      - The alternative names are all SIP domains of the farm, the default one first.
    type: str
  key_size:
    description:
      - With O(source=self_signed), the bits of the RSA key.
    type: int
    choices:
      - 2048
      - 3072
      - 4096
    default: 2048
  valid_days:
    description:
      - With O(source=self_signed), for how many days the certificate is valid, from 60 to 3650. They begin five minutes before it
        is made, so the whole validity is no longer than that.
    type: int
    default: 365
  withdrawn_thumbprints:
    description:
      - With O(source=self_signed), the SHA-1 thumbprints of certificates that an earlier run left and that are not to be assigned. Another
        one is made instead.
    type: list
    elements: str
    default: []
  effective_date:
    description:
      - When the certificate begins to sign, in ISO 8601 such as V(2026-11-02T08:00:00Z), without a zone in UTC.
      - The default is the full hour after 24 hours from now. Microsoft asks for at least 24 hours before the present certificate expires.
      - Where no certificate is assigned yet, it signs at once.
    type: str
  immediate:
    description:
      - Assign the certificate at once instead of staging it.
    type: bool
    default: false
  replace_pending:
    description:
      - Whether the certificate may be staged or assigned while another roll is pending, or the same one with another date.
      - The certificate that signs now cannot take the place of the one that is staged, since Microsoft documents no cmdlet that takes a
        pending roll back. A task that asks for that fails.
    type: bool
    default: false
  check_tenant:
    description:
      - Whether the service principals O(app_ids) must hold the certificate, as O(cloud) shows them, before it is staged or assigned.
    type: bool
    default: true
  cloud:
    description:
      - "The tenant's half: the whole registered result of M(sfb.hybrid_auth.sp_info) or M(sfb.hybrid_auth.sp_credential), read after the
        certificate was put on the service principals."
      - Needed with O(state=assigned) unless O(check_tenant=false).
    type: dict
  app_ids:
    description:
      - The application ids of the service principals that hold the farm's certificate.
    type: list
    elements: str
    default:
      - 00000004-0000-0ff1-ce00-000000000000
      - 00000002-0000-0ff1-ce00-000000000000
  current:
    description:
      - The whole registered result of M(sfb.hybrid_auth.onprem_info) from earlier in the play.
      - If it already shows what the task wants, nothing is contacted. Otherwise the module reads again before it writes.
    type: dict
seealso:
  - module: sfb.hybrid_auth.onprem_info
  - module: sfb.hybrid_auth.sp_credential
  - module: sfb.hybrid_auth.sp_info
  - module: sfb.hybrid_auth.trust_outcome
  - module: sfb.hybrid_auth.trust_rotation
  - name: Rotation
    description: How the certificate rolls to the next one, day by day.
    link: https://github.com/sfb-hybrid-auth/sfb.hybrid_auth/blob/main/docs/rotation.md
  - name: Stage AV and OAuth certificates
    description: How the farm rolls from one certificate to the next.
    link: https://learn.microsoft.com/skypeforbusiness/manage/authentication/stage-av-and-oauth-certificates
  - name: Assign a server-to-server authentication certificate
    description: What the certificate must be.
    link: https://learn.microsoft.com/skypeforbusiness/manage/authentication/assign-a-server-to-server-certificate
  - name: Set-CsCertificate
    description: The cmdlet.
    link: https://learn.microsoft.com/powershell/module/skypeforbusiness/set-cscertificate
"""

EXAMPLES = r"""
- name: Make the next certificate without using it
  sfb.hybrid_auth.onprem_certificate:
    state: in_store
    source: self_signed
    valid_days: 365
  register: made

# Where no dedicated hybrid application is used, Exchange Online's service principal needs it too.
- name: Put it on the Skype for Business Online service principal
  sfb.hybrid_auth.sp_credential:
    tenant: contoso.com
    client_id: "{{ lookup('ansible.builtin.env', 'AZURE_CLIENT_ID') }}"
    client_secret: "{{ lookup('ansible.builtin.env', 'AZURE_SECRET') }}"
    app_ids:
      - 00000004-0000-0ff1-ce00-000000000000
    certificate_content: "{{ made.certificate.content }}"
  register: principals

- name: Let it sign from tomorrow on
  sfb.hybrid_auth.onprem_certificate:
    prepared: "{{ made }}"
    cloud: "{{ principals }}"
    app_ids:
      - 00000004-0000-0ff1-ce00-000000000000

# Its private key is gone with it: look with --check --diff first.
- name: Take a certificate of an earlier roll out of the store
  sfb.hybrid_auth.onprem_certificate:
    state: store_absent
    thumbprints:
      - 7A3B9F1D4C5E6F708192A3B4C5D6E7F801234567
"""

RETURN = r"""
certificate:
  description:
    - The certificate as it is in the computer store; V(null) with O(state=previous_absent) and O(state=store_absent).
    - In check mode a certificate that is yet to be made has no thumbprint and no content.
  returned: success
  type: dict
  contains:
    thumbprint:
      description: SHA-1 thumbprint, 40 upper-case hexadecimal digits; V(null) of one that check mode predicts.
      type: str
      sample: BB5D1064437D8720A5C53078185E6A361A78B10A
    found:
      description: Whether it is in the computer store of the server; V(null) where that cannot be read.
      type: bool
    has_private_key:
      description: Whether its private key is there too; V(null) where that cannot be read.
      type: bool
    subject:
      description: Subject; V(null) where nothing tells it.
      type: str
      sample: CN=contoso.com
    issuer:
      description: Issuer; V(null) where nothing tells it.
      type: str
      sample: CN=contoso.com
    serial_number:
      description: Serial number in hexadecimal; V(null) where nothing tells it.
      type: str
    not_before:
      description: When it begins to be valid, in UTC; V(null) where nothing tells it.
      type: str
      sample: "2026-01-15T08:00:00Z"
    not_after:
      description: When it ends, in UTC; V(null) where nothing tells it.
      type: str
      sample: "2028-01-15T08:00:00Z"
    content:
      description: Base64 of the certificate's DER form, without its key; V(null) where it is not in the store.
      type: str
    key_type:
      description: Kind of key; V(null) where the certificate is not in the store.
      type: str
      sample: RSA
    key_size:
      description: Bits of the key; V(null) where the certificate is not in the store.
      type: int
      sample: 2048
    signature_algorithm:
      description: How it is signed; V(null) where the certificate is not in the store.
      type: str
      sample: sha256RSA
signing:
  description:
    - Which certificate signs now, which next and which before, as M(sfb.hybrid_auth.onprem_info) returns it; in check mode as it would be.
  returned: success
  type: dict
  contains:
    current:
      description: The certificate that signs now; V(null) where none is assigned.
      type: dict
      contains: &certificate
        thumbprint:
          description: SHA-1 thumbprint, 40 upper-case hexadecimal digits.
          type: str
          sample: BB5D1064437D8720A5C53078185E6A361A78B10A
        found:
          description: Whether it is in the computer store of the server; V(null) where that cannot be read.
          type: bool
        has_private_key:
          description: Whether its private key is there too; V(null) where that cannot be read.
          type: bool
        subject:
          description: Subject; V(null) where nothing tells it.
          type: str
          sample: CN=contoso.com
        issuer:
          description: Issuer; V(null) where nothing tells it.
          type: str
          sample: CN=contoso.com
        serial_number:
          description: Serial number in hexadecimal; V(null) where nothing tells it.
          type: str
        not_before:
          description: When it begins to be valid, in UTC; V(null) where nothing tells it.
          type: str
          sample: "2026-01-15T08:00:00Z"
        not_after:
          description: When it ends, in UTC; V(null) where nothing tells it.
          type: str
          sample: "2028-01-15T08:00:00Z"
        content:
          description: Base64 of the certificate's DER form, without its key; V(null) where it is not in the store.
          type: str
        key_type:
          description: Kind of key; V(null) where the certificate is not in the store.
          type: str
          sample: RSA
        key_size:
          description: Bits of the key; V(null) where the certificate is not in the store.
          type: int
          sample: 2048
        signature_algorithm:
          description: How it is signed; V(null) where the certificate is not in the store.
          type: str
          sample: sha256RSA
        days_left:
          description:
            - Whole days until it ends, negative when it is over, by the server's clock, or the controller's where the server does not tell
              it; V(null) where the end is not known.
          type: int
        expired:
          description: Whether it is over.
          type: bool
        previous_thumbprint:
          description: Thumbprint of the one that was assigned before it; V(null) where there is none, or it is that one itself.
          type: str
        effective_date:
          description:
            - Since when or from when on it signs, in UTC; V(null) where the farm does not tell it, as of one that was assigned before.
          type: str
    next:
      description: The certificate that signs from its effective date on; V(null) where no roll is staged.
      type: dict
      contains: *certificate
    previous:
      description: The certificate that signed before; V(null) where none is known.
      type: dict
      contains: *certificate
operations:
  description: What was changed, in words; in check mode what would be. Empty when nothing changes.
  returned: success
  type: list
  elements: str
  sample:
    - stage BB5D1064437D8720A5C53078185E6A361A78B10A to sign from 2026-12-02T08:00:00Z on
"""
