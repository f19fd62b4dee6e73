"""Every page of people's own sign-in. What allauth has beyond these, as signing up, does not exist here."""

from allauth.account import views as account
from allauth.mfa.base import views as factor
from allauth.mfa.recovery_codes import views as codes
from django.urls import path, re_path

from governance.web import account_views as own
from governance.web import sso

urlpatterns = [
    path("login/", own.SignIn.as_view(), name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("password/change/", own.ChangePassword.as_view(), name="account_change_password"),
    path("password/reset/", account.password_reset, name="account_reset_password"),
    path("password/reset/done/", account.password_reset_done, name="account_reset_password_done"),
    path(
        "password/reset/key/done/",
        account.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path("2fa/", own.OwnSignIn.as_view(), name="mfa_index"),
    path("2fa/authenticate/", own.ShowFactor.as_view(), name="mfa_authenticate"),
    path("2fa/reauthenticate/", factor.reauthenticate, name="mfa_reauthenticate"),
    path("2fa/totp/activate/", own.AddFactor.as_view(), name="mfa_activate_totp"),
    path("2fa/totp/deactivate/", own.RemoveFactor.as_view(), name="mfa_deactivate_totp"),
    path("2fa/recovery-codes/", codes.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("2fa/recovery-codes/generate/", codes.generate_recovery_codes, name="mfa_generate_recovery_codes"),
    path("2fa/recovery-codes/download/", codes.download_recovery_codes, name="mfa_download_recovery_codes"),
    path("sso/login/", sso.begin, name="sso_login"),
    path("sso/callback/", sso.come_back, name="sso_callback"),
    path("sso/cancelled/", sso.cancelled, name="socialaccount_login_cancelled"),
]
