"""The hotel suite behind a login, as Locust's documentation sets one up."""

from flask import redirect, request, session
from flask_login import UserMixin, login_user
from locust import events

from locustfiles.hotel import *  # noqa: F403


class Person(UserMixin):
    def __init__(self, name):
        self.id = name


@events.init.add_listener
def set_up(environment, **_):
    if not environment.web_ui:
        return
    app = environment.web_ui.app
    app.secret_key = "for tests only"
    environment.web_ui.login_manager.user_loader(Person)
    environment.web_ui.auth_args = {"username_password_callback": "/sign-in"}

    @app.route("/sign-in", methods=["POST"])
    def sign_in():
        if request.form["password"] != "open sesame":
            session["auth_error"] = "wrong password"
            return redirect("/login")
        login_user(Person(request.form["username"]))
        return redirect("/")
