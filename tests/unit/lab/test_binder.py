# Copyright (c) 2026, the sfb.hybrid_auth contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab's parameter binder; tests/powershell/test_binder.py compares it with PowerShell's own."""

from __future__ import annotations

from typing import Any

import pytest

from tests.lab.farm.binder import CmdletError, bind

APPLICATION = {"Identity": "x", "ApplicationIdentifier": "a"}


@pytest.mark.parametrize(
    ("cmdlet", "given", "error_id", "parameter"),
    [
        ("Get-CsService", {"WebServer": True, "EdgeServer": True}, "AmbiguousParameterSet", None),
        ("Get-CsService", {"WebServer": True, "EdgeServer": False}, "AmbiguousParameterSet", None),
        ("Set-CsPartnerApplication", {"Identity": "x", "UseOAuthServer": False, "MetadataUrl": "m"}, "AmbiguousParameterSet", None),
        # Three sets could still be meant, and none is the default or complete.
        ("New-CsPartnerApplication", APPLICATION, "AmbiguousParameterSet", None),
        ("New-CsPartnerApplication", {**APPLICATION, "UseOAuthServer": False}, "MissingMandatoryParameter", "ApplicationTrustLevel"),
        ("Set-CsPartnerApplication", {}, "MissingMandatoryParameter", "Identity"),
        ("Get-CsCertificate", {"Type": "Nope"}, "ParameterArgumentValidationError", "Type"),
        ("Remove-CsCertificate", {"Type": ["Default", ""]}, "ParameterArgumentValidationError", "Type"),
    ],
)
def test_what_fits_no_parameter_set_or_several_is_refused(cmdlet: str, given: dict[str, Any], error_id: str, parameter: str | None) -> None:
    with pytest.raises(CmdletError) as failed:
        bind(cmdlet, given)
    assert (failed.value.error_id, failed.value.parameter) == (f"{error_id},{cmdlet}", parameter)


@pytest.mark.parametrize(
    ("cmdlet", "given"),
    [
        ("Get-CsService", {}),
        ("Get-CsService", {"WebServer": False}),
        ("Set-CsPartnerApplication", {"Identity": "x", "Enabled": False}),
        ("New-CsPartnerApplication", {**APPLICATION, "ApplicationTrustLevel": "Full"}),
    ],
)
def test_what_fits_one_set_or_the_default_is_bound(cmdlet: str, given: dict[str, Any]) -> None:
    assert bind(cmdlet, given) == given
